package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/provision"
)

// place is one way to Azure before a subscription is chosen, and then in it.
type place struct {
	// subscriptions lists what can be chosen; the first one is the default, if there is one.
	subscriptions []azure.Subscription
	hasDefault    bool
	// enter makes the cloud of a subscription, and what lists its regions.
	enter func(subscription string) (provision.Cloud, func(context.Context) ([]string, error), error)
}

// open finds Azure, the subscription and the region, and asks for the last two where somebody can be asked.
func (r *run) open(ctx context.Context) (provision.Options, error) {
	at, err := r.native(ctx)
	if r.f.via == viaAz {
		at, err = r.az(ctx)
	}
	if err != nil {
		return provision.Options{}, err
	}
	at.first(defaultsOf(r.pool.Template).subscription)
	subscription, err := r.chooseSubscription(ctx, at)
	if err != nil {
		return provision.Options{}, err
	}
	cloud, regions, err := at.enter(subscription.ID)
	if err != nil {
		return provision.Options{}, err
	}
	request := r.request()
	request.Subscription, request.SubscriptionName, request.Tenant = subscription.ID, subscription.Name, subscription.TenantID
	if err := r.chooseLocation(ctx, &request, cloud, regions); err != nil {
		return provision.Options{}, err
	}
	o := provision.Options{
		Cloud: cloud, Prefect: r.p.Client, Request: request, Confirm: r.confirm, Report: r.progress.report, SignIn: r.signIn,
		Namespace: r.namespace, SetNamespace: r.setNamespace, SignedIn: r.signedIn, SignOut: r.signOut, Regions: regions,
	}
	if native, ok := cloud.(*provision.Native); ok {
		o.MissingActions = native.MissingActions
	}
	return o, nil
}

// native is Azure's own APIs. It is asked for nothing where az is to be used.
func (r *run) native(ctx context.Context) (at place, err error) {
	if r.f.via != viaNative {
		return at, nil
	}
	cloud, err := r.a.Cloud(ctx, r.settings)
	if err != nil {
		return at, err
	}
	err = azure.Repeat(ctx, azure.RepeatOptions{For: "the list of subscriptions", Waiting: r.progress.Waits}, func(ctx context.Context) (err error) {
		at.subscriptions, err = cloud.Subscriptions(ctx)
		return err
	})
	if err != nil {
		return at, fmt.Errorf("finding the subscription: %w", err)
	}
	at.first(r.a.AzDefaultSubscription())
	at.enter = func(id string) (provision.Cloud, func(context.Context) ([]string, error), error) {
		native, err := provision.NewNative(cloud, provision.NativeOptions{
			Subscription: id, Waiting: r.progress.Waits,
			Login: func(ctx context.Context, server string) error { return r.a.RegistryLogin(ctx, cloud, server) },
		})
		regions := func(ctx context.Context) ([]string, error) {
			provider, err := cloud.Provider(ctx, id, "Microsoft.ContainerInstance")
			return provider.Locations["containerGroups"], err
		}
		return native, regions, err
	}
	return at, nil
}

// az is Azure as az reaches it.
func (r *run) az(ctx context.Context) (at place, err error) {
	runner := &azcli.Runner{}
	if r.a.Env.Environ != nil {
		runner.Env = r.a.Env.Environ()
	}
	found, err := provision.AzSubscriptions(ctx, runner)
	if err != nil {
		return at, err
	}
	preferred := ""
	for _, s := range found {
		at.subscriptions = append(at.subscriptions, s.Subscription)
		if s.Default {
			preferred = s.ID
		}
	}
	at.first(preferred)
	at.enter = func(id string) (provision.Cloud, func(context.Context) ([]string, error), error) {
		az := provision.NewAz(runner, provision.AzOptions{Subscription: id, Waiting: r.progress.Waits, Store: r.a.StoreRegistryToken})
		return az, az.Regions, nil
	}
	return at, nil
}

// first puts the default subscription first, if it can be used.
func (at *place) first(id string) {
	i := slices.IndexFunc(at.subscriptions, func(s azure.Subscription) bool { return strings.EqualFold(s.ID, id) && s.Usable() })
	if i < 0 {
		return
	}
	at.hasDefault = true
	preferred := at.subscriptions[i]
	at.subscriptions = slices.Insert(slices.Delete(slices.Clone(at.subscriptions), i, i+1), 0, preferred)
}

