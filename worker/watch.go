package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// watchAgain is the pause after a watch that Azure refused for minutes. Nothing follows from that about the job.
const watchAgain = time.Minute

// watch follows the attempt's group to its end. It deletes nothing: the end is reported first.
func (w *Worker) watch(ctx, work context.Context, f *flight) step {
	w.enter(f, PhaseStarting)
	watched, done := context.WithCancelCause(f.live)
	defer done(nil)
	defer context.AfterFunc(ctx, func() { done(errDraining) })()
	options := aci.WaitOptions{Keep: aci.KeepAlways, Detach: true, Output: f.output.writer(), Events: func(e aci.Event) { w.observe(f, e) }}
	if f.plan != nil {
		options.StartTimeout, options.PollInterval = f.plan.Job.StartTimeout, f.plan.Job.PollInterval
	}
	for watched.Err() == nil {
		result, err := f.client.Wait(watched, f.group, options)
		if watched.Err() != nil {
			break
		}
		switch {
		case errors.Is(err, aci.ErrNotFound):
			f.result = &aci.Result{Name: f.group, Outcome: aci.OutcomeVanished, Reason: "the container group is gone"}
			return w.finish
		case result != nil && result.Outcome != aci.OutcomeUnknown && result.Outcome != aci.OutcomeInterrupted:
			f.result, f.failure = result, nil
			if start, ok := errors.AsType[*aci.StartError](err); ok {
				f.failure = start
			}
			return w.finish
		}
		f.log.WarnContext(ctx, "Azure does not show a container group; the run goes on", "group", f.group, "error", err)
		_ = azure.Sleep(watched, watchAgain)
	}
	if work.Err() == nil && f.live.Err() != nil {
		return w.stop
	}
	w.ended(f, "left running")
	return nil
}

// observe takes the progress of a job.
func (w *Worker) observe(f *flight, e aci.Event) {
	f.events.observe(e)
	if e.Kind == aci.EventPhase && (e.Phase == aci.PhaseStarted || e.Phase == aci.PhaseFirstLine) {
		w.enter(f, PhaseRunning)
	}
}
