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
		if group == f.group && f.unmade && forbids(err) {
			return nil // what kept it from being made keeps it from being looked for
		}
		if refused++; !forbids(err) || lacksResourceGroup(err) {
			refused = 0
		}
		if refused < refusals {
			return err
		}
		f.log.ErrorContext(work, "Azure does not let a container group be deleted; it is tried again every few minutes", "group", group, "error", err)
		return nil
	})
	switch {
	case group != f.group:
	case refused == refusals:
		w.leaveKept(f, true)
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

// refusesCreate reports whether Azure answered that it makes no group here, so that nothing of it can be there.
func refusesCreate(err error) bool {
	e := azure.Explain(err)
	return forbids(err) && e.Status >= 400 && e.Status < 500
}

// lacksResourceGroup reports whether Azure says that the whole resource group is not there.
func lacksResourceGroup(err error) bool {
	e := azure.Explain(err)
	return e != nil && e.NotFound() && e.Has("ResourceGroupNotFound")
}

// untilDone repeats something that Azure must do in the end. It says once why it fails, and again when the reason is another.
// A container group whose resource group has been missing for half a minute is gone with it.
func (w *Worker) untilDone(work context.Context, f *flight, doing string, try func() error) {
	missing, said := 0, ""
	for pause := time.Second; work.Err() == nil; pause = min(2*pause, 5*time.Minute) {
		err := try()
		if err == nil || errors.Is(err, aci.ErrNotFound) || errors.Is(err, aci.ErrAlreadyEnded) || errors.Is(err, aci.ErrNotManaged) {
			return
		}
		if missing++; !lacksResourceGroup(err) {
			missing = 0
		}
		if missing == refusals {
			f.log.InfoContext(work, "the resource group is not there, so no container group is left in it", "group", f.group)
			return
		}
		if why := kindOf(err); why != said {
			said = why
			f.log.WarnContext(work, doing+" failed; trying again", "group", f.group, "error", err)
		}
		w.signInAnew(work, f, err)
		_ = azure.Sleep(work, pause)
	}
}

// kindOf is what an error of Azure's has in common with its repeats, which differ in the request's id.
func kindOf(err error) string {
	if e := azure.Explain(err); e != nil {
		return string(e.Class) + " " + e.Code
	}
	return err.Error()
}

// replaced reports that the name of the flight's group is somebody else's by now.
func (f *flight) replaced() bool {
	return f.result != nil && f.result.Outcome == aci.OutcomeReplaced
}
