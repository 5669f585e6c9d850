package aci

import (
	"context"
	"time"
)

// runs is what shows that a container was started again. Azure's restartCount counts only restarts by the group's own
// policy. Where somebody restarts the group, restartCount stays 0 and there is no previous state: only a new start time
// and the count of the event Started show it.
type runs struct {
	known   bool
	began   time.Time // start time of the latest run
	starts  int       // events Started that are not restarts: the first, or all from before the watch
	changes int       // how often the start time changed
}

// restarted reports whether the container has been started again since the last read.
func (w *watch) restarted(g *Group, main *Container) bool {
	r := &w.seen.runs
	starts := main.count("Started")
	if s := main.Current; s != nil && !s.State.Waiting() && !s.Started.IsZero() {
		// One run has one start, told in whole seconds.
		if !r.began.IsZero() && s.Started.Sub(r.began) > time.Second {
			r.changes++
		}
		r.began = s.Started
	}
	if !r.known {
		r.known, r.starts = true, 1
		if w.limits.accepted.IsZero() {
			// Somebody else made the group, and may have restarted it on purpose.
			r.starts = max(starts, 1)
		}
	}
	count := max(main.Restarts, starts-r.starts, r.changes)
	if isNever(g) && main.Previous != nil && main.Previous.State.Terminated() {
		count = max(count, 1)
	}
	if count <= w.res.Restarts {
		return false
	}
	w.res.Restarts = count
	return true
}

// count is how often an event of the container has happened. Azure merges equal events and counts them.
func (c *Container) count(event string) int {
	n := 0
	for _, e := range c.Events {
		if e.Name == event {
			n += max(e.Count, 1)
		}
	}
	return n
}

// startedAgain acts on a restart. Microsoft promises only for exit code 0 that a container with the policy Never is not
// started again, and anybody with the right may restart a group. A job must not run twice: its first end counts, and the
// second run is stopped.
func (w *watch) startedAgain(work context.Context, g *Group, main *Container) {
	if !isNever(g) || w.mode == modeFollow || w.isStopping() {
		return
	}
	// A PUT whose answer was lost took effect late and restarted the containers. This run is the job's.
	if s := main.Current; s != nil && !s.Started.IsZero() && s.Started.Before(w.limits.putUntil) {
		return
	}
	first := main.Previous
	if r := w.seen.runs; first == nil && r.changes == 0 && main.count("Started") <= r.starts {
		first = main.Current // only restartCount tells of another run, and nothing of its start
	}
	if first != nil && first.State.Terminated() {
		w.res.ExitCode = first.ExitCode
		w.res.Phases.Finished = first.Finished
	}
	w.emit(Event{Kind: EventRestarted, ExitCode: w.res.ExitCode})
	w.stop(work, OutcomeRestarted, nil)
}
