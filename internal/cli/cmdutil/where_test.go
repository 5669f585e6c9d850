package cmdutil

import (
	"testing"
)

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"jobs": "jobs", "http://127.0.0.1:4280": "http://127.0.0.1:4280", "jobs (old)": "'jobs (old)'",
		"a(b)c": "'a(b)c'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'",
	} {
		if got := ShellWord(word); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
	}
}
