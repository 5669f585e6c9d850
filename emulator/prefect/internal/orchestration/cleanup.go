package orchestration

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP.
const (
	// cancellingLife is how long a run may be CANCELLING until the server says itself that it is cancelled.
	cancellingLife = 300 * time.Second
	// childrenLife is how long after a run's cancellation what it had started is cancelled too: the server's loop.
	childrenLife = 20 * time.Second
)

// toCleanUp remembers a flow run for CleanUp when it comes into a state that wants it. A new state begins anew:
//
//	CANCELLING ── cancellingLife, and nobody said that it is over ──▶ CANCELLED
//	CANCELLED ─── childrenLife ──▶ its task runs and the subflows in its process are CANCELLED, deployed subflows CANCELLING
func (o *Rules) toCleanUp(run *db.FlowRun) {
	delete(o.cleanups, run.ID)
	life := cancellingLife
	switch run.State.Type {
	case db.Cancelling:
	case db.Cancelled:
		life = childrenLife
	default:
		return
	}
	o.cleanups[run.ID] = time.Now().Add(life)
	o.db.Wake(o.cleanups[run.ID])
}

// CleanUp ends what cancelled runs have left: runs that are CANCELLING for too long, because their worker is gone, and
// task runs and subflows of cancelled ones. It tells when to call it again; the zero time if nothing is left.
func (o *Rules) CleanUp() (next time.Time) {
	now := time.Now()
	var due []uuid.UUID
	for id, at := range o.cleanups {
		if !now.Before(at) {
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range due {
		delete(o.cleanups, id)
		if run := o.db.FlowRuns.Get(id); run != nil {
			o.cleanUp(run)
		}
	}
	for _, at := range o.cleanups { // the above may have added some
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// cleanUp does what is due for one run. A subflow that is CANCELLING already is left to its own time.
func (o *Rules) cleanUp(run *db.FlowRun) {
	if run.State.Type == db.Cancelling {
		o.Set(run, NewState(db.Cancelled, "Flow run cancellation timed out; marked this flow run as Cancelled."), false)
		return
	}
	const reason = "The parent flow run was cancelled."
	tasks := map[uuid.UUID]bool{}
	for task := range o.db.TaskRunsOf(run.ID) {
		tasks[task.ID] = true
		if task.State != nil && !task.State.Type.Terminal() {
			o.SetTask(task, NewState(db.Cancelled, reason), true)
		}
	}
	for child := range o.db.FlowRuns.All() {
		if child.ParentTaskRunID == nil || !tasks[*child.ParentTaskRunID] || child.State == nil || child.State.Type.Terminal() {
			continue
		}
		switch {
		case child.DeploymentID == nil:
			o.Set(child, NewState(db.Cancelled, reason), true)
		case child.State.Type != db.Cancelling:
			o.Set(child, NewState(db.Cancelling, reason), true) // its infrastructure is its own
		}
	}
}
