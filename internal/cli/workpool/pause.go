package workpool

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newPause(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "pause NAME",
		Short:             "Pause a work pool",
		Long:              `Pause stops a work pool from starting runs. Runs that have started go on.`,
		Example:           cmdutil.Lines("pacific work-pool pause aci"),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changePool(a, cmd, args[0], change{done: "paused", update: prefect.WorkPoolUpdate{IsPaused: prefect.Set(true)}})
		},
	}
	a.AddPrefectFlags(cmd)
	return cmd
}
