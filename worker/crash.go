package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// crash reports a run that nobody else will report on. Others may know better by now: the last lines of a container take their
// time.
func (w *Worker) crash(work context.Context, f *flight) step {
	state := prefect.State{Type: prefect.StateCrashed, Message: sentence(f.reason()) + f.advice()}
	if f.run.StateType == prefect.StateRunning && f.takenAway() && w.retriesLeft(work, f) {
		state = prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry, Message: state.Message + " The run has retries left."}
		state.Details.ScheduledTime = prefect.At(time.Now())
		w.handBack(work, f)
	}
	w.keepLastLines(work, f)
	now, err := w.change(work, f, state, w.cfg.Prefect.ProposeFlowRunStateAfter)
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	switch {
	case overtaken(err, f):
		return w.finish // from what the run is by now
	case aborted:
		f.run.StateType = abort.State.Type
		f.log.InfoContext(work, "the server keeps a run's own state", "state", abort.State.Name)
	case errors.Is(err, prefect.ErrNotFound):
		return w.over("deleted")
	case err != nil && work.Err() != nil:
		return nil
	case err != nil:
		f.log.ErrorContext(work, "a crash could not be reported", "error", err)
	case now.Type == prefect.StateCancelling:
		f.halt(errCancelled)
		return w.stop
	default:
		f.run.StateType = now.Type
		f.log.WarnContext(work, "run reported", "state", now.Name, "reason", state.Message)
	}
	return w.over(f.how())
}

// keepLastLines adds to the run's logs what its container printed last.
func (w *Worker) keepLastLines(work context.Context, f *flight) {
	printed := f.group
	if f.unmade {
		printed = ""
	}
	if err := f.output.crashed(work, f.client, printed); err != nil && !errors.Is(err, aci.ErrNotFound) {
		f.log.WarnContext(work, "the last lines of a crashed container could not be kept", "error", err)
	}
}

// takenAway reports that the container ended by the platform's doing and not the flow's.
func (f *flight) takenAway() bool {
	return f.failure == nil && f.result != nil && (f.result.Outcome == aci.OutcomeEvicted || f.result.Outcome == aci.OutcomeRestarted)
}

// retriesLeft reports whether the flow's own policy allows another run. What the container began when the platform had started
// it once more does not count.
func (w *Worker) retriesLeft(work context.Context, f *flight) bool {
	policy := f.run.EmpiricalPolicy
	if policy.Retries == nil {
		return false
	}
	count := f.run.RunCount
	if f.result.Outcome == aci.OutcomeRestarted {
		states, err := w.statesOf(work, f)
		if err != nil {
			return false
		}
		count -= repeats(states)
	}
	return count <= *policy.Retries
}

// reason says in words why the last container is no more.
func (f *flight) reason() string {
	switch {
	case f.failure != nil:
		return "the container did not start: " + inOneLine(f.failure)
	case f.takenAway() && f.result.Reason != "": // the code is that of the platform's end
		return f.result.Reason
	case f.result.ExitCode != nil && *f.result.ExitCode == 0:
		return "the container ended with exit code 0 before the flow had reported its end"
	case f.result.ExitCode != nil:
		return fmt.Sprintf("the container ended with exit code %d%s", *f.result.ExitCode, explainExit(*f.result.ExitCode))
	case f.result.Reason != "":
		return f.result.Reason
	}
	return "the container ended: " + string(f.result.Outcome)
}

// advice is what helps against a failure, as a sentence that follows another; empty: nobody knows, or [inOneLine] has said it.
func (f *flight) advice() string {
	failed := parts(f.failure)
	if len(failed) != 1 {
		return ""
	}
	if advice := sentence(hintOf(failed[0])); advice != "" {
		return " " + advice
	}
	return ""
}

// hintOf is what an error says to do; empty: nothing.
func hintOf(err error) string {
	type hinter interface {
		error
		Hint() string
	}
	if e, ok := errors.AsType[hinter](err); ok {
		return e.Hint()
	}
	return ""
}

// parts are the errors that were joined, or the one error; none for nil.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && strings.Contains(err.Error(), "\n") {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// inOneLine joins what several errors say, each with what to do about it.
func inOneLine(err error) string {
	failed := parts(err)
	said := make([]string, len(failed))
	for i, one := range failed {
		said[i] = strings.Join(strings.Fields(one.Error()), " ")
		if hint := hintOf(one); hint != "" && len(failed) > 1 {
			said[i] += " (" + hint + ")"
		}
	}
	return strings.Join(said, "; ")
}

// exits says what an exit code mostly means, and what helps.
var exits = map[int]string{
	1:   ": the program failed; see the run's logs",
	125: ": the container could not be run",
	126: ": the command is not executable; check command and entrypoint",
	127: ": the command does not exist in the image; check command and image",
	137: ": it was killed, mostly because it ran out of memory; give it more with the job variable memory",
	139: ": it crashed with a segmentation fault",
	143: ": it was told to end (SIGTERM)",
	247: ": it was killed, mostly because it ran out of memory; give it more with the job variable memory",
}

func explainExit(code int) string { return exits[code] }

// sentence makes a reason a sentence of its own.
func sentence(reason string) string {
	if reason == "" {
		return ""
	}
	return strings.ToUpper(reason[:1]) + strings.TrimSuffix(reason[1:], ".") + "."
}
