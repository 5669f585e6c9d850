package document

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (p *parser) string() (string, error) {
	quote := p.text[p.at]
	p.at++
	from := p.at
	var b []byte
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case quote:
			s := p.text[from:p.at]
			p.at++
			if b != nil {
				s = string(append(b, s...))
			}
			return s, nil
		case '\n':
			p.newline()
		case '\\':
			b = append(b, p.text[from:p.at]...)
			var err error
			if b, err = p.escape(b); err != nil {
				return "", err
			}
			from = p.at
		default:
			p.at++
		}
	}
	return "", p.errorf("Unterminated string. Expected delimiter: %c.", quote)
}

func (p *parser) escape(b []byte) ([]byte, error) {
	p.at++
	c := p.peek()
	if p.at >= len(p.text) {
		return nil, p.errorf("Unterminated string.")
	}
	p.at++
	switch c {
	case 'n':
		return append(b, '\n'), nil
	case 't':
		return append(b, '\t'), nil
	case 'r':
		return append(b, '\r'), nil
	case 'b':
		return append(b, '\b'), nil
	case 'f':
		return append(b, '\f'), nil
	case '"', '\'', '\\', '/':
		return append(b, c), nil
	case 'u':
		return p.unicode(b)
	}
	return nil, p.errorf("Bad JSON escape sequence: \\%c.", c)
}

func (p *parser) unicode(b []byte) ([]byte, error) {
	r, ok := p.hex4()
	if !ok {
		return nil, p.errorf("Invalid Unicode escape sequence.")
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(p.text[p.at:], `\u`) {
		before := p.at
		p.at += 2
		if low, ok := p.hex4(); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return utf8.AppendRune(b, utf16.DecodeRune(r, low)), nil
		}
		p.at = before
	}
	return utf8.AppendRune(b, r), nil // half of a pair becomes U+FFFD
}

func (p *parser) hex4() (rune, bool) {
	if len(p.text)-p.at < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 32)
	p.at += 4
	return rune(v), err == nil
}
