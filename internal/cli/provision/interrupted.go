package provision

import (
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/internal/steps"
)

// How to go on after a run that did not come to its end.
const (
	makeTheRest = "what was made stays; run the same command again to make the rest"
	verifyAgain = "what was made stays; run the same command again with --verify to try again"
)

// interrupted is the end of a run at a prompt, where nothing was changed yet.
func (r *run) interrupted(err error) error {
	if ended := r.signalled(err); ended != nil {
		return ended
	}
	switch {
	case errors.Is(err, console.ErrInterrupted):
		r.a.Say.Status("interrupted: nothing was changed")
		return cmdutil.Exit(cmdutil.ExitInterrupted)
	case errors.Is(err, console.ErrNoAnswer):
		return cmdutil.WithHint(fmt.Errorf("provisioning work pool %s: %w", r.pool.Name, err), "{} makes it without asking", cmdutil.Again(r.cmd))
	}
	return err
}

// signalled says what a signal has interrupted, and what became of it, if an error is the echo of one; nil: it is not.
func (r *run) signalled(err error) error {
	sig := cmdutil.Signalled(r.cmd.Context(), err)
	if sig == nil {
		return nil
	}
	doing, began := "", len(r.progress.changed) > 0
	if e, ok := errors.AsType[*steps.Error](err); ok && e.Doing != doingCheck {
		doing, began = fmt.Sprintf(" while %s %s", stepWords[e.Doing], e.Step), true
	} else if r.verifying {
		doing = " while verifying that runs can start"
	}
	r.a.Say.Error(fmt.Sprintf("provisioning work pool %s: %s%s", r.pool.Name, sig, doing), "")
	switch {
	case !began:
		r.a.Say.Status("nothing was changed")
	case r.f.destroy:
		r.a.Say.Status("the rest stays; run the same command again to delete it")
	case r.verifying:
		r.a.Say.Status(verifyAgain)
	default:
		r.a.Say.Status(makeTheRest)
	}
	return cmdutil.Exit(sig.Code())
}

// doingCheck is [steps.Error.Doing] of a step that has not begun to change anything.
const doingCheck = "check"

// stepWords are the others.
var stepWords = map[string]string{"create": "creating", "mend": "updating", "remove": "deleting"}
