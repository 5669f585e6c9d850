package cli

import (
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) workPoolPauseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "pause NAME",
		Short:             "Let a work pool start no more runs",
		Long:              `Pause keeps a work pool from starting runs; those that run already go on.`,
		Example:           lines("pacific work-pool pause aci"),
		Args:              onePool,
		ValidArgsFunction: completeArgs(a.poolNames(), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changePool(cmd, args[0], "paused", prefect.WorkPoolUpdate{IsPaused: prefect.Set(true)})
		},
	}
	a.addPrefectFlags(cmd)
	return cmd
}
