package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// watchAgain is the pause after a watch that Azure refused for minutes. Nothing follows from that about the job.
const watchAgain = time.Minute

// watch follows the attempt's group to its end. It deletes nothing: the end is reported first.
func (w *Worker) watch(ctx, work context.Context, f *flight) step {
	w.enter(f, PhaseStarting)
	return w.watchWith(w.watchOptions(f))(ctx, work, f)
}

// watchWith is the step of one watch. A thousand flights wait here for days, so they rest: there is neither a goroutine nor a stack
// for them.
func (w *Worker) watchWith(options *aci.WaitOptions) step {
	return func(ctx, work context.Context, f *flight) step {
		f.rest = func() {
			watched, done := context.WithCancelCause(f.live)
			stop := context.AfterFunc(ctx, func() { done(errDraining) })
			w.mu.Lock() // until watching is set: a flight that goes on may begin its next watch soon
			defer w.mu.Unlock()
			f.watching = f.client.Watch(watched, f.group, handOver(options), func(result *aci.Result, err error) {
				next := w.watchEnded(watched, f, watchEnd{options, result, err})
				stop()
				done(nil)
				w.carryOut(ctx, work, f, next)
			})
		}
		return nil
	}
}

// watchEnd is how a watch ended, and the options for another one.
type watchEnd struct {
	options *aci.WaitOptions
	result  *aci.Result
	err     error
}

// watchEnded gives the step after a watch. One that Azure refused for minutes is followed by another, after a pause.
func (w *Worker) watchEnded(watched context.Context, f *flight, end watchEnd) step {
	if watched.Err() != nil {
		return w.unwatched
	}
	if f.over(end.result, end.err) {
		w.madeAgain(watched, f)
		return w.finish
	}
	f.log.WarnContext(watched, "Azure does not show a container group; the run goes on", "group", f.group, "error", end.err)
	if !w.signInAnew(watched, f, end.err) {
		_ = azure.Sleep(watched, watchAgain)
	}
	if watched.Err() != nil {
		return w.unwatched
	}
	return w.watchWith(end.options)
}

// unwatched goes on from a watch that was stopped.
func (w *Worker) unwatched(_, work context.Context, f *flight) step {
	if work.Err() == nil && f.live.Err() != nil {
		return w.stop
	}
	w.ended(f, LeftRunning)
	return nil
}

// watchOptions are for the watch of an attempt, which then keeps nothing that only its start needs.
func (w *Worker) watchOptions(f *flight) *aci.WaitOptions {
	options := &aci.WaitOptions{Keep: aci.KeepAlways, Detach: true, Output: f.output.writer(), Events: func(e aci.Event) { w.observe(f, e) }}
	if f.plan != nil {
		options.StartTimeout, options.PollInterval = f.plan.Job.StartTimeout, f.plan.Job.PollInterval
	}
	f.slim()
	options.Seen, f.created = f.created, nil
	options.Alive = func() bool { return w.isAlive(f) }
	return options
}

// handOver gives the options for the next watch. The group as it was made is for the first alone, and not kept beside it.
func handOver(options *aci.WaitOptions) aci.WaitOptions {
	next := *options
	options.Seen = nil
	return next
}

// over takes over what became of the attempt's container. It is false if the watch ended without a fact about it.
func (f *flight) over(result *aci.Result, err error) bool {
	switch {
	case errors.Is(err, aci.ErrNotFound):
		f.result = &aci.Result{Name: f.group, Outcome: aci.OutcomeVanished, Reason: "the container group is gone"}
		return true
	case result == nil || result.Outcome == aci.OutcomeUnknown || result.Outcome == aci.OutcomeInterrupted:
		return false
	}
	f.result, f.failure = result, nil
	if start, ok := errors.AsType[*aci.StartError](err); ok {
		f.failure = start
	}
	return true
}

// madeAgain looks at the group that has the name of the attempt's by now. It may be the same attempt's, of a request that a worker
// had sent before it died and that arrived late: Azure then begins the containers of the group anew. That is a restart like any
// other, so the group is not left alone.
func (w *Worker) madeAgain(ctx context.Context, f *flight) {
	if !f.replaced() {
		return
	}
	group, err := f.client.Get(ctx, f.group)
	if err != nil || !ours(group, f) {
		return
	}
	f.log.WarnContext(ctx, "a late request has made Azure start the container once more; stopping it", "group", f.group, "from", group.Owner)
	if err := f.client.Stop(ctx, f.group); err != nil {
		f.log.WarnContext(ctx, "the container could not be stopped before its group is deleted", "group", f.group, "error", err)
	}
	f.result.Outcome, f.result.Reason = aci.OutcomeRestarted, "a request of a worker that is gone arrived late and made Azure start the container once more"
}

// isAlive reports whether the server said of late that the flight's run is Running. Its process then reports its end to the
// server too, so that Azure need not be asked often. A server that does not answer says nothing.
func (w *Worker) isAlive(f *flight) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !f.alive.IsZero() && time.Since(f.alive) <= 3*w.cfg.CancelPoll
}

// heard takes the server's word on whether a run is Running. When it is not any more, or is anew, its container is looked at: it
// may have ended, or the platform may have started it once more.
func (w *Worker) heard(f *flight, run prefect.FlowRun) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !f.alive.IsZero() && f.aliveIn != run.StateID && f.watching != nil {
		f.watching.Look()
	}
	f.alive, f.aliveIn = time.Time{}, run.StateID
	if run.StateType == prefect.StateRunning {
		f.alive = time.Now()
	}
}

// observe takes the progress of a job.
func (w *Worker) observe(f *flight, e aci.Event) {
	f.events.observe(e)
	if e.Kind == aci.EventGap {
		what := lost(*e.Gap)
		f.log.Warn("a container's output has a gap", "missing", what, "reason", e.Gap.Reason)
		f.output.gap(what, e.Gap.Reason)
	}
	if e.Kind == aci.EventPhase && (e.Phase == aci.PhaseStarted || e.Phase == aci.PhaseFirstLine) {
		w.enter(f, PhaseRunning)
	}
}
