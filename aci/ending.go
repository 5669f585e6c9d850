package aci

import (
	"fmt"
	"strings"
	"time"
)

// stoppedByRequest is what Azure says of a container whose group was stopped. Such a container has no exit code.
const stoppedByRequest = "stopped per client request"

// ended makes the ending of a container that has ended.
func (w *watch) ended(g *Group, main *Container) *ending {
	now := main.Current
	if w.stopping.why != OutcomeRestarted {
		w.res.ExitCode = now.ExitCode
		if w.res.Phases.Finished = now.Finished; now.Finished.IsZero() {
			w.res.Phases.Finished = time.Now()
		}
	}
	v := &ending{outcome: w.stopping.why}
	switch {
	case w.stopping.why == OutcomeRestarted:
		v.reason = "the container was started again though its restart policy is Never; it was stopped"
	case w.isStopping():
	case now.ExitCode == nil && evicted(g, main):
		v.outcome, v.reason = OutcomeEvicted, "the platform took the machine away"
	case g.State.Stopped(), strings.Contains(strings.ToLower(now.Detail), stoppedByRequest):
		v.outcome, v.reason = OutcomeStopped, "the container group was stopped by somebody else"
	case now.ExitCode == nil:
		v.outcome, v.reason = OutcomeVanished, "the container ended without an exit code: "+now.Detail
	case *now.ExitCode == 0:
		v.outcome = OutcomeSucceeded
	default:
		v.outcome, v.reason = OutcomeFailed, fmt.Sprintf("the container ended with exit code %d", *now.ExitCode)
		if now.Detail != "" && now.Detail != "Error" {
			v.reason += " (" + now.Detail + ")"
		}
	}
	w.emit(Event{Kind: EventFinished, ExitCode: w.res.ExitCode})
	return v
}

// evicted looks for the platform's word that it took the containers.
func evicted(g *Group, main *Container) bool {
	if strings.Contains(strings.ToLower(main.Current.Detail), "evict") {
		return true
	}
	for _, e := range append(g.Events[:len(g.Events):len(g.Events)], main.Events...) {
		if strings.Contains(strings.ToLower(e.Name), "evict") {
			return true
		}
	}
	return false
}