// chooseSubscription takes the one of the settings, else asks, else takes the default or the only one.
func (r *run) chooseSubscription(ctx context.Context, at place) (azure.Subscription, error) {
	if want := r.settings.Get("subscription"); want != "" {
		return r.wantedSubscription(want, at.subscriptions)
	}
	usable := slices.DeleteFunc(slices.Clone(at.subscriptions), func(s azure.Subscription) bool { return !s.Usable() })
	switch {
	case len(usable) == 0 && len(at.subscriptions) > 0:
		return azure.Subscription{}, cmdutil.WithHint(&azure.SubscriptionError{Found: at.subscriptions}, "enable one in the Azure portal, or sign in with another account")
	case len(usable) == 0:
		return azure.Subscription{}, cmdutil.SubscriptionError(&azure.SubscriptionError{}, r.settings)
	case r.prompts != nil:
		choice := console.Choice{Title: "Please select which Azure subscription to use:", Header: []string{"Name", "Subscription ID"}}
		for _, s := range usable {
			choice.Rows = append(choice.Rows, []string{s.Name, s.ID})
		}
		i, err := r.prompts.Select(ctx, choice)
		if err != nil {
			return azure.Subscription{}, err
		}
		return usable[i], nil
	case len(usable) == 1 || at.hasDefault:
		return usable[0], nil
	}
	return azure.Subscription{}, cmdutil.SubscriptionError(&azure.SubscriptionError{Found: at.subscriptions}, r.settings)
}

func (r *run) wantedSubscription(want string, all []azure.Subscription) (azure.Subscription, error) {
	var fits []azure.Subscription
	for _, s := range all {
		if strings.EqualFold(s.ID, want) {
			fits = []azure.Subscription{s}
			break
		}
		if strings.EqualFold(s.Name, want) {
			fits = append(fits, s)
		}
	}
	if len(fits) != 1 {
		return azure.Subscription{}, cmdutil.SubscriptionError(&azure.SubscriptionError{Want: want, Found: all}, r.settings)
	}
	if !fits[0].Usable() {
		return azure.Subscription{}, cmdutil.WithHint(fmt.Errorf("subscription %s (%s) is %s: nothing can be made in it", fits[0].Name, fits[0].ID, strings.ToLower(fits[0].State)),
			"enable it in the Azure portal, or correct the setting subscription ("+r.settings.Value("subscription").Place+")")
	}
	return fits[0], nil
}

// chooseLocation fills in the region: that of the flag, or what holds where there is no resource group yet.
func (r *run) chooseLocation(ctx context.Context, request *provision.Request, cloud provision.Cloud, regions func(context.Context) ([]string, error)) error {
	set := r.settings.Value("location")
	if set.Origin == config.FromFlag {
		request.Location = provision.RegionName(set.Value)
		return nil
	}
	request.DefaultLocation = provision.RegionName(cmp.Or(set.Value, r.a.AzDefaultLocation(), provision.DefaultLocation))
	if r.prompts == nil {
		return nil
	}
	if group, err := cloud.Group(ctx, request.Names.ResourceGroup); err != nil || group != nil {
		return err // its own region holds
	}
	names, err := regions(ctx)
	if err != nil {
		return err
	}
	choice := console.Choice{Title: "Please select an Azure location:", Header: []string{"Location", "Name"}}
	choice.Rows = append(choice.Rows, []string{request.DefaultLocation, "default"})
	for _, name := range names {
		if provision.RegionName(name) == request.DefaultLocation {
			choice.Rows[0][1] = name + " (default)"
			continue
		}
		choice.Rows = append(choice.Rows, []string{provision.RegionName(name), name})
	}
	i, err := r.prompts.Select(ctx, choice)
	if err != nil {
		return err
	}
	request.DefaultLocation = choice.Rows[i][0]
	return nil
}

// signIn tries the secret of a credentials block.
func (r *run) signIn(ctx context.Context, tenant, clientID, secret string) error {
	cloud, err := r.openAs(ctx, tenant, clientID, secret)
	if err != nil {
		return err
	}
	credential, err := cloud.Credential()
	if err != nil {
		return err
	}
	_, err = credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{cloud.Endpoints().Audience + "/.default"}})
	return err
}
