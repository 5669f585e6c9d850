package expr

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Error says what is wrong with an expression, in ARM's words.
type Error struct {
	Text   string // the expression, brackets and all
	Detail string
}

func (e *Error) Error() string {
	return fmt.Sprintf("Unable to parse language expression '%s': %s.", e.Text, e.Detail)
}

// Parse parses a string that is an expression, brackets and all.
func Parse(text string) (Node, error) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		short := text[:60]
		for !utf8.ValidString(short) {
			short = short[:len(short)-1]
		}
		return nil, value.Errorf("The language expression '%s…' is too long. Limit: '%d' and actual: '%d'.", short, MaxLength, n)
	}
	p := &parser{lexer: lexer{text: text[1 : len(text)-1]}}
	p.next()
	n, err := p.expression(0)
	if err == nil && p.tok != endOfData {
		err = p.expected(endOfData)
	}
	if err != nil {
		return nil, &Error{Text: text[1 : len(text)-1], Detail: err.Error()}
	}
	return n, nil
}

type token string

// The tokens, by the names that ARM's messages have for them.
const (
	endOfData    token = "EndOfData"
	identifier   token = "Identifier"
	stringToken  token = "StringLiteral"
	integerToken token = "Integer"
	floatToken   token = "Float"
	leftParen    token = "LeftParenthesis"
	rightParen   token = "RightParenthesis"
	leftSquare   token = "LeftSquareBracket"
	rightSquare  token = "RightSquareBracket"
	comma        token = "Comma"
	dot          token = "Dot"
	illegal      token = "Unrecognized"
)

type lexer struct {
	text string
	at   int
	tok  token
	word string // the text of an identifier, string or number
	bad  string // what is wrong with an illegal token
}

func (l *lexer) next() {
	for l.at < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[l.at:])
		if !unicode.IsSpace(r) {
			break
		}
		l.at += n
	}
	if l.at >= len(l.text) {
		l.tok = endOfData
		return
	}
	switch c := l.text[l.at]; {
	case c == '(':
		l.punctuation(leftParen)
	case c == ')':
		l.punctuation(rightParen)
	case c == '[':
		l.punctuation(leftSquare)
	case c == ']':
		l.punctuation(rightSquare)
	case c == ',':
		l.punctuation(comma)
	case c == '.':
		l.punctuation(dot)
	case c == '\'':
		l.stringLiteral()
	case isDigit(c) || (c == '-' || c == '+') && l.at+1 < len(l.text) && isDigit(l.text[l.at+1]):
		l.number()
	case isLetter(c):
		start := l.at
		for l.at < len(l.text) && (isLetter(l.text[l.at]) || isDigit(l.text[l.at])) {
			l.at++
		}
		l.tok, l.word = identifier, l.text[start:l.at]
	default:
		r, _ := utf8.DecodeRuneInString(l.text[l.at:])
		l.tok, l.bad = illegal, fmt.Sprintf("unexpected character '%c' at position '%d'", r, l.at)
	}
}

func (l *lexer) punctuation(t token) {
	l.tok = t
	l.at++
}

// stringLiteral reads a quoted string; a quote inside it is written twice.
func (l *lexer) stringLiteral() {
	start := l.at + 1
	for at := start; at < len(l.text); at++ {
		if l.text[at] != '\'' {
			continue
		}
		if at+1 < len(l.text) && l.text[at+1] == '\'' {
			at++
			continue
		}
		l.tok, l.word = stringToken, strings.ReplaceAll(l.text[start:at], "''", "'")
		l.at = at + 1
		return
	}
	l.tok, l.bad = illegal, fmt.Sprintf("the string literal at position '%d' is not terminated", l.at)
}

func (l *lexer) number() {
	start := l.at
	l.tok = integerToken
	l.at++
	for l.at < len(l.text) && (isDigit(l.text[l.at]) || l.text[l.at] == '.' && l.tok == integerToken) {
		if l.text[l.at] == '.' {
			l.tok = floatToken
		}
		l.at++
	}
	l.word = l.text[start:l.at]
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' }

type parser struct{ lexer }

func (p *parser) expected(want token) error {
	if p.tok == illegal {
		return fmt.Errorf("%s", p.bad)
	}
	return fmt.Errorf("expected token '%s' and actual '%s'", want, p.tok)
}

func (p *parser) expect(want token) error {
	if p.tok != want {
		return p.expected(want)
	}
	p.next()
	return nil
}

func (p *parser) expression(depth int) (Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the expression is nested more than %d levels deep", maxDepth)
	}
	n, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	for links := 0; ; links++ {
		if links > maxDepth {
			return nil, fmt.Errorf("the expression reads more than %d properties in a row", maxDepth)
		}
		switch p.tok {
		case dot:
			p.next()
			if p.tok != identifier {
				return nil, p.expected(identifier)
			}
			n = &Access{Base: n, Key: &Literal{Value: p.word}}
			p.next()
		case leftSquare:
			p.next()
			key, err := p.expression(depth + 1)
			if err != nil {
				return nil, err
			}
			if err := p.expect(rightSquare); err != nil {
				return nil, err
			}
			n = &Access{Base: n, Key: key}
		default:
			return n, nil
		}
	}
}

func (p *parser) primary(depth int) (Node, error) {
	word := p.word
	switch p.tok {
	case stringToken:
		p.next()
		return &Literal{Value: word}, nil
	case integerToken, floatToken:
		isInteger := p.tok == integerToken
		p.next()
		v, ok := value.ParseNumber(word)
		if _, fits := v.(int64); !ok || isInteger != fits {
			return nil, fmt.Errorf("the number '%s' is out of range", word)
		}
		return &Literal{Value: v}, nil
	case identifier:
		p.next()
		return p.call(word, depth)
	}
	return nil, p.expected(identifier)
}

// call reads what follows the name of a function, which may have a namespace.
func (p *parser) call(name string, depth int) (Node, error) {
	for p.tok == dot {
		p.next()
		if p.tok != identifier {
			return nil, p.expected(identifier)
		}
		name += "." + p.word
		p.next()
	}
	if err := p.expect(leftParen); err != nil {
		return nil, err
	}
	c := &Call{Name: name, Key: strings.ToLower(name)}
	if p.tok == rightParen {
		p.next()
		return c, nil
	}
	for {
		arg, err := p.expression(depth + 1)
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, arg)
		if p.tok != comma {
			return c, p.expect(rightParen)
		}
		p.next()
	}
}
