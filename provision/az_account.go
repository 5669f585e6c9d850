package provision

import (
	"context"

	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
)

// AzSubscription is a subscription that az is signed in to.
type AzSubscription struct {
	azure.Subscription
	// Default is true for the one that az uses unasked.
	Default bool
}

// AzSubscriptions lists the subscriptions that az is signed in to. None is an [*azcli.NotSignedInError].
func AzSubscriptions(ctx context.Context, runner *azcli.Runner) ([]AzSubscription, error) {
	var found []struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Tenant  string `json:"tenantId"`
		State   string `json:"state"`
		Default bool   `json:"isDefault"`
	}
	if err := (&Az{runner: runner}).decode(ctx, &found, "account", "list"); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &azcli.NotSignedInError{Command: "az account list"}
	}
	all := make([]AzSubscription, 0, len(found))
	for _, s := range found {
		all = append(all, AzSubscription{azure.Subscription{ID: s.ID, Name: s.Name, TenantID: s.Tenant, State: s.State}, s.Default})
	}
	return all, nil
}

// Regions lists the display names of the regions that have container groups.
func (a *Az) Regions(ctx context.Context) ([]string, error) {
	var found struct {
		Types []struct {
			Name    string   `json:"resourceType"`
			Regions []string `json:"locations"`
		} `json:"resourceTypes"`
	}
	if err := a.decode(ctx, &found, a.in("provider", "show", "--namespace", "Microsoft.ContainerInstance")...); err != nil {
		return nil, err
	}
	for _, t := range found.Types {
		if t.Name == "containerGroups" {
			return t.Regions, nil
		}
	}
	return nil, nil
}
