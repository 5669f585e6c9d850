package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
)

// ManyVaultsError says that an environment has several key vaults, and the request names none of them.
type ManyVaultsError struct {
	Group string
	Names []string
}

// Error names the vaults.
func (e *ManyVaultsError) Error() string {
	return fmt.Sprintf("resource group %s has %d key vaults of this environment: %s", e.Group, len(e.Names), strings.Join(e.Names, ", "))
}

// Hint says what to choose.
func (e *ManyVaultsError) Hint() string { return "name one of them" }

// chooseVault sets the name of the vault: as Azure spells the one that is asked for, because a name in other letters would be
// another one for what is made of it. Where none is asked for, it is the one that an earlier run has made, be it deleted; and
// where there is none either, the template's default.
func (b *Bootstrapper) chooseVault(ctx context.Context, s *state) error {
	if !s.request.ours() {
		return nil
	}
	asked, mine := b.o.Request.KeyVault, []string{}
	s.request.KeyVault = asked
	if s.group != nil {
		all, err := b.client.vaultsIn(ctx, s.request.ResourceGroup)
		if err != nil {
			return err
		}
		for _, v := range all {
			switch {
			case strings.EqualFold(azure.Text(v.Name), asked):
				s.request.KeyVault = azure.Text(v.Name)
				return nil
			case azure.Text(v.Tags[TagEnvironment]) == s.request.NamePrefix:
				mine = append(mine, azure.Text(v.Name))
			}
		}
	}
	if asked == "" && len(mine) > 1 {
		slices.Sort(mine)
		return &ManyVaultsError{Group: s.group.name, Names: mine}
	}
	if asked == "" && len(mine) == 1 {
		s.request.KeyVault = mine[0]
		return nil
	}
	return b.chooseDeleted(ctx, s, asked)
}

// chooseDeleted looks among the deleted vaults for the one that is asked for, or for the only one of this environment.
func (b *Bootstrapper) chooseDeleted(ctx context.Context, s *state, asked string) error {
	all, _, err := b.client.deletedVaults(ctx)
	if err != nil {
		return err
	}
	var mine []string
	for _, v := range all {
		switch {
		case !strings.EqualFold(groupIn(v.id), s.request.ResourceGroup):
		case strings.EqualFold(v.name, asked):
			s.request.KeyVault = v.name
			return nil
		case v.tags[TagEnvironment] == s.request.NamePrefix && regionName(v.location) == s.location:
			mine = append(mine, v.name)
		}
	}
	if asked == "" && len(mine) == 1 {
		s.request.KeyVault = mine[0]
	}
	return nil
}

// vaultsIn lists the key vaults of a resource group.
func (c *client) vaultsIn(ctx context.Context, group string) ([]armresources.GenericResourceExpanded, error) {
	return c.list(ctx, group, "resourceType eq 'Microsoft.KeyVault/vaults'")
}
