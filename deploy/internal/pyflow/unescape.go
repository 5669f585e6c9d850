package pyflow

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape reads the escapes of the text between the quotes. It returns a string, a pyBytes, or an unreadable for what has
// no value here: a character by its Unicode name, or half of a surrogate pair.
func unescape(body string, raw, isBytes bool) any {
	if isBytes && strings.IndexFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		return unreadable("a bytes literal with a character that is not ASCII")
	}
	text, problem := body, unreadable("")
	if !raw && strings.Contains(body, `\`) {
		text, problem = unescaped(body, isBytes)
	}
	switch {
	case problem != "":
		return problem
	case isBytes:
		return pyBytes(text)
	}
	return text
}

// unescaped replaces the escapes. In bytes, each escape is one byte, and \N, \u and \U are no escapes.
func unescaped(body string, isBytes bool) (string, unreadable) {
	var b strings.Builder
	for body != "" {
		at := strings.IndexByte(body, '\\')
		if at < 0 || at+1 >= len(body) {
			b.WriteString(body)
			break
		}
		b.WriteString(body[:at])
		c := body[at+1]
		body = body[at+2:]
		if simple, ok := simpleEscapes[c]; ok {
			b.WriteString(simple)
			continue
		}
		code, size := codeEscape(c, body, isBytes)
		switch {
		case size < 0:
			return "", "a string with a malformed escape"
		case c == 'N' && !isBytes:
			return "", `a string with a character by name (\N{...})`
		case size == 0: // no escape: Python keeps the backslash
			b.WriteByte('\\')
			b.WriteByte(c)
		case isBytes:
			b.WriteByte(byte(code))
		case !utf8.ValidRune(rune(code)):
			return "", "a string with a lone surrogate"
		default:
			b.WriteRune(rune(code))
		}
		if size > 0 {
			body = body[size-1:]
		}
	}
	return b.String(), ""
}

var simpleEscapes = map[byte]string{'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n",
	'r': "\r", 't': "\t", 'v': "\v"}

// codeEscape reads the number of \ooo, \xhh, \uhhhh or \Uhhhhhhhh: c is the letter or the first digit, rest what follows.
// The size counts c and the digits; 0 is no escape, -1 a malformed one.
func codeEscape(c byte, rest string, isBytes bool) (code int64, size int) {
	want := 0
	switch {
	case c >= '0' && c <= '7':
		end := 0
		for end < 2 && end < len(rest) && rest[end] >= '0' && rest[end] <= '7' {
			end++
		}
		code, _ = strconv.ParseInt(string(c)+rest[:end], 8, 64)
		return code, end + 1
	case c == 'x':
		want = 2
	case c == 'u' && !isBytes:
		want = 4
	case c == 'U' && !isBytes:
		want = 8
	default:
		return 0, 0
	}
	if len(rest) < want {
		return 0, -1
	}
	for i := range want {
		if !digitBelow(rest[i], 16) {
			return 0, -1
		}
	}
	code, _ = strconv.ParseInt(rest[:want], 16, 64)
	return code, want + 1
}
