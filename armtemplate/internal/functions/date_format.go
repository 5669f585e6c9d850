package functions

import (
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// standardDates are .NET's one-letter formats under the invariant culture.
var standardDates = map[byte]string{
	'd': "MM/dd/yyyy", 'D': "dddd, dd MMMM yyyy",
	'f': "dddd, dd MMMM yyyy HH:mm", 'F': "dddd, dd MMMM yyyy HH:mm:ss",
	'g': "MM/dd/yyyy HH:mm", 'G': "MM/dd/yyyy HH:mm:ss",
	'm': "MMMM dd", 'M': "MMMM dd", 'y': "yyyy MMMM", 'Y': "yyyy MMMM",
	'o': "yyyy-MM-ddTHH:mm:ss.fffffffK", 'O': "yyyy-MM-ddTHH:mm:ss.fffffffK",
	'r': "ddd, dd MMM yyyy HH:mm:ss 'GMT'", 'R': "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
	's': "yyyy-MM-ddTHH:mm:ss", 't': "HH:mm", 'T': "HH:mm:ss",
	'u': "yyyy-MM-dd HH:mm:ss'Z'", 'U': "dddd, dd MMMM yyyy HH:mm:ss",
}

// FormatDate prints a time in UTC in one of .NET's standard or custom formats.
func FormatDate(t time.Time, layout string) (string, error) {
	if len(layout) == 1 {
		custom, ok := standardDates[layout[0]]
		if !ok {
			return "", value.Errorf("Format specifier '%s' was invalid.", layout)
		}
		layout = custom
	}
	var b strings.Builder
	for i := 0; i < len(layout); {
		c := layout[i]
		n := 1
		for i+n < len(layout) && layout[i+n] == c {
			n++
		}
		switch c {
		case '\'', '"':
			end := strings.IndexByte(layout[i+1:], c)
			if end < 0 {
				return "", value.Errorf("Cannot find a matching quote character for the character '%c'.", c)
			}
			b.WriteString(layout[i+1 : i+1+end])
			n = end + 2
		case '\\':
			if i+1 >= len(layout) {
				return "", malformedDate()
			}
			b.WriteByte(layout[i+1])
			n = 2
		case '%': // the next letter by itself, which alone would be a standard format
			if i+1 >= len(layout) || strings.IndexByte(`%'"\`, layout[i+1]) >= 0 {
				return "", malformedDate()
			}
			if err := writeDatePart(&b, t, layout[i+1:i+2]); err != nil {
				return "", err
			}
			n = 2
		default:
			if err := writeDatePart(&b, t, layout[i:i+n]); err != nil {
				return "", err
			}
		}
		i += n
	}
	return b.String(), nil
}

func malformedDate() error { return value.Errorf("Input string was not in a correct format.") }

// writeDatePart prints one part of a custom format, a letter or several of one; what is no part of a date stands for itself.
func writeDatePart(b *strings.Builder, t time.Time, part string) error {
	switch c, n := part[0], len(part); c {
	case 'f', 'F':
		if n > 7 { // .NET counts in tenths of a microsecond
			return malformedDate()
		}
		fraction := fmt.Sprintf("%09d", t.Nanosecond())[:n]
		if c == 'F' {
			fraction = strings.TrimRight(fraction, "0")
		}
		if before := b.String(); fraction == "" && strings.HasSuffix(before, ".") { // .NET takes the point away too
			b.Reset()
			b.WriteString(strings.TrimSuffix(before, "."))
		}
		b.WriteString(fraction)
	default:
		if !datePart(b, t, c, n) {
			b.WriteString(part)
		}
	}
	return nil
}

// datePart prints n letters c of a custom format.
func datePart(b *strings.Builder, t time.Time, c byte, n int) bool {
	number := func(v, most int) { fmt.Fprintf(b, "%0*d", min(n, most), v) }
	named := func(v int, short, long string) {
		switch {
		case n < 3:
			number(v, 2)
		case n == 3:
			b.WriteString(short)
		default:
			b.WriteString(long)
		}
	}
	switch c {
	case 'y':
		switch n {
		case 1, 2:
			number(t.Year()%100, 2)
		default:
			number(t.Year(), 9)
		}
	case 'M':
		named(int(t.Month()), t.Month().String()[:3], t.Month().String())
	case 'd':
		named(t.Day(), t.Weekday().String()[:3], t.Weekday().String())
	case 'H':
		number(t.Hour(), 2)
	case 'h':
		number((t.Hour()+11)%12+1, 2)
	case 'm':
		number(t.Minute(), 2)
	case 's':
		number(t.Second(), 2)
	case 't':
		half := "AM"
		if t.Hour() >= 12 {
			half = "PM"
		}
		b.WriteString(half[:min(n, 2)])
	case 'K':
		b.WriteString(strings.Repeat("Z", n))
	case 'z':
		b.WriteString([]string{"+0", "+00", "+00:00"}[min(n, 3)-1])
	case 'g':
		b.WriteString("A.D.")
	default:
		return false
	}
	return true
}
