package cmdutil

import (
	"cmp"
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// ResourceGroup is a resource group in which somebody gets rights.
type ResourceGroup struct {
	Settings     *config.Config
	Cloud        *azure.Cloud
	Subscription string
	// Name is as Azure spells it, and ID its ARM id.
	Name, ID string
}

// OpenGroup reads the settings of cmd and finds the resource group that they name. One that is not there is an error.
func (a *App) OpenGroup(ctx context.Context, cmd *cobra.Command) (*ResourceGroup, error) {
	settings, err := a.Settings(cmd)
	if err != nil {
		return nil, err
	}
	g := &ResourceGroup{Settings: settings, Name: settings.Get("resource-group")}
	if g.Name == "" {
		return nil, NoResourceGroup()
	}
	if err := provision.CheckResourceGroup(g.Name); err != nil {
		return nil, Usage(err.Error(), "")
	}
	if g.Cloud, err = a.Cloud(ctx, settings); err != nil {
		return nil, err
	}
	if g.Subscription, err = a.Subscription(ctx, g.Cloud, settings); err != nil {
		return nil, err
	}
	credential, err := g.Cloud.Credential()
	if err != nil {
		return nil, err
	}
	groups, err := armresources.NewResourceGroupsClient(g.Subscription, credential, g.Cloud.ARMOptions())
	if err != nil {
		return nil, err
	}
	err = a.Repeat(ctx, func(ctx context.Context) error {
		found, err := groups.Get(ctx, g.Name, nil)
		if err == nil && found.ID != nil && found.Name != nil {
			g.ID, g.Name = *found.ID, *found.Name
		}
		return err
	})
	if e := azure.Explain(err); e != nil && e.NotFound() {
		return nil, WithHint(fmt.Errorf("no resource group %q in subscription %s", g.Name, g.Subscription),
			"create it first: {}", CreateGroup(g.Name, cmp.Or(settings.Get("location"), "westeurope")))
	}
	if err != nil {
		return nil, fmt.Errorf("reading resource group %s: %w", g.Name, err)
	}
	return g, nil
}
