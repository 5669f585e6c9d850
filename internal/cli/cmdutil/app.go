// Package cmdutil holds what the commands of Pacific share: the streams and the
// environment, settings, opening clients, errors and hints in words, secrets,
// completion. It alone knows the names of commands and flags that hints give.
package cmdutil

import (
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/pacific-aci/pacific/internal/console"
	"golang.org/x/term"
)

// App is what the commands of one Main share.
type App struct {
	Env    Env
	Stdout *Gate
	Stderr *Gate
	// Out prints what was asked for, say what is said about it.
	Out, Say *console.Printer

	// shows: a wait is being shown.
	shows atomic.Bool
	// again is what was said last of requests that are repeated.
	again repeated
	// signalsTaken: a command hands on all signals to another program.
	signalsTaken atomic.Bool

	mu sync.Mutex
	// leftover says how to clean up what a second Ctrl-C would leave; "" when
	// nothing would be left.
	leftover string
	// said are the warnings and hints that are said once.
	said map[string]bool
	// abandon ends what would outlive this process; nil when nothing would.
	abandon func()
}

// NewApp makes what the commands of one call of Main share.
func NewApp(w Env) *App {
	w = w.withDefaults()
	a := &App{Env: w}
	a.Stdout, a.Stderr = newGates(w.Stdout, w.Stderr, w.Terminal(w.Stdout) && w.Terminal(w.Stderr))
	a.Out = a.printer(a.Stdout, w.Stdout)
	a.Say = a.printer(a.Stderr, w.Stderr)
	return a
}

// Width is how many columns a help text may use: those of the terminal, at least 60 and at most 100, and 80 elsewhere.
func (a *App) Width() int { return min(max(a.columns(), 60), 100) }

// columns is how wide the terminal is; 80 where there is none.
func (a *App) columns() int {
	for _, stream := range []io.Writer{a.Env.Stdout, a.Env.Stderr} {
		if f, ok := stream.(*os.File); ok && a.Env.Terminal(f) {
			if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
				return columns
			}
		}
	}
	return 80
}

// Asks reports whether somebody can be asked: both sides of the question are a terminal.
func (a *App) Asks() bool { return a.Env.Terminal(a.Env.Stdin) && a.Env.Terminal(a.Env.Stderr) }

// Prompter asks on standard error, so that standard output keeps what was asked for alone.
func (a *App) Prompter() *console.Prompter {
	if console.IsTerminal(a.Env.Stderr) {
		return console.NewPrompter(a.Env.Stdin, a.Env.Stderr, a.Say) // which draws on the terminal itself
	}
	return console.NewPrompter(a.Env.Stdin, a.Stderr, a.Say)
}

// printer looks at the stream behind the gate to learn whether it is a
// terminal.
func (a *App) printer(through *Gate, stream any) *console.Printer {
	return console.New(through, console.Options{
		LookupEnv: a.Env.LookupEnv,
		Terminal:  func(any) bool { return a.Env.Terminal(stream) },
		Columns:   a.columns,
	})
}

// Unfinished is what SetLeftover and SetAbandon noted last.
func (a *App) Unfinished() (leftover string, abandon func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leftover, a.abandon
}

// SetAbandon notes what a second signal has to end.
func (a *App) SetAbandon(end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.abandon = end
}

// TakeSignals says that from now on a command sees to all signals itself: they end neither its context nor Pacific.
func (a *App) TakeSignals() { a.signalsTaken.Store(true) }

// SignalsTaken reports whether [App.TakeSignals] was called.
func (a *App) SignalsTaken() bool { return a.signalsTaken.Load() }

// SetLeftover notes what a second signal would leave behind.
func (a *App) SetLeftover(hint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leftover = hint
}
