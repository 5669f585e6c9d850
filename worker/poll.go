package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// mostClaims is the server's limit for one poll.
const mostClaims = 200

// pollLoop claims due runs until ctx ends; with RunOnce, once.
func (w *Worker) pollLoop(ctx, work context.Context) {
	failing := false
	poll := apart(ctx, w.cfg.Poll, func() bool {
		err := w.poll(ctx, work)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case err == nil:
			if failing {
				w.cfg.Log.InfoContext(ctx, "polls succeed again")
			}
			failing, w.pollError, w.status.LastPoll = false, "", time.Now()
			return w.cfg.RunOnce
		case ctx.Err() == nil:
			w.status.PollErrors++
			w.pollError = err.Error()
			if !failing {
				w.cfg.Log.WarnContext(ctx, "a poll for runs failed; runs in flight go on", "error", err)
			}
			failing = true
		}
		return false
	})
	if ctx.Err() != nil || poll() {
		return
	}
	every(ctx, w.cfg.Poll, w.pollNow, poll)
}

// poll asks for due runs and starts a flight for each.
func (w *Worker) poll(ctx, work context.Context) error {
	room := w.room()
	w.fallBehind(room <= 0)
	if room <= 0 {
		return nil
	}
	asked := time.Now()
	runs, err := w.due(ctx)
	if err != nil {
		return err
	}
	shared := w.newBatch(work, len(runs))
	for _, run := range runs {
		if ctx.Err() != nil {
			return nil
		}
		if room <= 0 {
			w.fallBehind(true)
			return nil
		}
		f := w.newFlight(run)
		f.known = asked
		if !w.add(f) {
			if w.ending(run.ID) {
				w.fallBehind(true)
			}
			continue
		}
		room--
		w.launch(ctx, work, f, func(ctx, work context.Context, f *flight) step {
			if w.queues == nil {
				w.planAhead(f, shared)
			}
			if err := w.claim(ctx, f); err != nil {
				return nil
			}
			return w.submit
		})
	}
	return nil
}

// fallBehind notes whether runs are left to a later poll, which then follows the end of the next flight.
func (w *Worker) fallBehind(behind bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind = behind
}

// ending reports whether the container of a run's last start is still being put away.
func (w *Worker) ending(id prefect.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.flights[id]
	return f == nil || f.phase == PhaseEnding || f.phase == PhaseStopping
}

// due are the runs that the server has for this worker.
func (w *Worker) due(ctx context.Context) ([]prefect.FlowRun, error) {
	before := time.Now().Add(w.cfg.Prefetch)
	if w.queues != nil {
		return w.queues.due(ctx, before)
	}
	found, err := w.cfg.Prefect.ScheduledFlowRuns(ctx, w.cfg.Pool, prefect.ScheduledQuery{WorkQueueNames: w.cfg.Queues, Before: before, Limit: mostClaims})
	runs := make([]prefect.FlowRun, 0, len(found))
	for _, due := range found {
		runs = append(runs, due.FlowRun)
	}
	return runs, err
}

// room is how many more runs may be in flight.
func (w *Worker) room() int {
	if w.cfg.Limit == 0 {
		return mostClaims
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	used := 0
	for _, f := range w.flights {
		if w.queues == nil || !f.takeover { // another agent may count it
			used++
		}
	}
	return w.cfg.Limit - used
}

// claim asks the server for the run. Only one worker gets it, as the server lets a run become Pending once.
func (w *Worker) claim(ctx context.Context, f *flight) error {
	proposed := time.Now()
	state, err := w.cfg.Prefect.ProposeFlowRunStateAfter(ctx, f.run.ID, f.run.StateID, prefect.State{Type: prefect.StatePending, Message: claimOf(w.cfg.Name)})
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	switch {
	case aborted:
		w.count(func(s *Status) { s.LostClaims++ })
		return &NotStartedError{Run: f.run.ID, State: abort.State, Reason: abort.Reason}
	case errors.Is(err, prefect.ErrNotFound):
		return err
	case err != nil:
		// The claim may have been carried out; adoption finds it then.
		w.cfg.Log.WarnContext(ctx, "a run could not be claimed", "run", f.run.ID, "error", err)
		w.lookNow()
		return err
	case state.Type != prefect.StatePending:
		w.count(func(s *Status) { s.LostClaims++ })
		f.log.InfoContext(ctx, "the server keeps the run back", "state", state.Name, "message", state.Message)
		return &NotStartedError{Run: f.run.ID, State: state, Reason: "the server keeps it " + state.Name}
	}
	if err := w.accepted(ctx, f, state, proposed); err != nil {
		return err
	}
	w.count(func(s *Status) { s.Claimed++ })
	f.attempt = nextAttempt(f.run) // the second: an earlier start of this run was resumed, retried or scheduled again
	return nil
}
