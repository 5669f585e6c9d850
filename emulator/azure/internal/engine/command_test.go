package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

func TestSplitCommand(t *testing.T) {
	for command, want := range map[string][]string{
		"":                     {},
		" \t ":                 {},
		"/bin/bash":            {"/bin/bash"},
		"  ls  -l\t/":          {"ls", "-l", "/"},
		`sh -c "echo a"`:       {"sh", "-c", `"echo`, `a"`},
		"printf a\nb":          {"printf", "a\nb"},
		"echo \u00a0 no-break": {"echo", "\u00a0", "no-break"},
	} {
		if got := engine.SplitCommand(command); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", command, got, want)
		}
	}
}

func FuzzSplitCommand(f *testing.F) {
	for _, s := range []string{"", " ", "ls -l", "\tsh  -c 'a b' ", "\xff \xfe", "é ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, command string) {
		parts := engine.SplitCommand(command)
		for _, p := range parts {
			if p == "" || strings.ContainsAny(p, " \t") {
				t.Errorf("%q has the part %q", command, p)
			}
		}
		// Nothing is lost, added or moved: only blanks go.
		blankless := strings.NewReplacer(" ", "", "\t", "")
		if got, want := strings.Join(parts, ""), blankless.Replace(command); got != want {
			t.Errorf("%q: the parts are %q, want %q", command, got, want)
		}
		if again := engine.SplitCommand(strings.Join(parts, " ")); !slices.Equal(again, parts) {
			t.Errorf("%q: split again: %q, want %q", command, again, parts)
		}
	})
}

func TestLookup(t *testing.T) {
	env := []string{"A=1", "broken", "B=x=y", "A=2", "E="}
	for key, want := range map[string]string{"A": "2", "B": "x=y", "E": ""} {
		if got, ok := engine.Lookup(env, key); !ok || got != want {
			t.Errorf("%s: got %q, %v; want %q", key, got, ok, want)
		}
	}
	for _, key := range []string{"broken", "C", ""} {
		if got, ok := engine.Lookup(env, key); ok {
			t.Errorf("%q: got %q, want none", key, got)
		}
	}
}
