package aci

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// viewState is how the last read of the group went.
type viewState int

const (
	viewing     viewState = iota // Azure told the group, or nothing was asked yet
	viewLost                     // no answer that says anything
	viewRefused                  // Azure, or something before it, refuses to tell
	viewMissing                  // our group was not found, once
)

// patience is how long a refusal to tell of the group must last before the watch gives up. A sign-in or a right that
// was lost, or is being changed, often comes back: a secret is rotated, a role assignment takes ten minutes to reach
// everywhere, and a proxy has its own mind. Nothing else that Azure refuses is known to pass, but a job is worth some
// minutes. Retry-After is honoured on top of it.
func patience(err error) time.Duration {
	if e := azure.Explain(err); e == nil || e.Class == azure.ClassAuthentication || e.Class == azure.ClassAuthorisation {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

// errNoSense is an answer of 200 that describes no container group of ours, as a portal that wants a sign-in gives.
var errNoSense = errors.New("the answer describes no container group with this container")

type groupRead struct {
	group *Group
	err   error
}

// step is the next wait between two reads.
func (w *watch) step() time.Duration {
	most := mostAlone
	if w.view.attached {
		most = mostAttached
	}
	if w.limits.poll > 0 {
		most = min(most, w.limits.poll)
	}
	wait := min(w.view.wait, most)
	w.view.wait = min(2*w.view.wait, mostAttached)
	return wait
}

func (w *watch) readSoon(d time.Duration) {
	if !w.view.reading {
		w.view.readAt.Reset(d)
	}
}

func (w *watch) read(work context.Context) {
	if w.view.reading {
		return
	}
	w.view.reading = true
	go func() {
		g, err := w.c.read(work, w.name)
		w.view.reads <- groupRead{g, err}
	}()
}

// take judges one read, and plans the next.
func (w *watch) take(work context.Context, r groupRead) *ending {
	if r.err == nil {
		if _, ok := r.group.find(w.res.Container); !ok {
			r.err = errNoSense
		}
		if r.group.Tags[TagToken] != w.seen.token && len(r.group.Containers) > 0 {
			return w.notFound(true)
		}
	}
	e, isLost := lost(r.err)
	switch {
	case r.err == nil:
		w.seeAgain()
		w.view.missing = 0
		// Azure's own start deadline is half an hour too: what fails at ours has missed ours.
		if v := w.observe(work, r.group); v != nil && !(v.failed && w.startOverdue()) {
			return v
		}
		w.readSoon(w.step())
		if w.startOverdue() {
			return w.startMissed()
		}
	case isNotFound(r.err):
		return w.notFound(false)
	case isLost:
		w.lose(viewLost, e.RetryAfter, e)
	default:
		return w.refused(r.err)
	}
	return nil
}

// lose plans the next read of a group that cannot be seen, and says so once. Only a fact ends a watch: as long as the
// view is lost, the container may run.
func (w *watch) lose(state viewState, retryAfter time.Duration, err error) {
	wait := max(min(w.step(), mostAlone), retryAfter)
	if w.view.state != state || !w.view.said {
		kind := EventViewLost
		if state == viewRefused {
			kind = EventViewRefused
		}
		w.emit(Event{Kind: kind, Wait: wait, Err: err})
	}
	w.view.state, w.view.said = state, true
	w.readSoon(wait)
}

// refused takes an answer that denies the view of the group. It says nothing about the job, which is left alone if
// the refusal lasts.
func (w *watch) refused(err error) *ending {
	now := time.Now()
	if w.view.state == viewing {
		w.view.wait = w.c.firstPoll // what passes, passes soon: a new token, a proxy that was restarted
	}
	if w.view.state != viewRefused {
		w.view.since = now
	}
	if lasted := now.Sub(w.view.since); lasted >= patience(err) {
		failure := &WatchError{Name: w.name, ResourceGroup: w.c.resourceGroup, Lasted: lasted.Round(time.Second), Err: err}
		return &ending{outcome: OutcomeUnknown, reason: failure.Error(), err: failure, leave: true}
	}
	var retryAfter time.Duration
	if e := azure.Explain(err); e != nil {
		retryAfter = e.RetryAfter
	}
	w.lose(viewRefused, retryAfter, err)
	return nil
}

// seeAgain notes that Azure answers about the group.
func (w *watch) seeAgain() {
	if w.view.said {
		w.emit(Event{Kind: EventViewBack})
	}
	w.view.state, w.view.said = viewing, false
}

// notFound judges a read that did not find our group: it is not there yet, or it is gone once a second read says so.
// foreign: another group has the name. One read alone may come from a cache of Azure's, of before ours or after it.
func (w *watch) notFound(foreign bool) *ending {
	w.seeAgain()
	if !foreign && w.seen.group == nil && time.Since(w.limits.accepted) < notYet {
		w.readSoon(w.step())
		if w.startOverdue() {
			return w.startMissed()
		}
		return nil
	}
	w.view.state = viewMissing
	if w.view.missing++; w.view.missing < 2 {
		w.readSoon(w.c.goneAfter())
		return nil
	}
	v := &ending{outcome: OutcomeVanished, gone: true, foreign: foreign, reason: "the container group is gone; somebody or something deleted it"}
	if foreign {
		v.outcome, v.reason = OutcomeReplaced, "the container group is gone, and another one has its name now, which was left alone"
	}
	if w.isStopping() {
		v.outcome = w.stopping.why
	}
	return v
}

// startFailure makes the error of a group that Azure could not bring up.
func (w *watch) startFailure(ctx context.Context, operation string) *StartError {
	failure := &StartError{Name: w.name, Phase: w.res.Phases.last(), Events: w.seen.events, Containers: w.failures()}
	var details []azure.Detail
	for _, e := range w.seen.events {
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
