package job

import (
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// NewGC makes `pacific gc`.
func NewGC(a *cmdutil.App) *cobra.Command {
	var yes bool
	var olderThan time.Duration
	cmd := &cobra.Command{
		Use:     "gc [--older-than D] [--yes]",
		GroupID: cmdutil.GroupJobs,
		Short:   "Delete container groups that were left behind",
		Long: `Gc lists the container groups that pacific made and that were left behind. With
--yes it deletes them. It never touches groups that pacific did not make.

A group is left behind if its job ended or passed its deadline some minutes ago,
or if it still runs although its pacific run was killed over half an hour ago.
Gc leaves alone what a run or wait still watches, and running jobs of
run --detach and run --keep always. With --older-than it also takes groups of
that age that nobody watches, even if they still run or were to be kept.`,
		Example: cmdutil.Lines(
			"pacific gc",
			"pacific gc --yes",
			"pacific gc --older-than 48h --yes",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("older-than") && olderThan <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--older-than is %s: it must be more than 0", olderThan), "for example --older-than 48h")
			}
			return runGC(a, cmd, aci.ReapOptions{Ended: true, Unwatched: true, OlderThan: olderThan, Delete: yes})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "delete them")
	cmd.Flags().DurationVar(&olderThan, "older-than", 0, "also groups older than this that nobody watches, even if they still run")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// reapView is one leftover in JSON.
type reapView struct {
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Created time.Time `json:"created,omitzero"`
	Reason  string    `json:"reason"`
	Deleted bool      `json:"deleted"`
	// LeftAlone is why it was not deleted after all.
	LeftAlone string `json:"leftAlone,omitempty"`
	Error     string `json:"error,omitempty"`
}

func runGC(a *cmdutil.App, cmd *cobra.Command, o aci.ReapOptions) error {
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	o.Events = a.Waits
	what := "looking for container groups that were left behind"
	if o.Delete {
		what = "deleting container groups that were left behind"
	}
	shown := a.Show(cmdutil.WaitFor(what))
	found, err := t.Client.Reap(cmd.Context(), o)
	shown()
	if err != nil && (len(found) == 0 || cmd.Context().Err() != nil) {
		return err
	}
	views := []reapView{}
	failed := false
	for _, r := range found {
		v := reapView{Name: r.Group.Name, ID: r.Group.ID, Created: r.Group.Created, Reason: r.Reason, Deleted: r.Deleted, LeftAlone: r.LeftAlone}
		if r.Err != nil {
			v.Error, failed = r.Err.Error(), true
			a.SayError(r.Err, cmd)
		}
		views = append(views, v)
	}
	if err := sayLeftovers(a, t, views, o); err != nil {
		return err
	}
	if failed {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}

func sayLeftovers(a *cmdutil.App, t *cmdutil.Target, views []reapView, o aci.ReapOptions) error {
	if t.Settings.Get("output") == "json" {
		return a.Out.JSON(views)
	}
	if len(views) == 0 {
		a.Say.Status("nothing was left behind")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		age, done := "", "would be deleted"
		if !v.Created.IsZero() {
			age = cmdutil.ShortAge(time.Since(v.Created))
		}
		switch {
		case v.Deleted:
			done = "deleted"
		case v.LeftAlone != "":
			done, v.Reason = "left alone", v.LeftAlone
		case o.Delete:
			done = "failed"
		}
		rows = append(rows, []string{v.Name, age, done, v.Reason})
	}
	a.Out.List([]string{"NAME", "AGE", "STATE", "REASON"}, rows)
	if !o.Delete {
		flags := cmdutil.HereFlags(t.Settings)
		for _, name := range []string{"credential", "tenant-id", "client-id"} {
			if v := t.Settings.Value(name); v.Origin == config.FromFlag {
				flags = append(flags, "--"+name, v.Value)
			}
		}
		if o.OlderThan > 0 {
			flags = append(flags, "--older-than", o.OlderThan.String())
		}
		a.Say.Hint(cmdutil.Advice("delete them with: {}", cmdutil.DeleteLeftovers(flags)))
	}
	return nil
}
