package api

import "strings"

// Like is SQL's ILIKE '%part%': whether the text has the part in it, with capital letters or without; % is any text and
// _ any character.
func Like(text, part string) bool {
	text, part = strings.ToLower(text), strings.ToLower(part)
	if !strings.ContainsAny(part, "%_") {
		return strings.Contains(text, part)
	}
	return wildcards{'%', '_'}.fit([]rune(text), []rune("%"+part+"%"))
}

// LikePrefix is SQL's LIKE 'prefix%', which SQLite takes without regard to the case of ASCII letters.
func LikePrefix(text, prefix string) bool {
	return wildcards{'%', '_'}.fit([]rune(strings.ToLower(text)), []rune(strings.ToLower(prefix)+"%"))
}

// Glob reports whether all of the text is as the pattern says: * is any text and ? any character.
func Glob(text, pattern string) bool {
	return wildcards{'*', '?'}.fit([]rune(text), []rune(pattern))
}

// wildcards are the characters of a pattern that stand for others.
type wildcards struct{ text, character rune }

// fit compares all of the text, trying for the last wildcard for text that was met another length whenever the rest does
// not fit. It never goes back behind that one: the lock is held meanwhile, and a client may send any pattern.
func (w wildcards) fit(text, pattern []rune) bool {
	t, p, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == w.text:
			star, from, p = p, t, p+1
		case p < len(pattern) && (pattern[p] == w.character || pattern[p] == text[t]):
			t, p = t+1, p+1
		case star >= 0:
			from++
			t, p = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(string(pattern[p:]), string(w.text)) == ""
}
