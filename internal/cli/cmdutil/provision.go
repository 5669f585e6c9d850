package cmdutil

import (
	"encoding/json"

	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// PoolToProvision is a work pool that is about to be made or changed, and lacks what it needs in Azure.
type PoolToProvision struct {
	Name, Type string
	// Exists is false for a pool that Save will make.
	Exists bool
	// Template is its base job template as it is before.
	Template json.RawMessage
	// Save writes the pool with its new template.
	Save func(template json.RawMessage) error
}

// ProvisionOptions are the flags of a command for work pools that provisioning needs too.
type ProvisionOptions struct {
	// ResourceGroup is where all is made; empty: the default.
	ResourceGroup string
	// Yes leaves out every question.
	Yes bool
}

// ProvisionFunc does what `pacific provision` does, for the commands for work pools: their package does not know the one of
// that command.
type ProvisionFunc func(cmd *cobra.Command, p *Prefect, pool PoolToProvision, o ProvisionOptions) error

// PoolPlanFunc looks at what was provisioned for a work pool, for doctor: a resource that is there has the action keep.
type PoolPlanFunc func(cmd *cobra.Command, p *Prefect, pool string) ([]provision.Resource, error)
