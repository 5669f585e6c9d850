// Package template has the commands that work on ARM templates without deploying them.
package template

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific template` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "template COMMAND",
		GroupID: cmdutil.GroupSetup,
		Short:   "Work on ARM templates without deploying them",
		Long: `Commands for Azure Resource Manager (ARM) templates: the JSON that
az deployment group create takes, and that Bicep compiles to.`,
		Example: cmdutil.Lines("pacific template evaluate azuredeploy.json --set name=web"),
		Args:    cmdutil.OnlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEvaluate(a))
	return cmd
}
