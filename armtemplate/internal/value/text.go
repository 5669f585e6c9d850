package value

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Append writes a value as compact JSON: double quotes, members in order, no escapes that JSON does not ask for. What is
// not known yet is written as the expression it comes from.
func Append(dst []byte, v Value) []byte { return appendJSON(dst, v, '"') }

// AppendSingleQuoted writes a value as Append does, with single instead of double quotes, which is how format prints
// arrays and objects.
func AppendSingleQuoted(dst []byte, v Value) []byte { return appendJSON(dst, v, '\'') }

func appendJSON(dst []byte, v Value, quote byte) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case Number:
		return append(dst, v...)
	case string:
		return appendString(dst, v, quote)
	case *Unknown:
		return appendString(dst, "["+v.Text+"]", quote)
	case []Value:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e, quote)
		}
		return append(dst, ']')
	case *Object:
		dst = append(dst, '{')
		for i, k := range v.keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, k, quote), ':')
			dst = appendJSON(dst, v.values[i], quote)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

const hex = "0123456789abcdef"

func appendString(dst []byte, s string, quote byte) []byte {
	dst = append(dst, quote)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == quote || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r) // a byte that is no UTF-8 becomes U+FFFD
			i += n - 1
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, quote)
}

// Literal writes a value as an expression that has it as its result, without the brackets.
func Literal(v Value) string {
	var b strings.Builder
	literal(&b, v)
	return b.String()
}

func literal(b *strings.Builder, v Value) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null()")
	case bool:
		b.WriteString(strconv.FormatBool(v) + "()")
	case int64:
		if v < math.MinInt32 || v > math.MaxInt32 { // what the language takes as a literal
			b.WriteString("json('" + strconv.FormatInt(v, 10) + "')")
			return
		}
		b.WriteString(strconv.FormatInt(v, 10))
	case Number:
		b.WriteString("json('" + string(v) + "')")
	case string:
		b.WriteString("'" + strings.ReplaceAll(v, "'", "''") + "'")
	case *Unknown:
		b.WriteString(v.Text)
	case []Value:
		b.WriteString("createArray(")
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			literal(b, e)
		}
		b.WriteString(")")
	case *Object:
		b.WriteString("createObject(")
		for i, k := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			literal(b, k)
			b.WriteString(", ")
			literal(b, v.values[i])
		}
		b.WriteString(")")
	}
}
