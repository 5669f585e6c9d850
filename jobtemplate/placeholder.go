package jobtemplate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a placeholder stands for; its name's beginning tells.
type kind int

const (
	kindValue       kind = iota // {{ name }}, {{ a.b[0] }}: a job variable
	kindBlock                   // {{ prefect.blocks.… }}
	kindVariable                // {{ prefect.variables.… }}
	kindEnvironment             // {{ $NAME }}: of the process that renders
)

const (
	blockPrefix       = "prefect.blocks."
	variablePrefix    = "prefect.variables."
	environmentPrefix = "$"
)

// placeholder is one {{ name }} in a text.
type placeholder struct {
	name string
	kind kind
	// start and end are its place in the text.
	start, end int
}

func newPlaceholder(name string, start, end int) placeholder {
	p := placeholder{name: name, start: start, end: end}
	switch {
	case strings.HasPrefix(name, blockPrefix):
		p.kind = kindBlock
	case strings.HasPrefix(name, variablePrefix):
		p.kind = kindVariable
	case strings.HasPrefix(name, environmentPrefix):
		p.kind = kindEnvironment
	}
	return p
}

// placeholders finds all of them, from left to right. Anything else between braces is text: a name has letters,
// digits, and the signs _ . - [ ] $ only. (So Go's {{ .Values.x }} is one too.)
func placeholders(s string) []placeholder {
	var found []placeholder
	for at := 0; ; {
		open := strings.Index(s[at:], "{{")
		if open < 0 {
			return found
		}
		at += open
		nameStart := skip(s, at+2, space)
		nameEnd := skip(s, nameStart, nameRune)
		end := skip(s, nameEnd, space)
		if nameEnd == nameStart || !strings.HasPrefix(s[end:], "}}") {
			at++
			continue
		}
		found = append(found, newPlaceholder(s[nameStart:nameEnd], at, end+2))
		at = end + 2
	}
}

// sole gives the placeholder that is the whole text.
func sole(s string) (placeholder, bool) {
	found := placeholders(s)
	if len(found) != 1 || found[0].start != 0 || found[0].end != len(s) {
		return placeholder{}, false
	}
	return found[0], true
}

// substitute writes a text anew with some placeholders replaced; what is put in is not looked at again. (Prefect
// replaces one after the other in no fixed order, so that a value may or may not be looked at.)
func substitute(s string, replace func(placeholder) (text string, ok bool, err error)) (string, error) {
	var b strings.Builder
	last := 0
	for _, p := range placeholders(s) {
		text, ok, err := replace(p)
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		b.WriteString(s[last:p.start])
		b.WriteString(text)
		last = p.end
	}
	b.WriteString(s[last:])
	return b.String(), nil
}

func skip(s string, at int, is func(rune) bool) int {
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if !is(r) {
			break
		}
		at += size
	}
	return at
}

// space is \s of Python's regular expressions, which counts the four separators of ASCII.
func space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// nameRune is \w of Python's regular expressions, and a few signs.
func nameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("_.-[]$", r)
}
