package console

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// AskSecret asks for a secret on the terminal in, which shows nothing of it, and writes the question to out. It gives the
// line that was typed. At the end of ctx it returns at once and leaves the terminal as it found it.
func AskSecret(ctx context.Context, in *os.File, out io.Writer, what string) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(out, "%s: ", Flat(what))
	type answer struct {
		line []byte
		err  error
	}
	typed := make(chan answer, 1)
	// A read from a terminal cannot be ended, and Ctrl-C must not wait for it.
	go func() {
		line, err := term.ReadPassword(fd)
		typed <- answer{line, err}
	}()
	// The terminal has not shown the end of the line either.
	defer fmt.Fprintln(out)
	select {
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return "", ctx.Err()
	case a := <-typed:
		return string(a.line), a.err
	}
}
