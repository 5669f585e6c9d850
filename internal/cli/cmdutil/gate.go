package cmdutil

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Gate lets writes through until it is shut. A second Ctrl-C returns from Main
// while the command's goroutine still ends; shut, that goroutine can no longer
// touch the streams that belong to Main's caller.
type Gate struct {
	// mu is shared by the streams of one terminal.
	mu   *sync.Mutex
	w    io.Writer
	shut atomic.Bool
	// broken is why the first write that failed did; nil: none has. It is read while a write that may never end holds mu.
	broken atomic.Pointer[error]
	// open: what was written last has no line end.
	open bool
	// live is the live line as it stands on the screen; "" for none.
	live string
	// beside is another stream on the same terminal. Nil: none.
	beside *Gate
	// endsLines: an open line of beside is ended before anything is written here.
	endsLines bool
	// detached, if it is set, takes what is written and writes it later: see [Gate.Detach].
	detached atomic.Pointer[backlog]
}

// newGates makes the gates of standard output and standard error, which may be one terminal.
func newGates(stdout, stderr io.Writer, oneTerminal bool) (out, err *Gate) {
	out, err = &Gate{mu: new(sync.Mutex), w: stdout}, &Gate{mu: new(sync.Mutex), w: stderr}
	if oneTerminal {
		out.beside, err.beside, err.endsLines = err, out, true
		err.mu = out.mu
	}
	return out, err
}

// Write passes p on unless the gate is shut, and notes the first failure.
func (g *Gate) Write(p []byte) (int, error) {
	if b := g.detached.Load(); b != nil {
		return b.Write(p)
	}
	return g.pass(p)
}

// Detach makes Write wait for no reader any more, and shows no live line: what runs for days must not be held up by a terminal that
// somebody has paused. Lines that nobody reads are dropped once a megabyte of them waits; resumed is told how many, when somebody
// reads again. attach undoes it: it writes what is left, and shuts the gate if the reader takes nothing then either.
func (g *Gate) Detach(resumed func(dropped int)) (attach func()) {
	b := &backlog{to: g.pass, resumed: resumed}
	g.detached.Store(b)
	return func() {
		if !b.flush(backlogPatience) {
			g.shut.Store(true)
		}
		g.detached.Store(nil)
	}
}

// pass is Write that may wait for the reader.
func (g *Gate) pass(p []byte) (int, error) {
	if g.shut.Load() {
		return 0, io.ErrClosedPipe // a write that never ends may hold mu
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut.Load() {
		return 0, io.ErrClosedPipe
	}
	g.erase()
	if b := g.beside; b != nil {
		b.erase()
		if g.endsLines {
			b.endLine()
		}
	}
	n, err := g.w.Write(p)
	if n > 0 {
		g.open = p[n-1] != '\n'
	}
	if err != nil {
		g.broken.CompareAndSwap(nil, &err)
	}
	return n, err
}

// endLine ends the line that is open.
func (g *Gate) endLine() {
	if g.open && !g.shut.Load() {
		_, _ = g.w.Write([]byte("\n"))
		g.open = false
	}
}

// eraseLine takes the cursor to the first column and clears the line.
const eraseLine = "\r\x1b[K"

// Live shows text on the last line of a terminal, in the place of the live line before it; "" shows none. Whatever is
// written next takes its place. Nothing is shown while the cursor stands behind an unfinished line.
func (g *Gate) Live(text string) {
	if g.detached.Load() != nil || g.shut.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.erase()
	if text == "" || g.shut.Load() || g.open || g.beside != nil && g.beside.open {
		return
	}
	_, _ = io.WriteString(g.w, text)
	g.live = text
}

// erase takes the live line off the screen.
func (g *Gate) erase() {
	if g.live != "" && !g.shut.Load() {
		_, _ = io.WriteString(g.w, eraseLine)
	}
	g.live = ""
}

// Lost is why output is missing from the stream; nil too where a reader went
// away (pacific ps | head -1), who has what it wants.
func (g *Gate) Lost() error {
	broken := g.broken.Load()
	if broken == nil || IsClosedPipe(*broken) {
		return nil
	}
	return *broken
}

// ReaderWent reports whether an error is only that of writing to a reader that went away.
func (g *Gate) ReaderWent(err error) bool {
	broken := g.broken.Load()
	return broken != nil && IsClosedPipe(*broken) && errors.Is(err, *broken)
}

// IsClosedPipe reports whether a write failed because the reader went away.
func IsClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// closeTries and closePause are how long Close waits for a write that is under way.
const (
	closeTries = 20
	closePause = 10 * time.Millisecond
)

// Close shuts the gate: writes fail from now on. It waits for a write that is under way, but not for a reader that takes
// nothing any more: that write may never end.
func (g *Gate) Close() {
	if b := g.detached.Load(); b != nil {
		b.flush(closeTries * closePause)
	}
	for range closeTries {
		if g.mu.TryLock() {
			defer g.mu.Unlock()
			g.erase()
			break
		}
		time.Sleep(closePause)
	}
	g.shut.Store(true)
}
