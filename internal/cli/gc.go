package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

func (a *app) gcCommand() *cobra.Command {
	var yes bool
	var olderThan time.Duration
	cmd := &cobra.Command{
		Use:     "gc [--older-than D] [--yes]",
		GroupID: groupJobs,
		Short:   "Delete container groups that were left behind",
		Long: `Gc finds the container groups that pacific made and that were left behind: their
job ended, or passed its deadline, some minutes ago, or it still runs though the
pacific run that watched it was killed more than half an hour ago. What a living
run or wait still watches is left alone, and so are jobs of run --detach and
--keep always that still run. With --older-than gc finds those too that were
made so long ago, even if they still run or were to be kept.

It shows them and does nothing, unless --yes is given. It never touches what
pacific did not make.`,
		Example: lines(
			"pacific gc",
			"pacific gc --yes",
			"pacific gc --older-than 48h --yes",
		),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("older-than") && olderThan <= 0 {
				return &usageError{fmt.Sprintf("--older-than is %s: it must be more than 0", olderThan), "for example --older-than 48h"}
			}
			return a.gc(cmd, aci.ReapOptions{Ended: true, Unwatched: true, OlderThan: olderThan, Delete: yes})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "delete them")
	cmd.Flags().DurationVar(&olderThan, "older-than", 0, "also groups that were made so long ago and that nobody watches, running or not")
	addSettings(cmd, azureSettings()...)
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

func (a *app) gc(cmd *cobra.Command, o aci.ReapOptions) error {
	t, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	o.Events = a.waits
	found, err := t.client.Reap(cmd.Context(), o)
	if err != nil && (len(found) == 0 || cmd.Context().Err() != nil) {
		return fmt.Errorf("looking for leftovers: %w", err)
	}
	views := []reapView{}
	failed := false
	for _, r := range found {
		v := reapView{Name: r.Group.Name, ID: r.Group.ID, Created: r.Group.Created, Reason: r.Reason, Deleted: r.Deleted, LeftAlone: r.LeftAlone}
		if r.Err != nil {
			v.Error, failed = r.Err.Error(), true
			a.sayError(r.Err)
		}
		views = append(views, v)
	}
	if err := a.sayLeftovers(t, views, o); err != nil {
		return err
	}
	if failed {
		return &exitError{exitFailed}
	}
	return nil
}

func (a *app) sayLeftovers(t *target, views []reapView, o aci.ReapOptions) error {
	if t.settings.Get("output") == "json" {
		return a.out.JSON(views)
	}
	if len(views) == 0 {
		a.say.Status("nothing was left behind")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		age, done := "", "would be deleted"
		if !v.Created.IsZero() {
			age = shortAge(time.Since(v.Created))
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
	a.out.Table([]string{"NAME", "AGE", "STATE", "REASON"}, rows)
	if !o.Delete {
		var flags strings.Builder
		flags.WriteString(hereFlags(t.settings))
		for _, name := range []string{"credential", "tenant-id", "client-id"} {
			if v := t.settings.Value(name); v.Origin == config.FromFlag {
				flags.WriteString("--" + name + " " + shellWord(v.Value) + " ")
			}
		}
		if o.OlderThan > 0 {
			flags.WriteString("--older-than " + o.OlderThan.String() + " ")
		}
		a.say.Hint("delete them with: pacific gc " + flags.String() + "--yes")
	}
	return nil
}
