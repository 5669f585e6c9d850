package cli

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"

	"github.com/pacific-aci/pacific/internal/console"
)

// World is everything outside that the command line touches. Each field's
// zero value is the real thing, so that main passes almost nothing and a test
// passes only what it wants to see or fake.
type World struct {
	// Args are the arguments without the program's name. Nil: the process's.
	Args []string
	// Stdin, Stdout and Stderr are the standard streams. Nil: the process's.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// LookupEnv reads the environment. Nil: the process's.
	LookupEnv func(string) (string, bool)
	// Transport carries every request to Azure and to Prefect. Nil: the network.
	Transport http.RoundTripper
	// Dir is the folder in which pacific.toml and the files that flags name
	// are looked for. Empty: the working folder.
	Dir string
	// Signals brings the signals that ask Pacific to end. The first lets a
	// job be stopped and deleted; the second ends Pacific at once. Nil: none
	// ever come.
	Signals <-chan os.Signal
	// Terminal tells whether a stream is a terminal. Nil: the operating
	// system is asked.
	Terminal func(stream any) bool
}

func (w World) withDefaults() World {
	if w.Args == nil {
		w.Args = os.Args[1:]
	}
	if w.Stdin == nil {
		w.Stdin = os.Stdin
	}
	if w.Stdout == nil {
		w.Stdout = os.Stdout
	}
	if w.Stderr == nil {
		w.Stderr = os.Stderr
	}
	if w.LookupEnv == nil {
		w.LookupEnv = os.LookupEnv
	}
	if w.Terminal == nil {
		w.Terminal = console.IsTerminal
	}
	return w
}

// gate lets writes through until it is shut. A second Ctrl-C returns from Main
// while the command's goroutine still ends; shut, that goroutine can no longer
// touch the streams that belong to Main's caller.
type gate struct {
	mu   sync.Mutex
	w    io.Writer
	shut bool
	// broken is why the first write that failed did.
	broken error
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return 0, io.ErrClosedPipe
	}
	n, err := g.w.Write(p)
	if err != nil && g.broken == nil {
		g.broken = err
	}
	return n, err
}

// lost is why output is missing from the stream; nil too where a reader went
// away (pacific ps | head -1), who has what it wants.
func (g *gate) lost() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken == nil || isClosedPipe(g.broken) {
		return nil
	}
	return g.broken
}

// readerWent tells whether an error is only that of writing to a reader that went away.
func (g *gate) readerWent(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken != nil && isClosedPipe(g.broken) && errors.Is(err, g.broken)
}

func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}
