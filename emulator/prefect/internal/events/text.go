package events

import (
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// textFilter searches in all of an event, or of a log.
type textFilter struct {
	Query string `json:"query" req:"true"`
}

// Check limits its length.
func (f textFilter) Check() string {
	if len(f.Query) > 200 {
		return "String should have at most 200 characters"
	}
	return ""
}

// match looks for one of the query's words, all of those after a + and none of those after a -. Quotes hold words
// together.
func (f *textFilter) match(text string) bool {
	text = strings.ToLower(text)
	var some, found bool
	for _, word := range words(strings.ToLower(f.Query)) {
		switch {
		case strings.HasPrefix(word, "-") && len(word) > 1:
			if strings.Contains(text, word[1:]) {
				return false
			}
		case strings.HasPrefix(word, "+") && len(word) > 1:
			if !strings.Contains(text, word[1:]) {
				return false
			}
		default:
			some, found = true, found || strings.Contains(text, word)
		}
	}
	return found || !some
}

func words(query string) []string {
	var list []string
	var word strings.Builder
	quoted := false
	end := func() {
		if word.Len() > 0 {
			list = append(list, word.String())
			word.Reset()
		}
	}
	for _, r := range query {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			end()
		default:
			word.WriteRune(r)
		}
	}
	end()
	return list
}

// eventText is what a search looks at.
func eventText(e *db.Event) string {
	parts := append([]string{e.Event}, slices.Sorted(maps.Values(e.Resource))...)
	for _, r := range e.Related {
		parts = append(parts, slices.Sorted(maps.Values(r))...)
	}
	return strings.Join(append(parts, string(e.Payload)), " ")
}
