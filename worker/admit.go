package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// StateNameAwaitingQuota is the name of the pending state of a run that waits for room in Azure, see [WaitOf].
const StateNameAwaitingQuota = "AwaitingQuota"

// WaitOf says what a run that a worker has claimed waits for, by its state: "room in Azure, position 2: ...", or what Azure
// says. Empty: nothing.
func WaitOf(state prefect.State) string {
	if state.Name != StateNameAwaitingQuota && state.Name != StateNameAwaitingAzure {
		return ""
	}
	said := strings.TrimPrefix(state.Message, claimOf(claimant(&state))+". ")
	return strings.TrimSuffix(strings.TrimPrefix(said, "Waiting for "), ".")
}

// ledger lines up the groups of one client. Clients of several resource groups of a subscription share its limits; what one
// ledger cannot know of the other, Azure's refusals tell.
func (w *Worker) ledger(client *aci.Client) *quota.Ledger {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.ledgers[client]
	if l == nil {
		l = quota.New(client, w.cfg.Log)
		w.ledgers[client] = l
	}
	return l
}

// admit waits for room in Azure and creates the flight's group, for as long as live lasts. A run that still waits in line when
// the worker ends is not begun: the error is then errDraining.
func (w *Worker) admit(ctx, live context.Context, f *flight) (*aci.Group, error) {
	line, leave := context.WithCancelCause(live)
	defer leave(nil)
	defer context.AfterFunc(ctx, func() { leave(errDraining) })()
	if w.queues != nil {
		var late context.CancelFunc
		line, late = context.WithTimeoutCause(line, longestQueue, errDraining)
		defer late()
	}
	w.keepSlot(f)
	group, grant, err := w.createInTheEnd(live, line, f, quota.Pending{
		Job: f.plan.Job, Name: f.run.Name, Told: func(p quota.Place) { w.queued(f, p) }, Confirm: func(line context.Context) error { return w.confirm(line, f) }})
	f.grant = grant
	return group, err
}

// confirm is called when there is room for a run. It makes sure that the run is still this worker's to start, unless it was so a moment
// ago. While it waited for room, others may have taken this worker for dead, and have run it to its end.
func (w *Worker) confirm(line context.Context, f *flight) error {
	w.enter(f, PhaseStarting) // from here on, an end of the run may be that of its own container
	if time.Since(f.known) <= quick {
		return nil
	}
	asked := time.Now()
	if err := w.stillMine(line, f); err != nil {
		return err
	}
	f.known = asked
	return nil
}

// queued reports that a run waits, and for what: in its state once, as the server refuses a second state of one name, and in
// its logs whenever the reason changes.
func (w *Worker) queued(f *flight, p quota.Place) {
	w.enter(f, PhaseQueued)
	f.log.Info("waiting for room in Azure", "position", p.Position, "reason", p.Reason)
	f.output.note(slog.LevelInfo, "Waiting for room in Azure, position %d: %s.", p.Position, p.Reason)
	if f.run.StateName == StateNameAwaitingQuota || !w.versionNow().Submitting() {
		return
	}
	w.showWait(f, StateNameAwaitingQuota, fmt.Sprintf("Waiting for room in Azure, position %d: %s.", p.Position, p.Reason))
}

// showWait says in the state of a claimed run what it waits for. Nothing depends on it, unless the run turns out to be somebody
// else's: then the flight ends.
func (w *Worker) showWait(f *flight, name, message string) {
	asked := time.Now()
	state, err := w.propose(f, prefect.State{Type: prefect.StatePending, Name: name, Message: claimOf(w.cfg.Name) + ". " + message})
	if err != nil || state.Type != prefect.StatePending {
		return
	}
	if errors.Is(w.accepted(f.live, f, state, asked), errTaken) {
		f.halt(errTaken)
	}
}

// keepSlot renews the lease on a slot of the deployment's concurrency limit until the flow runs, whose process renews it from
// then on. The server gives a slot to another run after five minutes, and cancels the first when it begins.
func (w *Worker) keepSlot(f *flight) {
	if f.run.State == nil || f.run.State.Details.DeploymentConcurrencyLeaseID == "" {
		return
	}
	lease := f.run.State.Details.DeploymentConcurrencyLeaseID
	failing := false
	w.flying.Go(func() {
		every(f.live, prefect.ConcurrencyLease/2, nil, func() (done bool) {
			if w.begun(f) {
				return true
			}
			err := w.cfg.Prefect.RenewConcurrencyLease(f.live, lease, prefect.ConcurrencyLease)
			switch {
			case f.live.Err() != nil:
			case errors.Is(err, prefect.ErrNotFound):
				// Only a claim takes a slot, and this run is claimed.
				f.log.Warn("the run has lost its slot of the deployment's concurrency limit; when its flow begins, the server gives it another or cancels it")
				f.output.note(slog.LevelWarn, "The run has lost its slot of the deployment's concurrency limit. When the flow begins, the server gives it another or cancels it.")
				return true
			case err != nil && !failing:
				f.log.Warn("the slot of the deployment's concurrency limit could not be renewed; trying again", "error", err)
			}
			failing = err != nil
			return false
		})
	})
}

// begun reports whether the flight's container runs, or has run.
func (w *Worker) begun(f *flight) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f.phase != PhaseSubmitting && f.phase != PhaseQueued && f.phase != PhaseStarting
}

// counted lets the ledger know of a group that is in Azure already.
func (w *Worker) counted(f *flight, g *aci.Group) {
	f.grant = w.ledger(f.client).Adopt(quota.Need{Name: f.run.Name, Location: g.Location, Takes: g.Takes()})
}

// release gives a run back that this worker has claimed and not begun, so that the next one need not wait until this one
// counts as lost.
func (w *Worker) release(_, work context.Context, f *flight) step {
	// The server would schedule a run that has ended once more, so a late proposal must not arrive.
	soon, cancel := context.WithTimeout(work, 5*time.Second)
	defer cancel()
	given := prefect.State{Type: prefect.StateScheduled, Message: "Given back before there was room in Azure."}
	state, err := w.change(soon, f, given, w.cfg.Prefect.ProposeFlowRunStateAfter)
	switch {
	case overtaken(err, f), errors.Is(err, prefect.ErrNotFound):
		return nil
	case err != nil:
		f.log.WarnContext(work, "a run that was not begun could not be given back; the next "+w.called()+" takes it over", "error", err)
		return nil
	}
	f.log.InfoContext(work, "run given back", "state", state.Name)
	w.ended(f, "released")
	return nil
}

// free gives back what the flight's group took of Azure's limits: it is gone. Of one that stays, the cores were given back
// when its container ended.
func (f *flight) free() {
	if !f.stays {
		f.grant.Release()
	}
}
