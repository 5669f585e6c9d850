package flowrun

import (
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// retryFlags are the flags of retry.
type retryFlags struct {
	waitFlags
	wait bool
}

func newRetry(a *cmdutil.App) *cobra.Command {
	f := &retryFlags{}
	cmd := &cobra.Command{
		Use:   "retry [--wait [--timeout D]] RUN",
		Short: "Run a flow run that has ended once more",
		Long: `Retry schedules a flow run that has ended, now, as the same run: its worker
starts another container for it. RUN is the run's id, or its name. Prefect keeps
the results of its tasks if they are persisted, so that they are not run again.

Only runs of a deployment can be retried. With --wait, retry waits for the end.
Exit codes are then 0 if the run completed, else 1; 124 after --timeout.`,
		Example: cmdutil.Lines(
			"pacific flow-run retry frisky-fox",
			"pacific flow-run retry --wait frisky-fox",
		),
		Args: runs(1),
		ValidArgsFunction: cmdutil.CompleteArgs(
			a.FlowRunNames(prefect.StateFailed, prefect.StateCrashed, prefect.StateCancelled), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			if f.timeout > 0 && !f.wait {
				return cmdutil.Usage("--timeout needs --wait", "without --wait, retry does not wait at all")
			}
			return runRetry(a, cmd, args[0], f)
		},
	}
	cmd.Flags().BoolVarP(&f.wait, "wait", "w", false, "wait until the run has ended again")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "with --wait: how long to wait (default no limit)")
	a.AddPrefectFlags(cmd)
	return cmd
}

func runRetry(a *cmdutil.App, cmd *cobra.Command, given string, f *retryFlags) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	run, err := find(cmd.Context(), p.Client, given)
	if err != nil {
		return err
	}
	next := run.RunCount + 1
	if run, err = retry(cmd, p.Client, run); err != nil {
		return runError(err, given)
	}
	a.Say.Status(fmt.Sprintf("retrying %s: try %d", called(run), next))
	if f.wait {
		ended, err := call{a, cmd, p.Client}.waitFor(run, &f.waitFlags)
		if err != nil {
			return err
		}
		return result(a, p, ended, f.quiet)
	}
	a.Hint(cmd, "to wait for its end: {}", cmdutil.WaitForFlowRun(nameOrID(cmd, run)))
	if p.WantsJSON() {
		return a.Out.JSON(viewOf(run))
	}
	return nil
}

// retry schedules a run that has ended. The server refuses a run without a deployment, and one whose result it keeps.
func retry(cmd *cobra.Command, client *prefect.Client, run prefect.FlowRun) (prefect.FlowRun, error) {
	switch state := stateOf(run); {
	case !state.Type.Terminal():
		return run, cmdutil.WithHint(fmt.Errorf("%s has not ended: it is %s", called(run), state.Name), "to end it first: {}", cmdutil.CancelFlowRun(nameOrID(cmd, run)))
	case run.DeploymentID == "":
		return run, cmdutil.WithHint(fmt.Errorf("%s has no deployment, so Prefect cannot run it again", called(run)),
			"start it again where it was started from; {} shows what it did", cmdutil.ReadFlowRun(nameOrID(cmd, run)))
	}
	proposed := prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry, Message: "Retried with pacific flow-run retry."}
	proposed.Details.ScheduledTime = prefect.At(time.Now())
	result, err := client.SetFlowRunState(cmd.Context(), run.ID, proposed)
	if err != nil {
		return run, err
	}
	run.State = &result.State
	if !result.Accepted() {
		return run, fmt.Errorf("the server does not run %s again: %s", called(run), result.Reason)
	}
	return run, nil
}
