package aci

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// Run runs a job: its container group is created, watched to the container's end, its output written to Job.Output as
// it comes, and the group deleted, unless Job.Keep says otherwise. The end of ctx stops the container first, with
// Job.StopGrace; what then is left to do takes at most five minutes.
//
// The result is nil only if nothing was sent, because the job is not valid or its name is taken. The error is nil if
// the result tells all: the container ended, whatever its exit code, or was ended. It is a [*StartError] for a job that never ran, the
// cause of ctx's end for an interrupted one.
func (c *Client) Run(ctx context.Context, job Job) (*Result, error) {
	ctx, told := withEvents(ctx, job.Events)
	defer told()
	m := &requestCount{}
	ctx = withRequestCount(ctx, m)
	s, err := c.newStart(ctx, job)
	if err != nil {
		return nil, err
	}
	w := c.newWatch(s, m)
	w.emit = func(e Event) { c.emit(ctx, s.name, e) }
	v := s.run(ctx, w)
	if exists, ok := errors.AsType[*ExistsError](v.err); ok {
		if failed := s.cleanup(ctx); failed != nil {
			return nil, errors.Join(exists, failed)
		}
		return nil, exists
	}
	w.res.Warnings = s.warnings
	end := cleanup{keep: job.Keep, token: s.token, sent: s.mayExist(), remove: s.remove}
	if !s.accepted {
		end.keep = KeepNever // nothing of it is worth keeping
	}
	return w.finish(ctx, v, end)
}

func (c *Client) newWatch(s *start, m *requestCount) *watch {
	w := &watch{
		c: c, name: s.name, count: m, output: s.job.Output, most: s.job.PollInterval, grace: s.job.StopGrace,
		requested: s.requested, startBy: s.deadline,
		res: &Result{Name: s.name, ID: c.id(s.name), Container: s.container, Phases: Phases{Requested: s.requested}},
	}
	if w.grace <= 0 {
		w.grace = DefaultStopGrace
	}
	if s.job.Timeout > 0 {
		w.deadline = s.requested.Add(s.job.Timeout)
	}
	return w
}

// run creates and watches, as often as the errors' rules allow.
func (s *start) run(ctx context.Context, w *watch) ending {
	within := ctx
	if !w.deadline.IsZero() {
		var cancel context.CancelFunc
		within, cancel = context.WithDeadlineCause(ctx, w.deadline, errTimeout)
		defer cancel()
	}
	for {
		s.c.emit(ctx, s.name, Event{Kind: EventPhase, Phase: PhaseRequested})
		if _, err := s.put(within); err != nil {
			return s.notStarted(ctx, err)
		}
		if w.accepted = time.Now(); s.job.StartTimeout <= 0 {
			w.placeBy = w.accepted.Add(DefaultPlaceTimeout)
		}
		v := w.run(ctx)
		if !v.failed {
			return v
		}
		failure := w.startFailure(ctx, s.operation)
		failure.Tries = s.tries
		v.err, v.reason = failure, failure.Error()
		// What has run, if only for a moment, is never run twice.
		if w.hasStarted() || !s.removeFailed(ctx, failure) {
			return v
		}
		w.reset()
	}
}

// errTimeout is the cause of the end of a start at the job's own deadline.
var errTimeout = errors.New("the job's timeout was reached")

func (s *start) notStarted(ctx context.Context, err error) ending {
	v := ending{outcome: OutcomeStartFailed, reason: err.Error(), err: err}
	switch failure, _ := errors.AsType[*StartError](err); {
	case ctx.Err() != nil:
		v.outcome = OutcomeInterrupted
	case errors.Is(err, errTimeout):
		v.outcome, v.err = OutcomeTimedOut, nil
	case failure != nil && failure.Timeout > 0:
		v.outcome = OutcomeStartTimeout
	}
	return v
}

