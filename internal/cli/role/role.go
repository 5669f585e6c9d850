// Package role has the commands for Pacific's own roles in Azure: the fewest
// actions that are enough for a purpose.
package role

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific role` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "role COMMAND",
		GroupID: cmdutil.GroupSetup,
		Short:   "Show and manage the roles that running jobs takes",
		Long: `The commands here show Pacific's own roles for Azure, create them in a resource
group, list and delete them. Each has the fewest actions that are enough for its
purpose:

  aci-job-creator  run one job at a time by hand
  worker           run the jobs of a work pool, and run commands inside them`,
		Example: cmdutil.Lines(
			"pacific role show aci-job-creator",
			"pacific role create worker --resource-group jobs",
			"pacific role ls",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newShow(a), newCreate(a), newLs(a), newRm(a))
	return cmdutil.WithoutFiles(cmd)
}

// oneRole is the argument of show and create.
func oneRole(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a role", "the roles are "+cmdutil.RoleJobCreator+" and "+cmdutil.RoleWorker)
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one role, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	}
	_, err := cmdutil.OwnRole("role", args[0])
	return err
}
