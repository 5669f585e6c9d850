package aci

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// Run runs a job. It creates the container group, watches it until the main container ends, writes the output to
// Job.Output as it comes, and deletes the group, unless Job.Keep says otherwise. When ctx ends, the container is stopped
// first, within Job.StopGrace; the cleanup after that takes at most five minutes.
//
// The result is nil only if no group was requested: the job is not valid ([*InvalidError]), its name is taken
// ([*ExistsError]), or the region could not be read. The error is nil if the container ended, whatever its exit code, or
// was stopped for a reason that the result names. It is a [*StartError] for a job that never ran, a [*WatchError] if
// Azure refused for minutes to show the group, and the cause of ctx for an interrupted job.
func (c *Client) Run(ctx context.Context, job Job) (*Result, error) {
	ctx, told := withEvents(ctx, job.Events)
	defer told()
	count := &requestCount{}
	ctx = withRequestCount(ctx, count)
	s, err := c.newStart(ctx, job)
	if err != nil {
		return nil, err
	}
	s.watched = true
	w := c.newWatch(s, count)
	w.emit = func(e Event) { c.emit(ctx, s.name, e) }
	end := s.run(ctx, w)
	if exists, ok := errors.AsType[*ExistsError](end.err); ok {
		if failed := s.cleanup(ctx); failed != nil {
			return nil, errors.Join(exists, failed)
		}
		return nil, exists
	}
	w.res.Warnings = s.warnings
	plan := cleanup{keep: job.Keep, sent: s.mayExist(), remove: w.remove}
	if !s.accepted {
		plan.keep = KeepNever // there is nothing in it to look at
	}
	if !s.accepted || s.unsettled() > 0 {
		plan.remove = s.discard
	}
	return w.finish(ctx, end, plan)
}

// newWatch is the watch of a group that Run makes.
func (c *Client) newWatch(s *start, count *requestCount) *watch {
	w := &watch{
		c: c, name: s.name, count: count, output: outputWanted{to: s.job.Output},
		limits: limits{poll: s.job.PollInterval, grace: graceOr(s.job.StopGrace), requested: s.requested, startBy: s.deadline},
		res:    &Result{Name: s.name, ID: c.id(s.name), Container: s.container, Phases: Phases{Requested: s.requested}},
	}
	if s.job.Timeout > 0 {
		w.limits.deadline = s.requested.Add(s.job.Timeout)
	}
	return w
}

func graceOr(grace time.Duration) time.Duration {
	if grace <= 0 {
		return DefaultStopGrace
	}
	return grace
}

// run creates the group and watches it. A group that Azure gives up on is deleted and made again, as often as startRule
// allows, but never once a container of it has run.
func (s *start) run(ctx context.Context, w *watch) ending {
	within := ctx
	if !w.limits.deadline.IsZero() {
		var cancel context.CancelFunc
		within, cancel = context.WithDeadlineCause(ctx, w.limits.deadline, ErrTimeout)
		defer cancel()
	}
	for {
		s.c.emit(ctx, s.name, Event{Kind: EventPhase, Phase: PhaseRequested})
		g, err := s.put(within)
		if err != nil {
			if s.request != nil || s.unclear > 0 {
				w.sayGap(Gap{Reason: "the container may have started, and was not watched yet"})
			}
			return s.notStarted(ctx, err)
		}
		if s.unseen {
			s.unseen = false
			w.sayGap(Gap{Reason: "no answer came to an earlier request for the group; a container that it started and that is gone was not watched"})
		}
		w.seen.token = g.Tags[TagToken]
		w.limits.putUntil = s.settled
		if w.limits.accepted = time.Now(); s.job.StartTimeout <= 0 {
			w.limits.placeBy = w.limits.accepted.Add(DefaultPlaceTimeout)
		}
		end := w.run(ctx)
		if !end.failed {
			return end
		}
		failure := w.startFailure(ctx, s.operation)
		failure.Tries = s.tries
		end.err, end.reason = failure, failure.Error()
		// What has run, if only for a moment, must not run twice. That goes for init containers too.
		if w.hasStarted() || w.seen.initRan || !s.removeFailed(ctx, failure) {
			return end
		}
		w.reset()
	}
}

// notStarted is the ending of a job whose group could not be created.
func (s *start) notStarted(ctx context.Context, err error) ending {
	end := ending{outcome: OutcomeStartFailed, reason: err.Error(), err: err}
	switch failure, _ := errors.AsType[*StartError](err); {
	case ctx.Err() != nil:
		end.outcome = OutcomeInterrupted
	case errors.Is(err, ErrTimeout):
		end.outcome, end.err = OutcomeTimedOut, nil
	case failure != nil && failure.Timeout > 0:
		end.outcome = OutcomeStartTimeout
	}
	return end
}

// removeFailed prepares another try: it deletes the group that failed and waits. It is false if there is no other try.
func (s *start) removeFailed(ctx context.Context, failure *StartError) bool {
	e := azure.Explain(failure.Err)
	if e == nil || ctx.Err() != nil {
		return false
	}
	wait, ok := startRule(e).after(s.tries, e.RetryAfter)
	if !ok || time.Now().Add(wait).After(s.deadline) {
		return false
	}
	s.c.emit(ctx, s.name, Event{Kind: EventRetry, Wait: wait, Err: e})
	// Two 404s must prove the first group gone before there is a second.
	for gone := false; !gone; {
		if s.c.remove(ctx, removal{name: s.name, token: s.token}) != nil {
			return false
		}
		g, err := s.c.confirmGone(ctx, s.name)
		if err != nil || g != nil && !s.owns(g) {
			return false
		}
		gone = g == nil
	}
	s.accepted = false
	return azure.Sleep(ctx, wait) == nil
}

// reset forgets the group that failed, before another one with its name is watched.
func (w *watch) reset() {
	w.seen, w.view = seen{}, view{}
	w.res.Phases = Phases{Requested: w.limits.requested}
}
