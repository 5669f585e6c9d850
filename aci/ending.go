package aci

import (
	"fmt"
	"strings"
	"time"
)

// stoppedByRequest is part of the detailStatus of a container whose group was stopped. It has no exit code.
const stoppedByRequest = "stopped per client request"

// ended is the ending of a watch whose container has ended. If we stopped it, the reason for the stop is the outcome. Else
// an exit code is, unless somebody stopped the group; without one it is the best explanation that Azure gives:
//
//	we stopped it                       stopping.why; the exit code is kept, unless it is that of a run that is not the job's
//	no exit code, and talk of eviction  OutcomeEvicted
//	the group was stopped               OutcomeStopped, with any exit code: it is SIGTERM's, not the job's
//	no exit code                        OutcomeVanished
//	exit code 0, another                OutcomeSucceeded, OutcomeFailed
func (w *watch) ended(g *Group, main *Container) *ending {
	now := main.Current
	if w.stopping.why != OutcomeRestarted {
		w.res.ExitCode = now.ExitCode
		if w.res.Phases.Finished = now.Finished; now.Finished.IsZero() {
			w.res.Phases.Finished = time.Now()
		}
	}
	end := &ending{outcome: w.stopping.why}
	switch {
	case w.stopping.why == OutcomeRestarted:
		end.reason = "the container was started again though its restart policy is Never; it was stopped"
	case w.isStopping():
	case now.ExitCode == nil && evicted(g, main):
		end.outcome, end.reason = OutcomeEvicted, "the platform took the machine away"
	case g.State.Stopped(), strings.Contains(strings.ToLower(now.Detail), stoppedByRequest):
		end.outcome, end.reason = OutcomeStopped, "the container group was stopped by somebody else"
	case now.ExitCode == nil:
		end.outcome, end.reason = OutcomeVanished, "the container ended without an exit code: "+now.Detail
	case *now.ExitCode == 0:
		end.outcome = OutcomeSucceeded
	default:
		end.outcome, end.reason = OutcomeFailed, fmt.Sprintf("the container ended with exit code %d", *now.ExitCode)
		if now.Detail != "" && now.Detail != "Error" {
			end.reason += " (" + now.Detail + ")"
		}
	}
	w.emit(Event{Kind: EventFinished, ExitCode: w.res.ExitCode})
	return end
}

// evicted reports whether the container's state or an event says that the platform took the machine away.
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