// removeFailed deletes a group that failed and waits, if the job is worth another try.
func (s *start) removeFailed(ctx context.Context, failure *StartError) bool {
	e := azure.Explain(failure.Err)
	if e == nil || ctx.Err() != nil {
		return false
	}
	wait, ok := startRule(e.Class).after(s.tries, e.RetryAfter)
	if !ok || time.Now().Add(wait).After(s.deadline) {
		return false
	}
	s.c.emit(ctx, s.name, Event{Kind: EventRetry, Wait: wait, Err: e})
	// No second group until the first is proven gone.
	for gone := false; !gone; {
		if s.c.remove(ctx, s.name, s.token) != nil {
			return false
		}
		g, err := s.c.confirmGone(ctx, s.name)
		if err != nil || g != nil && !s.owns(g) {
			return false
		}
		gone = g == nil
	}
	s.accepted = false
	return sleep(ctx, wait) == nil
}

// reset makes the watch ready for another group of the same name.
func (w *watch) reset() {
	w.group, w.events, w.missing, w.attached, w.lostView = nil, nil, 0, false, false
	w.seen = nil
	w.res.Phases = Phases{Requested: w.requested}
}

// Wait watches a group that exists, made by this process or another, just as [Client.Run] does, and cleans up as its
// options or tags say. A missing group is [ErrNotFound]. The error is as for Run.
func (c *Client) Wait(ctx context.Context, name string, opts WaitOptions) (*Result, error) {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	m := &requestCount{}
	ctx = withRequestCount(ctx, m)
	g, err := c.confirmGone(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, fmt.Errorf("waiting for container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	w := &watch{
		c: c, name: name, count: m, output: opts.Output, most: opts.PollInterval, grace: opts.StopGrace, detach: opts.Detach,
		emit:      func(e Event) { c.emit(ctx, name, e) },
		requested: g.Created, deadline: opts.Deadline, group: g,
		res: &Result{Name: name, ID: g.ID, Container: g.Container, Phases: Phases{Requested: g.Created}},
	}
	if w.grace <= 0 {
		w.grace = DefaultStopGrace
	}
	if w.deadline.IsZero() {
		w.deadline = g.Deadline
	}
	if w.requested.IsZero() {
		w.requested = time.Now()
	}
	timeout := opts.StartTimeout
	if timeout <= 0 {
		timeout, w.placeBy = DefaultStartTimeout, w.requested.Add(DefaultPlaceTimeout)
	}
	w.startBy = w.requested.Add(timeout)
	v := w.run(ctx)
	if v.failed {
		failure := w.startFailure(ctx, "")
		v.err, v.reason = failure, failure.Error()
	}
	keep := opts.Keep
	if keep == "" {
		keep = g.Keep
	}
	if !g.Managed && opts.Keep == "" {
		keep = KeepAlways // not ours to delete without being told
	}
	return w.finish(ctx, v, cleanup{
		keep: keep, token: g.Tags[TagToken], sent: true, leave: errors.Is(v.err, errDetached),
		remove: func(ctx context.Context) error { return c.removeOwned(ctx, name, g.Tags[TagToken]) },
	})
}

// cleanup says what becomes of a watched group.
type cleanup struct {
	keep   Keep
	token  string                      // of the group, if it has one
	sent   bool                        // there may be a group
	leave  bool                        // it is left alone
	remove func(context.Context) error // deletes the group if it is the one that was watched
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
	switch {
	case end.leave:
		res.Kept = true
	case !end.sent:
	case v.gone:
		if !end.keep.Keeps(false) {
			res.CleanupError = w.deleteReappeared(ctx, end)
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

// deleteReappeared deletes a group that was gone, if it is there again: Azure's caches are wrong now and then. One of that name
// that somebody else has made since is left alone.
func (w *watch) deleteReappeared(ctx context.Context, end cleanup) error {
	if end.token == "" {
		return nil // nobody could tell it from another
	}
	return end.remove(ctx)
}

// stopRemaining stops what still runs of a group that is kept: side-cars, or a container that never came up. Azure bills
// until all of it has stopped.
func (w *watch) stopRemaining(ctx context.Context) error {
	if w.group == nil {
		return nil
	}
	for _, c := range w.group.Containers {
		if c.Current == nil || c.Current.State != RunTerminated {
			return w.c.Stop(ctx, w.name)
		}
	}
	return nil
}
