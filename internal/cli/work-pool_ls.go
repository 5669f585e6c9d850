package cli

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) workPoolLsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the work pools",
		Long: `Ls lists the work pools by name. The one that deployments use when they name
none (PREFECT_DEFAULT_WORK_POOL_NAME) is marked with a star.`,
		Example: lines(
			"pacific work-pool ls",
			`pacific work-pool ls --output json | jq -r '.[] | select(.paused) | .name'`,
		),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.workPoolLs(cmd) },
	}
	a.addPrefectFlags(cmd)
	return cmd
}

func (a *app) workPoolLs(cmd *cobra.Command) error {
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	views := []poolView{}
	for pool, err := range p.client.WorkPools(cmd.Context(), prefect.Query{}) {
		if err != nil {
			return err
		}
		views = append(views, viewOfPool(pool, p.settings))
	}
	slices.SortFunc(views, func(a, b poolView) int { return strings.Compare(a.Name, b.Name) })
	if p.wantsJSON() {
		return a.out.JSON(views)
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		rows[i] = v.row()
	}
	a.out.Table([]string{"NAME", "TYPE", "STATUS", "LIMIT", "DESCRIPTION"}, rows)
	return nil
}
