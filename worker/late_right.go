package worker

import (
	"fmt"
	"log/slog"
	"time"
)

const (
	// rightTakes is how long Azure says that a new role assignment may take to work ("Troubleshoot Azure RBAC").
	rightTakes = 10 * time.Minute
	// Until then the create is tried again, after ten seconds and then ever later.
	firstRightPause, mostRightPause = 10 * time.Second, 2 * time.Minute
)

// A lateRight waits for a right to create the group of one flight: the first runs are often due minutes after somebody has assigned
// the role. The zero value is ready.
type lateRight struct {
	until time.Time
	pause time.Duration
	said  bool
}

// lacksRight reports whether Azure refused a create for want of a right that a role gives.
func lacksRight(err error) bool {
	e := explainStart(err)
	return e != nil && e.LacksRole()
}

// refused is how long to wait after a refusal, and what to say of it; 0: the right stays missing.
func (r *lateRight) refused(err error) (wait time.Duration, said string) {
	now := time.Now()
	if r.until.IsZero() {
		r.until, r.pause = now.Add(rightTakes), firstRightPause
	}
	wait = min(r.pause, r.until.Sub(now))
	r.pause = min(2*r.pause, mostRightPause)
	return max(wait, 0), fmt.Sprintf("Azure refuses the container group: %s. A role that was just assigned takes some minutes to work, so it is tried again until %s.",
		outageReason(err), r.until.UTC().Format("15:04:05Z"))
}

// tellRight says once in the run's log and the worker's what the run waits for.
func (w *Worker) tellRight(f *flight, r *lateRight, said string) {
	if r.said {
		return
	}
	r.said = true
	f.log.Warn("Azure refuses a container group for want of a right; trying again, as a role that was just assigned works late", "group", f.group, "until", r.until.UTC().Format(time.RFC3339))
	f.output.note(slog.LevelWarn, "%s", said)
}
