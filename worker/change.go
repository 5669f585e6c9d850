package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// setState is a method of the client's that puts a run in a state if it is still in the one that was seen.
type setState func(ctx context.Context, run, seen prefect.ID, state prefect.State) (prefect.State, error)

// A move is a state that a flight's run is to be put in.
type move struct {
	state prefect.State
	set   setState
	// done reports whether what the run has instead is this state, from an earlier try whose answer never came.
	done func(now prefect.State) bool
}

// change puts the flight's run in a state, by set, as [Worker.compareAndSet] does, and tries again until ctx ends.
func (w *Worker) change(ctx context.Context, f *flight, state prefect.State, set setState) (now prefect.State, _ error) {
	m := move{state, set, func(now prefect.State) bool { return now.Type == state.Type && now.Message == state.Message }}
	err := w.insist(ctx, f.log, "reporting the state "+string(state.Type), func() (err error) {
		now, err = w.compareAndSet(ctx, f, m)
		return err
	})
	return now, err
}

// compareAndSet makes a move if the run is still in the state that the flight knows. The server does not compare: it would as well
// crash a run that others have scheduled and started anew since the flight looked. Then the error is a [prefect.AbortError] with
// the state that the run has; see [overtaken].
func (w *Worker) compareAndSet(ctx context.Context, f *flight, m move) (prefect.State, error) {
	asked := time.Now()
	run, err := w.cfg.Prefect.FlowRun(ctx, f.run.ID)
	switch {
	case err != nil:
		return prefect.State{}, err
	case run.StateID == f.run.StateID || run.State == nil:
		f.known = asked
		return m.set(ctx, f.run.ID, run.StateID, m.state)
	case m.done(*run.State):
		return *run.State, nil
	}
	return *run.State, &prefect.AbortError{State: *run.State, Reason: "it has another state by now"}
}

// overtaken reports whether a change was not made because others have moved the run on.
func overtaken(err error, f *flight) bool {
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	return aborted && abort.State.ID != f.run.StateID
}
