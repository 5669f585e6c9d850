package aci

import "time"

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

// An alarm is a time at which a watch has something to do. One timer serves all of a watch's alarms. The zero value is not set.
type alarm struct{ at time.Time }

// set has the alarm ring after d, and never in the turn that sets it: what happens at the same moment is acted on first.
func (a *alarm) set(d time.Duration) { a.at = time.Now().Add(max(d, atOnce)) }

func (a *alarm) stop() { *a = alarm{} }

// rings reports whether the alarm's time has come, once.
func (a *alarm) rings(now time.Time) bool {
	if a.at.IsZero() || now.Before(a.at) {
		return false
	}
	a.stop()
	return true
}

// earliest is the alarm that rings first; the zero value if none is set.
func earliest(alarms ...alarm) alarm {
	var first alarm
	for _, a := range alarms {
		if first.at.IsZero() || !a.at.IsZero() && a.at.Before(first.at) {
			first = a
		}
	}
	return first
}

func newDeadlines(w *watch) *deadlines {
	d := &deadlines{}
	if !w.limits.deadline.IsZero() {
		d.job.set(time.Until(w.limits.deadline))
	}
	d.reset(w)
	return d
}

// reset sets the alarms that depend on what the last read showed: the start deadline of the phase that was reached, and
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
