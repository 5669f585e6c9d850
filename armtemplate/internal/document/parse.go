package document

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// MaxDepth is how deep objects and arrays may be nested. The deepest published module has 30 levels.
const MaxDepth = 128

// Parse reads one JSON value.
func Parse(text []byte) (*Node, error) {
	s := strings.TrimPrefix(string(text), "\ufeff")
	if !utf8.ValidString(s) {
		return nil, &Error{Pos: Position{1, 1}, Message: "The text is not UTF-8."}
	}
	p := &parser{text: s, line: 1}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at < len(p.text) {
		return nil, p.errorf("Additional text encountered after finished reading JSON content: %s.", p.here())
	}
	return n, nil
}

// ParseValue reads one JSON value without keeping positions.
func ParseValue(text []byte) (value.Value, error) {
	n, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return n.Literal(), nil
}

type parser struct {
	text string
	at   int
	line int

	counted, column int // up to where the characters of this line are counted, and how many they are
}

func (p *parser) pos() Position {
	p.column += utf8.RuneCountInString(p.text[p.counted:p.at])
	p.counted = p.at
	return Position{Line: p.line, Column: p.column}
}

func (p *parser) errorf(format string, args ...any) error {
	return &Error{Pos: p.pos(), Message: fmt.Sprintf(format, args...)}
}

// here is the character at hand, for a message.
func (p *parser) here() string {
	if p.at >= len(p.text) {
		return "end of text"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return string(r)
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) newline() {
	p.at++
	p.line++
	p.counted, p.column = p.at, 0
}

// space skips white space and comments.
func (p *parser) space() error {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '\n':
			p.newline()
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			p.at++
		case c >= utf8.RuneSelf && strings.HasPrefix(p.text[p.at:], "\u00a0"):
			p.at += len("\u00a0")
		case c == '/':
			if err := p.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (p *parser) comment() error {
	switch rest := p.text[p.at:]; {
	case strings.HasPrefix(rest, "//"):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		p.at += end
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			return p.errorf("Unexpected end while parsing comment.")
		}
		for stop := p.at + end + 4; p.at < stop; {
			if p.text[p.at] == '\n' {
				p.newline()
			} else {
				p.at++
			}
		}
	default:
		return p.errorf("Error parsing comment. Expected: *, got %s.", string(rest[min(1, len(rest)-1)]))
	}
	return nil
}

func (p *parser) value(depth int) (*Node, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	if depth > MaxDepth {
		return nil, p.errorf("The maximum depth of %d has been exceeded.", MaxDepth)
	}
	switch c := p.peek(); {
	case p.at >= len(p.text):
		return nil, p.errorf("Unexpected end of content while loading JSON.")
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"' || c == '\'':
		s, err := p.string()
		if err != nil {
			return nil, err
		}
		return StringNode(s, p.pos()), nil
	}
	return p.scalar()
}

func (p *parser) object(depth int) (*Node, error) {
	p.at++
	n := &Node{Kind: Object, Pos: p.pos()}
	seen := map[string]int{}
	for {
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.peek() == '}' {
			p.at++
			return n, nil
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		pos := p.pos()
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.peek() != ':' {
			return nil, p.errorf("Invalid character after parsing property name. Expected ':' but got: %s.", p.here())
		}
		p.at++
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if at, ok := seen[name]; ok {
			n.Members[at].Value = v // the last of two wins
		} else {
			seen[name] = len(n.Members)
			n.Members = append(n.Members, Member{Name: name, Pos: pos, Value: v})
		}
		if done, err := p.comma('}', "property value"); err != nil || done {
			return n, err
		}
	}
}

// name reads the name of a member, which may stand without quotes.
func (p *parser) name() (string, error) {
	if c := p.peek(); c == '"' || c == '\'' {
		return p.string()
	}
	start := p.at
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	if p.at == start {
		if p.at >= len(p.text) {
			return "", p.errorf("Unexpected end when reading property name.")
		}
		return "", p.errorf("Invalid property identifier character: %s.", p.here())
	}
	return p.text[start:p.at], nil
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func (p *parser) array(depth int) (*Node, error) {
	p.at++
	n := &Node{Kind: Array, Pos: p.pos()}
	for {
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.peek() == ']' {
			p.at++
			return n, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, v)
		if done, err := p.comma(']', "a value"); err != nil || done {
			return n, err
		}
	}
}

// comma reads what follows an element: a comma, or the end of what it is in.
func (p *parser) comma(end byte, after string) (done bool, err error) {
	if err := p.space(); err != nil {
		return false, err
	}
	switch p.peek() {
	case ',':
		p.at++
		return false, nil
	case end:
		p.at++
		return true, nil
	}
	if p.at >= len(p.text) {
		return false, p.errorf("Unexpected end of content while loading JSON.")
	}
	return false, p.errorf("After parsing %s an unexpected character was encountered: %s.", after, p.here())
}

// scalar reads a number, true, false or null.
func (p *parser) scalar() (*Node, error) {
	start := p.at
	for p.at < len(p.text) && (isWord(p.text[p.at]) || p.text[p.at] == '-' || p.text[p.at] == '+' || p.text[p.at] == '.') {
		p.at++
	}
	word := p.text[start:p.at]
	n := &Node{Kind: Scalar, Pos: p.pos()}
	switch word {
	case "":
		return nil, p.errorf("Unexpected character encountered while parsing value: %s.", p.here())
	case "true", "True":
		n.Value = true
	case "false", "False":
		n.Value = false
	case "null", "undefined":
	default:
		v, ok := value.ParseNumber(word)
		if !ok {
			pos := Position{Line: p.line, Column: n.Pos.Column - utf8.RuneCountInString(word)}
			return nil, &Error{Pos: pos, Message: fmt.Sprintf("Unexpected character encountered while parsing value: %s.", word[:1])}
		}
		n.Value = v
	}
	return n, nil
}
