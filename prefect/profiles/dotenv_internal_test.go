package profiles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The right-hand sides are what Python's dotenv reads.
func TestParseDotenv(t *testing.T) {
	env := map[string]string{"HOST": "env", "BARE": "env"}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	for text, want := range map[string]map[string]string{
		"":                            {},
		"A=1\nB=2":                    {"A": "1", "B": "2"},
		"A=1\r\nB=2\rC=3":             {"A": "1", "B": "2", "C": "3"},
		"export A=1\nexportB=2":       {"A": "1", "exportB": "2"},
		" A = 1 \n":                   {"A": "1"},
		"A=\nB= \nC= # x\nD=#x":       {"A": "", "B": "", "C": "", "D": "#x"},
		"A=a b # c\nB=a#b\nC=a  #b":   {"A": "a b", "B": "a#b", "C": "a"},
		"A='a # b' # c":               {"A": "a # b"},
		`A="a\n\"b\\" # c`:            {"A": "a\n\"b\\"},
		`A='a\n\'b\\'`:                {"A": `a\n'b\`},
		`A="a\qb"`:                    {"A": `a\qb`},
		"A=\"two\nlines\"\nB=1":       {"A": "two\nlines", "B": "1"},
		"A='open\nB=1":                {"B": "1"},
		"A=\"x\" junk\nB=1":           {"B": "1"},
		"# A=1\n\n  # B\nC=1":         {"C": "1"},
		"BARE\nA=${BARE}.":            {"A": "."},
		"A=${HOST}${NO:-d}${NO}$HOST": {"A": "envd$HOST"},
		"HOST=own\nA=${HOST}":         {"HOST": "own", "A": "own"},
		"A='${HOST}'":                 {"A": "env"},
		"A=1\nA=2":                    {"A": "2"},
		"'A B'=1\n''=2\nC=3":          {"A B": "1", "C": "3"},
		"\ufeffA=1":                   {"A": "1"},
		"=1\nB=2":                     {"B": "2"},
		"A=1=2":                       {"A": "1=2"},
		"A = \"x\"\nB = 'y'":          {"A": "x", "B": "y"},
		"two words\nA=1":              {"A": "1"},
		"A=é #ü":                      {"A": "é"},
	} {
		if diff := cmp.Diff(want, parseDotenv(text, lookup)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}

func FuzzParseDotenv(f *testing.F) {
	f.Add("export A=\"x\\n${B:-c}\" # d\n'E'=f\nG")
	f.Fuzz(func(t *testing.T, text string) {
		values := parseDotenv(text, func(string) (string, bool) { return "", false })
		for name := range values {
			if name == "" || strings.ContainsRune(name, 0) && !strings.ContainsRune(text, 0) {
				t.Errorf("a name %q out of %q", name, text)
			}
		}
		// A well-formed line behind anything that is complete is always read.
		if again := parseDotenv("PACIFIC_LAST=1\n"+text, func(string) (string, bool) { return "", false }); again["PACIFIC_LAST"] == "" && !strings.Contains(text, "PACIFIC_LAST") {
			t.Errorf("the first line of %q is lost", text)
		}
	})
}
