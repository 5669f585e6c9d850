package deployments

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may be in each other. Templates may be 128 deep, and are inside of something.
const maxDepth = 160

// reader turns the JSON that Azure Resource Manager takes into strict JSON. az writes the text of a template as it is into
// its request: with comments, strings of several lines, names in single quotes or none, and commas at the end of lists.
type reader struct {
	text string
	at   int
	out  []byte
	// names are those of the members that the value at hand is in; "" for an element of an array.
	names []string
	// template is properties.template as it was sent.
	template string
}

// strict reads one object. template is the text of its properties.template, empty if it has none.
func strict(text []byte) (body []byte, template string, err error) {
	s := strings.TrimPrefix(string(text), "\ufeff")
	if !utf8.ValidString(s) {
		return nil, "", fmt.Errorf("the text is not UTF-8")
	}
	r := &reader{text: s, out: make([]byte, 0, len(s))}
	if err = r.space(); err == nil && r.peek() != '{' {
		err = r.errorf("an object is expected, not %s", r.here())
	}
	if err == nil {
		err = r.value()
	}
	if err == nil {
		err = r.space()
	}
	if err == nil && r.at < len(r.text) {
		err = r.errorf("additional text after the end of the object: %s", r.here())
	}
	return r.out, r.template, err
}

func (r *reader) errorf(format string, args ...any) error {
	line := 1 + strings.Count(r.text[:r.at], "\n")
	column := utf8.RuneCountInString(r.text[strings.LastIndexByte(r.text[:r.at], '\n')+1:r.at]) + 1
	return fmt.Errorf("%s. Path '%s', line %d, position %d", fmt.Sprintf(format, args...), strings.Join(r.names, "."), line, column)
}

func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) here() string {
	if r.at >= len(r.text) {
		return "the end of the text"
	}
	char, _ := utf8.DecodeRuneInString(r.text[r.at:])
	return strconv.QuoteRune(char)
}

// space skips white space and comments.
func (r *reader) space() error {
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		switch c := rest[0]; {
		case strings.IndexByte(" \t\r\n\v\f", c) >= 0:
			r.at++
		case strings.HasPrefix(rest, "\u00a0"):
			r.at += len("\u00a0")
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			r.at += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return r.errorf("a comment does not end")
			}
			r.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (r *reader) value() error {
	if err := r.space(); err != nil {
		return err
	}
	if len(r.names) > maxDepth {
		return r.errorf("the object is more than %d levels deep", maxDepth)
	}
	switch r.peek() {
	case '{':
		return r.list('}', r.member)
	case '[':
		return r.list(']', func() error { return r.inside("", r.value) })
	case '"', '\'':
		s, err := r.string()
		r.write(s)
		return err
	}
	return r.word()
}

// inside reads what is one level further down.
func (r *reader) inside(name string, read func() error) error {
	r.names = append(r.names, name)
	defer func() { r.names = r.names[:len(r.names)-1] }()
	return read()
}

// list reads the elements between two brackets. A comma may stand after the last.
func (r *reader) list(end byte, element func() error) error {
	r.out = append(r.out, r.text[r.at])
	r.at++
	for n := 0; ; n++ {
		if err := r.space(); err != nil {
			return err
		}
		if r.peek() == end {
			break
		}
		if n > 0 {
			r.out = append(r.out, ',')
		}
		if err := element(); err != nil {
			return err
		}
		if err := r.space(); err != nil {
			return err
		}
		if r.peek() == ',' {
			r.at++
		} else if r.peek() != end {
			return r.errorf("after a value, %s", r.here())
		}
	}
	r.out = append(r.out, end)
	r.at++
	return nil
}

func (r *reader) member() error {
	name, err := r.name()
	if err != nil {
		return err
	}
	r.write(name)
	if err := r.space(); err != nil {
		return err
	}
	if r.peek() != ':' {
		return r.errorf("after the name %q, %s instead of a colon", name, r.here())
	}
	r.at++
	r.out = append(r.out, ':')
	if err := r.space(); err != nil {
		return err
	}
	from := r.at
	if err := r.inside(name, r.value); err != nil {
		return err
	}
	if len(r.names) == 1 && strings.EqualFold(r.names[0], "properties") && strings.EqualFold(name, "template") {
		r.template = r.text[from:r.at]
	}
	return nil
}

// name reads the name of a member, with or without quotes.
func (r *reader) name() (string, error) {
	if c := r.peek(); c == '"' || c == '\'' {
		return r.string()
	}
	return r.letters("_$", "a name")
}

// letters reads letters, digits and some other characters.
func (r *reader) letters(others, what string) (string, error) {
	from := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if lower := c | 0x20; !('a' <= lower && lower <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(others, c) >= 0) {
			break
		}
		r.at++
	}
	if r.at == from {
		return "", r.errorf("%s is expected, not %s", what, r.here())
	}
	return r.text[from:r.at], nil
}

// word reads a number, true, false or null.
func (r *reader) word() error {
	word, err := r.letters("+-.", "a value")
	if err != nil {
		return err
	}
	switch word {
	case "True", "False":
		word = strings.ToLower(word)
	case "undefined":
		word = "null"
	}
	if !json.Valid([]byte(word)) {
		return r.errorf("the value %q is neither a number, true, false nor null", word)
	}
	r.out = append(r.out, word...)
	return nil
}

// write adds a string to the output.
func (r *reader) write(s string) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	r.out = append(r.out, strings.TrimSuffix(b.String(), "\n")...)
}

// string reads a string in quotes of either kind, which may go over several lines.
func (r *reader) string() (string, error) {
	quote := r.text[r.at]
	r.at++
	var b strings.Builder
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case quote:
			r.at++
			return b.String(), nil
		case '\\':
			if err := r.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			r.at++
		}
	}
	return "", r.errorf("a string does not end")
}

// escapes are what stands after a backslash.
var escapes = map[byte]byte{'"': '"', '\'': '\'', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *reader) escape(b *strings.Builder) error {
	r.at++
	c := r.peek()
	if char, ok := escapes[c]; ok {
		b.WriteByte(char)
		r.at++
		return nil
	}
	if c != 'u' {
		return r.errorf("a backslash before %s", r.here())
	}
	char, err := r.hex()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(char) && strings.HasPrefix(r.text[r.at:], `\u`) {
		r.at++
		low, err := r.hex()
		if err != nil {
			return err
		}
		if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
			char = pair
		} else {
			b.WriteRune(char) // an invalid one becomes U+FFFD
			char = low
		}
	}
	b.WriteRune(char)
	return nil
}

// hex reads uXXXX.
func (r *reader) hex() (rune, error) {
	digits := r.text[min(r.at+1, len(r.text)):min(r.at+5, len(r.text))]
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || len(digits) < 4 {
		return 0, r.errorf("%q are not four hexadecimal digits", digits)
	}
	r.at += 5
	return rune(n), nil
}
