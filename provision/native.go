package provision

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
)

// Native is the [Cloud] that asks Azure's own APIs. Make it with [NewNative].
type Native struct {
	access       *access.Client
	groups       *armresources.ResourceGroupsClient
	resources    *armresources.Client
	registries   *armcontainerregistry.RegistriesClient
	identities   *armmsi.UserAssignedIdentitiesClient
	subscription string
	login        func(context.Context, string) error
	waiting      func(azure.Wait)
}

// NativeOptions are settings of [NewNative].
type NativeOptions struct {
	// Subscription is the id of the subscription.
	Subscription string
	// Login signs docker's configuration in to a registry, given its host.
	Login func(ctx context.Context, server string) error
	// Waiting is told before each wait. Nil: nobody is told.
	Waiting func(azure.Wait)
}

// NewNative makes a Cloud of Azure's APIs. It sends nothing.
func NewNative(cloud *azure.Cloud, o NativeOptions) (*Native, error) {
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	n := &Native{subscription: o.Subscription, login: o.Login, waiting: o.Waiting}
	if n.access, err = access.NewClient(cloud, access.Options{Waiting: o.Waiting}); err != nil {
		return nil, err
	}
	if n.groups, err = armresources.NewResourceGroupsClient(o.Subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for resource groups: %w", err)
	}
	if n.resources, err = armresources.NewClient(o.Subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for resources: %w", err)
	}
	if n.registries, err = armcontainerregistry.NewRegistriesClient(o.Subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for container registries: %w", err)
	}
	if n.identities, err = armmsi.NewUserAssignedIdentitiesClient(o.Subscription, credential, cloud.ARMOptions()); err != nil {
		return nil, fmt.Errorf("making a client for managed identities: %w", err)
	}
	return n, nil
}

// repeat asks until there is a definite answer.
func (n *Native) repeat(ctx context.Context, what string, ask func(context.Context) error) error {
	return azure.Repeat(ctx, azure.RepeatOptions{For: what, Waiting: n.waiting}, ask)
}

// get reads something; nil where Azure says that it is not there.
func get[T any](ctx context.Context, n *Native, what string, ask func(context.Context) (T, error)) (*T, error) {
	return azure.Read(ctx, azure.RepeatOptions{For: what, Waiting: n.waiting}, ask)
}

// run starts a long operation, and waits for its end.
func run[T any](ctx context.Context, n *Native, what string, begin func(context.Context) (*runtime.Poller[T], error)) error {
	return azure.Finish(ctx, azure.RepeatOptions{For: what, Waiting: n.waiting}, begin)
}
