package workpool

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newLs(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the work pools",
		Long: `Ls lists the work pools by name. A star marks the default pool, which
deployments use if they name no other (PREFECT_DEFAULT_WORK_POOL_NAME).`,
		Example: cmdutil.Lines(
			"pacific work-pool ls",
			`pacific work-pool ls --output json | jq -r '.[] | select(.paused) | .name'`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd) },
	}
	a.AddPrefectFlags(cmd)
	return cmd
}

func runLs(a *cmdutil.App, cmd *cobra.Command) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	views := []poolView{}
	for pool, err := range p.Client.WorkPools(cmd.Context(), prefect.Query{}) {
		if err != nil {
			return err
		}
		views = append(views, viewOfPool(pool, p.Settings))
	}
	slices.SortFunc(views, func(a, b poolView) int { return strings.Compare(a.Name, b.Name) })
	if p.WantsJSON() {
		return a.Out.JSON(views)
	}
	if len(views) == 0 && a.Out.Terminal() {
		a.Say.Status("no work pools")
		a.Hint(cmd, "see {}", cmdutil.CreatePoolHelp())
		return nil
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		rows[i] = v.row()
	}
	a.Out.List([]string{"NAME", "TYPE", "STATUS", "LIMIT", "DESCRIPTION"}, rows)
	return nil
}
