package flow

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// states decides what becomes of a proposed state of a flow run, and gives the state that the run is then in.
type states interface {
	propose(ctx context.Context, state prefect.State) (prefect.State, error)
	// check gives an error if the run came to an end while it waited for a retry.
	check(ctx context.Context) error
}

// serverStates asks the server.
type serverStates struct {
	client *prefect.Client
	run    *flowRun
}

func (s *serverStates) propose(ctx context.Context, state prefect.State) (prefect.State, error) {
	if state.Type == prefect.StateCancelled {
		// As Prefect's runner does; a run that has ended otherwise meanwhile was not cancelled.
		run, err := s.client.FlowRun(ctx, s.run.id)
		if err != nil {
			return prefect.State{}, err
		}
		if run.StateType.Terminal() {
			return *run.State, nil
		}
		result, err := s.client.ForceFlowRunState(ctx, s.run.id, state)
		return result.State, err
	}
	got, err := s.client.ProposeFlowRunState(ctx, s.run.id, state)
	if aborted, ok := errors.AsType[*prefect.AbortError](err); ok {
		return prefect.State{}, &StateError{aborted.State}
	}
	return got, err
}

func (s *serverStates) check(ctx context.Context) error {
	run, err := s.client.FlowRun(ctx, s.run.id)
	switch {
	case err != nil:
		return err
	case run.StateType == prefect.StateCancelled:
		return ErrCancelled
	case run.StateType.Terminal() && run.State != nil:
		return &StateError{*run.State}
	}
	return nil
}

// localStates is the one rule of the server's that a run without a server needs: a failure with retries left is AwaitingRetry.
type localStates struct {
	options *options
	retried int
}

func (s *localStates) propose(_ context.Context, state prefect.State) (prefect.State, error) {
	if state.Type == prefect.StateFailed && s.retried < s.options.retries {
		s.retried++
		return awaitingRetry(s.options.delay(s.retried)), nil
	}
	return state, nil
}

func (s *localStates) check(context.Context) error { return nil }

func awaitingRetry(delay time.Duration) prefect.State {
	return prefect.State{
		Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry,
		Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now().Add(delay))},
	}
}

// ending is the state that the error of run, a *flowRun or *taskRun, asks for. What ended another run, such as the timeout of
// a task, is just an error for the flow that returns it; only a crash goes up.
func ending(run any, err error) prefect.State {
	if err == nil {
		return prefect.State{Type: prefect.StateCompleted}
	}
	state := prefect.State{Type: prefect.StateFailed, Message: err.Error()}
	if _, crashed := errors.AsType[*CrashError](err); crashed {
		state.Type = prefect.StateCrashed
		return state
	}
	stop, ok := errors.AsType[*endedError](err)
	if !ok || stop.run != run {
		return state
	}
	if _, timeout := stop.cause.(*TimeoutError); timeout {
		state.Name = prefect.StateNameTimedOut
		return state
	}
	signal, ok := errors.AsType[*SignalError](stop.cause)
	switch {
	case !ok:
		state.Type = prefect.StateCancelled
	case signal.Reschedule:
		state = awaitingRetry(0)
		state.Message = err.Error()
	default:
		state.Type = prefect.StateCrashed
	}
	return state
}

// endedError is a run whose context ended before its function returned a result.
type endedError struct {
	run   any // the *flowRun or *taskRun
	cause error
	// returned is the function's error, if it says more than that its context has ended.
	returned error
}

// Unwrap gives the cause first: the run's state follows from it.
func (e *endedError) Unwrap() []error {
	if e.returned == nil {
		return []error{e.cause}
	}
	return []error{e.cause, e.returned}
}

func (e *endedError) Error() string {
	if e.returned != nil {
		return e.why() + "; then the function failed: " + e.returned.Error()
	}
	return e.why()
}

func (e *endedError) why() string {
	_, timeout := errors.AsType[*TimeoutError](e.cause)
	_, signal := errors.AsType[*SignalError](e.cause)
	_, state := errors.AsType[*StateError](e.cause)
	if timeout || signal || state || errors.Is(e.cause, ErrCancelled) {
		return e.cause.Error() // it says enough
	}
	return "the run was told to stop: " + e.cause.Error()
}

// whyEnded is the end of ctx as an error of run.
func whyEnded(ctx context.Context, run any) error {
	return &endedError{run: run, cause: context.Cause(ctx)}
}

// over reports that the server has an end for the run that is not ours to change.
func (r *flowRun) over(err error) bool {
	stop, ok := errors.AsType[*endedError](err)
	if !ok || stop.run != r {
		return false
	}
	_, state := errors.AsType[*StateError](stop.cause)
	return state
}

// rescheduled reports that the run is left to another process.
func (r *flowRun) rescheduled(err error) bool {
	return err != nil && ending(r, err).Type == prefect.StateScheduled
}

// sleep waits for d, or gives the end of ctx as an error of run.
func sleep(ctx context.Context, run any, d time.Duration) error {
	if d <= 0 && ctx.Err() == nil {
		return nil // as in azure.Sleep: timers that have expired when they are read are not safe in a synctest bubble
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return whyEnded(ctx, run)
	case <-timer.C:
		return nil
	}
}

func sleepUntil(ctx context.Context, run any, t prefect.Time) error {
	if t.IsZero() {
		return nil
	}
	return sleep(ctx, run, time.Until(t.Time))
}
