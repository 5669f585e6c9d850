package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

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
	if f.replaced() {
		f.last = ""
		f.forgetGrant()
	}
	f.attempt++
	w.count(func(s *Status) { s.Retries++ })
	if err := azure.Sleep(f.live, retryPause<<min(f.attempt-2, 5)); err != nil {
		f.attempt--
		if work.Err() != nil {
			return nil
		}
		return w.stop
	}
	f.result, f.failure, f.unmade, f.inDoubt = nil, nil, false, false // the next attempt's end is not told from the last one's
	next := w.submit(ctx, work, f)
	if f.group != last {
		w.dropLast(work, f)
	}
	f.last = ""
	w.mu.Lock()
	f.takeover = false
	w.mu.Unlock()
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
	f.forgetGrant()
}

// forgetGrant gives back what the last attempt's group took, so that the next one gets a grant of its own.
func (f *flight) forgetGrant() {
	f.free()
	f.grant = nil
}
