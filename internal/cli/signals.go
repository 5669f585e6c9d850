package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Signals gives the signals that ask this process to end, for World.Signals.
// A closed standard output no longer ends the process either: the job has to be
// stopped and deleted first.
func Signals() <-chan os.Signal {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, and means it
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Ignore(syscall.SIGPIPE)
	return signals
}

// signalError is why a context ended when a signal asked for it.
type signalError struct{ sig os.Signal }

func (e *signalError) Error() string { return fmt.Sprintf("%s received", e.sig) }

// code is what a shell reports for a program that this signal ended.
func (e *signalError) code() int {
	switch e.sig {
	case syscall.SIGTERM:
		return exitTerminated
	case syscall.SIGHUP:
		return exitHungUp
	}
	return exitInterrupted
}

// sameSignal is how soon a signal after the first is taken for the same one:
// timeout(1) sends its signal to the process and then to its group, and a
// second that is meant takes a person longer.
const sameSignal = 500 * time.Millisecond

// listen ends the context at the first signal, with the signal as its cause,
// and passes the second one on. stop ends the listening, and the context.
func (a *app) listen(parent context.Context) (ctx context.Context, again <-chan os.Signal, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	second := make(chan os.Signal, 1)
	stopped := make(chan struct{})
	go func() {
		var first time.Time
		for {
			select {
			case sig := <-a.world.Signals:
				switch {
				case first.IsZero():
					first = time.Now()
					cancel(&signalError{sig})
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
// time to.
func (a *app) leave(sig os.Signal) int {
	a.mu.Lock()
	leftover, abandon := a.leftover, a.abandon
	a.mu.Unlock()
	a.stdout.close()
	if abandon != nil {
		ended := make(chan struct{})
		go func() { abandon(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(abandonTimeout):
		}
	}
	if leftover != "" {
		a.say.Error("left without cleaning up", leftover)
	} else {
		a.say.Error("left at once", "")
	}
	a.stderr.close()
	return (&signalError{sig}).code()
}

// abandonTimeout bounds what "at once" may take: the local Azure kills its
// processes, which do not die with us on every system.
const abandonTimeout = 2 * time.Second

// setAbandon notes what a second signal has to end.
func (a *app) setAbandon(end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.abandon = end
}

// setLeftover notes what a second signal would leave behind.
func (a *app) setLeftover(hint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leftover = hint
}
