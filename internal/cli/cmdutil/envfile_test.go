package cmdutil

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testApp(dir string) (*App, *bytes.Buffer) {
	var stderr bytes.Buffer
	return NewApp(Env{Args: []string{}, Dir: dir, Stdout: &bytes.Buffer{}, Stderr: &stderr, Stdin: strings.NewReader("")}), &stderr
}

func TestReadEnvFile(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{
		{"plain", "A=1\nB=2", map[string]string{"A": "1", "B": "2"}},
		{"comments and blanks", "# a\n\n  # b\n\t\nA=1\n", map[string]string{"A": "1"}},
		{"the value as it stands", "A= \"x\" # y\nB=a=b\nC=\n", map[string]string{"A": ` "x" # y`, "B": "a=b", "C": ""}},
		{"Windows lines", "A=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}},
		{"the last wins", "A=1\nA=2\n", map[string]string{"A": "2"}},
		{"blanks around the name", " A =1\n", map[string]string{"A": "1"}},
		{"empty", "", map[string]string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "job.env"), []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			a, _ := testApp(dir)
			got, err := a.ReadEnvFile("--env-file", "job.env", false)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzEnvFile holds every file to one of two ends: values with sound names, or
// an error that names a line and repeats nothing of it.
func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=1\n", "#\n", "=x", "secretvalue", "A B=1", "\xff=\x00", "\r\n\r\nA=1"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "job.env")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a, _ := testApp(dir)
		values, err := a.ReadEnvFile("--env-file", path, false)
		if err != nil {
			e, ok := errors.AsType[*UsageError](err)
			if !ok || !strings.Contains(e.Problem, " line ") {
				t.Errorf("got %v", err)
			}
			return
		}
		for name := range values {
			if name == "" || strings.ContainsAny(name, "=\n \t") {
				t.Errorf("got the name %q", name)
			}
		}
	})
}
