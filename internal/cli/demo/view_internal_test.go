package demo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShellLines breaks commands so that a shell still reads the same words.
func TestShellLines(t *testing.T) {
	for command, want := range map[string][]string{
		"a":                                      {"a"},
		"a b":                                    {"a b"},
		"aaaaaaaaaa bbbbbbbb":                    {`aaaaaaaaaa \`, "    bbbbbbbb"},
		`echo "of no use to anyone" | c`:         {`echo \`, `    "of no use to anyone" \`, "    | c"},
		"aaaaaaaa --bbb c --dd e --ff":           {`aaaaaaaa --bbb c \`, "    --dd e --ff"},
		`aaaaaaaaaaa || echo "$? b"`:             {`aaaaaaaaaaa \`, `    || echo "$? b"`},
		"a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c": {`a \`, `    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb \`, "    c"},
	} {
		got := shellLines(command, 20)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", command, diff)
		}
		if back := strings.Join(got, "\n"); strings.ReplaceAll(back, " \\\n    ", " ") != command {
			t.Errorf("%s: a shell reads %s", command, back)
		}
	}
}
