package jobtemplate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// missing is a value that is not there, which null is not.
type missing struct{}

// lookUp finds a value by a path such as a.b[0].c or a.b.0.c. A number is an index of a list or of a text's letters,
// from the end if negative, and never a key; whatever does not fit is [missing].
func lookUp(values any, path string) any {
	for key := range strings.SplitSeq(withDots(path), ".") {
		index, isIndex := pyIndex(key)
		switch within := values.(type) {
		case map[string]any:
			value, ok := within[key]
			if !ok || isIndex {
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
			at, ok := element(index, utf8.RuneCountInString(within))
			if !ok || !isIndex {
				return missing{}
			}
			values = string([]rune(within)[at])
		default:
			return missing{}
		}
	}
	return values
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

// apply puts values in the place of a template's placeholders; those of blocks and variables stay. A text that is one
// placeholder becomes the value itself, of whatever type; one without a value takes its map's or list's entry with it.
// Inside of a longer text a value is put as Python writes it, and nothing where there is none.
func apply(template any, values map[string]any, env func(string) (string, bool)) any {
	switch t := template.(type) {
	case string:
		return applyText(t, values, env)
	case map[string]any:
		applied := make(map[string]any, len(t))
		for key, value := range t {
			if value = apply(value, values, env); value != (missing{}) {
				applied[key] = value
			}
		}
		return applied
	case []any:
		applied := make([]any, 0, len(t))
		for _, value := range t {
			if value = apply(value, values, env); value != (missing{}) {
				applied = append(applied, value)
			}
		}
		return applied
	}
	return template
}

func applyText(text string, values map[string]any, env func(string) (string, bool)) any {
	if p, ok := sole(text); ok && p.kind == kindValue {
		return lookUp(values, p.name)
	}
	replaced, _ := substitute(text, func(p placeholder) (string, bool, error) {
		switch p.kind {
		case kindValue:
			if value := lookUp(values, p.name); value != (missing{}) {
				return pyText(value), true, nil
			}
			return "", true, nil
		case kindEnvironment:
			if env != nil {
				if value, ok := env(strings.TrimLeft(p.name, environmentPrefix)); ok {
					return value, true, nil
				}
			}
			return "", true, nil
		}
		return "", false, nil
	})
	return replaced
}
