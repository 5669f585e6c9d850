// Package suggest finds the name that somebody meant who wrote another one, for "did you mean". Call [Nearest], or [Hint]
// for the words.
package suggest

import (
	"cmp"
	"strings"
)

// shortestPrefix is how many letters must agree before a prefix counts as a name cut short.
const shortestPrefix = 3

// Nearest gives the candidate that is most like word, and "" when none is like it. Case, "_" and "-" do not count. At
// most a third of the letters may differ, and two neighbours that changed places count as one letter; a word that a
// candidate begins with, or the reverse, is as near as one letter; so are the initials of a candidate ("aci").
func Nearest(word string, candidates []string) string {
	type likeness struct{ rank, edits int }
	wanted := letters(word)
	found, best := "", likeness{max(1, len(wanted)/3) + 1, 0}
	for _, candidate := range candidates {
		c := letters(candidate)
		edits := distance(wanted, c)
		this := likeness{edits, edits}
		switch {
		case isPrefix(wanted, c), word != "" && strings.EqualFold(word, initials(candidate)):
			this.rank = min(edits, 1)
		case edits >= len(wanted):
			continue // nothing of the word is left
		}
		if cmp.Or(cmp.Compare(this.rank, best.rank), cmp.Compare(this.edits, best.edits)) < 0 {
			found, best = candidate, this
		}
	}
	return found
}

// Hint asks whether the candidate that is most like word was meant; otherwise is the hint where none is.
func Hint(word string, candidates []string, otherwise string) string {
	if near := Nearest(word, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}

// Or lists alternatives: "a", "a or b", "a, b or c".
func Or(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// letters are what of a name is compared.
func letters(name string) []rune {
	return []rune(strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)))
}

// initials are the first letters of a name's parts, such as "rg" of resource-group; "" for a name of one part.
func initials(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
	if len(parts) < 2 {
		return ""
	}
	var b strings.Builder
	for _, part := range parts {
		b.WriteRune([]rune(part)[0])
	}
	return b.String()
}

// isPrefix reports whether one of the two begins with the other.
func isPrefix(a, b []rune) bool {
	n := min(len(a), len(b))
	return n >= shortestPrefix && string(a[:n]) == string(b[:n])
}

// distance counts the edits of one letter that make b of a: insert, delete, replace, or swap with the next.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			differs := 1
			if a[i-1] == b[j-1] {
				differs = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+differs)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
