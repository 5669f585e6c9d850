package profiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// tomlScan finds where things stand in a TOML text that a parser has already accepted. It does not judge: what it does
// not understand is an error, and nothing is edited then.
type tomlScan struct {
	text  string
	pos   int
	items []tomlItem
	heads []tomlHead
}

// tomlItem is one KEY = VALUE, in a line of its own or within an inline table.
type tomlItem struct {
	// path is the whole path, section the header that it stands under (empty at the top).
	path, section []string
	// start is where the key begins, end where the value does; value is where it begins.
	start, value, end int
	// inline: within braces. table: the value is an inline table itself.
	inline, table bool
}

// tomlHead is a line [a.b].
type tomlHead struct {
	path []string
	// start is where the bracket opens, end where it closes.
	start, end int
	array      bool
}

// scanTOML walks through the whole text.
func scanTOML(text string) (*tomlScan, error) {
	s := &tomlScan{text: text}
	s.pos = len(text) - len(strings.TrimPrefix(text, "\ufeff"))
	var section []string
	for {
		s.blank(true)
		if s.pos == len(s.text) {
			return s, nil
		}
		if s.text[s.pos] != '[' {
			if err := s.item(section, section, false); err != nil {
				return nil, err
			}
			continue
		}
		head := tomlHead{start: s.pos, array: strings.HasPrefix(s.text[s.pos:], "[[")}
		brackets := 1
		if head.array {
			brackets = 2
		}
		s.pos += brackets
		path, err := s.key()
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(s.text[s.pos:], strings.Repeat("]", brackets)) {
			return nil, s.lost("a header's end")
		}
		s.pos += brackets
		head.path, head.end = path, s.pos
		s.heads = append(s.heads, head)
		section = path
	}
}

func (s *tomlScan) lost(what string) error {
	return fmt.Errorf("line %d is in a form that cannot be edited safely (%s is missing)", strings.Count(s.text[:s.pos], "\n")+1, what)
}

// blank skips white space, and with lines also comments and line ends.
func (s *tomlScan) blank(lines bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t':
			s.pos++
		case lines && (c == '\n' || c == '\r'):
			s.pos++
		case lines && c == '#':
			s.pos += lineEnd(s.text[s.pos:])
		default:
			return
		}
	}
}

// key reads a dotted key and the blanks around it.
func (s *tomlScan) key() ([]string, error) {
	var path []string
	for {
		s.blank(false)
		start := s.pos
		if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
			if err := s.str(); err != nil {
				return nil, err
			}
		} else {
			for s.pos < len(s.text) && bareKeyByte(s.text[s.pos]) {
				s.pos++
			}
		}
		part, err := unquoteKey(s.text[start:s.pos])
		if err != nil {
			return nil, s.lost("a key")
		}
		path = append(path, part)
		s.blank(false)
		if s.pos == len(s.text) || s.text[s.pos] != '.' {
			return path, nil
		}
		s.pos++
	}
}

func bareKeyByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// unquoteKey lets the real parser read a quoted key.
func unquoteKey(text string) (string, error) {
	if text == "" {
		return "", fmt.Errorf("no key")
	}
	if bareKeyByte(text[0]) {
		return text, nil
	}
	var v struct{ V string }
	_, err := toml.Decode("V = "+text, &v)
	return v.V, err
}

// item reads KEY = VALUE below the given path.
func (s *tomlScan) item(path, section []string, inline bool) error {
	item := tomlItem{section: section, start: s.pos, inline: inline}
	key, err := s.key()
	if err != nil {
		return err
	}
	if s.pos == len(s.text) || s.text[s.pos] != '=' {
		return s.lost("an equals sign")
	}
	s.pos++
	s.blank(false)
	item.path, item.value = slices.Concat(path, key), s.pos
	item.table = strings.HasPrefix(s.text[s.pos:], "{")
	if err := s.val(item.path, section); err != nil {
		return err
	}
	item.end = s.pos
	s.items = append(s.items, item)
	return nil
}

// val skips a value, and notes the items of inline tables. path is nil inside of arrays, where nothing is noted.
func (s *tomlScan) val(path, section []string) error {
	if s.pos == len(s.text) {
		return s.lost("a value")
	}
	switch s.text[s.pos] {
	case '"', '\'':
		return s.str()
	case '[':
		return s.list(']', func() error { return s.val(nil, section) })
	case '{':
		return s.list('}', func() error {
			if path != nil {
				return s.item(path, section, true)
			}
			noted := len(s.items)
			err := s.item(nil, section, true)
			s.items = s.items[:noted]
			return err
		})
	}
	start := s.pos
	for s.pos < len(s.text) && !strings.ContainsRune(",]}#\r\n", rune(s.text[s.pos])) {
		s.pos++
	}
	s.pos = start + len(strings.TrimRight(s.text[start:s.pos], " \t"))
	if s.pos == start {
		return s.lost("a value")
	}
	return nil
}

// list skips a bracketed list of anything.
func (s *tomlScan) list(closing byte, element func() error) error {
	s.pos++
	for {
		s.blank(true)
		if s.pos == len(s.text) {
			return s.lost("a closing bracket")
		}
		switch s.text[s.pos] {
		case closing:
			s.pos++
			return nil
		case ',':
			s.pos++
		default:
			if err := element(); err != nil {
				return err
			}
		}
	}
}

// str skips a string of any of the four forms.
func (s *tomlScan) str() error {
	quote := s.text[s.pos : s.pos+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s.text[s.pos:], triple) {
		return s.closeString(triple)
	}
	return s.closeString(quote)
}

func (s *tomlScan) closeString(quote string) error {
	for i := s.pos + len(quote); i < len(s.text); i++ {
		if s.text[i] == '\\' && quote[0] == '"' {
			i++
			continue
		}
		if !strings.HasPrefix(s.text[i:], quote) {
			continue
		}
		end := i + len(quote)
		for len(quote) == 3 && end < len(s.text) && s.text[end] == quote[0] {
			end++ // """a""""" ends with a quote of its own, or two
		}
		s.pos = end
		return nil
	}
	return s.lost("a closing quote")
}
