package aci

import (
	"time"
)

// deadlines are the alarms of a watch. One is not set where the watch has no such deadline, or has it behind it.
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
type deadlines struct{ start, job, lease alarm }

// An alarm is a timer that is there while it is set. Most watches never need most of theirs, and there may be a thousand watches.
type alarm struct {
	C     <-chan time.Time // nil: it is not set
	timer *time.Timer
}

func (a *alarm) set(d time.Duration) {
	a.stop()
	a.timer = time.NewTimer(max(d, atOnce))
	a.C = a.timer.C
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	*a = alarm{}
}

func newDeadlines(w *watch) *deadlines {
	d := &deadlines{}
	if !w.limits.deadline.IsZero() {
		d.job.set(time.Until(w.limits.deadline))
	}
	d.reset(w)
	return d
}

// reset sets the timers that depend on what the last read showed: the start deadline of the phase that was reached, and
// the next renewal of the lease.
func (d *deadlines) reset(w *watch) {
	d.start.stop()
	if left := time.Until(w.startDue()); left > 0 {
		d.start.set(left)
	}
	d.lease.stop()
	if due := w.renewDue(); !due.IsZero() {
		d.lease.set(max(time.Until(due), 0))
	}
}

func (d *deadlines) stop() { d.start.stop(); d.job.stop(); d.lease.stop() }

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
