package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// target is where a command's container groups live, and the client for it.
type target struct {
	settings     *config.Config
	subscription string
	client       *aci.Client
}

// open reads the settings of cmd and finds cloud, subscription and resource
// group. Nothing is sent to Azure where all three are set.
func (a *app) open(ctx context.Context, cmd *cobra.Command) (*target, error) {
	settings, err := a.settings(cmd)
	if err != nil {
		return nil, err
	}
	return a.openWith(ctx, settings)
}

func (a *app) openWith(ctx context.Context, settings *config.Config) (*target, error) {
	group := settings.Get("resource-group")
	if group == "" {
		return nil, noResourceGroup()
	}
	cloud, err := a.cloud(ctx, settings)
	if err != nil {
		return nil, err
	}
	subscription, err := a.subscription(ctx, cloud, settings)
	if err != nil {
		return nil, err
	}
	client, err := aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: subscription, ResourceGroup: group,
		Location: settings.Get("location"),
	})
	if err != nil {
		return nil, err
	}
	return &target{settings, subscription, client}, nil
}

func noResourceGroup() error {
	return &usageError{"no resource group is set",
		"give --resource-group, set PACIFIC_RESOURCE_GROUP, or write resource-group = \"…\" into " + config.FileName}
}

func (a *app) cloud(ctx context.Context, settings *config.Config) (*azure.Cloud, error) {
	method := azure.Method(settings.Get("credential"))
	if method == "default" {
		method = azure.MethodDefault
	}
	cloud, err := azure.NewCloud(ctx, azure.Options{
		Cloud:     settings.Get("cloud"),
		LookupEnv: a.world.LookupEnv,
		Transport: a.world.Transport,
		Credential: azure.CredentialOptions{
			Method:       method,
			TenantID:     settings.Get("tenant-id"),
			ClientID:     settings.Get("client-id"),
			ClientSecret: settings.Get("client-secret"),
			Authority:    settings.Get("authority"),
		},
		Application: "pacific/" + thisBuild().Version,
	})
	name := settings.Value("cloud")
	switch {
	case err == nil:
		return cloud, nil
	case strings.Contains(name.Value, "://"):
		return nil, withHint(fmt.Errorf("asking the emulator: %w", err), "start it, or correct the setting cloud (%s from %s)", name.Value, name.Place)
	default:
		// Nothing was sent, so it can only be a setting.
		return nil, &usageError{err.Error(), "pacific config shows where each setting comes from"}
	}
}

// subscription takes the setting, else az's default, else the only one there
// is. An id is taken as it stands: looking it up would cost each command a
// request.
func (a *app) subscription(ctx context.Context, cloud *azure.Cloud, settings *config.Config) (string, error) {
	want := settings.Get("subscription")
	if isID(want) {
		return want, nil
	}
	if want == "" && a.world.Transport == nil && !cloud.Emulated() {
		if id := azDefaultSubscription(a.world.LookupEnv); id != "" {
			return id, nil
		}
	}
	sub, err := cloud.Subscription(ctx, want)
	if err == nil {
		return sub.ID, nil
	}
	if _, ok := errors.AsType[*azure.SubscriptionError](err); ok {
		return "", withHint(err, "give --subscription, or set AZURE_SUBSCRIPTION_ID")
	}
	return "", fmt.Errorf("finding the subscription: %w", err)
}
