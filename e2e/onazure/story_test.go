package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestCLI holds what a failed command tells: the exit code that was wanted, and never the secret.
func TestCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program is a script of a POSIX shell")
	}
	program := filepath.Join(t.TempDir(), "pacific")
	script := "#!/bin/sh\necho said \"$2\" >&2\nexit \"$1\"\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	s := newStory(&cloud{settings: settings{pacific: program}}, settings{})
	for _, test := range []struct {
		want      int
		exit, say string
		message   string // empty: no error
	}{
		{3, "3", "all is well", ""},
		{3, "0", "nothing", "exit status 0, want exit code 3"},
		{0, "1", "why", "exit status 1, want exit code 0"},
		{0, "1", secretText, "shows the secret"},
		{0, "0", secretText, "shows the secret"},
	} {
		_, err := s.cli(t.Context(), test.want, test.exit, test.say)
		switch {
		case test.message == "" && err != nil:
			t.Error(err)
		case test.message != "" && (err == nil || !strings.Contains(err.Error(), test.message) || strings.Contains(err.Error(), secretText)):
			t.Errorf("exit code %s: %v, want %q without the secret", test.exit, err, test.message)
		}
	}
}
