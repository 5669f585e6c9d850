package flowrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// waitFlags are the flags of wait, and those of other commands that can wait.
type waitFlags struct {
	timeout time.Duration
	quiet   bool
}

func newWait(a *cmdutil.App) *cobra.Command {
	f := &waitFlags{}
	cmd := &cobra.Command{
		Use:   "wait [--timeout D] RUN",
		Short: "Wait until a flow run has ended",
		Long: `Wait prints each state that a flow run gets into, until it has ended, and what a
run that is due waits for: a limit, or somebody who resumes its pool. RUN is the
run's id, or its name. A server that does not answer for a while is waited for.

Ctrl-C and --timeout end the wait; the run goes on.

Exit codes: 0 if the run completed, 1 if it failed, crashed or was cancelled;
124 after --timeout; 125 if Pacific could not find out.`,
		Example: cmdutil.Lines(
			"pacific flow-run wait frisky-fox",
			"pacific flow-run wait --timeout 2h frisky-fox",
			"pacific flow-run wait --output json frisky-fox | jq -r .message",
		),
		Args:              runs(1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.FlowRunNames(notEnded...), 1),
		Annotations:       map[string]string{cmdutil.OwnsExitCodes: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return runWait(a, cmd, args[0], f)
		},
	}
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "how long to wait; the run goes on after that (default no limit)")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print errors only")
	a.AddPrefectFlags(cmd)
	return cmd
}

// notEnded are the types of state in which something may still happen.
var notEnded = []prefect.StateType{prefect.StateScheduled, prefect.StatePending, prefect.StateRunning, prefect.StatePaused, prefect.StateCancelling}

func (f *waitFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("timeout") && f.timeout <= 0 {
		return cmdutil.Usage(fmt.Sprintf("--timeout is %s: it must be more than 0", f.timeout), "leave it out to wait without a limit")
	}
	return nil
}

// errWaitTimeout is why a wait ended that reached its --timeout.
var errWaitTimeout error = waitTimeout{}

type waitTimeout struct{}

// Error says that the run is left alone.
func (waitTimeout) Error() string { return "the flow run has not ended within --timeout; it goes on" }

// Unwrap makes it exit with 124, as a job whose time is over.
func (waitTimeout) Unwrap() error { return aci.ErrTimeout }

func runWait(a *cmdutil.App, cmd *cobra.Command, given string, f *waitFlags) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	run, err := find(cmd.Context(), p.Client, given)
	if err != nil {
		return err
	}
	ended, err := call{a, cmd, p.Client}.waitFor(run, f)
	if err != nil {
		return err
	}
	return result(a, p, ended, f.quiet)
}

// waitFor watches a run to its end and says what happens to it.
func (c call) waitFor(run prefect.FlowRun, f *waitFlags) (prefect.FlowRun, error) {
	ctx, a := c.cmd.Context(), c.a
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.timeout, errWaitTimeout)
		defer cancel()
	}
	w := &watcher{a: a, client: c.client, answered: true}
	if !f.quiet {
		w.state = func(run prefect.FlowRun) { a.Say.Status(called(run) + ": " + stateWords(stateOf(run))) }
		w.held = func(run prefect.FlowRun, why string) { a.Say.Status(called(run) + " waits: " + why) }
	}
	ended, err := w.follow(ctx, run.ID)
	switch {
	case errors.Is(err, errWaitTimeout):
		return ended, cmdutil.WithHint(err, "wait for it again with: {}", cmdutil.WaitForFlowRun(nameOrID(c.cmd, run)))
	case errors.Is(err, errRunGone):
		return ended, fmt.Errorf("%s: %w", called(run), err)
	}
	return ended, err
}

// resultView is how a run ended, in JSON.
type resultView struct {
	runView
	// PacificExitCode is the exit code of this command.
	PacificExitCode int `json:"pacificExitCode"`
}

// result prints how a run ended and exits by it. quiet: the end has not been told yet.
func result(a *cmdutil.App, p *cmdutil.Prefect, run prefect.FlowRun, quiet bool) error {
	code := cmdutil.ExitOK
	if stateOf(run).Type != prefect.StateCompleted {
		code = cmdutil.ExitFailed
		if quiet {
			a.Say.Error(called(run)+": "+stateWords(stateOf(run)), "")
		}
	}
	if p.WantsJSON() {
		if err := a.Out.JSON(resultView{viewOf(run), code}); err != nil && code == cmdutil.ExitOK {
			return err
		}
	}
	if code != cmdutil.ExitOK {
		return cmdutil.Exit(code)
	}
	return nil
}
