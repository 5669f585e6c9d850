package aci

import (
	"time"
)

// deadlines are the timers of a watch. A channel is nil where the watch has no such deadline, or has it behind it.
//
//	requested       accepted        placed          started                  ended
//	────┬───────────────┬──────────────┬───────────────┬───────────────────────┬──
//	    │               └── placeBy ───┘               │                       │   start: a read decides OutcomeStartTimeout
//	    └─────────────────── startBy ──────────────────┘                       │   start, once placed
//	    └────────────────────────── deadline (Job.Timeout) ────────────────────┘   job: a stop, OutcomeTimedOut
//	                    └── lease: renewed every renewEvery, up to the end ────┘
//
// A start that is overdue ends the watch only after a read, since the last one may be old. The job's deadline needs none: a
// stop does no harm to a container that has ended.
type deadlines struct {
	start, job, lease    <-chan time.Time
	startT, jobT, leaseT *time.Timer
}

func newDeadlines(w *watch) *deadlines {
	d := &deadlines{startT: stoppedTimer(), jobT: stoppedTimer(), leaseT: stoppedTimer()}
	if !w.limits.deadline.IsZero() {
		d.jobT.Reset(time.Until(w.limits.deadline))
		d.job = d.jobT.C
	}
	d.reset(w)
	return d
}

// reset sets the timers that depend on what the last read showed: the start deadline of the phase that was reached, and
// the next renewal of the lease.
func (d *deadlines) reset(w *watch) {
	d.startT.Stop()
	d.start = nil
	if left := time.Until(w.startDue()); left > 0 {
		d.startT.Reset(left)
		d.start = d.startT.C
	}
	d.leaseT.Stop()
	d.lease = nil
	if due := w.renewDue(); !due.IsZero() {
		d.leaseT.Reset(max(time.Until(due), 0))
		d.lease = d.leaseT.C
	}
}

func (d *deadlines) stop() { d.startT.Stop(); d.jobT.Stop(); d.leaseT.Stop() }

func (w *watch) hasStarted() bool { return !w.res.Phases.Started.IsZero() }

// startDue is when the current phase of the start must have ended; zero if there is no such time. Until ACI has found a
// machine that is placeBy, then startBy: finding no machine is worth less patience than pulling a large image.
func (w *watch) startDue() time.Time {
	switch {
	case w.hasStarted() || w.isStopping() || w.mode == modeFollow:
		return time.Time{}
	case w.res.Phases.Placed.IsZero() && !w.limits.placeBy.IsZero() && w.limits.placeBy.Before(w.limits.startBy):
		return w.limits.placeBy
	}
	return w.limits.startBy
}

func (w *watch) startOverdue() bool {
	due := w.startDue()
	return !due.IsZero() && !time.Now().Before(due)
}

// startMissed is the ending of a start that took too long.
func (w *watch) startMissed() *ending {
	failure := &StartError{Name: w.name, Phase: w.res.Phases.last(), Timeout: time.Since(w.limits.requested).Round(time.Second), Events: w.seen.events, Containers: w.failures()}
	return &ending{outcome: OutcomeStartTimeout, reason: failure.Error(), err: failure}
}
