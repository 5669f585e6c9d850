package api

import "strings"

// Like is SQL's ILIKE '%part%': whether the text has the part in it, with capital letters or without; % is any text and
// _ any character.
func Like(text, part string) bool {
	text, part = strings.ToLower(text), strings.ToLower(part)
	if !strings.ContainsAny(part, "%_") {
		return strings.Contains(text, part)
	}
	return fits([]rune(text), []rune("%"+part+"%"))
}

// fits compares all of the text, trying for the last % that was met another length whenever the rest does not fit.
func fits(text, pattern []rune) bool {
	t, p, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, from, p = p, t, p+1
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == text[t]):
			t, p = t+1, p+1
		case star >= 0:
			from++
			t, p = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(string(pattern[p:]), "%") == ""
}
