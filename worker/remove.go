package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// refusals is how often in a row Azure may refuse for good to delete a group, over half a minute: a right that was just given
// works late. Then the group is left to the reaper, so that the run's slot is free.
const refusals = 6

// remove deletes a group that Pacific made, until it is gone, Azure forbids it or work ends.
func (w *Worker) remove(work context.Context, f *flight, group string) {
	if f.replaced() && group == f.group {
		return
	}
	refused := 0
	w.untilDone(work, f, "deleting a container group", func() error {
		err := f.client.Kill(work, group, aci.KillOptions{Turn: f.grant.Delete})
		if refused++; !forbids(err) {
			refused = 0
		}
		if refused < refusals {
			return err
		}
		f.log.ErrorContext(work, "Azure does not let a container group be deleted; it is tried again every ten minutes or so", "group", group, "error", err)
		return nil
	})
	switch {
	case group != f.group:
	case refused == refusals:
		w.leaveKept(f)
	default:
		f.free()
	}
}

// forbids reports whether Azure refuses what was asked until somebody changes a right, a lock or a setting.
func forbids(err error) bool {
	e := azure.Explain(err)
	if e == nil || errors.Is(err, aci.ErrNotFound) {
		return false
	}
	switch e.Class {
	case azure.ClassAuthorisation, azure.ClassAuthentication, azure.ClassPolicy, azure.ClassInvalid, azure.ClassNotFound, azure.ClassConnection:
		return true
	}
	return false
}

// untilDone repeats something that Azure must do in the end.
func (w *Worker) untilDone(work context.Context, f *flight, doing string, try func() error) {
	for pause := time.Second; work.Err() == nil; pause = min(2*pause, 5*time.Minute) {
		err := try()
		if err == nil || errors.Is(err, aci.ErrNotFound) || errors.Is(err, aci.ErrAlreadyEnded) || errors.Is(err, aci.ErrNotManaged) {
			return
		}
		f.log.WarnContext(work, doing+" failed; trying again", "group", f.group, "error", err)
		w.signInAnew(work, f, err)
		_ = azure.Sleep(work, pause)
	}
}

// replaced reports that the name of the flight's group is somebody else's by now.
func (f *flight) replaced() bool {
	return f.result != nil && f.result.Outcome == aci.OutcomeReplaced
}
