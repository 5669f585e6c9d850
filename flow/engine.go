package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// finalWait bounds how long the end of a run may take to be told.
const finalWait = 30 * time.Second

// execute takes the run from Running to its end:
//
//	           ┌──────────────── AwaitingRetry ◀─┐ retries left
//	           ▼                                 │
//	Pending ─▶ Running ────────────┬─▶ Failed, TimedOut   an error, the timeout
//	  │                            ├─▶ Completed
//	  │                            ├─▶ Crashed            a panic, a signal
//	  │                            └─▶ Cancelled          Cancelling on the server, the caller's context
//	  └─▶ any other state of the server's: a *StateError, and nothing is run
//
// Where the server answers a proposal with another state, that one counts.
func (r *flowRun) execute(ctx context.Context, call func(context.Context) (any, error)) (any, error) {
	ctx, unwatch := r.watched(withScope(ctx, scope{flow: r}))
	defer unwatch()
	for {
		if err := r.enter(ctx); err != nil {
			return nil, r.brokenOff(ctx, err)
		}
		result, failure := r.attempt(ctx, call)
		logPanic(ctx, r.what(), failure)
		if r.over(failure) {
			Logger(ctx).ErrorContext(ctx, fmt.Sprintf("%s stops: %v", r.logName(), failure))
			return nil, failure // the server has the run's end already
		}
		next, err := r.finish(ctx, failure)
		switch {
		case err != nil && failure != nil:
			return nil, fmt.Errorf("%w (its state could not be set: %w)", failure, err)
		case err != nil:
			return nil, err
		case next.Type == prefect.StateCancelled && failure == nil:
			return nil, ErrCancelled // between the last look and the end
		case next.Type != prefect.StateScheduled || r.rescheduled(failure):
			return result, failure
		}
		if err := sleepUntil(ctx, r, next.Details.ScheduledTime); err != nil {
			return nil, r.brokenOff(ctx, err)
		}
	}
}

// brokenOff ends a run that waits to start, or to start again, and is not to: err is why.
func (r *flowRun) brokenOff(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	err = whyEnded(ctx, r)
	if r.over(err) {
		return err
	}
	if _, told := r.finish(ctx, err); told != nil {
		return fmt.Errorf("%w (its state could not be set: %w)", err, told)
	}
	return err
}

// pendingPause is how long Prefect's engine waits when Running is answered with Pending.
const pendingPause = 200 * time.Millisecond

// enter makes the run Running.
func (r *flowRun) enter(ctx context.Context) error {
	if r.attempts.Load() > 0 {
		if err := r.states.check(ctx); err != nil {
			return err
		}
		r.restart()
	}
	for {
		got, err := r.states.propose(ctx, prefect.State{Type: prefect.StateRunning})
		switch {
		case err != nil:
			return fmt.Errorf("starting flow run %s: %w", r.id, err)
		case got.Type == prefect.StateRunning:
			r.attempts.Add(1)
			r.mu.Lock()
			r.lease = got.Details.DeploymentConcurrencyLeaseID
			r.mu.Unlock()
			r.logStart(ctx)
			return nil
		case got.Type == prefect.StatePending:
			if err := sleep(ctx, r, pendingPause); err != nil {
				return err
			}
		case got.Type == prefect.StateCancelling:
			if _, err := r.finish(ctx, &endedError{run: r, cause: ErrCancelled}); err != nil {
				return err
			}
			return ErrCancelled
		default:
			return &StateError{got}
		}
	}
}

// finish proposes what an attempt asks for, and logs what became of it.
func (r *flowRun) finish(ctx context.Context, failure error) (prefect.State, error) {
	asked := ending(r, failure)
	next, err := r.leave(ctx, asked)
	if err != nil {
		logState(ctx, r.logName(), r.session != nil, asked)
		return next, err
	}
	logState(ctx, r.logName(), r.session != nil, next)
	return next, nil
}

// leave proposes the end of an attempt. It is told even though ctx has ended.
func (r *flowRun) leave(ctx context.Context, state prefect.State) (prefect.State, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalWait)
	defer cancel()
	got, err := r.states.propose(ctx, state)
	if err == nil && got.Type == prefect.StateCancelling && state.Type != prefect.StateCancelled {
		return r.states.propose(ctx, ending(r, &endedError{run: r, cause: ErrCancelled}))
	}
	return got, err
}
