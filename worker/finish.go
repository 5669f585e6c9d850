package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// finish decides what the end of an attempt means for its run. The server's state says what the flow did; the container
// only finds runs that nobody reported on:
//
//	the server's state       what follows
//	it has ended             nothing: the server's word counts, whatever the exit code
//	CANCELLING               Cancelled
//	SCHEDULED or PAUSED      nothing: the run was rescheduled or suspended, and gets a new container when it is due; one that
//	                         its own process was to retry is handed back to the workers, as that process is no more
//	PENDING                  another attempt if the failure may pass, else Crashed
//	RUNNING                  AwaitingRetry if Azure took the machine away and the flow has retries left, else Crashed
//	none: the run is gone    nothing
//
// Where the platform started the container again after the flow had reported its end, that report counts: see restart.go.
func (w *Worker) finish(ctx, work context.Context, f *flight) step {
	w.enter(f, PhaseEnding)
	if w.queues != nil && f.takeover && azure.Sleep(work, ownerFirst) != nil {
		return nil
	}
	if f.grant != nil {
		f.grant.Ended()
	}
	f.events.ended(f.result)
	f.output.finish()
	f.known = time.Now()
	var run prefect.FlowRun
	err := w.insist(work, f.log, "reading the run of a container that ended", func() (err error) {
		run, err = w.cfg.Prefect.FlowRun(work, f.run.ID)
		return err
	})
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return w.over("deleted")
	case err != nil:
		return nil
	}
	f.run = run
	if _, attempt := splitPID(run); w.queues != nil && f.takeover && attempt != f.attempt {
		return w.over("left to another agent")
	}
	switch {
	case run.StateType == prefect.StateCancelling:
		f.halt(errCancelled)
		return w.stop
	case w.restored(work, f):
		return w.over(f.how())
	case run.StateType == prefect.StatePending && w.again(f) && w.queues != nil && f.takeover:
		w.remove(work, f, f.group)
		return w.release
	case run.StateType == prefect.StatePending && w.again(f):
		return w.retry
	case run.StateType == prefect.StatePending, run.StateType == prefect.StateRunning:
		return w.crash(work, f)
	case run.StateType == prefect.StateScheduled && f.ranLast():
		w.handBack(work, f)
	}
	return w.over(f.how())
}

// What [prefect.RunPolicy.RetryType] may say.
const (
	retryInProcess  = "in_process"
	retryReschedule = "reschedule"
)

// ranLast reports that the container that ended was the run's newest, so that no process of the run lives.
func (f *flight) ranLast() bool {
	_, attempt := splitPID(f.run)
	return f.failure == nil && f.result != nil && attempt == f.attempt
}

// handBack lets workers have a run again that waits for a retry in its own process, which is gone. The server would keep it
// from them for ever.
func (w *Worker) handBack(work context.Context, f *flight) {
	if f.run.EmpiricalPolicy.RetryType != retryInProcess {
		return
	}
	policy := f.run.EmpiricalPolicy
	policy.RetryType = retryReschedule
	err := w.insist(work, f.log, "handing a run back to the workers", func() error {
		return w.cfg.Prefect.UpdateFlowRun(work, f.run.ID, prefect.FlowRunUpdate{EmpiricalPolicy: prefect.Set(policy)})
	})
	if err != nil && work.Err() == nil && !errors.Is(err, prefect.ErrNotFound) {
		f.log.ErrorContext(work, "a run whose process is gone could not be handed back to the workers", "error", err)
	}
}

// how names the end of a run by the state that the server has for it, such as completed; scheduled is one that runs again.
func (f *flight) how() string { return strings.ToLower(string(f.run.StateType)) }

// container names the end of the last container; empty: the worker has not seen it.
func (f *flight) container() aci.Outcome {
	switch {
	case f.result != nil:
		return f.result.Outcome
	case f.failure != nil:
		return aci.OutcomeStartFailed
	}
	return ""
}

// again reports whether a run whose flow has not begun gets another attempt: where the failure is Azure's and may pass. A
// start that Azure gave up without a word of warning may.
func (w *Worker) again(f *flight) bool {
	if f.attempt >= w.cfg.Attempts {
		return false
	}
	if f.failure == nil {
		switch f.result.Outcome {
		case aci.OutcomeEvicted, aci.OutcomeVanished, aci.OutcomeStopped, aci.OutcomeRestarted, aci.OutcomeReplaced, aci.OutcomeStartTimeout:
			return true
		}
		return false
	}
	if f.result != nil && f.result.Outcome == aci.OutcomeStartTimeout {
		return true
	}
	if start, ok := errors.AsType[*aci.StartError](f.failure); ok && f.result != nil {
		return !slices.ContainsFunc(start.Events, func(e aci.PlatformEvent) bool { return e.Type == "Warning" })
	}
	e := azure.Explain(f.failure)
	if _, never := errors.AsType[*quota.TooLargeError](f.failure); e == nil || never {
		return false
	}
	switch e.Class {
	case azure.ClassCapacity, azure.ClassQuota, azure.ClassThrottled, azure.ClassConflict, azure.ClassUnavailable, azure.ClassConnection, azure.ClassRegistry, azure.ClassNetworkJoin:
		return true
	}
	return false
}

