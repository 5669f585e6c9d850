// Package agent has the commands that serve work queues of Prefect 2.
package agent

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific agent` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "agent COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Run the flow runs of Prefect 2's work queues as container groups",
		Example: cmdutil.Lines("pacific agent start -q default"),
		Args:    cmdutil.OnlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStart(a))
	return cmd
}
