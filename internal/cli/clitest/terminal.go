//go:build unix

package clitest

import (
	"io"
	"os"

	"github.com/creack/pty"
	"github.com/pacific-aci/pacific/internal/cli"
	"golang.org/x/sys/unix"
)

// Session is a command line with a person at a terminal.
type Session struct {
	// Keys takes what the person types, and Screen is what they see.
	Keys    io.Writer
	Screen  *Stream
	Signals chan os.Signal
	Code    chan int

	h        *Harness
	terminal *os.File
}

// Sit starts a command line on a terminal of its own, of no size that is known.
func (h *Harness) Sit(args ...string) *Session {
	h.T.Helper()
	return h.SitAt(0, 0, args...)
}

// SitAt starts a command line on a terminal of this size.
func (h *Harness) SitAt(rows, columns uint16, args ...string) *Session {
	h.T.Helper()
	keys, terminal, err := pty.Open()
	if err != nil {
		h.T.Fatal(err)
	}
	// The terminal stays open: bubbletea may still ask for its size for a moment after a prompt has ended.
	h.T.Cleanup(func() { keys.Close() })
	s := &Session{Keys: keys, Screen: NewStream(), Signals: make(chan os.Signal, 2), Code: make(chan int, 1), h: h, terminal: terminal}
	s.Resize(rows, columns)
	go io.Copy(s.Screen, keys)
	env := h.Env(terminal, terminal, args)
	env.Stdin, env.Signals = terminal, s.Signals
	go func() { s.Code <- cli.Main(h.T.Context(), env) }()
	return s
}

// Resize changes the size of the terminal.
func (s *Session) Resize(rows, columns uint16) {
	s.h.T.Helper()
	if err := pty.Setsize(s.terminal, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		s.h.T.Fatal(err)
	}
}

// Type waits until the screen has shown a text, and then types.
func (s *Session) Type(shown, keys string) {
	s.h.T.Helper()
	s.Screen.WaitFor(s.h.T, shown)
	if _, err := io.WriteString(s.Keys, keys); err != nil {
		s.h.T.Fatal(err)
	}
}

// Ends waits for the exit code, and for a terminal that is as it was.
func (s *Session) Ends(code int) {
	s.h.T.Helper()
	if got := <-s.Code; got != code {
		s.h.T.Errorf("exit code %d, want %d; the screen shows:\n%s", got, code, s.Screen)
	}
	if flags := s.flags(); flags&unix.ECHO == 0 || flags&unix.ICANON == 0 {
		s.h.T.Error("the terminal is left raw")
	}
}

// Echoes reports whether the terminal shows what is typed.
func (s *Session) Echoes() bool {
	s.h.T.Helper()
	return s.flags()&unix.ECHO != 0
}

func (s *Session) flags() uint32 {
	s.h.T.Helper()
	state, err := unix.IoctlGetTermios(int(s.terminal.Fd()), termios)
	if err != nil {
		s.h.T.Fatal(err)
	}
	return uint32(state.Lflag)
}
