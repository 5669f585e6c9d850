package profiles

import (
	"iter"
	"strings"
	"unicode"
)

// dotenvReader walks through a .env file by the rules of Python's dotenv, which Prefect reads it with.
type dotenvReader struct{ rest string }

// dotenvPairs gives every name with its value, or nil where there is no "=". Lines that make no sense are left out, as
// Python's dotenv does.
func dotenvPairs(text string) iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		r := dotenvReader{strings.TrimPrefix(text, "\ufeff")}
		for {
			r.rest = strings.TrimLeftFunc(r.rest, unicode.IsSpace)
			if r.rest == "" {
				return
			}
			name, value, ok := r.binding()
			if !ok {
				r.line()
				continue
			}
			if name != "" && !yield(name, value) {
				return
			}
		}
	}
}

// binding reads one line, or several when its value is quoted. ok is false where the line makes no sense.
func (r *dotenvReader) binding() (name string, value *string, ok bool) {
	if after, found := strings.CutPrefix(r.rest, "export"); found && after != r.blank(after) {
		r.rest = r.blank(after)
	}
	if name, ok = r.name(); !ok {
		return "", nil, false
	}
	r.rest = r.blank(r.rest)
	if after, found := strings.CutPrefix(r.rest, "="); found {
		r.rest = r.blank(after)
		text := ""
		// Behind a blank, # is a comment; right behind "=" it belongs to the value.
		if comment := r.rest != after && strings.HasPrefix(r.rest, "#"); !comment {
			if text, ok = r.value(); !ok {
				return "", nil, false
			}
		}
		value = &text
	}
	if rest := r.blank(r.rest); strings.HasPrefix(rest, "#") {
		r.rest = rest[lineEnd(rest):]
	}
	rest := r.blank(r.rest)
	if rest != "" && rest[0] != '\n' && rest[0] != '\r' {
		return "", nil, false
	}
	r.rest = rest
	return name, value, true
}

// name reads a bare or single-quoted name; a comment has none.
func (r *dotenvReader) name() (string, bool) {
	if strings.HasPrefix(r.rest, "#") {
		return "", true
	}
	if quoted, found := strings.CutPrefix(r.rest, "'"); found {
		name, rest, closed := strings.Cut(quoted, "'")
		if !closed || name == "" {
			return "", false
		}
		r.rest = rest
		return name, true
	}
	end := strings.IndexFunc(r.rest, func(c rune) bool { return c == '=' || c == '#' || unicode.IsSpace(c) })
	if end < 0 {
		end = len(r.rest)
	}
	name := r.rest[:end]
	r.rest = r.rest[end:]
	return name, name != ""
}

func (r *dotenvReader) value() (string, bool) {
	switch {
	case strings.HasPrefix(r.rest, "'"):
		return r.quoted('\'', `\'`)
	case strings.HasPrefix(r.rest, `"`):
		return r.quoted('"', `\'"abfnrtv`)
	}
	end := lineEnd(r.rest)
	text := r.rest[:end]
	r.rest = r.rest[end:]
	for i, c := range text {
		if c == '#' && strings.TrimRightFunc(text[:i], unicode.IsSpace) != text[:i] {
			text = text[:i]
			break
		}
	}
	return strings.TrimRightFunc(text, unicode.IsSpace), true
}

// quoted reads up to the closing quote. A backslash keeps the next character from closing; it vanishes only before those
// of escapes.
func (r *dotenvReader) quoted(quote byte, escapes string) (string, bool) {
	var b strings.Builder
	for i := 1; i < len(r.rest); i++ {
		c := r.rest[i]
		switch {
		case c == quote:
			r.rest = r.rest[i+1:]
			return b.String(), true
		case c != '\\' || i+1 == len(r.rest):
			b.WriteByte(c)
		default:
			i++
			if strings.IndexByte(escapes, r.rest[i]) >= 0 {
				b.WriteByte(unescape(r.rest[i]))
			} else {
				b.WriteByte('\\')
				b.WriteByte(r.rest[i])
			}
		}
	}
	return "", false
}

// unescape gives the character that a letter stands for behind a backslash.
func unescape(c byte) byte {
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		return "\a\b\f\n\r\t\v"[i]
	}
	return c
}

// line leaves out the rest of a line that makes no sense.
func (r *dotenvReader) line() { r.rest = r.rest[lineEnd(r.rest):] }

// blank drops white space within the line.
func (*dotenvReader) blank(s string) string {
	return strings.TrimLeftFunc(s, func(c rune) bool { return unicode.IsSpace(c) && c != '\n' && c != '\r' })
}

// lineEnd is the length of the first line without its end.
func lineEnd(s string) int {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}
