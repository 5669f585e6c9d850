package flowrun

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// cancelFlags are the flags of cancel.
type cancelFlags struct {
	waitFlags
	wait bool
}

func newCancel(a *cmdutil.App) *cobra.Command {
	f := &cancelFlags{}
	cmd := &cobra.Command{
		Use:   "cancel [--wait [--timeout D]] RUN…",
		Short: "Cancel flow runs",
		Long: `Cancel asks the server to cancel flow runs. A run that has no container yet is
cancelled at once. One that has a container becomes Cancelling; its worker then
stops the container and deletes it. With --wait, cancel waits for that. A run
that has already ended is left as it is. If one run cannot be cancelled, cancel
goes on with the others and exits with 1.`,
		Example: cmdutil.Lines(
			"pacific flow-run cancel frisky-fox",
			"pacific flow-run cancel --wait --timeout 5m frisky-fox",
			"pacific flow-run cancel --output json busy-bee old-ox | jq -r '.[].outcome'",
		),
		Args:              runs(0),
		ValidArgsFunction: cmdutil.CompleteArgs(a.FlowRunNames(notEnded...), 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			if f.timeout > 0 && !f.wait {
				return cmdutil.Usage("--timeout needs --wait", "without --wait, cancel does not wait at all")
			}
			return runCancel(a, cmd, args, f)
		},
	}
	cmd.Flags().BoolVarP(&f.wait, "wait", "w", false, "wait until the runs have ended")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "with --wait: how long to wait for each run (default no limit)")
	a.AddPrefectFlags(cmd)
	return cmd
}

// cancelView is what became of one run, in JSON.
type cancelView struct {
	runView
	// Given is the argument.
	Given string `json:"given"`
	// Outcome is cancelled, cancelling, ended (it had ended before, or ended otherwise), notFound or failed.
	Outcome string `json:"outcome"`
	Error   string `json:"error,omitempty"`
}

func runCancel(a *cmdutil.App, cmd *cobra.Command, given []string, f *cancelFlags) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	views, failed := []cancelView{}, false
	for _, one := range given {
		v, err := call{a, cmd, p.Client}.cancel(one, f)
		if ctx.Err() != nil { // also after a success: the others are not cancelled
			return cmp.Or(err, context.Cause(ctx))
		}
		if err != nil {
			failed = true
			v.Outcome, v.Error = "failed", err.Error()
			if v.ID == "" && isMissingRun(err) {
				v.Outcome = "notFound"
			}
			a.SayError(err, cmd)
		}
		v.Given = one
		views = append(views, v)
	}
	if p.WantsJSON() {
		if err := a.Out.JSON(views); err != nil {
			return err
		}
	}
	if failed {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}

// cancel cancels one run and says so.
func (c call) cancel(given string, f *cancelFlags) (cancelView, error) {
	ctx, a := c.cmd.Context(), c.a
	run, err := find(ctx, c.client, given)
	if err != nil {
		return cancelView{}, err
	}
	view := func(run prefect.FlowRun) cancelView {
		v := cancelView{runView: viewOf(run), Outcome: "ended"}
		switch stateOf(run).Type {
		case prefect.StateCancelled:
			v.Outcome = "cancelled"
		case prefect.StateCancelling:
			v.Outcome = "cancelling"
		}
		return v
	}
	if state := stateOf(run); state.Type.Terminal() {
		a.Say.Status(called(run) + " had ended already: " + stateWords(state))
		v := view(run)
		v.Outcome = "ended"
		return v, nil
	}
	result, err := c.client.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCancelling})
	if err != nil {
		return view(run), runError(err, given)
	}
	run.State = &result.State
	switch state := result.State; {
	case state.Type == prefect.StateCancelled:
		a.Say.Status("cancelled " + called(run))
		return view(run), nil
	case state.Type.Terminal(): // it ended before the request came
		a.Say.Status(called(run) + " had ended already: " + stateWords(state))
		return view(run), nil
	case state.Type != prefect.StateCancelling:
		return view(run), fmt.Errorf("%s is not being cancelled: %s", called(run), result.Reason)
	}
	a.Say.Status("cancelling " + called(run))
	if !f.wait {
		a.Hint(c.cmd, "its worker stops it; to wait for that: {}", cmdutil.WaitForFlowRun(nameOrID(c.cmd, run)))
		return view(run), nil
	}
	ended, err := c.waitFor(run, &f.waitFlags)
	return view(ended), err
}
