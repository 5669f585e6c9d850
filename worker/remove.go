package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// refusals is how often in a row Azure may refuse for good to stop or delete a group, over half a minute: a right that was just
// given works late. Then it is left, so that the run's slot is free, and tried again later: by the reaper, else see [keptGroup].
const refusals = 6

// remove deletes a group that Pacific made, until it is gone, Azure forbids it or work ends.
func (w *Worker) remove(work context.Context, f *flight, group string) {
	if f.replaced() && group == f.group {
		return
	}
	forbidden := w.untilDone(work, f, task{"deleting a container group", forbids, func() error {
		err := f.client.Kill(work, group, aci.KillOptions{Turn: f.grant.Delete})
		if group == f.group && f.unmade && forbids(err) {
			return nil // what kept it from being made keeps it from being looked for
		}
		return err
	}})
	switch {
	case group != f.group:
	case forbidden != nil:
		w.leaveKept(f, w.deleteLater(f))
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

// forbidsStop reports whether a right or a lock keeps a container from being stopped. Nothing less is a reason to leave it running.
func forbidsStop(err error) bool {
	e := azure.Explain(err)
	return e != nil && (e.Class == azure.ClassAuthorisation || e.Class == azure.ClassPolicy)
}

// A task is something that Azure must do in the end.
type task struct {
	doing string
	// final reports whether an error, if it stays for half a minute, is a reason to give up.
	final func(error) bool
	try   func() error
}

// untilDone repeats a task. It says once why it fails, and again when the reason is another. A container group whose resource group
// has been missing for half a minute is gone with it. What Azure forbids for as long is given up, and the error says why.
func (w *Worker) untilDone(work context.Context, f *flight, do task) (forbidden error) {
	missing, refused, said := 0, 0, ""
	for pause := time.Second; work.Err() == nil; pause = min(2*pause, 5*time.Minute) {
		err := do.try()
		if err == nil || errors.Is(err, aci.ErrNotFound) || errors.Is(err, aci.ErrAlreadyEnded) || errors.Is(err, aci.ErrNotManaged) {
			return nil
		}
		if missing++; !lacksResourceGroup(err) {
			missing = 0
		}
		if refused++; missing > 0 || !do.final(err) {
			refused = 0
		}
		switch {
		case missing == refusals:
			f.log.InfoContext(work, "the resource group is not there, so no container group is left in it", "group", f.group)
			return nil
		case refused == refusals:
			f.log.ErrorContext(work, do.doing+" is forbidden; it is tried again every few minutes", "group", f.group, "error", err)
			return err
		}
		if why := kindOf(err); why != said {
			said = why
			f.log.WarnContext(work, do.doing+" failed; trying again", "group", f.group, "error", err)
		}
		w.signInAnew(work, f, err)
		_ = azure.Sleep(work, pause)
	}
	return nil
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
