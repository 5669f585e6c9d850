package aci

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// viewState is how the last read of the group went; see [watch].
type viewState int

const (
	viewing     viewState = iota // it showed the group; also the state before the first read
	viewLost                     // no answer, or one that says nothing about the group
	viewRefused                  // Azure, or a proxy before it, refused to show the group
	viewMissing                  // our group was not found; see watch_missing.go
)

// patience is how long refusals must last before the watch gives up. Sign-ins and rights come back: a secret is rotated,
// a new role assignment takes up to ten minutes to reach all of Azure, a proxy asks for a password again. Other refusals
// are not known to pass, but giving up a job that runs is worth five minutes of trying. A longer Retry-After is honoured.
func patience(err error) time.Duration {
	if e := azure.Explain(err); e == nil || e.Class == azure.ClassAuthentication || e.Class == azure.ClassAuthorisation {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}

// errNoSense is an answer of 200 without the group's container, such as the sign-in page of a captive portal.
var errNoSense = errors.New("the answer describes no container group with this container")

// groupRead is the result of one read of the group.
type groupRead struct {
	group  *Group
	err    error
	listed *listing // what the resource group's list says of a group that was not found; nil: it was not asked for
}

// step is the wait before the next read. Each call doubles the following one.
func (w *watch) step() time.Duration {
	most := mostAlone
	alive := w.isAlive()
	if w.view.attached || alive {
		most = mostAttached
	}
	settled := w.view.attached && w.isRunning() && w.seen.group.Provisioning == ProvisioningSucceeded
	if (alive || settled) && !w.view.vouched {
		w.view.vouched, w.view.wait = true, mostAttached
	}
	most = max(most, time.Duration(w.c.watching.Load())*readsEach)
	if w.limits.poll > 0 {
		most = min(most, w.limits.poll)
	}
	wait := min(w.view.wait, most)
	w.view.wait = min(2*w.view.wait, mostAttached)
	return wait
}

// isAlive reports whether the container was seen running and the caller hears that it still does.
func (w *watch) isAlive() bool {
	return w.heard.alive != nil && w.isRunning() && w.heard.alive()
}

// isRunning reports whether the container was seen running, and nothing has been done to stop it.
func (w *watch) isRunning() bool {
	main := w.main()
	return main != nil && main.Current != nil && main.Current.State.Running() && !w.isStopping()
}

// readSoon plans the next read, unless one is under way: its answer plans the next.
func (w *watch) readSoon(d time.Duration) {
	if !w.view.reading {
		w.view.readAt.set(d)
	}
}

// read starts one read of the group. Its answer comes through view.reads.
func (w *watch) read(work context.Context) {
	if w.view.reading {
		return
	}
	w.view.reading = true
	name, token, list := w.name, w.seen.token, w.absentLongEnough()
	go func() {
		defer w.actor.wake()
		var r groupRead
		r.group, r.err = w.c.read(work, name)
		if list && isNotFound(r.err) {
			r.listed = w.c.listed(work, name, token)
		}
		w.view.reads <- r
	}()
}

// take acts on the answer to one read and plans the next.
func (w *watch) take(work context.Context, r groupRead) *ending {
	if r.err == nil {
		if _, ok := r.group.find(w.res.Container); !ok {
			r.err = errNoSense
		}
		if r.group.Tags[TagToken] != w.seen.token && len(r.group.Containers) > 0 {
			return w.replaced()
		}
	}
	e, isLost := lost(r.err)
	switch {
	case r.err == nil:
		w.seeAgain()
		w.view.missing, w.view.absent = 0, time.Time{}
		// ACI gives a start up after 30 minutes, which is also DefaultStartTimeout. When both pass at once, ours is the
		// outcome.
		if end := w.observe(work, r.group); end != nil && !(end.failed && w.startOverdue()) {
			return end
		}
		w.readSoon(w.step())
		if w.startOverdue() {
			return w.startMissed()
		}
	case isNotFound(r.err):
		return w.notFound(r.listed)
	case isLost:
		w.lose(viewLost, e.RetryAfter, e)
	default:
		return w.refused(r.err)
	}
	return nil
}

// lose plans the next read of a group that cannot be seen, and reports that once. It ends nothing: the container may run
// all the same.
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

// refused acts on a refusal to show the group. If refusals last, the watch ends and leaves the group as it is, since they
// say nothing about the job.
func (w *watch) refused(err error) *ending {
	now := time.Now()
	if w.view.state == viewing {
		w.view.wait = w.c.firstPoll // most refusals pass soon: a new token, a proxy that was restarted
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

// seeAgain notes that Azure answers about the group again.
func (w *watch) seeAgain() {
	if w.view.said {
		w.emit(Event{Kind: EventViewBack})
	}
	w.view.state, w.view.said = viewing, false
}

// startFailure is the error of a group that Azure gave up on. The failed operation has the best reason, then the
// platform's events; Azure gives some reasons, such as no capacity, in the operation alone.
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
