package jobtemplate

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// missing is a value that is not there, which null is not.
type missing struct{}

// lookUp finds a value by a path such as a.b[0].c or a.b.0.c. A number is an index of a list or of a text's letters, from
// the end if negative; in a map it is a key for 3.x, and nothing for 2.20. Whatever does not fit is [missing].
func lookUp(values any, path string, newest bool) any {
	for key := range strings.SplitSeq(withDots(path), ".") {
		index, isIndex := pyIndex(key)
		switch within := values.(type) {
		case map[string]any:
			value, ok := within[key]
			if !ok || isIndex && !newest {
				return missing{}
			}
			values = value
		case []any:
			at, ok := element(index, len(within))
			if !ok || !isIndex {
				return missing{}
			}
			values = within[at]
		case string:
			letter, ok := letterAt(within, index)
			if !ok || !isIndex {
				return missing{}
			}
			values = letter
		default:
			return missing{}
		}
	}
	return values
}

// letterAt is one letter of a text, from the end if the index is negative. It reads no more of the text than it must.
func letterAt(text string, index int) (string, bool) {
	for ; index < -1 && text != ""; index++ {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	for ; index > 0 && text != ""; index-- {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	if text == "" {
		return "", false
	}
	if index < 0 {
		r, _ := utf8.DecodeLastRuneInString(text)
		return string(r), true
	}
	r, _ := utf8.DecodeRuneInString(text)
	return string(r), true
}

// withDots writes a path such as a.b[0] with dots alone.
func withDots(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
}

func element(index, length int) (int, bool) {
	if index < 0 {
		index += length
	}
	return index, index >= 0 && index < length
}

// farIndex is past the end of every list that fits into a template.
const farIndex = 1 << 40

// pyIndex reads a number as Python's int() does: digits of any script, with single underscores between them.
func pyIndex(key string) (int, bool) {
	digits, negative := strings.CutPrefix(key, "-")
	n, last := 0, '_'
	for _, r := range digits {
		value, ok := digit(r)
		switch {
		case ok:
			n = min(n*10+value, farIndex)
		case r != '_' || last == '_':
			return 0, false
		}
		last = r
	}
	if last == '_' {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// digit is the value of a decimal digit. Unicode keeps the ten of a script together and in order.
func digit(r rune) (int, bool) {
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return int(r-rune(block.Lo)) % 10, true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return int(r-rune(block.Lo)) % 10, true
		}
	}
	return 0, false
}

// filler puts values in the place of a template's placeholders; those of blocks and variables stay.
type filler struct {
	values map[string]any
	env    func(string) (string, bool)
	newest bool
	// declared are the variables of the template: that nobody sets one of them is no mistake.
	declared map[string]map[string]any
	// missed collects the references that found nothing.
	missed []error
}

// fill gives a copy of a template with the values in it. A text that is one placeholder becomes the value itself, of
// whatever type; one without a value takes its map's or list's entry with it. Inside of a longer text a value is put as
// Python writes it, and nothing where there is none.
func (f *filler) fill(template any, path string) any {
	switch t := template.(type) {
	case string:
		return f.fillText(t, path)
	case map[string]any:
		filled := make(map[string]any, len(t))
		for key, value := range t {
			if value = f.fill(value, join(path, key)); value != (missing{}) {
				filled[key] = value
			}
		}
		return filled
	case []any:
		filled := make([]any, 0, len(t))
		for i, value := range t {
			if value = f.fill(value, path+"["+strconv.Itoa(i)+"]"); value != (missing{}) {
				filled = append(filled, value)
			}
		}
		return filled
	}
	return template
}

func (f *filler) fillText(text, path string) any {
	if p, ok := sole(text); ok && p.kind == kindValue && !f.later(p, path) {
		return f.value(p, path)
	}
	replaced, _ := substitute(text, func(p placeholder) (string, bool, error) {
		switch {
		case p.kind == kindValue && !f.later(p, path):
			if value := f.value(p, path); value != (missing{}) {
				return pytext.Str(value), true, nil
			}
			return "", true, nil
		case p.kind == kindEnvironment:
			if f.env != nil {
				if value, ok := f.env(strings.TrimLeft(p.name, environmentPrefix)); ok {
					return value, true, nil
				}
			}
			f.miss(p, path, "is not set where the template is rendered")
			return "", true, nil
		}
		return "", false, nil
	})
	return replaced
}

// later reports whether a placeholder waits for the name to be made: the run is known only there.
func (f *filler) later(p placeholder, path string) bool {
	return f.newest && path == nameName && f.values[contextName] == nil && firstPart(p.name) == contextName
}

func (f *filler) value(p placeholder, path string) any {
	value := lookUp(f.values, p.name, f.newest)
	if value != (missing{}) {
		return value
	}
	root := firstPart(p.name)
	if _, declared := f.declared[root]; !declared || f.values[root] != nil {
		f.miss(p, path, "finds nothing")
	}
	return value
}

func (f *filler) miss(p placeholder, path, problem string) {
	f.missed = append(f.missed, &Error{Kind: ErrReference, Field: path, Problem: "{{ " + p.name + " }} " + problem,
		Want: "correct it, or give it a value"})
}

func firstPart(path string) string {
	first, _, _ := strings.Cut(withDots(path), ".")
	return first
}
