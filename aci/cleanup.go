package aci

import (
	"context"
	"fmt"
	"time"
)

// cleanup says what becomes of a watched group.
type cleanup struct {
	keep   Keep
	sent   bool                        // there may be a group
	remove func(context.Context) error // deletes it, if it is ours
}

// finish cleans up and completes the result. A failed cleanup changes nothing of it.
func (w *watch) finish(ctx context.Context, v ending, end cleanup) (*Result, error) {
	res := w.res
	res.Outcome, res.Reason = v.outcome, v.reason
	if res.Outcome == OutcomeTimedOut && res.Reason == "" {
		res.Reason = errTimeout.Error()
	}
	if res.Outcome == OutcomeInterrupted && res.Reason == "" {
		res.Reason = "the job was interrupted"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if !v.gone && !v.leave && end.sent {
		w.diagnose(ctx)
	}
	switch {
	case v.leave:
		res.Kept = true
		w.emit(Event{Kind: EventLeft, Err: v.err})
	case !end.sent, v.foreign:
	case v.gone:
		// Azure's caches are wrong now and then: if the group is there again, and ours, it is deleted.
		if !end.keep.Keeps(false) {
			res.CleanupError = end.remove(ctx)
		}
	case end.keep.Keeps(res.Success()):
		res.Kept = true
		res.CleanupError = w.stopRemaining(ctx)
		w.emit(Event{Kind: EventKept})
	default:
		w.emit(Event{Kind: EventDeleting})
		if res.CleanupError = end.remove(ctx); res.CleanupError == nil {
			res.Phases.Deleted = time.Now()
			w.emit(Event{Kind: EventDeleted})
		}
	}
	if res.CleanupError != nil {
		w.emit(Event{Kind: EventCleanupFailed, Err: res.CleanupError})
	}
	res.Reads = w.count.reads()
	return res, v.err
}

// remove deletes the group if it is still ours. A container that was not seen running may run by now: what it has printed
// is lost with the group.
func (w *watch) remove(ctx context.Context) error {
	if w.fresh() && w.hasStarted() {
		return w.c.removeSeen(ctx, w.name, w.seen.token)
	}
	g, err := w.c.readPatiently(ctx, w.name, w.c.confirmGone) // one 404 may be wrong, and no delete was sent
	if err != nil {
		return fmt.Errorf("deleting container group %q: %w", w.name, err)
	}
	if g == nil || !g.owns(w.seen.token) {
		return nil
	}
	if main, ok := g.find(w.res.Container); ok && main.Current != nil && !main.Current.State.Waiting() && !w.hasStarted() {
		w.sayGap(Gap{Reason: "the container started after all when its group was about to be deleted; its output was not read"})
	}
	return w.c.removeSeen(ctx, w.name, w.seen.token)
}

// stopRemaining stops what still runs of a group that is kept: side-cars, or a container that never came up. Azure bills
// until all of it has stopped.
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
