package db

import (
	"time"

	"github.com/google/uuid"
)

// runKey is what no two flow runs have in common.
type runKey struct {
	flow uuid.UUID
	key  string
}

// NewRunBase is for a run that is made now. Its id is greater than that of any run before it, so the order by id is
// that of the table.
func NewRunBase() Base {
	b := NewBase()
	if id, err := uuid.NewV7(); err == nil { // it fails only without randomness
		b.ID = id
	}
	return b
}

// FlowRunByKey finds the run of a flow with an idempotency key; nil if there is none.
func (d *DB) FlowRunByKey(flow uuid.UUID, key string) *FlowRun {
	id, ok := d.runKeys[runKey{flow, key}]
	if !ok {
		return nil
	}
	return d.FlowRuns.Get(id)
}

// AddFlowRun keeps a new run.
func (d *DB) AddFlowRun(run *FlowRun) {
	d.FlowRuns.Put(run.ID, run)
	if run.IdempotencyKey != nil {
		d.runKeys[runKey{run.FlowID, *run.IdempotencyKey}] = run.ID
	}
}

// DeleteFlowRun forgets a run with its task runs and logs, and gives back the slot that it has of its deployment's limit;
// false if there is no such run. Its subflows stay.
func (d *DB) DeleteFlowRun(id uuid.UUID) bool {
	run := d.FlowRuns.Get(id)
	if run == nil {
		return false
	}
	d.freeSlot(run)
	for task := range d.TaskRunsOf(id) {
		d.DeleteTaskRun(task)
	}
	if run.IdempotencyKey != nil {
		delete(d.runKeys, runKey{run.FlowID, *run.IdempotencyKey})
	}
	d.ForgetLogs(id)
	return d.FlowRuns.Delete(id)
}

// freeSlot gives back what a run holds that is about to be forgotten.
func (d *DB) freeSlot(run *FlowRun) {
	if run.State == nil || run.DeploymentID == nil {
		return
	}
	switch run.State.Type {
	case Pending, Running, Cancelling:
	default:
		return
	}
	if d.EndLease(run.State.Lease()) {
		return
	}
	if deployment := d.Deployments.Get(*run.DeploymentID); deployment != nil && deployment.ConcurrencyLimitID != nil {
		d.GiveSlots([]uuid.UUID{*deployment.ConcurrencyLimitID}, 1, 0)
	}
}

// DeleteScheduledRuns forgets the runs of a deployment that are scheduled and have never begun: all of them, or only
// those that its schedules made, or of these only those of the future.
func (d *DB) DeleteScheduledRuns(deployment uuid.UUID, which ScheduledRuns) {
	now := time.Now()
	for run := range d.FlowRuns.All() {
		switch {
		case run.DeploymentID == nil || *run.DeploymentID != deployment:
		case run.State == nil || run.State.Type != Scheduled || run.State.Name == "AwaitingConcurrencySlot" || run.RunCount != 0:
		case which != AllScheduled && !run.AutoScheduled:
		case which == FutureAutoScheduled && !run.NextScheduledTime.After(now):
		default:
			d.DeleteFlowRun(run.ID)
		}
	}
}

// ScheduledRuns says which runs of a deployment are meant.
type ScheduledRuns int

// The three kinds, each a part of the one before.
const (
	AllScheduled ScheduledRuns = iota
	AutoScheduled
	FutureAutoScheduled
)

// lateAfter is PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS.
const lateAfter = 15 * time.Second

// LateAt is when a run counts as late that nobody has started; the zero time if it cannot be late.
func (r *FlowRun) LateAt() time.Time {
	if r.State == nil || r.State.Type != Scheduled || r.State.Name != "Scheduled" || r.NextScheduledTime.IsZero() {
		return time.Time{}
	}
	return r.NextScheduledTime.Add(lateAfter)
}

// PauseEnds is when a run fails that is paused; the zero time if it does not.
func (r *FlowRun) PauseEnds() time.Time {
	if r.State == nil || r.State.Type != Paused {
		return time.Time{}
	}
	return r.State.Details.PauseTimeout.Time
}

// WakeFor asks for a look at what time alone makes of a run in its state. Call it with each new one.
func (d *DB) WakeFor(r *FlowRun) {
	for _, at := range []time.Time{r.LateAt(), r.PauseEnds()} {
		if !at.IsZero() {
			d.Wake(at)
		}
	}
}
