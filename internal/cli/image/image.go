// Package image has the commands that build and check container images without Docker.
package image

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific image` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "image COMMAND",
		GroupID: cmdutil.GroupSetup,
		Short:   "Build and check container images without Docker",
		Long: `Commands for container images that run on Azure Container Instances. They
need no Docker. To a registry of Azure they sign in as the account that Azure's
settings name, and to others with what docker's configuration has for them.`,
		Example: cmdutil.Lines("pacific image build ./cmd/flow --push myregistry.azurecr.io/flow:1"),
		Args:    cmdutil.OnlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBuild(a), newCheck(a))
	return cmd
}

// registrySettings are those with which a registry of Azure is signed in to.
var registrySettings = []string{"cloud", "credential", "tenant-id", "client-id"}
