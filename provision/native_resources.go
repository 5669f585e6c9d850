package provision

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
)

// Group reads a resource group; see [Cloud].
func (n *Native) Group(ctx context.Context, name string) (*Group, error) {
	found, err := get(ctx, n, "resource group "+name, func(ctx context.Context) (armresources.ResourceGroupsClientGetResponse, error) {
		return n.groups.Get(ctx, name, nil)
	})
	if found == nil || err != nil {
		return nil, err
	}
	return groupOf(found.ResourceGroup), nil
}

func groupOf(g armresources.ResourceGroup) *Group {
	return &Group{ID: azure.Text(g.ID), Name: azure.Text(g.Name), Location: azure.Text(g.Location), Tags: azure.Tags(g.Tags)}
}

// CreateGroup makes a resource group; see [Cloud].
func (n *Native) CreateGroup(ctx context.Context, g Group) (*Group, error) {
	var made armresources.ResourceGroupsClientCreateOrUpdateResponse
	err := n.repeat(ctx, "resource group "+g.Name, func(ctx context.Context) (err error) {
		made, err = n.groups.CreateOrUpdate(ctx, g.Name, armresources.ResourceGroup{Location: new(g.Location), Tags: azure.SDKTags(g.Tags)}, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("creating resource group %s: %w", g.Name, err)
	}
	return groupOf(made.ResourceGroup), nil
}

// GroupResources lists what is in a resource group; see [Destroyer].
func (n *Native) GroupResources(ctx context.Context, name string) ([]GroupResource, error) {
	var all []GroupResource
	err := n.repeat(ctx, "resource group "+name, func(ctx context.Context) error {
		all = nil
		for pages := n.resources.NewListByResourceGroupPager(name, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, r := range page.Value {
				all = append(all, GroupResource{ID: azure.Text(r.ID), Tags: azure.Tags(r.Tags)})
			}
		}
		return nil
	})
	if azure.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing resource group %s: %w", name, err)
	}
	return all, nil
}

// DeleteGroup deletes a resource group; see [Destroyer].
func (n *Native) DeleteGroup(ctx context.Context, name string) error {
	err := run(ctx, n, "resource group "+name, func(ctx context.Context) (*runtime.Poller[armresources.ResourceGroupsClientDeleteResponse], error) {
		return n.groups.BeginDelete(ctx, name, nil)
	})
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("deleting resource group %s: %w", name, err)
	}
	return nil
}

// Registries lists the subscription's registries; see [Cloud].
func (n *Native) Registries(ctx context.Context) ([]Registry, error) {
	var all []Registry
	err := n.repeat(ctx, "container registries", func(ctx context.Context) error {
		all = nil
		for pages := n.registries.NewListPager(nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, r := range page.Value {
				all = append(all, registryOf(*r))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing container registries: %w", err)
	}
	return all, nil
}

func registryOf(r armcontainerregistry.Registry) Registry {
	out := Registry{ID: azure.Text(r.ID), Name: azure.Text(r.Name), Group: groupIn(azure.Text(r.ID)), Location: azure.Text(r.Location), Tags: azure.Tags(r.Tags)}
	if r.Properties != nil {
		out.LoginServer = azure.Text(r.Properties.LoginServer)
		if r.Properties.CreationDate != nil {
			out.Created = *r.Properties.CreationDate
		}
	}
	return out
}

// groupIn is the resource group in an ARM id.
func groupIn(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) > 4 && strings.EqualFold(parts[3], "resourceGroups") {
		return parts[4]
	}
	return ""
}

// CreateRegistry makes a registry of the Basic tier, the cheapest, as Prefect's provisioner does; see [Cloud].
func (n *Native) CreateRegistry(ctx context.Context, r Registry) (*Registry, error) {
	what := "container registry " + r.Name
	err := run(ctx, n, what, func(ctx context.Context) (*runtime.Poller[armcontainerregistry.RegistriesClientCreateResponse], error) {
		return n.registries.BeginCreate(ctx, r.Group, r.Name, armcontainerregistry.Registry{
			Location: new(r.Location), Tags: azure.SDKTags(r.Tags),
			SKU:        &armcontainerregistry.SKU{Name: to.Ptr(armcontainerregistry.SKUNameBasic)},
			Properties: &armcontainerregistry.RegistryProperties{AdminUserEnabled: new(false)},
		}, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", what, err)
	}
	// Not get: after it was made, an answer that it is not there is an error, and may be about the group that is gone.
	var found armcontainerregistry.RegistriesClientGetResponse
	err = n.repeat(ctx, what, func(ctx context.Context) (err error) {
		found, err = n.registries.Get(ctx, r.Group, r.Name, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s, which was just created: %w", what, err)
	}
	made := registryOf(found.Registry)
	return &made, nil
}

// DeleteRegistry deletes a registry; see [Destroyer].
func (n *Native) DeleteRegistry(ctx context.Context, r Registry) error {
	err := run(ctx, n, "container registry "+r.Name, func(ctx context.Context) (*runtime.Poller[armcontainerregistry.RegistriesClientDeleteResponse], error) {
		return n.registries.BeginDelete(ctx, r.Group, r.Name, nil)
	})
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("deleting container registry %s: %w", r.Name, err)
	}
	return nil
}

// Login signs docker's configuration in to a registry; see [Cloud].
func (n *Native) Login(ctx context.Context, r Registry) error { return n.login(ctx, r.LoginServer) }

// Identity finds a managed identity; see [Cloud].
func (n *Native) Identity(ctx context.Context, group, name string) (*Identity, error) {
	found, err := get(ctx, n, "managed identity "+name, func(ctx context.Context) (armmsi.UserAssignedIdentitiesClientGetResponse, error) {
		return n.identities.Get(ctx, group, name, nil)
	})
	if found == nil || err != nil {
		return nil, err
	}
	return identityOf(found.Identity), nil
}

func identityOf(i armmsi.Identity) *Identity {
	out := &Identity{ID: azure.Text(i.ID), Name: azure.Text(i.Name), Group: groupIn(azure.Text(i.ID)), Location: azure.Text(i.Location), Tags: azure.Tags(i.Tags)}
	if i.Properties != nil {
		out.PrincipalID = azure.Text(i.Properties.PrincipalID)
	}
	return out
}

// CreateIdentity makes a managed identity; see [Cloud].
func (n *Native) CreateIdentity(ctx context.Context, i Identity) (*Identity, error) {
	var made armmsi.UserAssignedIdentitiesClientCreateOrUpdateResponse
	err := n.repeat(ctx, "managed identity "+i.Name, func(ctx context.Context) (err error) {
		made, err = n.identities.CreateOrUpdate(ctx, i.Group, i.Name, armmsi.Identity{Location: new(i.Location), Tags: azure.SDKTags(i.Tags)}, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("creating managed identity %s: %w", i.Name, err)
	}
	return identityOf(made.Identity), nil
}

// DeleteIdentity deletes a managed identity; see [Destroyer].
func (n *Native) DeleteIdentity(ctx context.Context, i Identity) error {
	err := n.repeat(ctx, "managed identity "+i.Name, func(ctx context.Context) error {
		_, err := n.identities.Delete(ctx, i.Group, i.Name, nil)
		return err
	})
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("deleting managed identity %s: %w", i.Name, err)
	}
	return nil
}
