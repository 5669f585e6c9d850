package group

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newLs(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the resource groups of the subscription",
		Long: `Ls lists the resource groups of the subscription that this account can see. A
star marks the one that jobs use unless told otherwise.`,
		Example: cmdutil.Lines(
			"pacific group ls",
			"pacific group ls --output json | jq -r '.[].name'",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd) },
	}
	cmdutil.AddSettings(cmd, settingNames...)
	return cmd
}

func runLs(a *cmdutil.App, cmd *cobra.Command) error {
	t, err := open(cmd.Context(), a, cmd)
	if err != nil {
		return err
	}
	all, err := t.list(cmd.Context())
	if err != nil {
		return err
	}
	if t.wantsJSON() {
		return a.Out.JSON(all)
	}
	if len(all) == 0 && a.Out.Terminal() {
		a.Say.Status("no resource groups in subscription " + t.subscription)
		a.Hint(cmd, "make one with {}", cmdutil.CreateGroup("jobs", localLocation))
		return nil
	}
	rows := make([][]string, len(all))
	for i, v := range all {
		name := v.Name
		if strings.EqualFold(name, t.settings.Get("resource-group")) {
			name += " *"
		}
		rows[i] = []string{name, v.Location, v.State}
	}
	a.Out.List([]string{"NAME", "LOCATION", "STATE"}, rows)
	return nil
}

// list reads all groups, sorted by name.
func (t *account) list(ctx context.Context) ([]view, error) {
	all := []view{}
	err := t.repeat(ctx, func(ctx context.Context) error {
		all = all[:0] // the pager cannot go on after an error
		for pager := t.groups.NewListPager(nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, g := range page.Value {
				all = append(all, viewOf(g))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing resource groups: %w", err)
	}
	slices.SortFunc(all, func(a, b view) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}
