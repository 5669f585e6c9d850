package aci

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

type groupRead struct {
	group *Group
	err   error
}

// step is the next wait between two reads.
func (w *watch) step() time.Duration {
	most := mostAlone
	if w.attached {
		most = mostAttached
	}
	if w.most > 0 {
		most = min(most, w.most)
	}
	wait := min(w.wait, most)
	w.wait = min(2*w.wait, mostAttached)
	return wait
}

func (w *watch) readSoon(d time.Duration) {
	if !w.reading {
		w.readAt.Reset(d)
	}
}

func (w *watch) read(work context.Context) {
	if w.reading {
		return
	}
	w.reading = true
	go func() {
		g, err := w.c.read(work, w.name)
		w.reads <- groupRead{g, err}
	}()
}

// take learns from one read, and plans the next.
func (w *watch) take(work context.Context, r groupRead) *ending {
	e, isLost := lost(r.err)
	switch {
	case r.err == nil:
		w.missing = 0
		w.viewBack()
		// Azure's own start deadline is half an hour too: what fails at ours has missed ours.
		if v := w.observe(work, r.group); v != nil && !(v.failed && w.startOverdue()) {
			return v
		}
		w.readSoon(w.step())
	case isLost:
		wait := max(min(w.step(), mostAlone), e.RetryAfter)
		if !w.lostView {
			w.lostView = true
			w.emit(Event{Kind: EventViewLost, Wait: wait, Err: e})
		}
		w.readSoon(wait)
	case isNotFound(r.err):
		w.viewBack()
		if v := w.notThere(); v != nil {
			return v
		}
	default:
		return &ending{outcome: OutcomeError, reason: r.err.Error(), err: fmt.Errorf("watching container group %q: %w", w.name, r.err)}
	}
	// Only a fact ends a watch: as long as the view is lost, the container may run.
	if !isLost && w.startOverdue() {
		return w.startMissed()
	}
	return nil
}

func (w *watch) viewBack() {
	if w.lostView {
		w.lostView = false
		w.emit(Event{Kind: EventViewBack})
	}
}

// notThere judges a 404: not yet, or gone once a second one says so.
func (w *watch) notThere() *ending {
	if w.group == nil && time.Since(w.accepted) < notYet {
		w.readSoon(w.step())
		return nil
	}
	if w.missing++; w.missing < 2 {
		w.readSoon(goneAfter)
		return nil
	}
	reason := "the container group is gone; somebody or something deleted it"
	if w.stopping != "" {
		return &ending{outcome: w.stopping, reason: reason, gone: true}
	}
	return &ending{outcome: OutcomeVanished, reason: reason, gone: true}
}

// startFailure makes the error of a group that Azure could not bring up.
func (w *watch) startFailure(ctx context.Context, operation string) *StartError {
	failure := &StartError{Name: w.name, Phase: w.res.Phases.last(), Events: w.events}
	var details []azure.Detail
	for _, e := range w.events {
		details = append(details, azure.Detail{Code: e.Name, Message: e.Message})
	}
	if e := w.c.operationError(ctx, operation); e != nil {
		failure.Err = e
	} else if e := azure.NewError(details...); e != nil {
		failure.Err = e
	} else {
		failure.Err = errors.New("provisioning failed, and Azure gives no reason")
	}
	return failure
}
