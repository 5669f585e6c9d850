package api_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

func TestWildcards(t *testing.T) {
	for _, test := range []struct {
		name, text, pattern string
		like, glob          bool
	}{
		{"nothing of nothing", "", "", true, true},
		{"all", "etl", "etl", true, true},
		{"a part", "nightly-etl-2", "etl", true, false},
		{"capitals", "Nightly", "nIGHT", true, false},
		{"a character for SQL", "a1b", "a_b", true, false},
		{"none for SQL", "ab", "a_b", false, false},
		{"a text for SQL", "xa12bx", "a%b", true, false},
		{"a star", "a12b", "a*b", false, true},
		{"a star for nothing", "ab", "a*b", false, true},
		{"a star in the text", "a*b", "a*b", true, true},
		{"a question mark", "aüb", "a?b", false, true},
		{"two stars", "a.b.c", "a*b*", false, true},
		{"the second try", "aab", "*ab", false, true},
		{"more than the text", "a", "a?", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := api.Like(test.text, test.pattern); got != test.like {
				t.Errorf("Like(%q, %q) = %v", test.text, test.pattern, got)
			}
			if got := api.Glob(test.text, test.pattern); got != test.glob {
				t.Errorf("Glob(%q, %q) = %v", test.text, test.pattern, got)
			}
		})
	}
}

// A pattern that tries every way to part the text would keep the records' lock for years.
func TestWildcardsInTime(t *testing.T) {
	text := strings.Repeat("a", 1000)
	if api.Glob(text, strings.Repeat("a*", 100)+"b") || api.Like(text, strings.Repeat("a%", 100)+"b") {
		t.Error("a text without b matches a pattern that ends in b")
	}
}
