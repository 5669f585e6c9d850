package pytext_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// The texts are those of json.loads in Python 3.11; the empty one is for what it takes.
func TestLoads(t *testing.T) {
	for text, want := range map[string]string{
		"":               "Expecting value: line 1 column 1 (char 0)",
		"{":              "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
		"[1,]":           "Expecting value: line 1 column 4 (char 3)",
		"{\"a\":1,}":     "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)",
		"{\"a\" 1}":      "Expecting ':' delimiter: line 1 column 6 (char 5)",
		"{\"a\":}":       "Expecting value: line 1 column 6 (char 5)",
		"{a:1}":          "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
		"[1 2]":          "Expecting ',' delimiter: line 1 column 4 (char 3)",
		"\"a":            "Unterminated string starting at: line 1 column 1 (char 0)",
		"\"\\":           "Unterminated string starting at: line 1 column 1 (char 0)",
		"\"\\q\"":        "Invalid \\escape: line 1 column 2 (char 1)",
		"\"\\u12\"":      "Invalid \\uXXXX escape: line 1 column 3 (char 2)",
		"\"a\nb\"":       "Invalid control character at: line 1 column 3 (char 2)",
		"1 2":            "Extra data: line 1 column 3 (char 2)",
		"nul":            "Expecting value: line 1 column 1 (char 0)",
		"  ":             "Expecting value: line 1 column 3 (char 2)",
		"{\"a\":1":       "Expecting ',' delimiter: line 1 column 7 (char 6)",
		"[1":             "Expecting ',' delimiter: line 1 column 3 (char 2)",
		"[":              "Expecting value: line 1 column 2 (char 1)",
		"{\"a\":1 \"b\"": "Expecting ',' delimiter: line 1 column 8 (char 7)",
		"\n  x":          "Expecting value: line 2 column 3 (char 3)",
		"é x":            "Expecting value: line 1 column 1 (char 0)",
		"\"é\\x\"":       "Invalid \\escape: line 1 column 3 (char 2)",
		"01":             "Extra data: line 1 column 2 (char 1)",
		"-":              "Expecting value: line 1 column 1 (char 0)",
		"1.":             "Extra data: line 1 column 2 (char 1)",
		"+1":             "Expecting value: line 1 column 1 (char 0)",
		"\"\\u12":        "Invalid \\uXXXX escape: line 1 column 3 (char 2)",
		"{\"a\"":         "Expecting ':' delimiter: line 1 column 5 (char 4)",
		"{\"a\":1, b}":   "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)",
		"[1,2":           "Expecting ',' delimiter: line 1 column 5 (char 4)",
		"\"\\u00e9\"":    "",
		"tru":            "Expecting value: line 1 column 1 (char 0)",
	} {
		_, err := pytext.Loads(text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
