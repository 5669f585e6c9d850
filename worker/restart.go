package worker

import (
	"context"
	"slices"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// restored reports whether the run has got back the end that its flow had reported before the platform started the container
// again. The server lets the second life of a container take a run from Completed to Running, and from there to Crashed when
// that life is stopped.
func (w *Worker) restored(work context.Context, f *flight) bool {
	if f.failure != nil || f.result == nil || f.result.Outcome != aci.OutcomeRestarted {
		return false
	}
	states, err := w.statesOf(work, f)
	if err != nil {
		return false
	}
	end := firstEnd(states)
	if end == nil || end.Type == f.run.StateType {
		return false
	}
	f.log.WarnContext(work, "the container was started again after the run had ended; giving the run its end back", "state", end.Name, "was", f.run.StateName)
	_, err = w.change(work, f, prefect.State{Type: end.Type, Name: end.Name, Message: end.Message, Data: end.Data}, w.cfg.Prefect.ForceFlowRunStateAfter)
	if err == nil {
		f.run.StateType = end.Type
	}
	return err == nil
}

// statesOf reads the states that a run has had, in the order of their times.
func (w *Worker) statesOf(work context.Context, f *flight) (states []prefect.State, _ error) {
	err := w.insist(work, f.log, "reading the states of a run", func() (err error) {
		states, err = w.cfg.Prefect.FlowRunStates(work, f.run.ID)
		return err
	})
	return states, err
}

// repeats is how often the container began anew to run the flow, since the run was last scheduled or claimed.
func repeats(states []prefect.State) int {
	began := 0
	for _, s := range slices.Backward(states) {
		if s.Type == prefect.StateScheduled || s.Type == prefect.StatePending || s.Type == prefect.StatePaused {
			break
		}
		if s.Type == prefect.StateRunning {
			began++
		}
	}
	return max(0, began-1)
}

// firstEnd is the first end that the run's own process reported since the run was last scheduled or claimed; nil: none. The
// states are in the order of their times.
func firstEnd(states []prefect.State) *prefect.State {
	var end *prefect.State
	for _, s := range slices.Backward(states) {
		switch s.Type {
		case prefect.StateScheduled, prefect.StatePending, prefect.StatePaused:
			return end
		case prefect.StateCompleted, prefect.StateFailed:
			end = &s
		}
	}
	return end
}
