package cmdutil

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// Gate lets writes through until it is shut. A second Ctrl-C returns from Main
// while the command's goroutine still ends; shut, that goroutine can no longer
// touch the streams that belong to Main's caller.
type Gate struct {
	mu   sync.Mutex
	w    io.Writer
	shut bool
	// broken is why the first write that failed did.
	broken error
	// open: what was written last has no line end.
	open bool
	// beside is another stream on the same terminal. Its open line is ended before anything is written here. Nil: none.
	beside *Gate
}

// Write passes p on unless the gate is shut, and notes the first failure.
func (g *Gate) Write(p []byte) (int, error) {
	if g.beside != nil {
		g.beside.endLine()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return 0, io.ErrClosedPipe
	}
	n, err := g.w.Write(p)
	if n > 0 {
		g.open = p[n-1] != '\n'
	}
	if err != nil && g.broken == nil {
		g.broken = err
	}
	return n, err
}

// endLine ends the line that is open.
func (g *Gate) endLine() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open && !g.shut {
		_, _ = g.w.Write([]byte("\n"))
		g.open = false
	}
}

// Lost is why output is missing from the stream; nil too where a reader went
// away (pacific ps | head -1), who has what it wants.
func (g *Gate) Lost() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken == nil || IsClosedPipe(g.broken) {
		return nil
	}
	return g.broken
}

// ReaderWent reports whether an error is only that of writing to a reader that went away.
func (g *Gate) ReaderWent(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken != nil && IsClosedPipe(g.broken) && errors.Is(err, g.broken)
}

// IsClosedPipe reports whether a write failed because the reader went away.
func IsClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// Close shuts the gate: writes fail from now on.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}
