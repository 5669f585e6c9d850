//go:build linux || darwin

package demo_test

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"
)

// control is what a terminal does not show as text.
var control = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// TestTerminal runs the demo in a terminal of 80 columns: in colours, and no line broken by the terminal.
func TestTerminal(t *testing.T) {
	cmd := pacific(t, "demo")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	all, _ := io.ReadAll(terminal) // ends with an error where the program has closed the other side
	text := string(all)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !strings.Contains(text, "\x1b[") {
		t.Errorf("no colours:\n%s", text)
	}
	plain := control.ReplaceAllString(text, "")
	for _, want := range []string{"[ 1/10] start a local Azure", "read the secret", "nothing is left"} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is missing:\n%s", want, plain)
		}
	}
	for line := range strings.FieldsFuncSeq(plain, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
