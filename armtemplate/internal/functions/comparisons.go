package functions

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var comparisons = map[string]Function{
	"equals":          {2, 2, false, func(c *Call) (value.Value, error) { return value.Equal(c.Args[0], c.Args[1]), nil }},
	"greater":         {2, 2, false, compare(func(n int) bool { return n > 0 })},
	"greaterorequals": {2, 2, false, compare(func(n int) bool { return n >= 0 })},
	"less":            {2, 2, false, compare(func(n int) bool { return n < 0 })},
	"lessorequals":    {2, 2, false, compare(func(n int) bool { return n <= 0 })},
	"not":             {1, 1, false, not},
	"bool":            {1, 1, false, toBool},
	"true":            {0, 0, false, func(*Call) (value.Value, error) { return true, nil }},
	"false":           {0, 0, false, func(*Call) (value.Value, error) { return false, nil }},
	"fail":            {1, 1, false, fail},
}

// compare orders two integers or two strings.
func compare(holds func(int) bool) func(*Call) (value.Value, error) {
	return func(c *Call) (value.Value, error) {
		switch a := c.Args[0].(type) {
		case int64:
			if b, ok := c.Args[1].(int64); ok {
				return holds(cmp.Compare(a, b)), nil
			}
		case string:
			if b, ok := c.Args[1].(string); ok {
				return holds(CompareText(a, b)), nil
			}
		}
		return nil, value.Errorf("The template language function '%s' expects two parameters of the same type, integers or strings. The provided values are of types '%s' and '%s'.",
			c.Name, value.TypeName(c.Args[0]), value.TypeName(c.Args[1]))
	}
}

func not(c *Call) (value.Value, error) {
	b, err := c.boolean(0)
	return !b, err
}

func toBool(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, value.Errorf("The template language function '%s' was invoked with a parameter that is not valid. The value cannot be converted to the target type.", c.Name)
}

func fail(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	return nil, value.Errorf("%s", s)
}

// CompareText orders strings as .NET's invariant culture does, near enough: punctuation before digits before letters, letters
// without regard to case and accents; then accents; then lower case before upper.
func CompareText(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	for i := 0; i < min(len(ra), len(rb)); i++ {
		if n := cmp.Compare(weight(ra[i]), weight(rb[i])); n != 0 {
			return n
		}
	}
	if n := cmp.Compare(len(ra), len(rb)); n != 0 {
		return n
	}
	for i := range ra { // accents
		if n := cmp.Compare(unicode.ToLower(ra[i]), unicode.ToLower(rb[i])); n != 0 {
			return n
		}
	}
	for i := range ra { // case
		if ra[i] != rb[i] {
			if unicode.IsLower(ra[i]) {
				return -1
			}
			return 1
		}
	}
	return 0
}

// weight is the place of a character but for case and accents.
func weight(r rune) int {
	const digits, letters = 1 << 24, 1 << 25
	switch {
	case unicode.IsDigit(r):
		return digits + int(r)
	case unicode.IsLetter(r):
		return letters + int(unaccented(unicode.ToLower(r)))
	case r == '_':
		return 1
	case r == '-':
		return 2
	}
	if at := strings.IndexRune(punctuation, r); at >= 0 {
		return 3 + at
	}
	return 1<<8 + int(r)
}

// punctuation is in the order of the Unicode collation algorithm.
const punctuation = "\t\n\v\f\r ,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"

// unaccented maps the Latin letters with accents that have a letter of their own to it.
func unaccented(r rune) rune {
	const with = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįĵķĺļľłñńņňòóôõöøōŏőŕŗřśŝşšţťùúûüũūŭůűųŵýÿŷźżž"
	const base = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiijkllllnnnnooooooooorrrssssttuuuuuuuuuuwyyyzzz"
	if r < 0x80 {
		return r
	}
	at := 0
	for _, w := range with {
		if w == r {
			return rune(base[at])
		}
		at++
	}
	return r
}
