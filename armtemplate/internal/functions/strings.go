package functions

import (
	"strings"
	"unicode"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var texts = map[string]Function{
	"endswith":   {2, 2, false, endsWith},
	"format":     {1, -1, false, format},
	"join":       {2, 2, false, join},
	"like":       {2, 2, false, like},
	"padleft":    {2, 3, false, padLeft},
	"replace":    {3, 3, false, replace},
	"split":      {2, 2, false, split},
	"startswith": {2, 2, false, startsWith},
	"string":     {1, 1, false, toString},
	"substring":  {2, 3, false, substring},
	"tolower":    {1, 1, false, onText(strings.ToLower)},
	"toupper":    {1, 1, false, onText(strings.ToUpper)},
	"trim":       {1, 1, false, onText(func(s string) string { return strings.TrimFunc(s, unicode.IsSpace) })},
}

// onText makes a function of the language from one of Go's.
func onText(do func(string) string) func(*Call) (value.Value, error) {
	return func(c *Call) (value.Value, error) {
		s, err := c.str(0)
		if err != nil {
			return nil, err
		}
		return do(s), nil
	}
}

// Text is how a value prints inside a string: .NET's True and False, nothing for null, and compact JSON for the rest.
func Text(v value.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return string(value.Append(nil, v))
}

func toString(c *Call) (value.Value, error) { return Text(c.Args[0]), nil }

func concatText(c *Call) (value.Value, error) {
	var b strings.Builder
	for i, a := range c.Args {
		switch a.(type) {
		case string, int64, bool, value.Number:
			b.WriteString(Text(a))
		case []value.Value:
			return nil, value.Errorf("The provided parameters for language function '%s' are invalid. Either all or none of the parameters must be an array.", c.Name)
		default:
			return nil, c.invalid(i, "a string, an integer or a boolean")
		}
	}
	return b.String(), nil
}

func startsWith(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	return strings.HasPrefix(foldText(s[0]), foldText(s[1])), nil
}

func endsWith(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	return strings.HasSuffix(foldText(s[0]), foldText(s[1])), nil
}

// like reports whether a whole string is as a pattern says, in which * stands for any text, without regard to case.
func like(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	rest, parts := foldText(s[0]), strings.Split(foldText(s[1]), "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return rest == first, nil
	}
	if len(rest) < len(first)+len(last) || !strings.HasPrefix(rest, first) || !strings.HasSuffix(rest, last) {
		return false, nil
	}
	rest = rest[len(first) : len(rest)-len(last)]
	for _, part := range parts[1 : len(parts)-1] { // as early as possible leaves most for those that follow
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false, nil
		}
		rest = after
	}
	return true, nil
}

func join(c *Call) (value.Value, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	by, err := c.str(1)
	if err != nil {
		return nil, err
	}
	if value.Size(a, maxText)+len(a)*len(by) > maxText {
		return nil, c.tooLong()
	}
	texts := make([]string, len(a))
	for i, e := range a {
		texts[i] = Text(e)
	}
	return strings.Join(texts, by), nil
}

// maxText is how long a text may become by one call: more than a whole template may hold.
const maxText = 16 << 20

func (c *Call) tooLong() error {
	return value.Errorf("The result of the template language function '%s' is longer than %d characters.", c.Name, maxText)
}

func padLeft(c *Call) (value.Value, error) {
	var s string
	switch v := c.Args[0].(type) {
	case string, int64:
		s = Text(v)
	default:
		return nil, c.invalid(0, "a string or an integer")
	}
	total, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	pad := " "
	if len(c.Args) == 3 {
		if pad, err = c.str(2); err != nil {
			return nil, err
		}
		if units(pad) != 1 {
			return nil, value.Errorf("The template language function '%s' expects its third parameter to be a single character. The provided value is '%s'.", c.Name, pad)
		}
	}
	switch {
	case total < 0:
		return nil, value.Errorf("The template language function '%s' expects its second parameter not to be negative. The provided value is '%d'.", c.Name, total)
	case total > maxText:
		return nil, c.tooLong()
	}
	return strings.Repeat(pad, max(0, int(total)-units(s))) + s, nil
}

func replace(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	if s[1] == "" {
		return nil, value.Errorf("The template language function '%s' expects its second parameter not to be empty.", c.Name)
	}
	if len(s[2]) > len(s[1]) && strings.Count(s[0], s[1])*(len(s[2])-len(s[1]))+len(s[0]) > maxText {
		return nil, c.tooLong()
	}
	return strings.ReplaceAll(s[0], s[1], s[2]), nil
}

// split cuts a string at a delimiter, or at whichever of several comes first.
func split(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	var by []string
	switch d := c.Args[1].(type) {
	case string:
		by = []string{d}
	case []value.Value:
		for _, e := range d {
			t, ok := e.(string)
			if !ok {
				return nil, c.invalid(1, "a string or an array of strings")
			}
			by = append(by, t)
		}
	default:
		return nil, c.invalid(1, "a string or an array of strings")
	}
	if len(by) > 64 {
		return nil, value.Errorf("The template language function '%s' takes at most 64 delimiters.", c.Name)
	}
	out, start := []value.Value{}, 0
	for at := 0; at < len(s); {
		if n := delimiter(s[at:], by); n > 0 {
			out = append(out, s[start:at])
			at += n
			start = at
		} else {
			at++
		}
	}
	return append(out, s[start:]), nil
}

func delimiter(s string, by []string) int {
	for _, d := range by {
		if d != "" && strings.HasPrefix(s, d) {
			return len(d)
		}
	}
	return 0
}

func substring(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	start, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	size := int64(units(s))
	n := size - start
	if len(c.Args) == 3 && c.Args[2] != nil {
		if n, err = c.integer(2); err != nil {
			return nil, err
		}
	}
	if start < 0 || start > size || n < 0 || n > size-start {
		return nil, value.Errorf("The template language function '%s' parameters are not valid: index and length must refer to a location within the string. The index is '%d', the length '%d' and that of the string '%d'.", c.Name, start, n, size)
	}
	return sub(s, int(start), int(start+n)), nil
}
