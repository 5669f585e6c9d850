package runs

import (
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// scheduledRuns says which runs of a deployment are meant.
type scheduledRuns int

// The three kinds, each a part of the one before.
const (
	allScheduled scheduledRuns = iota
	autoScheduled
	futureAutoScheduled
)

// deleteScheduledRuns forgets the runs of a deployment that are scheduled and have never begun: all of them, or only
// those that its schedules made, or of these only those of the future.
func (x *handlers) deleteScheduledRuns(deployment uuid.UUID, which scheduledRuns) {
	now := time.Now()
	for run := range x.db.FlowRuns.All() {
		switch {
		case run.DeploymentID == nil || *run.DeploymentID != deployment:
		case run.State == nil || run.State.Type != db.Scheduled || run.State.Name == "AwaitingConcurrencySlot" || run.RunCount != 0:
		case which != allScheduled && !run.AutoScheduled:
		case which == futureAutoScheduled && !run.NextScheduledTime.After(now):
		default:
			concurrency.DeleteFlowRun(x.db, run.ID)
		}
	}
}
