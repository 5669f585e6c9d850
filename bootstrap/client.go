package bootstrap

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
)

// client is Azure Resource Manager as this package uses it.
type client struct {
	cloud        *azure.Cloud
	subscription string
	access       *access.Client
	groups       *armresources.ResourceGroupsClient
	resources    *armresources.Client
	deployments  *armresources.DeploymentsClient
	operations   *armresources.DeploymentOperationsClient
	vaults       *armkeyvault.VaultsClient
	waiting      func(azure.Wait)
}

func newClient(cloud *azure.Cloud, subscription string, waiting func(azure.Wait)) (*client, error) {
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	c := &client{cloud: cloud, subscription: subscription, waiting: waiting}
	if c.access, err = access.NewClient(cloud, access.Options{Waiting: waiting}); err != nil {
		return nil, err
	}
	if c.groups, err = armresources.NewResourceGroupsClient(subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for resource groups: %w", err)
	}
	if c.resources, err = armresources.NewClient(subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for resources: %w", err)
	}
	if c.deployments, err = armresources.NewDeploymentsClient(subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for deployments: %w", err)
	}
	if c.operations, err = armresources.NewDeploymentOperationsClient(subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for the operations of deployments: %w", err)
	}
	if c.vaults, err = armkeyvault.NewVaultsClient(subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for key vaults: %w", err)
	}
	return c, nil
}

// repeat asks until there is a definite answer.
func (c *client) repeat(ctx context.Context, what string, ask func(context.Context) error) error {
	return azure.Repeat(ctx, azure.RepeatOptions{For: what, Waiting: c.waiting}, ask)
}

// finish starts a long operation and waits for its end.
func finish[T any](ctx context.Context, c *client, what string, begin func(context.Context) (*runtime.Poller[T], error)) error {
	return azure.Finish(ctx, azure.RepeatOptions{For: what, Waiting: c.waiting}, begin)
}

// get reads something; nil where Azure says that it is not there.
func get[T any](ctx context.Context, c *client, what string, ask func(context.Context) (T, error)) (*T, error) {
	return azure.Read(ctx, azure.RepeatOptions{For: what, Waiting: c.waiting}, ask)
}

// group is a resource group.
type group struct {
	name, location string
	tags           map[string]string
}

func (c *client) group(ctx context.Context, name string) (*group, error) {
	found, err := get(ctx, c, "resource group "+name, func(ctx context.Context) (armresources.ResourceGroupsClientGetResponse, error) {
		return c.groups.Get(ctx, name, nil)
	})
	if found == nil || err != nil {
		return nil, err
	}
	return &group{name: azure.Text(found.Name), location: azure.Text(found.Location), tags: azure.Tags(found.Tags)}, nil
}

func (c *client) createGroup(ctx context.Context, g group) error {
	err := c.repeat(ctx, "resource group "+g.name, func(ctx context.Context) error {
		_, err := c.groups.CreateOrUpdate(ctx, g.name, armresources.ResourceGroup{Location: new(g.location), Tags: azure.SDKTags(g.tags)}, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("creating resource group %s: %w", g.name, err)
	}
	return nil
}

// found is a resource that is there.
type found struct {
	id         string
	tags       map[string]string
	properties map[string]any
}

// property is a text among the resource's properties; empty if there is none.
func (f *found) property(name string) string {
	if f == nil {
		return ""
	}
	value, _ := f.properties[name].(string)
	return value
}

// resource reads any resource; nil if it is not there.
func (c *client) resource(ctx context.Context, id, version string) (*found, error) {
	got, err := get(ctx, c, lastSegment(id), func(ctx context.Context) (armresources.ClientGetByIDResponse, error) {
		return c.resources.GetByID(ctx, strings.TrimPrefix(id, "/"), version, nil)
	})
	if got == nil || err != nil {
		return nil, err
	}
	properties, _ := got.Properties.(map[string]any)
	return &found{id: id, tags: azure.Tags(got.Tags), properties: properties}, nil
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
