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

// ending is the state that an attempt's error asks for.
func ending(err error) prefect.State {
	if err == nil {
		return prefect.State{Type: prefect.StateCompleted}
	}
	state := prefect.State{Type: prefect.StateFailed, Message: err.Error()}
	if crash := (*CrashError)(nil); errors.As(err, &crash) {
		state.Type = prefect.StateCrashed
		return state
	}
	if signal := (*SignalError)(nil); errors.As(err, &signal) {
		if signal.Reschedule {
			state = awaitingRetry(0)
			state.Message = err.Error()
			return state
		}
		state.Type = prefect.StateCrashed
		return state
	}
	switch {
	case errors.Is(err, ErrCancelled), isEnded(err):
		state.Type = prefect.StateCancelled
	case isTimeout(err):
		state.Name = prefect.StateNameTimedOut
	}
	return state
}

// endedError is an attempt whose context ended before its time, for a cause that is not ours.
type endedError struct{ cause error }

func (e *endedError) Error() string { return "the run was told to stop: " + e.cause.Error() }
func (e *endedError) Unwrap() error { return e.cause }

func isEnded(err error) bool {
	_, ok := errors.AsType[*endedError](err)
	return ok
}

func isTimeout(err error) bool {
	_, ok := errors.AsType[*TimeoutError](err)
	return ok
}

func isReschedule(err error) bool {
	signal, ok := errors.AsType[*SignalError](err)
	return ok && signal.Reschedule
}

// sleep waits for d, or gives the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ended(ctx)
	case <-timer.C:
		return nil
	}
}

func sleepUntil(ctx context.Context, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	return sleep(ctx, time.Until(t))
}

// ended is why ctx has ended: one of this package's errors as it is, or an endedError.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	_, signal := errors.AsType[*SignalError](cause)
	_, state := errors.AsType[*StateError](cause)
	if signal || state || isTimeout(cause) || errors.Is(cause, ErrCancelled) {
		return cause
	}
	return &endedError{cause}
}
