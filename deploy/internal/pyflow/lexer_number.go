package pyflow

import (
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is CPython's limit on the decimal digits of an integer literal (sys.get_int_max_str_digits). It also keeps
// the time to read one short.
const maxDigits = 4300

// number reads a number: 12, 0x_FF, 1_000.5e-3, 2j.
func (l *lexer) number() {
	from := l.at
	base := 10
	if l.text[from] == '0' {
		switch l.peek(1) | 0x20 {
		case 'x':
			base = 16
		case 'o':
			base = 8
		case 'b':
			base = 2
		}
	}
	var value any
	if base != 10 {
		l.at += 2
		if l.peek(0) == '_' {
			l.at++
		}
		value = l.integer(from, l.digits(base), base)
	} else {
		value = l.decimal(from)
	}
	l.emit(number, from)
	l.tokens[len(l.tokens)-1].value = value
}

func (l *lexer) integer(from int, digits string, base int) any {
	if len(digits) > maxDigits {
		failf(from, "", "the number has more than %d digits", maxDigits)
	}
	value, ok := new(big.Int).SetString(digits, base)
	if !ok {
		failf(from, "", "invalid number")
	}
	return value
}

// digits reads digits of the base with single underscores between them, and returns them without the underscores.
func (l *lexer) digits(base int) string {
	from := l.at
	for l.at < len(l.text) {
		c := l.text[l.at]
		if c == '_' && l.at > from && l.text[l.at-1] != '_' && digitBelow(l.peek(1), base) {
			l.at++
			continue
		}
		if !digitBelow(c, base) {
			break
		}
		l.at++
	}
	return strings.ReplaceAll(l.text[from:l.at], "_", "")
}

func digitBelow(c byte, base int) bool {
	value := 99
	switch {
	case isDigit(c):
		value = int(c - '0')
	case c >= 'a' && c <= 'f':
		value = int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		value = int(c-'A') + 10
	}
	return value < base
}

// decimal reads a decimal integer, a float or an imaginary number.
func (l *lexer) decimal(from int) any {
	whole := l.digits(10)
	text, float := whole, false
	if l.peek(0) == '.' {
		l.at++
		float = true
		text += "." + l.digits(10)
	}
	if l.peek(0)|0x20 == 'e' && (isDigit(l.peek(1)) || (l.peek(1) == '+' || l.peek(1) == '-') && isDigit(l.peek(2))) {
		float = true
		exponent := l.at
		l.at += 2
		l.digits(10)
		text += strings.ReplaceAll(l.text[exponent:l.at], "_", "")
	}
	if l.peek(0)|0x20 == 'j' {
		l.at++
		return unreadable("a complex number")
	}
	if float {
		value, _ := strconv.ParseFloat(text, 64) // out of range is infinity, as in Python
		return value
	}
	if len(whole) > 1 && whole[0] == '0' && strings.Trim(whole, "0") != "" {
		failf(from, "", "leading zeros in an integer")
	}
	return l.integer(from, whole, 10)
}
