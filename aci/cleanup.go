package aci

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// cleanup is what happens to the group after its watch.
type cleanup struct {
	keep   Keep
	sent   bool                        // a request was sent that may have made the group
	remove func(context.Context) error // deletes it, if it is ours
}

// finish cleans up and completes the result. It has cleanupTime for that, even if ctx has ended. A cleanup that fails is
// reported beside the outcome and never replaces it:
//
//	how the watch ended          what happens to the group
//	left (refusals, detached)    nothing; it counts as kept
//	never requested, or foreign  nothing; there is none of ours
//	gone                         deleted if it is there after all, unless it would be kept
//	else, and kept               stopped, if something in it still runs
//	else                         deleted
func (w *watch) finish(ctx context.Context, end ending, plan cleanup) (*Result, error) {
	res := w.res
	res.Outcome, res.Reason = end.outcome, end.reason
	if res.Outcome == OutcomeTimedOut && res.Reason == "" {
		res.Reason = ErrTimeout.Error()
	}
	if res.Outcome == OutcomeInterrupted && res.Reason == "" {
		res.Reason = "the job was interrupted"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if !end.gone && !end.leave && plan.sent {
		w.diagnose(ctx)
	}
	switch {
	case end.leave:
		res.Kept = true
		w.emit(Event{Kind: EventLeft, Err: end.err})
	case !plan.sent, end.foreign:
	case end.gone:
		// Azure's caches are sometimes wrong: the group may be there after all.
		if !plan.keep.Keeps(false) {
			res.CleanupError = plan.remove(ctx)
		}
	case plan.keep.Keeps(res.Success()):
		res.Kept = true
		res.CleanupError = w.stopRemaining(ctx)
		w.emit(Event{Kind: EventKept})
	default:
		w.emit(Event{Kind: EventDeleting})
		if res.CleanupError = plan.remove(ctx); res.CleanupError == nil {
			res.Phases.Deleted = time.Now()
			w.emit(Event{Kind: EventDeleted})
		}
	}
	if res.CleanupError != nil {
		res.CleanupError = inTime(ctx, w.name, res.CleanupError)
		w.emit(Event{Kind: EventCleanupFailed, Err: res.CleanupError})
	}
	res.Reads = w.count.reads()
	return res, end.err
}

// lateError is a cleanup that was not done within cleanupTime.
type lateError struct {
	name string
	last *azure.Error // Azure's last answer; nil: nothing is known of it
	err  error
}

// Error gives the time, and the last answer.
func (e *lateError) Error() string {
	text := fmt.Sprintf("deleting container group %q: not done within %.0f minutes", e.name, cleanupTime.Minutes())
	if e.last != nil {
		text += ": " + e.last.Error()
	}
	return text
}

// Unwrap returns the error that the end of the time led to.
func (e *lateError) Unwrap() error { return e.err }

// inTime is err, or the end of ctx's time in words if that is why the cleanup of a group failed.
func inTime(ctx context.Context, name string, err error) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &lateError{name, azure.Explain(err), err}
}

// remove deletes the group if it is still ours. A container that was never seen running may have started by now, or start
// before Azure has the delete; its output goes with the group, so that is reported as a gap.
func (w *watch) remove(ctx context.Context) error {
	if w.fresh() && w.hasStarted() {
		return w.c.removeSeen(ctx, removal{name: w.name, token: w.seen.token})
	}
	g, err := w.c.confirmPatiently(ctx, w.name)
	if err != nil {
		return fmt.Errorf("deleting container group %q: %w", w.name, err)
	}
	if g == nil || !g.owns(w.seen.token) {
		return nil
	}
	if w.hasStarted() {
		return w.c.removeSeen(ctx, removal{name: w.name, token: w.seen.token})
	}
	late := lateStart{container: w.res.Container}
	late.saw(g)
	err = w.c.removeSeen(ctx, removal{name: w.name, token: w.seen.token, saw: late.saw})
	if reason := late.reason(); reason != "" {
		w.sayGap(Gap{Reason: reason})
	}
	return err
}

// lateStart watches over the delete of a group whose container was not seen running.
//
//	waiting ──▶ started     a read, or the delete's answer, shows the container running or ended
//	   └──────▶ unclear     the delete took effect longer than startsWithin after the container was last seen
type lateStart struct {
	container string
	seen      time.Time // when it was last seen waiting
	started   bool
	unclear   bool
}

// saw takes what a removal tells.
func (l *lateStart) saw(g *Group) {
	if g == nil {
		l.unclear = l.unclear || time.Since(l.seen) > startsWithin
		return
	}
	l.seen, l.unclear = time.Now(), false
	if main, ok := g.find(l.container); ok && main.Current != nil && !main.Current.State.Waiting() {
		l.started = true
	}
}

// reason is why output may be missing; empty if none can be.
func (l *lateStart) reason() string {
	switch {
	case l.started:
		return "the container started after all when its group was about to be deleted; its output was not read"
	case l.unclear:
		return "the container may have started before its group was deleted; its output was not read"
	}
	return ""
}

// stopRemaining stops a group that is kept while something in it still runs: a side-car, or a container that never started.
// Azure bills the group until all its containers have stopped.
func (w *watch) stopRemaining(ctx context.Context) error {
	if w.seen.group == nil {
		return nil
	}
	for _, c := range w.seen.group.Containers {
		if _, ended := c.ended(); !ended {
			return w.c.stopOwned(ctx, w.name, w.seen.token)
		}
	}
	return nil
}
