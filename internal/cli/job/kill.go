package job

import (
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewKill makes `pacific kill`.
func NewKill(a *cmdutil.App) *cobra.Command {
	var o aci.KillOptions
	cmd := &cobra.Command{
		Use:     "kill [--stop-grace D] [--force] NAME…",
		Aliases: []string{"rm", "delete"},
		GroupID: cmdutil.GroupJobs,
		Short:   "Stop jobs and delete their container groups",
		Long: `Kill asks each job to stop, waits for it to end by itself, and deletes its
container group. A job that has already ended is deleted too. If one job cannot
be killed, kill goes on with the others and exits with 1. Container groups that
pacific did not make need --force.`,
		Example: cmdutil.Lines(
			"pacific kill nightly-7f3k",
			"pacific kill --stop-grace 2m nightly-7f3k nightly-9x2c",
		),
		Args:              names(1, 0),
		ValidArgsFunction: cmdutil.CompleteArgs(a.JobNames, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Grace < 0 {
				return cmdutil.Usage(fmt.Sprintf("--stop-grace is %s: it must not be negative", o.Grace), "")
			}
			return runKill(a, cmd, args, o)
		},
	}
	cmd.Flags().BoolVarP(&o.Force, "force", "f", false, "also kill container groups that pacific did not make")
	cmd.Flags().DurationVar(&o.Grace, "stop-grace", aci.DefaultStopGrace, "how long a job may take to end by itself")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// killView is what became of one job, in JSON.
type killView struct {
	Name string `json:"name"`
	// Outcome is killed, ended (it had ended before), notFound, notManaged or failed.
	Outcome string `json:"outcome"`
	Error   string `json:"error,omitempty"`
}

func runKill(a *cmdutil.App, cmd *cobra.Command, groups []string, o aci.KillOptions) error {
	ctx := cmd.Context()
	t, err := a.Open(ctx, cmd)
	if err != nil {
		return err
	}
	o.Events = a.Waits
	views := []killView{}
	failed := false
	for _, name := range groups {
		shown := a.Show(cmdutil.WaitFor("killing " + name))
		err := t.Client.Kill(ctx, name, o)
		shown()
		if ctx.Err() != nil {
			return err
		}
		v := killView{Name: name, Outcome: "killed"}
		switch {
		case err == nil:
			a.Say.Status("killed " + name)
		case errors.Is(err, aci.ErrAlreadyEnded):
			v.Outcome = "ended"
			a.Say.Status(name + " had ended already; deleted its container group")
		default:
			v.Outcome, v.Error, failed = "failed", err.Error(), true
			if errors.Is(err, aci.ErrNotFound) {
				v.Outcome = "notFound"
			}
			if errors.Is(err, aci.ErrNotManaged) {
				v.Outcome = "notManaged"
			}
			a.SayError(withLookUpHint(err), cmd)
		}
		views = append(views, v)
	}
	if t.Settings.Get("output") == "json" {
		if err := a.Out.JSON(views); err != nil {
			return err
		}
	}
	if failed {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}