// retryPause is how long before the second attempt; it doubles with each.
const retryPause = 10 * time.Second

// retry writes down the next attempt before the group of the last one is deleted, so that nobody takes the last one up
// again.
func (w *Worker) retry(ctx, work context.Context, f *flight) step {
	f.log.WarnContext(ctx, "the infrastructure failed before the flow began; trying again", "attempt", f.attempt, "reason", f.reason())
	f.output.note(slog.LevelWarn, "Attempt %d to start the container failed: %s. Trying again.", f.attempt, f.reason())
	last := f.group
	f.last, f.lastIn = last, f.client
	f.attempt++
	w.count(func(s *Status) { s.Retries++ })
	if err := azure.Sleep(f.live, retryPause<<min(f.attempt-2, 5)); err != nil {
		f.attempt--
		if work.Err() != nil {
			return nil
		}
		return w.stop
	}
	next := w.submit(ctx, work, f)
	if f.group != last {
		w.dropLast(work, f)
	}
	f.last = ""
	f.takeover = false
	return next
}

// dropLast deletes the group of the attempt before: the next group may need its room in Azure.
func (w *Worker) dropLast(work context.Context, f *flight) {
	if f.last == "" {
		return
	}
	next := f.client
	f.client = f.lastIn // pool, deployment or variables may name another place by now
	w.remove(work, f, f.last)
	f.client = next
	f.last = ""
	f.free()
	f.grant = nil
}

// crash reports a run that nobody else will report on. The server may know better: it refuses a run that has ended in the
// meantime.
func (w *Worker) crash(work context.Context, f *flight) step {
	state := prefect.State{Type: prefect.StateCrashed, Message: sentence(f.reason())}
	if f.run.StateType == prefect.StateRunning && f.takenAway() && w.retriesLeft(work, f) {
		state = prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry, Message: state.Message + " The run has retries left."}
		state.Details.ScheduledTime = prefect.At(time.Now())
		w.handBack(work, f)
	}
	if err := f.output.crashed(work, f.client, f.group); err != nil && !errors.Is(err, aci.ErrNotFound) {
		f.log.WarnContext(work, "the last lines of a crashed container could not be kept", "error", err)
	}
	var now prefect.State
	err := w.insist(work, f.log, "reporting a crash", func() (err error) {
		now, err = w.cfg.Prefect.ProposeFlowRunState(work, f.run.ID, state)
		return err
	})
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	switch {
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

// over is the last step: the group goes, unless it should be kept.
func (w *Worker) over(how string) step {
	return func(_, work context.Context, f *flight) step {
		success := f.result != nil && f.result.Success()
		if f.group != "" && !f.keep.Keeps(success) {
			w.remove(work, f, f.group)
		} else {
			w.leaveKept(f)
		}
		if work.Err() == nil {
			w.ended(f, how)
		}
		return nil
	}
}

// remove deletes a group that Pacific made, until it is gone or work ends.
func (w *Worker) remove(work context.Context, f *flight, group string) {
	if f.result != nil && f.result.Outcome == aci.OutcomeReplaced && group == f.group {
		return // it is somebody else's by now
	}
	w.untilDone(work, f, "deleting a container group", func() error { return f.client.Kill(work, group, aci.KillOptions{Turn: f.grant.Delete}) })
	if group == f.group {
		f.free()
	}
}

// untilDone repeats something that Azure must do in the end.
func (w *Worker) untilDone(work context.Context, f *flight, doing string, try func() error) {
	for pause := time.Second; work.Err() == nil; pause = min(2*pause, 5*time.Minute) {
		err := try()
		if err == nil || errors.Is(err, aci.ErrNotFound) || errors.Is(err, aci.ErrAlreadyEnded) || errors.Is(err, aci.ErrNotManaged) {
			return
		}
		f.log.WarnContext(work, doing+" failed; trying again", "group", f.group, "error", err)
		_ = azure.Sleep(work, pause)
	}
}

// reason says in words why the last container is no more.
func (f *flight) reason() string {
	switch {
	case f.failure != nil:
		return "the container did not start: " + f.failure.Error()
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
