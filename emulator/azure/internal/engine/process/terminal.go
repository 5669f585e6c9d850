package process

import (
	"io"
	"os"
	"slices"
	"strings"
)

// terminal is a pseudo-terminal: the program has the slave as its input, output and controlling terminal, we have the
// master, where we type and read what the screen would show.
type terminal struct{ master, slave *os.File }

// endOfInput is Ctrl-D: with it a terminal tells a program that reads lines that its input has ended.
const endOfInput = 4

// typeIn types the input and, at its end, Ctrl-D. nil is an empty input. The terminal's own rules hold: a control
// character is a key, not data.
func (t *terminal) typeIn(input io.Reader) {
	end := []byte{endOfInput}
	if input != nil {
		last := &lastByte{w: t.master, b: '\n'}
		if _, err := io.Copy(last, input); err != nil {
			return
		}
		if last.b != '\n' && last.b != '\r' {
			end = []byte{endOfInput, endOfInput} // the first only sends off the line that has begun
		}
	}
	_, _ = t.master.Write(end)
}

func (t *terminal) close() {
	t.slave.Close()
	t.master.Close()
}

// lastByte keeps the last byte that went through it.
type lastByte struct {
	w io.Writer
	b byte
}

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b = p[len(p)-1]
	}
	return l.w.Write(p)
}

// withTerm says which terminal it is, unless the container does: what docker says too.
func withTerm(env []string) []string {
	if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "TERM=") }) {
		return env
	}
	return append(slices.Clone(env), "TERM=xterm")
}
