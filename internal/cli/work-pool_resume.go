package cli

import (
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) workPoolResumeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resume NAME",
		Short:             "Let a paused work pool start runs again",
		Long:              `Resume lets a paused work pool start runs again.`,
		Example:           lines("pacific work-pool resume aci"),
		Args:              onePool,
		ValidArgsFunction: completeArgs(a.poolNames(), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changePool(cmd, args[0], "resumed", prefect.WorkPoolUpdate{IsPaused: prefect.Set(false)})
		},
	}
	a.addPrefectFlags(cmd)
	return cmd
}
