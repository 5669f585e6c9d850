package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// claimedBy begins the message of the state in which a worker claims a run. The rest is the worker's name in quotation
// marks: it is written in the same step as the claim, so that a claim whose worker died right after is found again.
const claimedBy = "Claimed by Pacific worker "

// claimOf is the message of a claim by the worker of that name.
func claimOf(name string) string { return claimedBy + strconv.Quote(name) }

// claimant is the worker that claimed a run, by the message of its state; empty: none of Pacific's.
func claimant(state *prefect.State) string {
	if state == nil {
		return ""
	}
	rest, ok := strings.CutPrefix(state.Message, claimedBy)
	if !ok {
		return ""
	}
	var name string
	if _, err := fmt.Sscanf(rest, "%q", &name); err != nil {
		return ""
	}
	return name
}

// submitting is the name of the state in which an attempt is submitted: another than the run's present one, as the server
// refuses the second of two equal ones.
func submitting(f *flight) string {
	if f.run.StateName == prefect.StateNameSubmitting {
		return "Resubmitting"
	}
	return prefect.StateNameSubmitting
}

// transition moves a pending run on to another name of the same type. A server without such names is not asked.
func (w *Worker) transition(f *flight, name string) error {
	if !w.versionNow().Submitting() {
		return nil
	}
	asked := time.Now()
	var state prefect.State
	err := w.insist(f.live, f.log, "reporting how far a run is", func() (err error) {
		state, err = w.propose(f, prefect.State{Type: prefect.StatePending, Name: name, Message: claimOf(w.cfg.Name)})
		return err
	})
	switch abort, aborted := errors.AsType[*prefect.AbortError](err); {
	case aborted && abort.State.Type == prefect.StatePending:
		return errTaken
	case err != nil:
		return err
	case state.Type != prefect.StatePending:
		return &prefect.AbortError{State: state, Reason: "it is " + state.Name}
	}
	return w.accepted(f.live, f, state, asked)
}

// accepted takes a pending state over into the flight that the server has accepted, if it was right to: see [Worker.verify]. It
// was asked for at a time.
func (w *Worker) accepted(ctx context.Context, f *flight, state prefect.State, asked time.Time) error {
	before := f.run.StateID
	f.run.State, f.run.StateID, f.run.StateType, f.run.StateName = &state, state.ID, state.Type, state.Name
	if err := w.verify(ctx, f, before); err != nil {
		return err
	}
	f.known = asked
	return nil
}

// quick is how long a proposal may take, from when the run's state was known, without another worker having been able to
// run it to its end meanwhile.
const quick = time.Second

// propose moves a claimed run on to another pending state, unless it has changed since this worker last knew its state: then the
// error is a [prefect.AbortError] with the state it has.
func (w *Worker) propose(f *flight, state prefect.State) (prefect.State, error) {
	m := move{state, w.cfg.Prefect.ProposeFlowRunStateAfter, func(now prefect.State) bool {
		return now.Name == state.Name && claimant(&now) == w.cfg.Name
	}}
	if f.takeover || time.Since(f.known) > quick {
		return w.compareAndSet(f.live, f, m)
	}
	return m.set(f.live, f.run.ID, f.run.StateID, state)
}

// verify is called after a proposal of Pending that the server has accepted. The server looks at the names of the states
// alone, so it also accepts one for a run that another worker has taken over, or has even finished, since this worker
// looked: before is the id of the state that it saw. Then the run gets back what it was, unless it has gone on since, and this
// worker lets it go.
func (w *Worker) verify(ctx context.Context, f *flight, before prefect.ID) error {
	if !f.takeover && time.Since(f.known) < quick {
		return nil
	}
	states, err := w.statesOf(ctx, f)
	if err != nil {
		return err
	}
	mine := slices.IndexFunc(states, func(s prefect.State) bool { return s.ID == f.run.StateID })
	if mine < 1 {
		return nil
	}
	was := displaced(states[:mine], before, w.cfg.Name)
	switch {
	case was == nil:
		return nil
	case mine < len(states)-1:
		return errTaken
	}
	f.log.WarnContext(ctx, "another worker has the run; giving it its state back", "state", was.Name)
	_, err = w.change(ctx, f, prefect.State{Type: was.Type, Name: was.Name, Message: was.Message, Data: was.Data}, w.cfg.Prefect.ForceFlowRunStateAfter)
	if err != nil && !overtaken(err, f) {
		return err
	}
	return errTaken
}

// displaced is the state that a run should not have been taken out of by what the worker of that name proposed; nil: it was
// right. states are those before the proposal, in the order of their times, and seen is the id of the one that the worker had
// seen.
//
// A run that waits to be started was Scheduled or Paused before. If it had ended, a worker that died right after took it back,
// and nothing but the next one gives it its end back.
func displaced(states []prefect.State, seen prefect.ID, name string) *prefect.State {
	last := &states[len(states)-1]
	if last.ID != seen && last.Type == prefect.StatePending && claimant(last) != name {
		return last
	}
	for i := range slices.Backward(states) {
		switch {
		case states[i].Type.Terminal():
			return &states[i]
		case states[i].Type != prefect.StatePending:
			return nil
		}
	}
	return nil
}
