package pyflow

import (
	"strings"
)

// maxNesting is how deep replacement fields may lie in each other (MAXFSTRINGLEVEL of CPython).
const maxNesting = 150

// isStringPrefix reports whether word can stand before a quote. The order and the case of the letters are free.
func isStringPrefix(word string) bool {
	switch strings.ToLower(word) {
	case "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt":
		return true
	}
	return false
}

// string reads a string literal that starts at from; the lexer is at its quote and prefix holds the small letters before.
func (l *lexer) string(from int, prefix string) {
	value := l.literal(from, prefix)
	l.emit(str, from)
	l.tokens[len(l.tokens)-1].value = value
}

// literal reads from the quote to the closing quote and returns what the literal is.
func (l *lexer) literal(from int, prefix string) any {
	quote := l.text[l.at : l.at+1]
	if strings.HasPrefix(l.text[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	raw := strings.Contains(prefix, "r")
	if strings.ContainsAny(prefix, "ft") {
		body, plain := l.formatted(from, quote, raw)
		switch {
		case strings.Contains(prefix, "t"):
			return unreadable("a template string")
		case !plain:
			return unreadable("an f-string with a placeholder")
		}
		return unescape(body, raw, false)
	}
	body := l.until(from, quote)
	return unescape(body, raw, strings.Contains(prefix, "b"))
}

// until reads a plain string to its closing quote and returns the text between.
func (l *lexer) until(from int, quote string) string {
	start := l.at
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\\':
			l.at += 2
		case c == '\n' && len(quote) == 1:
			failf(from, "", "the string is never closed")
		case strings.HasPrefix(l.text[l.at:], quote):
			body := l.text[start:l.at]
			l.at += len(quote)
			return body
		default:
			l.at++
		}
	}
	l.at = len(l.text)
	failf(from, "", "the string is never closed")
	return ""
}

// formatted reads an f-string or t-string to its closing quote (PEP 701: the fields are whole expressions, with any quotes
// and line ends in them). It returns the text with {{ and }} as single braces, and whether there is no field.
func (l *lexer) formatted(from int, quote string, raw bool) (body string, plain bool) {
	plain = true
	var b strings.Builder
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case strings.HasPrefix(l.text[l.at:], quote):
			l.at += len(quote)
			return b.String(), plain
		case c == '\n' && len(quote) == 1:
			failf(from, "", "the string is never closed")
		case c == '\\' && !raw && strings.HasPrefix(l.text[l.at:], `\N{`):
			plain = false
			l.characterName(from)
		case c == '\\' && l.peek(1) != '{' && l.peek(1) != '}' && l.peek(1) != 0:
			b.WriteString(l.text[l.at : l.at+2])
			l.at += 2
		case c == '{' && l.peek(1) == '{', c == '}' && l.peek(1) == '}':
			b.WriteByte(c)
			l.at += 2
		case c == '{':
			plain = false
			l.field(from, quote)
		case c == '}':
			failf(l.at, "", "a single '}' in an f-string")
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	failf(from, "", "the string is never closed")
	return "", false
}

// characterName skips \N{NAME}.
func (l *lexer) characterName(from int) {
	end := strings.IndexByte(l.text[l.at:], '}')
	if end < 0 {
		failf(from, "", "the string is never closed")
	}
	l.at += end + 1
}

// field skips a replacement field from its { to its }.
func (l *lexer) field(from int, quote string) {
	if l.nesting++; l.nesting > maxNesting {
		failf(l.at, "", "f-string fields are nested too deep")
	}
	defer func() { l.nesting-- }()
	start := l.at
	l.at++
	depth := 0
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c == '#':
			l.comment()
		case c == '"' || c == '\'':
			l.literal(l.at, "")
		case isNameByte(c):
			l.fieldWord()
		case c == '(' || c == '[' || c == '{':
			depth++
			l.at++
		case c == '}' && depth == 0:
			l.at++
			return
		case c == ')' || c == ']' || c == '}':
			depth--
			l.at++
		case c == '!' && l.peek(1) == '=':
			l.at += 2
		case c == ':' && depth == 0:
			l.at++
			l.formatSpec(from, quote)
			return
		default:
			l.at++
		}
		if depth < 0 {
			failf(l.at-1, "", "unmatched bracket in an f-string")
		}
	}
	failf(start, "", "the f-string field is never closed")
}

// fieldWord skips a name in a field, and the string whose prefix it is.
func (l *lexer) fieldWord() {
	from := l.at
	for isNameByte(l.peek(0)) {
		l.at++
	}
	if c := l.peek(0); (c == '"' || c == '\'') && isStringPrefix(l.text[from:l.at]) {
		l.literal(from, strings.ToLower(l.text[from:l.at]))
	}
}

// formatSpec skips what follows the colon of a field, with the fields in it, and the closing }.
func (l *lexer) formatSpec(from int, quote string) {
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c == '{':
			l.field(from, quote)
		case c == '}':
			l.at++
			return
		case strings.HasPrefix(l.text[l.at:], quote), c == '\n' && len(quote) == 1:
			failf(from, "", "the f-string field is never closed")
		default:
			l.at++
		}
	}
	failf(from, "", "the f-string field is never closed")
}
