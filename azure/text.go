package azure

import (
	"strings"
	"unicode"
)

// oneLine makes text of a server fit for a line on a terminal: no breaks, no escape sequences, no
// broken characters.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || r == '\uFEFF' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// clip cuts after n characters and says so.
func clip(s string, n int) string {
	count := 0
	for i := range s {
		if count == n-1 && len(s) > i {
			if rest := s[i:]; len([]rune(rest)) > 1 {
				return s[:i] + "…"
			}
		}
		count++
	}
	return s
}

// sentence drops a closing full stop, so that more can follow.
func sentence(s string) string { return strings.TrimRight(s, ". ") }

// uncapitalised makes the beginning of a sentence the middle of one. A first word in capitals, such as ACR, stays.
func uncapitalised(s string) string {
	if len(s) > 1 && unicode.IsUpper(rune(s[0])) && unicode.IsLower(rune(s[1])) {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
