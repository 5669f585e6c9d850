package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// endGrace is how long a container may go on after the server knows its run as ended: it may still write results.
const endGrace = 2 * time.Minute

// stopGrace is how long a cancelled container may take to end. Prefect's own process in it sees the cancellation by itself,
// ends the flow, runs its hooks and reports.
const stopGrace = aci.DefaultStopGrace

// cancelLoop asks how the runs in flight are, until ctx ends. What it finds is the truth; events only make it ask sooner.
func (w *Worker) cancelLoop(ctx, work context.Context) {
	every(ctx, w.cfg.CancelPoll, w.cancelNow, apart(ctx, w.cfg.CancelPoll, func() bool {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.cfg.Log.DebugContext(ctx, "asking for cancelled runs failed", "error", err)
		}
		return false
	}))
}

// look asks for the states of all runs in flight, and for runs that wait to be cancelled and that nobody looks after.
func (w *Worker) look(ctx context.Context) error {
	// What is read is about these flights: one that begins meanwhile, for the same run, is about a later state.
	w.mu.Lock()
	flights := maps.Clone(w.flights)
	w.mu.Unlock()
	known := map[prefect.ID]prefect.FlowRun{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(flights)), mostClaims) {
		query := prefect.Query{Sort: prefect.SortIDDesc}
		for _, id := range part {
			query.FlowRuns.ID.Any = append(query.FlowRuns.ID.Any, string(id))
		}
		for run, err := range w.cfg.Prefect.FlowRuns(ctx, query) {
			if err != nil {
				return err
			}
			known[run.ID] = prefect.FlowRun{StateType: run.StateType, StateID: run.StateID}
		}
	}
	for id, f := range flights {
		if run, ok := known[id]; ok {
			w.heed(f, run)
		} else if _, err := w.cfg.Prefect.FlowRun(ctx, id); errors.Is(err, prefect.ErrNotFound) {
			w.stopFlight(f, errDeleted)
		}
	}
	return w.lookForOthers(ctx)
}

// lookForOthers makes adoption run if a run waits to be cancelled that this worker does not look after, and whose own
// worker is gone.
func (w *Worker) lookForOthers(ctx context.Context) error {
	for run, err := range w.inPool(ctx, ofTypes(prefect.StateCancelling)) {
		if err != nil {
			return err
		}
		if w.orphaned(run) && !w.inFlight(run.ID) {
			w.lookNow()
			return nil
		}
	}
	return nil
}

// heed acts on the state of a run in flight.
func (w *Worker) heed(f *flight, run prefect.FlowRun) {
	w.heard(f, run)
	switch state := run.StateType; {
	case state == prefect.StateCancelling, state == prefect.StateCancelled:
		w.stopFlight(f, errCancelled)
	case state.Terminal(), state == prefect.StateScheduled:
		w.mu.Lock()
		waits := f.phase == PhaseQueued && state.Terminal()
		// One that was scheduled again since waits for its old container to go.
		late := !f.endedSince.IsZero() && time.Since(f.endedSince) >= endGrace
		if f.endedSince.IsZero() && state.Terminal() {
			f.endedSince = time.Now()
		}
		w.mu.Unlock()
		switch {
		case waits: // another worker has run it to its end, or a person has ended it
			w.stopFlight(f, errTaken)
		case late:
			w.stopFlight(f, errOver)
		}
	}
}

// stopFlight stops a flight for a reason, unless it has not begun or is over.
func (w *Worker) stopFlight(f *flight, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.halt != nil {
		f.halt(why)
	}
}

// stop ends the container of a run that was cancelled or deleted, or has ended, and reports a cancellation.
func (w *Worker) stop(_, work context.Context, f *flight) step {
	w.enter(f, PhaseStopping)
	why := context.Cause(f.live)
	f.log.InfoContext(work, "stopping a run's container", "why", why, "group", f.group)
	said := w.putAway(work, f, errors.Is(why, errCancelled))
	if work.Err() != nil {
		return nil
	}
	switch {
	case errors.Is(why, errDeleted):
		w.ended(f, "deleted")
	case errors.Is(why, errCancelled):
		if err := w.reportCancelled(work, f, said); err != nil {
			f.log.ErrorContext(work, "a cancellation could not be reported", "error", err)
			break
		}
		w.count(func(s *Status) { s.Cancelled++ })
		w.ended(f, "cancelled")
	default:
		if run, err := w.cfg.Prefect.FlowRun(work, f.run.ID); err == nil {
			f.run = run
		}
		w.ended(f, f.how())
	}
	return nil
}

