package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// Signals gives the signals that ask this process to end, for Env.Signals.
// A closed standard output no longer ends the process either: the job has to be
// stopped and deleted first.
func Signals() <-chan os.Signal {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, and means it
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Taken and dropped, not ignored: what is ignored stays so in programs that are started, and a local job's pipes need it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return signals
}

// sameSignal is how soon a signal after the first is taken for the same one:
// timeout(1) sends its signal to the process and then to its group, and a
// second that is meant takes a person longer.
const sameSignal = 500 * time.Millisecond

// listen ends the context at the first signal, with the signal as its cause,
// and passes the second one on. stop ends the listening, and the context.
func listen(parent context.Context, a *cmdutil.App) (ctx context.Context, again <-chan os.Signal, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	second := make(chan os.Signal, 1)
	stopped := make(chan struct{})
	go func() {
		var first time.Time
		for {
			select {
			case sig := <-a.Env.Signals:
				switch {
				case a.SignalsTaken():
				case first.IsZero():
					first = time.Now()
					cancel(&cmdutil.SignalError{Sig: sig})
				case time.Since(first) >= sameSignal:
					second <- sig
					return
				}
			case <-stopped:
				return
			}
		}
	}()
	return ctx, second, func() { close(stopped); cancel(nil) }
}

// leave ends Main at once and says how to clean up what the command had no
// time to. The streams are closed before anything is abandoned: what the
// command would say about an Azure that ends under it is not for the reader.
func leave(a *cmdutil.App, sig os.Signal) int {
	leftover, abandon := a.Unfinished()
	within(leaveTimeout, func() {
		a.Stdout.Close()
		if leftover != "" {
			a.Say.Error("quit without cleaning up", leftover)
		}
		a.Stderr.Close()
	})
	if abandon != nil {
		within(leaveTimeout, abandon)
	}
	return (&cmdutil.SignalError{Sig: sig}).Code()
}

// leaveTimeout bounds what "at once" may take: a terminal that was stopped with
// Ctrl-S takes no word, and the local Azure kills its processes, which do not
// die with us on every system.
const leaveTimeout = 2 * time.Second

// within waits for the end of do, for a limited time.
func within(limit time.Duration, do func()) {
	done := make(chan struct{})
	go func() { do(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
	}
}
