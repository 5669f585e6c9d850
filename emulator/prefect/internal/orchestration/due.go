package orchestration

import (
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// lateAfter is PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS.
const lateAfter = 15 * time.Second

// lateAt is when a run counts as late that nobody has started; the zero time if it cannot be late.
func lateAt(r *db.FlowRun) time.Time {
	if typeOf(r.State) != db.Scheduled || r.State.Name != "Scheduled" || r.NextScheduledTime.IsZero() {
		return time.Time{}
	}
	return r.NextScheduledTime.Add(lateAfter)
}

// pauseLoop is how often a server looks for pauses that have lasted too long: PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS.
// A client that waits for the end of its pause says at the timeout itself that the run has failed, and is nearly always first.
const pauseLoop = 5 * time.Second

// pauseEnds is when a run fails that is paused; the zero time if it does not.
func pauseEnds(r *db.FlowRun) time.Time {
	if typeOf(r.State) != db.Paused {
		return time.Time{}
	}
	timeout := r.State.Details.PauseTimeout.Time
	if timeout.IsZero() {
		return timeout
	}
	return timeout.Add(pauseLoop)
}

// wakeFor asks for a look at what time alone makes of a run in its state. Call it with each new one.
func wakeFor(d *db.DB, r *db.FlowRun) {
	for _, at := range []time.Time{lateAt(r), pauseEnds(r)} {
		if !at.IsZero() {
			d.Wake(at)
		}
	}
}
