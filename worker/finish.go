package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
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
//	another worker has it    nothing
//
// Where the platform started the container again after the flow had reported its end, that report counts: see restart.go.
func (w *Worker) finish(ctx, work context.Context, f *flight) step {
	w.enter(f, PhaseEnding)
	if w.queues != nil && f.takeover && azure.Sleep(work, ownerFirst) != nil {
		return nil
	}
	f.grant.Ended()
	f.output.finish()
	f.known = time.Now()
	run, err := w.readRun(work, f)
	if err == nil && !f.seenToItsEnd(run) || errors.Is(err, prefect.ErrNotFound) {
		f.events.ended(f.result)
	}
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return w.over("deleted")
	case err != nil:
		return nil
	}
	passedOn := w.passedOn(f, run)
	f.run = run
	if passedOn {
		return w.over(leftToAnother)
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
	case run.StateType == prefect.StateCrashed && f.ranLast():
		w.keepLastLines(work, f) // the flow's process died, and what started it in the container has reported that
	}
	return w.over(f.how())
}

// seenToItsEnd reports that another worker has seen the container to its end and deleted it: the run has ended, and the group is
// gone. That worker has told how it ended.
func (f *flight) seenToItsEnd(run prefect.FlowRun) bool {
	return f.failure == nil && f.result != nil && f.result.Outcome == aci.OutcomeVanished && run.StateType.Terminal()
}

// LeftRunning is how a run ended for a worker that ends before it, and leaves it to the next one.
const LeftRunning = "left running"

// leftToAnother is how a run ended for a worker whose attempt at it has ended, and that another worker has by now.
const leftToAnother = "left to another worker"

// passedOn reports whether somebody else has started the run anew, or is about to: it may be scheduled again as soon as its flow
// has ended, which is before its container has gone. run is the run as it is now, f.run as the flight knew it.
func (w *Worker) passedOn(f *flight, run prefect.FlowRun) bool {
	_, attempt := splitPID(run)
	if w.queues != nil && f.takeover {
		return attempt != f.attempt
	}
	by := claimant(run.State)
	claimed := run.StateType == prefect.StatePending && run.StateID != f.run.StateID && by != "" && by != w.cfg.Name
	return claimed || attempt > f.attempt
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

// over is the last step: the group goes, unless it should be kept.
func (w *Worker) over(how string) step {
	return func(_, work context.Context, f *flight) step {
		_ = f.output.arrive(work) // once the group is gone nobody can read its output anew; the sender tells of lines that were lost
		success := f.result != nil && f.result.Success()
		if f.group != "" && !f.keep.Keeps(success) {
			w.remove(work, f, f.group)
		} else {
			w.leaveKept(f, keptGroup{})
		}
		if work.Err() == nil {
			w.ended(f, how)
		}
		return nil
	}
}
