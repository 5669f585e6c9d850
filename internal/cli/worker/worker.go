// Package worker has the commands that serve a work pool.
package worker

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific worker` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "worker COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Run the flow runs of a work pool as container groups",
		Example: cmdutil.Lines("pacific worker start --pool aci"),
		Args:    cmdutil.OnlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStart(a))
	return cmd
}
