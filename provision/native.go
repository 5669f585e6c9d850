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
	var found T
	err := n.repeat(ctx, what, func(ctx context.Context) (err error) {
		found, err = ask(ctx)
		return err
	})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return &found, nil
}

// run starts a long operation, and waits for its end.
func run[T any](ctx context.Context, n *Native, what string, begin func(context.Context) (*runtime.Poller[T], error)) error {
	return azure.Finish(ctx, azure.RepeatOptions{For: what, Waiting: n.waiting}, begin)
}

func missing(err error) bool {
	e := azure.Explain(err)
	return e != nil && e.NotFound()
}

// tagsOut and tagsIn turn tags into the SDK's form and back.
func tagsOut(tags map[string]string) map[string]*string {
	out := make(map[string]*string, len(tags))
	for name, value := range tags {
		out[name] = new(value)
	}
	return out
}

func tagsIn(tags map[string]*string) map[string]string {
	in := make(map[string]string, len(tags))
	for name, value := range tags {
		if value != nil {
			in[name] = *value
		}
	}
	return in
}

// text is what p points to; empty for nil.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
