package azure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Subscription is one that the principal can see.
type Subscription struct {
	ID, Name, TenantID string
	// State is Enabled, Warned, PastDue, Disabled or Deleted; only the first three can be used.
	State string
}

// Usable reports whether resources can be made in the subscription.
func (s Subscription) Usable() bool {
	return s.State != "Disabled" && s.State != "Deleted"
}

// ResourceGroup is a resource group's facts.
type ResourceGroup struct {
	ID, Name, Location string
	Tags               map[string]string
	// ProvisioningState is Succeeded, or Deleting while a delete goes on.
	ProvisioningState string
}

// Provider is a resource provider's state in a subscription.
type Provider struct {
	// Namespace is its name, Microsoft.ContainerInstance for instance.
	Namespace string
	// RegistrationState is Registered, NotRegistered, Registering or Unregistering.
	RegistrationState string
	// Locations are the regions of each resource type, by the type's name as Azure spells it. The
	// regions are display names ("West Europe").
	Locations map[string][]string
}

// Registered reports whether the subscription may use the provider.
func (p Provider) Registered() bool { return strings.EqualFold(p.RegistrationState, "Registered") }

// SubscriptionError is returned by [Cloud.Subscription] when no single subscription fits.
type SubscriptionError struct {
	// Want is what was asked for; empty: any.
	Want string
	// Found are all that the principal can see.
	Found []Subscription
}

// Error lists the subscriptions.
func (e *SubscriptionError) Error() string {
	if len(e.Found) == 0 {
		return "this account can see no subscription"
	}
	names := make([]string, 0, len(e.Found))
	usable, same := 0, 0
	for _, s := range e.Found {
		name := fmt.Sprintf("%s (%s", s.Name, s.ID)
		if s.Usable() {
			usable++
		} else {
			name += ", " + s.State
		}
		if strings.EqualFold(s.Name, e.Want) {
			same++
		}
		names = append(names, name+")")
	}
	list := strings.Join(names, ", ")
	switch {
	case e.Want != "" && same > 1:
		return fmt.Sprintf("%d subscriptions are named %q; use the id of one: %s", same, e.Want, list)
	case e.Want != "":
		return fmt.Sprintf("no subscription %q; this account can see: %s", e.Want, list)
	case usable == 0:
		return "this account can see no enabled subscription, only: " + list
	}
	return "this account can see several subscriptions; choose one of: " + list
}

// Subscriptions lists what the principal can see, sorted by name.
func (c *Cloud) Subscriptions(ctx context.Context) ([]Subscription, error) {
	found, err := getAll[struct {
		SubscriptionID string `json:"subscriptionId"`
		DisplayName    string `json:"displayName"`
		TenantID       string `json:"tenantId"`
		State          string `json:"state"`
	}](ctx, c, call{path: "/subscriptions", version: subscriptionsVersion})
	if err != nil {
		return nil, fmt.Errorf("listing subscriptions: %w", err)
	}
	all := make([]Subscription, 0, len(found))
	for _, s := range found {
		all = append(all, Subscription{ID: s.SubscriptionID, Name: s.DisplayName, TenantID: s.TenantID, State: s.State})
	}
	slices.SortFunc(all, func(a, b Subscription) int {
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return all, nil
}

// Subscription finds one by id or by name (case does not count); with an empty want it is the
// only usable one. Otherwise the error is a [*SubscriptionError], which lists them.
func (c *Cloud) Subscription(ctx context.Context, want string) (Subscription, error) {
	all, err := c.Subscriptions(ctx)
	if err != nil {
		return Subscription{}, err
	}
	var fits []Subscription
	for _, s := range all {
		if strings.EqualFold(s.ID, want) {
			return s, nil
		}
		if want == "" && s.Usable() || want != "" && strings.EqualFold(s.Name, want) {
			fits = append(fits, s)
		}
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	return Subscription{}, &SubscriptionError{Want: want, Found: all}
}

// ResourceGroup reads a resource group. A missing one is an [*Error] whose [Error.NotFound] is true.
func (c *Cloud) ResourceGroup(ctx context.Context, subscription, name string) (ResourceGroup, error) {
	var g struct {
		ID, Name, Location string
		Tags               map[string]string
		Properties         struct{ ProvisioningState string }
	}
	path := "/subscriptions/" + url.PathEscape(subscription) + "/resourcegroups/" + url.PathEscape(name)
	if err := send(ctx, c, call{path: path, version: resourcesVersion}, &g); err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.NotFound() && e.Names(name) {
			return ResourceGroup{}, e
		}
		return ResourceGroup{}, fmt.Errorf("reading the resource group %q: %w", name, err)
	}
	return ResourceGroup{ID: g.ID, Name: g.Name, Location: g.Location, Tags: g.Tags, ProvisioningState: g.Properties.ProvisioningState}, nil
}

// Provider reads a resource provider's registration in a subscription.
func (c *Cloud) Provider(ctx context.Context, subscription, namespace string) (Provider, error) {
	var p struct {
		Namespace, RegistrationState string
		ResourceTypes                []struct {
			ResourceType string
			Locations    []string
		}
	}
	if err := send(ctx, c, call{path: providerPath(subscription, namespace), version: resourcesVersion}, &p); err != nil {
		return Provider{}, fmt.Errorf("reading the resource provider %s: %w", namespace, err)
	}
	locations := make(map[string][]string, len(p.ResourceTypes))
	for _, t := range p.ResourceTypes {
		locations[t.ResourceType] = t.Locations
	}
	return Provider{Namespace: p.Namespace, RegistrationState: p.RegistrationState, Locations: locations}, nil
}

// RegisterProvider asks Azure to register a resource provider, which takes a minute or so; read
// [Cloud.Provider] until it says Registered.
func (c *Cloud) RegisterProvider(ctx context.Context, subscription, namespace string) error {
	register := call{method: "POST", path: providerPath(subscription, namespace) + "/register", version: resourcesVersion}
	if err := send(ctx, c, register, nil); err != nil {
		return fmt.Errorf("registering the resource provider %s: %w", namespace, err)
	}
	return nil
}

func providerPath(subscription, namespace string) string {
	return "/subscriptions/" + url.PathEscape(subscription) + "/providers/" + url.PathEscape(namespace)
}
