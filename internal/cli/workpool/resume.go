package workpool

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newResume(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resume NAME",
		Short:             "Resume a paused work pool",
		Long:              `Resume lets a paused work pool start runs again.`,
		Example:           cmdutil.Lines("pacific work-pool resume aci"),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changePool(a, cmd, args[0], change{done: "resumed", update: prefect.WorkPoolUpdate{IsPaused: prefect.Set(false)}})
		},
	}
	a.AddPrefectFlags(cmd)
	return cmd
}
