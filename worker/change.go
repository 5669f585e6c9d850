package worker

import (
	"context"
	"errors"

	"github.com/pacific-aci/pacific/prefect"
)

// setState is a method of the client's that puts a run in a state if it is still in the one that was seen.
type setState func(ctx context.Context, run, seen prefect.ID, state prefect.State) (prefect.State, error)

// change puts the flight's run in a state, by set, if it is still in the one that the flight knows. The server does not compare:
// it would as well crash a run that others have scheduled and started anew since the flight looked. Then the error is a
// [prefect.AbortError] with the state that the run has; see [overtaken].
func (w *Worker) change(ctx context.Context, f *flight, state prefect.State, set setState) (now prefect.State, _ error) {
	err := w.insist(ctx, f.log, "reporting the state "+string(state.Type), func() error {
		run, err := w.cfg.Prefect.FlowRun(ctx, f.run.ID)
		switch {
		case err != nil:
			return err
		case run.StateID == f.run.StateID || run.State == nil:
			now, err = set(ctx, f.run.ID, run.StateID, state)
			return err
		case run.State.Type == state.Type && run.State.Message == state.Message:
			now = *run.State // an earlier try, whose answer never came
			return nil
		}
		return &prefect.AbortError{State: *run.State, Reason: "it has another state by now"}
	})
	return now, err
}

// overtaken reports whether a change was not made because others have moved the run on.
func overtaken(err error, f *flight) bool {
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	return aborted && abort.State.ID != f.run.StateID
}
