package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
)

// Target is where a command's container groups live, and the client for it.
type Target struct {
	Settings     *config.Config
	Subscription string
	Client       *aci.Client
}

// Open reads the settings of cmd and finds cloud, subscription and resource
// group. Nothing is sent to Azure where all three are set.
func (a *App) Open(ctx context.Context, cmd *cobra.Command) (*Target, error) {
	settings, err := a.Settings(cmd)
	if err != nil {
		return nil, err
	}
	return a.OpenWith(ctx, settings)
}

// OpenWith is Open with settings that were read before.
func (a *App) OpenWith(ctx context.Context, settings *config.Config) (*Target, error) {
	group := settings.Get("resource-group")
	if group == "" {
		return nil, NoResourceGroup()
	}
	cloud, err := a.Cloud(ctx, settings)
	if err != nil {
		return nil, err
	}
	subscription, err := a.Subscription(ctx, cloud, settings)
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
	return &Target{settings, subscription, client}, nil
}

// NoResourceGroup is the error of a command that needs a resource group and was given none.
func NoResourceGroup() error {
	return Usage("no resource group is set",
		"give --resource-group, set PACIFIC_RESOURCE_GROUP, or write resource-group = \"…\" into "+config.FileName)
}

// Cloud finds the cloud that the settings name and how to sign in to it.
func (a *App) Cloud(ctx context.Context, settings *config.Config) (*azure.Cloud, error) {
	method := azure.Method(settings.Get("credential"))
	if method == "default" {
		method = azure.MethodDefault
	}
	return a.CloudAs(ctx, settings, azure.CredentialOptions{
		Method:       method,
		TenantID:     settings.Get("tenant-id"),
		ClientID:     settings.Get("client-id"),
		ClientSecret: settings.Get("client-secret"),
		Authority:    settings.Get("authority"),
	})
}

// CloudAs is [App.Cloud] with a way to sign in of the caller's.
func (a *App) CloudAs(ctx context.Context, settings *config.Config, as azure.CredentialOptions) (*azure.Cloud, error) {
	cloud, err := azure.NewCloud(ctx, azure.Options{
		Cloud:       settings.Get("cloud"),
		LookupEnv:   a.Env.LookupEnv,
		Transport:   a.Env.Transport,
		Credential:  as,
		Application: "pacific/" + ThisBuild().Version,
	})
	name := settings.Value("cloud")
	secret, badSecret := errors.AsType[*azure.SecretError](err)
	switch {
	case err == nil:
		return cloud, nil
	case badSecret:
		return nil, Usage(err.Error(), secret.Hint())
	case strings.Contains(name.Value, "://"):
		e, ok := errors.AsType[*azure.EmulatorError](err)
		switch {
		case !ok: // about how to sign in: the emulator itself is fine
			return nil, err
		case e.Hint() != "":
			return nil, WithHint(err, e.Hint()+", or correct the setting cloud ("+name.Value+" from "+name.Place+")")
		case !e.Absent:
			return nil, WithHint(err, "give --cloud the address that {} printed, of the same version as this Pacific", StartEmulator())
		}
		return nil, WithHint(err, fmt.Sprintf("start one with: {}, or correct the setting cloud (%s from %s)", name.Value, name.Place), StartEmulator())
	default:
		// Nothing was sent, so it can only be a setting.
		if near := suggest.Nearest(name.Value, CloudNames); near != "" && near != name.Value {
			return nil, Usage(err.Error(), "did you mean "+near+"?")
		}
		return nil, Usage(err.Error(), "{} shows where each setting comes from", ShowConfig())
	}
}

// Account is where a command works: the settings of cmd, the cloud that they name, and the subscription.
func (a *App) Account(ctx context.Context, cmd *cobra.Command) (settings *config.Config, cloud *azure.Cloud, subscription string, err error) {
	if settings, err = a.Settings(cmd); err != nil {
		return nil, nil, "", err
	}
	if cloud, err = a.Cloud(ctx, settings); err != nil {
		return nil, nil, "", err
	}
	if subscription, err = a.Subscription(ctx, cloud, settings); err != nil {
		return nil, nil, "", err
	}
	return settings, cloud, subscription, nil
}

// Subscription takes the setting, else az's default, else the only one there
// is. An id is taken as it stands: looking it up would cost each command a
// request.
func (a *App) Subscription(ctx context.Context, cloud *azure.Cloud, settings *config.Config) (string, error) {
	want := settings.Get("subscription")
	if IsID(want) {
		return want, nil
	}
	if want == "" && a.Env.Transport == nil && !cloud.Emulated() {
		if id := azDefaultSubscription(a.Env.LookupEnv); id != "" {
			return id, nil
		}
	}
	var sub azure.Subscription
	if ctx.Value(completing{}) == nil {
		defer a.Show(WaitFor("looking for the subscription"))()
	}
	err := a.Repeat(ctx, func(ctx context.Context) (err error) {
		sub, err = cloud.Subscription(ctx, want)
		return err
	})
	if err == nil {
		return sub.ID, nil
	}
	return "", SubscriptionError(err, settings)
}

// SubscriptionError says what to do where no single subscription fits.
func SubscriptionError(err error, settings *config.Config) error {
	e, ok := errors.AsType[*azure.SubscriptionError](err)
	switch {
	case !ok:
		return fmt.Errorf("finding the subscription: %w", err)
	case len(e.Found) == 0:
		return WithHint(err, "give the account a role in a subscription, or sign in with another account")
	case e.Want != "":
		return WithHint(err, "correct the setting subscription ("+settings.Value("subscription").Place+")")
	}
	return WithHint(err, "give --subscription, or set AZURE_SUBSCRIPTION_ID")
}