// turnSoon is how long the delete of a cancelled run's group may wait for its turn before the run is reported: Azure takes a hundred
// deletes in five minutes, and people wait for the word that theirs was cancelled.
const turnSoon = 5 * time.Second

// putAway stops the flight's group, and deletes it unless it is to be kept. It gives what can be said of that in the state of the run,
// which it reports as cancelled once its container has ended, if it was and the delete has to wait.
func (w *Worker) putAway(work context.Context, f *flight, cancelled bool) (said string) {
	if f.group == "" {
		return "The run had no container."
	}
	if f.keep.Keeps(false) {
		stop := func() error { return f.client.Stop(work, f.group) }
		if forbidden := w.untilDone(work, f, task{"stopping a container group", forbidsStop, stop}); forbidden != nil {
			w.leaveKept(f, w.stopLater(f))
			return forbiddenSays(f, "stopped", forbidden)
		}
		w.leaveKept(f, keptGroup{})
		f.grant.Ended()
		return "The run's container was stopped."
	}
	ended := false
	options := aci.KillOptions{Grace: stopGrace, Ended: func() { ended = true; f.grant.Ended() }, Turn: func(work context.Context) error {
		soon, done := context.WithTimeout(work, turnSoon)
		defer done()
		err := f.grant.Delete(soon)
		if err == nil || work.Err() != nil {
			return err
		}
		if ended && cancelled {
			_ = w.tryReportCancelled(work, f, "The run's container was stopped. It is deleted when Azure takes one more delete.") // else after the delete
		}
		return f.grant.Delete(work)
	}}
	kill := func() error { return f.client.Kill(work, f.group, options) }
	if forbidden := w.untilDone(work, f, task{"stopping a container group", forbidsStop, kill}); forbidden != nil {
		w.leaveKept(f, w.deleteLater(f))
		if ended {
			return "The run's container was stopped; Azure does not let its container group be deleted."
		}
		return forbiddenSays(f, "stopped or deleted", forbidden)
	}
	f.free()
	return "The run's container was stopped and deleted."
}

// forbiddenSays is what people must know of a container that may go on though its run is over.
func forbiddenSays(f *flight, what string, forbidden error) string {
	return fmt.Sprintf("Azure does not let container group %s be %s, so its container may go on: %s. The worker tries again every few minutes.",
		f.group, what, outageReason(forbidden))
}

// reportCancelled makes a run Cancelled whose own process has not done so.
func (w *Worker) reportCancelled(work context.Context, f *flight, said string) error {
	return w.insist(work, f.log, "reporting a cancellation", func() error { return w.tryReportCancelled(work, f, said) })
}

// tryReportCancelled is one try at it. That somebody else has reported it, or the run is gone, is no error.
func (w *Worker) tryReportCancelled(work context.Context, f *flight, said string) error {
	run, err := w.cfg.Prefect.FlowRun(work, f.run.ID)
	if err == nil && run.StateType == prefect.StateCancelling {
		_, err = w.cfg.Prefect.ForceFlowRunStateAfter(work, f.run.ID, run.StateID, prefect.State{Type: prefect.StateCancelled, Message: said})
	}
	if _, aborted := errors.AsType[*prefect.AbortError](err); aborted || errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	return err
}

// scheduledEvents are the events of a run that may be due now. One that is due later is found by a poll before it is.
var scheduledEvents = []string{"prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingRetry", "prefect.flow-run.Resuming"}

// eventLoop listens for runs of the pool that are cancelled or scheduled. It may be missing without harm.
func (w *Worker) eventLoop(ctx context.Context) {
	for ctx.Err() == nil && w.queues == nil { // servers that agents are for have no events
		filter := prefect.EventFilter{
			Event:   prefect.EventNameFilter{Name: append([]string{"prefect.flow-run.Cancelling", "prefect.flow-run.Cancelled"}, scheduledEvents...)},
			Related: prefect.EventRelatedFilter{ID: []string{"prefect.work-pool." + string(w.poolNow().ID)}},
		}
		for event, err := range w.cfg.Prefect.SubscribeEvents(ctx, filter) {
			switch {
			case errors.Is(err, prefect.ErrUnsupported):
				return
			case err != nil:
				w.cfg.Log.DebugContext(ctx, "the server's events cannot be followed; polls go on", "error", err)
			case slices.Contains(scheduledEvents, event.Event):
				signal(w.pollNow)
			default:
				signal(w.cancelNow)
			}
		}
		_ = azure.Sleep(ctx, longestPause)
	}
}
