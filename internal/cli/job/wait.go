package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// waitFlags are the flags of wait.
type waitFlags struct {
	logs, quiet bool
	timeout     time.Duration
}

// NewWait makes `pacific wait`.
func NewWait(a *cmdutil.App) *cobra.Command {
	f := &waitFlags{}
	cmd := &cobra.Command{
		Use:     "wait [--logs] [--timeout D] NAME",
		GroupID: cmdutil.GroupJobs,
		Short:   "Wait for a job and exit with its exit code",
		Long: `Wait waits until a job has ended, deletes its container group unless the job was
to be kept, and exits with the container's exit code. Use it for jobs of
run --detach, and for jobs that an earlier run left running.

Ctrl-C and --timeout end the wait; the job goes on.

Exit codes: as for run; 124 after --timeout.`,
		Example: cmdutil.Lines(
			"pacific wait nightly-7f3k",
			"pacific wait --logs --timeout 2h nightly-7f3k",
			"pacific wait --output json nightly-7f3k | jq .exitCode",
		),
		Args:              names(1, 1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.JobNames, 1),
		Annotations:       map[string]string{cmdutil.OwnsExitCodes: "yes", cmdutil.PrintsResult: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("timeout") && f.timeout <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--timeout is %s: it must be more than 0", f.timeout), "leave it out to wait without a limit")
			}
			return runWait(a, cmd, args[0], f)
		},
	}
	cmd.Flags().BoolVarP(&f.logs, "logs", "f", false, "print the job's output as it comes, from the beginning of what Azure still has")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print errors only")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "how long to wait; the job goes on after that (default no limit)")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// errWaitTimeout is why a wait ended that reached its --timeout.
var errWaitTimeout error = waitTimeout{}

type waitTimeout struct{}

// Error says that the job is left alone.
func (waitTimeout) Error() string { return "the job has not ended within --timeout; it goes on" }

// Unwrap makes it exit with 124, as a run whose time is over.
func (waitTimeout) Unwrap() error { return aci.ErrTimeout }

func runWait(a *cmdutil.App, cmd *cobra.Command, name string, f *waitFlags) error {
	ctx := cmd.Context()
	t, err := a.Open(ctx, cmd)
	if err != nil {
		return err
	}
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.timeout, errWaitTimeout)
		defer cancel()
	}
	r := &jobRun{
		a: a, in: runInput{settings: t.Settings, flags: &runFlags{quiet: f.quiet}}, target: t, json: t.Settings.Get("output") == "json",
		waitAgain: cmdutil.WaitAgain(cmd),
	}
	p := r.newProgress()
	p.here, p.where = cmdutil.HereFlags(t.Settings), cmdutil.WhereFlags(t.Settings, t.Subscription)
	p.exists = func(string) {} // an early end leaves what was there before
	p.took = "waited %s"
	p.waitFor("reading the state of " + name) // until something is known of it
	return r.follow(ctx, p, func(ctx context.Context, output io.Writer) (*aci.Result, error) {
		o := aci.WaitOptions{Events: p.event, Detach: true}
		if f.logs {
			o.Output = output
		}
		result, err := t.Client.Wait(ctx, name, o)
		if result == nil && errors.Is(context.Cause(ctx), errWaitTimeout) {
			return nil, waitAgain(errWaitTimeout, r.waitAgain) // before anything was known of the job
		}
		if result == nil {
			return nil, withLookUpHint(err)
		}
		return result, err
	})
}

// waitAgain adds to the reason why a wait ended how to take the job up again.
func waitAgain(err error, again cmdutil.Command) error {
	return cmdutil.WithHint(err, "wait for it again with: {}", again)
}

// leftRunning is why a wait ended that left its job running.
type leftRunning struct{ cause error }

// Error says what becomes of the job, unless the cause does.
func (e *leftRunning) Error() string {
	if errors.Is(e.cause, errWaitTimeout) {
		return e.cause.Error()
	}
	return e.cause.Error() + "; the job goes on"
}

func (e *leftRunning) Unwrap() error { return e.cause }
