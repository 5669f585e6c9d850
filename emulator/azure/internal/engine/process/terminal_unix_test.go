//go:build unix

package process_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
)

// session is an exec on a terminal.
type session struct {
	keys *io.PipeWriter
	out  *enginetest.Log
	code int
	err  error
	done chan struct{}
}

// open begins an exec on a terminal of 33 rows and 111 columns.
func (b *bench) open(ctx context.Context, t *testing.T, c engine.Container, command ...string) *session {
	t.Helper()
	keys, typed := io.Pipe()
	s := &session{keys: typed, out: &enginetest.Log{}, done: make(chan struct{})}
	t.Cleanup(func() { typed.Close() })
	go func() {
		defer close(s.done)
		s.code, s.err = c.Exec(ctx, engine.ExecSpec{Args: command, Rows: 33, Cols: 111, Stdin: keys, Output: s.out})
	}()
	return s
}

func (s *session) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(s.keys, keys); err != nil {
		t.Fatal(err)
	}
}

func (s *session) ends(t *testing.T, code int) {
	t.Helper()
	<-s.done
	if s.code != code || s.err != nil {
		t.Errorf("the exec ended with %d, %v, want %d; output %q", s.code, s.err, code, s.out)
	}
}

func TestTerminal(t *testing.T) {
	b := newBench(t, map[string]string{"PATH": "/usr/bin:/bin"})
	spec := sh("sleep 600")
	spec.Env = []string{"PS1=ready> "}
	c, _ := b.start(t, spec)

	t.Run("size", func(t *testing.T) {
		s := b.open(t.Context(), t, c, command("terminal")...)
		s.ends(t, 0)
		if got := s.out.String(); got != "33x111\r\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("kind", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "sh", "-c", `echo "$TERM"; tty -s && : < /dev/tty && echo terminal`)
		s.ends(t, 0)
		if got := s.out.String(); got != "xterm\r\nterminal\r\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("echo, editing and Ctrl-D", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "cat")
		s.press(t, "helpo\x7f\x7flo\r") // Backspace, twice
		s.out.Wait(t, "helpo\b \b\b \blo\r\nhello\r\n")
		s.press(t, "\x04")
		s.ends(t, 0)
	})
	t.Run("Ctrl-C", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "cat")
		s.press(t, "up\r")
		s.out.Wait(t, "up\r\nup\r\n")
		s.press(t, "\x03")
		s.ends(t, 130)
	})
	t.Run("a shell with a job of its own", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "sh", "-i")
		s.press(t, "echo $((6*7))\r")
		s.out.Wait(t, "42\r\n")
		s.press(t, "cat -n\r")
		s.press(t, "inside\r")
		s.out.Wait(t, "1\tinside\r\n")
		s.press(t, "\x03") // ends cat, not the shell
		s.out.Wait(t, "^C\r\nready> ")
		s.press(t, "echo $((7*7))\r")
		s.out.Wait(t, "49\r\n")
		s.press(t, "exit 5\r")
		s.ends(t, 5)
	})
	for name, input := range map[string]string{"whole lines": "one\ntwo\n", "an open line": "one\ntwo", "nothing": ""} {
		t.Run("the input's end is Ctrl-D after "+name, func(t *testing.T) {
			s := b.open(t.Context(), t, c, "cat")
			s.press(t, input)
			s.keys.Close()
			s.ends(t, 0)
			if got := s.out.String(); strings.Count(got, "two") != 2*strings.Count(input, "two") {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("no input", func(t *testing.T) {
		if code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "cat", Rows: 24, Cols: 80}); code != 0 || err != nil {
			t.Errorf("got %d, %v", code, err)
		}
	})
	t.Run("the caller leaves", func(t *testing.T) {
		ctx, leave := context.WithCancelCause(t.Context())
		s := b.open(ctx, t, c, "cat")
		s.press(t, "up\r")
		s.out.Wait(t, "up\r\nup\r\n")
		left := errors.New("left")
		leave(left)
		<-s.done
		if !errors.Is(s.err, left) {
			t.Errorf("got %d, %v", s.code, s.err)
		}
	})
	t.Run("no such program", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "/no/such/program")
		s.ends(t, 127)
		if got := s.out.String(); !strings.Contains(got, "not found") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("much output", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "seq", "1", "200000")
		s.ends(t, 0)
		if got := s.out.String(); !strings.HasSuffix(got, "\r\n199999\r\n200000\r\n") || strings.Count(got, "\n") != 200000 {
			t.Errorf("%d lines, the last %q", strings.Count(got, "\n"), got[max(0, len(got)-20):])
		}
	})
	t.Run("the container ends", func(t *testing.T) {
		s := b.open(t.Context(), t, c, "cat")
		s.press(t, "up\r")
		s.out.Wait(t, "up\r\nup\r\n")
		c.Stop(0)
		s.ends(t, 137)
	})
}
