package azcli

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines hold nothing that a shell expands, so that a shell can be asked what is right.
var lines = []string{
	"a  b\tc", "  a ", "az group create --name 'a b' --location 'x'", `az ad sp list --query "[?appId=='1']" -o json`, `"a\b"`, `"a\$b\"c\\d\` + "`" + `"`,
	`a\ b`, `a'b'c"d"`, "''", `""`, "a '' b", "a#b", `'it'\''s'`, "ü x", "a\\\nb", "\"a\\\nb\"", "'a\\b\n'", "\"a\nb\"", "a=\"b c\"d",
}

func TestSplitAsAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to compare with")
	}
	for _, line := range lines {
		got, err := split(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		out, err := exec.Command(sh, "-c", `printf '%s\0' `+line).Output()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
		for _, word := range got {
			if back, err := split(quote(word)); err != nil || len(back) != 1 || back[0] != word {
				t.Errorf("%q is quoted as %q, which splits into %q, %v", word, quote(word), back, err)
			}
		}
	}
}

// What is an operator, a variable or a comment to a shell is text here.
func TestSplitExpandsNothing(t *testing.T) {
	got, err := split("$HOME ~ * ; | & #x \"$x `y` ${z}\" a=`b`")
	want := []string{"$HOME", "~", "*", ";", "|", "&", "#x", "$x `y` ${z}", "a=`b`"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestSplitErrors(t *testing.T) {
	for _, line := range []string{"'a", `"a`, `"a\`, `"a\"`, `a\`} {
		if got, err := split(line); err == nil {
			t.Errorf("%q was split into %q", line, got)
		}
	}
	if got, err := split(" \n"); err != nil || len(got) != 0 {
		t.Errorf("an empty line: %q, %v", got, err)
	}
}

func TestUnsafeForBatch(t *testing.T) {
	for arg, want := range map[string]bool{"[?name=='x']": false, "a b": false, "a&calc": true, "%PATH%": true, `say "x"`: true, "a|b": true, "a\nb": true} {
		if got := unsafeForBatch(arg); got != want {
			t.Errorf("%q: %v", arg, got)
		}
	}
	for path, want := range map[string]bool{`C:\az.cmd`: true, `C:\AZ.BAT`: true, "/usr/bin/az": false, "cmd": false} {
		if got := isBatch(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
