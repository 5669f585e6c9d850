package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// Doing shows what a list of steps is doing, for how long, and what that waits for. Make it with [App.NewDoing].
type Doing struct {
	a  *App
	mu sync.Mutex
	// doing is what goes on, and waiting what that waits for; empty: nothing.
	doing, waiting string
	began          time.Time
	// hide ends what is shown while a step goes on; nil: nothing is.
	hide func()
}

// NewDoing shows nothing yet.
func (a *App) NewDoing() *Doing { return &Doing{a: a} }

// Show shows what goes on until [Doing.Stop].
func (d *Doing) Show(doing string) {
	d.Stop()
	d.mu.Lock()
	d.doing, d.waiting, d.began = doing, "", time.Now()
	d.mu.Unlock()
	d.hide = d.a.Show(Waiting{
		What: func() (string, string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.waiting != "" {
				return "waiting for " + d.waiting, ""
			}
			return d.doing, ""
		},
		Since: func() time.Time {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.began
		},
	})
}

// Stop ends what is shown.
func (d *Doing) Stop() {
	if d.hide != nil {
		d.hide()
		d.hide = nil
	}
}

// GoesOn changes what is shown as being done; any goroutine may call it.
func (d *Doing) GoesOn(doing string) {
	d.mu.Lock()
	d.doing, d.waiting = doing, ""
	d.mu.Unlock()
}

// Waits is told before each pause until Azure's answer is another one. It says so once; what is shown while the step goes on
// has it too.
func (d *Doing) Waits(w azure.Wait) {
	d.mu.Lock()
	first := d.waiting != w.For
	d.waiting = w.For
	d.mu.Unlock()
	if !first {
		return
	}
	why := w.Err.Code // the rest of what Azure says is no use to somebody who only waits
	if why == "" {
		why = w.Err.Error()
	}
	d.a.Say.Status(fmt.Sprintf("waiting for %s (%s)", w.For, why))
}

// Signalled is the signal that an error is the echo of; nil: of none.
func Signalled(ctx context.Context, err error) *SignalError {
	sig, ok := errors.AsType[*SignalError](context.Cause(ctx))
	if _, echo := errors.AsType[*SignalError](err); !ok || !echo && !errors.Is(err, context.Canceled) {
		return nil
	}
	return sig
}
