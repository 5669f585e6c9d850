package pytext

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Loads is json.loads(text), with json.Number for numbers. Its errors are in Python's words. Not a number and the
// infinities are null, as which the server sends them on.
func Loads(text string) (value any, err error) {
	l := loader{text: text}
	defer func() {
		if failure := recover(); failure != nil {
			told, ok := failure.(*loadError)
			if !ok {
				panic(failure)
			}
			value, err = nil, told
		}
	}()
	l.space()
	l.value()
	l.space()
	if l.at < len(text) {
		l.fail(l.at, "Extra data")
	}
	return Decode([]byte(l.out.String()))
}

// loadError is why a text is not JSON, with the place.
type loadError struct{ message string }

func (e *loadError) Error() string { return e.message }

// loader checks a text as Python's decoder goes through it, and writes it as JSON that Go takes.
type loader struct {
	text string
	at   int
	out  strings.Builder
}

func (l *loader) fail(at int, reason string) {
	before := l.text[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	panic(&loadError{fmt.Sprintf("%s: line %d column %d (char %d)", reason, line, column, utf8.RuneCountInString(before))})
}

func (l *loader) space() {
	for l.at < len(l.text) && strings.IndexByte(" \t\n\r", l.text[l.at]) >= 0 {
		l.at++
	}
}

// is reports whether a byte comes next.
func (l *loader) is(b byte) bool { return l.at < len(l.text) && l.text[l.at] == b }

var loadNumber = regexp.MustCompile(`^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?`)

func (l *loader) value() {
	rest := l.text[l.at:]
	for _, word := range []string{"null", "true", "false", "NaN", "Infinity", "-Infinity"} {
		if strings.HasPrefix(rest, word) {
			l.at += len(word)
			if len(word) == 3 || strings.HasSuffix(word, "y") {
				word = "null"
			}
			l.out.WriteString(word)
			return
		}
	}
	switch number := loadNumber.FindString(rest); {
	case number != "":
		l.at += len(number)
		l.out.WriteString(number)
	case strings.HasPrefix(rest, `"`):
		l.string()
	case strings.HasPrefix(rest, "["):
		l.list()
	case strings.HasPrefix(rest, "{"):
		l.object()
	default:
		l.fail(l.at, "Expecting value")
	}
}

func (l *loader) list() {
	l.at++
	l.out.WriteByte('[')
	for l.space(); !l.is(']'); {
		l.value()
		l.space()
		if l.is(']') {
			break
		}
		if !l.is(',') {
			l.fail(l.at, "Expecting ',' delimiter")
		}
		l.out.WriteByte(',')
		l.at++
		l.space()
		if l.is(']') {
			l.fail(l.at, "Expecting value")
		}
	}
	l.at++
	l.out.WriteByte(']')
}

func (l *loader) object() {
	l.at++
	l.out.WriteByte('{')
	for l.space(); !l.is('}'); {
		if !l.is('"') {
			l.fail(l.at, "Expecting property name enclosed in double quotes")
		}
		l.string()
		l.space()
		if !l.is(':') {
			l.fail(l.at, "Expecting ':' delimiter")
		}
		l.out.WriteByte(':')
		l.at++
		l.space()
		l.value()
		l.space()
		if l.is('}') {
			break
		}
		if !l.is(',') {
			l.fail(l.at, "Expecting ',' delimiter")
		}
		l.out.WriteByte(',')
		l.at++
		l.space()
		if !l.is('"') {
			l.fail(l.at, "Expecting property name enclosed in double quotes")
		}
	}
	l.at++
	l.out.WriteByte('}')
}

var loadHex = regexp.MustCompile(`^[0-9a-fA-F]{4}`)

func (l *loader) string() {
	begin := l.at
	for l.at++; ; l.at++ {
		if l.at >= len(l.text) {
			l.fail(begin, "Unterminated string starting at")
		}
		switch c := l.text[l.at]; {
		case c == '"':
			l.at++
			l.out.WriteString(l.text[begin:l.at])
			return
		case c < ' ':
			l.fail(l.at, "Invalid control character at")
		case c == '\\':
			l.at++
			switch {
			case l.at >= len(l.text):
				l.fail(begin, "Unterminated string starting at")
			case l.text[l.at] == 'u':
				if !loadHex.MatchString(l.text[l.at+1:]) {
					l.fail(l.at, `Invalid \uXXXX escape`)
				}
				l.at += 4
			case strings.IndexByte(`"\/bfnrt`, l.text[l.at]) < 0:
				l.fail(l.at-1, `Invalid \escape`)
			}
		}
	}
}
