package functions

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// format is .NET's composite formatting: {index[,width][:format]}, with {{ and }} for the braces themselves.
func format(c *Call) (value.Value, error) {
	text, err := c.str(0)
	if err != nil {
		return nil, err
	}
	bad := func(detail string) error {
		return value.Errorf("Unable to evaluate language function '%s': the format is invalid: '%s'.", c.Name, detail)
	}
	const malformed = "Input string was not in a correct format."
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch != '{' && ch != '}':
			b.WriteByte(ch)
			continue
		case i+1 < len(text) && text[i+1] == ch:
			b.WriteByte(ch)
			i++
			continue
		case ch == '}':
			return nil, bad(malformed)
		}
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			return nil, bad(malformed)
		}
		index, width, spec, ok := hole(text[i+1 : i+end])
		if !ok {
			return nil, bad(malformed)
		}
		if index >= len(c.Args)-1 {
			return nil, bad("Index (zero based) must be greater than or equal to zero and less than the size of the argument list.")
		}
		s, ok := formatValue(c.Args[index+1], spec)
		if !ok {
			return nil, bad("Format specifier was invalid.")
		}
		if b.Len()+len(s)+max(width, -width) > maxText {
			return nil, c.tooLong()
		}
		b.WriteString(aligned(s, width))
		i += end
	}
	return b.String(), nil
}

// hole reads what stands between two braces.
func hole(s string) (index, width int, spec string, ok bool) {
	s, spec, _ = strings.Cut(s, ":")
	s, w, hasWidth := strings.Cut(s, ",")
	const most = 1_000_000 // .NET's own limit
	index, err := strconv.Atoi(strings.TrimRight(s, " "))
	if err != nil || s[0] == '+' || index < 0 || index >= most {
		return 0, 0, "", false
	}
	if hasWidth {
		if width, err = strconv.Atoi(strings.TrimSpace(w)); err != nil || width >= most || width <= -most {
			return 0, 0, "", false
		}
	}
	return index, width, spec, true
}

func aligned(s string, width int) string {
	pad := strings.Repeat(" ", max(0, max(width, -width)-units(s)))
	if width < 0 {
		return s + pad
	}
	return pad + s
}

func formatValue(v value.Value, spec string) (string, bool) {
	switch v := v.(type) {
	case int64:
		return formatInteger(v, spec)
	case []value.Value, *value.Object:
		return string(value.AppendSingleQuoted(nil, v)), true
	}
	return Text(v), true
}

// formatInteger knows .NET's standard formats for integers, and of the custom ones those made of 0, #, the comma and the dot.
func formatInteger(n int64, spec string) (string, bool) {
	if spec == "" {
		return strconv.FormatInt(n, 10), true
	}
	if strings.ContainsAny(spec, "0#") && (spec[0] == '0' || spec[0] == '#') {
		return customNumber(n, spec), true
	}
	precision := -1
	if len(spec) > 1 {
		p, err := strconv.Atoi(spec[1:])
		if err != nil || p < 0 || p > 99 {
			return "", false
		}
		precision = p
	}
	sign, digits := "", strconv.FormatInt(n, 10)
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	switch spec[0] | 0x20 {
	case 'd':
		return sign + strings.Repeat("0", max(0, precision-len(digits))) + digits, true
	case 'g', 'r':
		return sign + digits, true
	case 'n':
		return sign + grouped(digits) + decimals(precision, 2), true
	case 'f':
		return sign + digits + decimals(precision, 2), true
	case 'c':
		if sign != "" {
			return "(\u00a4" + grouped(digits) + decimals(precision, 2) + ")", true
		}
		return "\u00a4" + grouped(digits) + decimals(precision, 2), true
	case 'p':
		if digits != "0" {
			digits += "00"
		}
		return sign + grouped(digits) + decimals(precision, 2) + " %", true
	case 'e':
		if precision < 0 {
			precision = 6
		}
		s := strconv.FormatFloat(float64(n), spec[0], precision, 64)
		at := strings.IndexByte(s, spec[0]) // .NET writes three digits of exponent
		exponent, _ := strconv.Atoi(s[at+1:])
		return fmt.Sprintf("%s%c%+04d", s[:at], spec[0], exponent), true
	case 'x':
		s := strconv.FormatUint(uint64(n), 16)
		if spec[0] == 'X' {
			s = strings.ToUpper(s)
		}
		return strings.Repeat("0", max(0, precision-len(s))) + s, true
	case 'b':
		s := strconv.FormatUint(uint64(n), 2)
		return strings.Repeat("0", max(0, precision-len(s))) + s, true
	}
	return "", false
}

func decimals(precision, unset int) string {
	if precision < 0 {
		precision = unset
	}
	if precision == 0 {
		return ""
	}
	return "." + strings.Repeat("0", precision)
}

func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func customNumber(n int64, spec string) string {
	whole, fraction, hasFraction := strings.Cut(spec, ".")
	sign, digits := "", strconv.FormatInt(n, 10)
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if zeros := strings.Count(whole, "0"); len(digits) < zeros {
		digits = strings.Repeat("0", zeros-len(digits)) + digits
	} else if n == 0 && zeros == 0 {
		digits = ""
	}
	if strings.Contains(whole, ",") {
		digits = grouped(digits)
	}
	if zeros := strings.Count(fraction, "0"); hasFraction && zeros > 0 {
		digits += "." + strings.Repeat("0", zeros)
	}
	return sign + digits
}
