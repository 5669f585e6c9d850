package provision

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewInfrastructure makes `pacific work-pool provision-infrastructure`, which is `pacific provision` for a pool that exists,
// in the words of Prefect's own command line.
func NewInfrastructure(a *cmdutil.App) *cobra.Command {
	f := flags{kind: kinds[0]}
	cmd := &cobra.Command{
		Use:     "provision-infrastructure POOL [flags]",
		Aliases: []string{"provision-infra"},
		Short:   "Make what an existing work pool needs in Azure",
		Long: `Provision-infrastructure makes what an existing work pool needs in Azure, and
writes it into the pool's base job template. It is pacific provision, by the
name that Prefect's own command line has for it, but it creates no pool.

The region is that of --location, else the existing resource group's, else
PACIFIC_LOCATION, else az's default, else eastus.`,
		Example: cmdutil.Lines(
			"pacific work-pool provision-infrastructure my-pool",
			"pacific work-pool provision-infrastructure my-pool --plan",
		),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runProvision(a, cmd, args[0], f) },
	}
	f.add(a, cmd)
	return cmdutil.WithoutFiles(cmd)
}
