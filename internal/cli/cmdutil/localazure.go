package cmdutil

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/config"
)

const (
	localGroup    = "pacific-local"
	localLocation = "westeurope"
	// localFirstPoll is quick because nobody limits requests here.
	localFirstPoll = 10 * time.Millisecond
	// localSettings keep as much of a container that has ended as of one that
	// runs: nothing is gained by reading less here.
	localSettings = `{"retryAfter":"100ms","logs":{"stoppedBytes":4194304,"stoppedLines":4194304}}`
)

// LocalAzure is an Azure inside this process, with a resource group and a client for the container groups in it.
type LocalAzure struct {
	*Target
	cloud *azure.Cloud
	end   func() error
}

// LocalOptions are what a local Azure is started with.
type LocalOptions struct {
	// Settings give the engine and the location.
	Settings *config.Config
	// Network and Mount are as in [EngineFlags].
	Network, Mount string
	// StopGrace is as in [azureemulator.Options].
	StopGrace time.Duration
	// Identities says that containers may ask for tokens, which they do over HTTP: then it listens.
	Identities bool
	// Tunnel lets containers reach other hosts than Azure's through its port.
	Tunnel bool
}

// StartLocalAzure starts an Azure that ends with [LocalAzure.Close] or with this process. It listens, on a free port of the
// loopback, only where containers could not do without: real ones, and those with identities.
func (a *App) StartLocalAzure(ctx context.Context, o LocalOptions) (*LocalAzure, error) {
	start := azureemulator.StartOptions{Listen: "127.0.0.1:0", LookupEnv: a.Env.LookupEnv, Tunnel: o.Tunnel}
	start.Settings = []byte(localSettings)
	// In one process nothing need be lost: a program that prints faster than it
	// is read waits, as at a pipe.
	start.OutputWaits = true
	start.Log = a.EmulatorLog()
	// Azure has no setting for its own grace, 30 s; here it can be kept to the second.
	start.StopGrace = o.StopGrace
	engine := o.Settings.Get("engine")
	if err := a.ChooseEngine(ctx, EngineFlags{Engine: engine, Network: o.Network, Mount: o.Mount}, &start); err != nil {
		return nil, err
	}
	server, end, err := serveLocal(ctx, start, engine == "docker" || o.Identities)
	if err != nil {
		return nil, fmt.Errorf("starting the local Azure: %w", err)
	}
	a.SetAbandon(func() { _ = end() })
	local := &LocalAzure{end: end}
	if err := local.open(ctx, server, o.Settings); err != nil {
		_ = local.Close()
		return nil, err
	}
	return local, nil
}

// serveLocal makes the server, and a port for it where it is to listen.
func serveLocal(ctx context.Context, o azureemulator.StartOptions, listen bool) (*azureemulator.Server, func() error, error) {
	if !listen {
		server, err := azureemulator.NewServer(o.Options)
		if err != nil {
			return nil, nil, err
		}
		return server, server.Close, nil
	}
	local, err := azureemulator.Start(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return local.Server, local.Close, nil
}

// open signs in, and makes the resource group and the client.
func (l *LocalAzure) open(ctx context.Context, server *azureemulator.Server, settings *config.Config) (err error) {
	account := server.Account()
	l.cloud, err = azure.NewCloud(ctx, azure.Options{
		Transport: server.Transport(),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID,
			ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		return fmt.Errorf("signing in to the local Azure: %w", err)
	}
	location := cmp.Or(settings.Get("location"), localLocation)
	if err := l.createGroup(ctx, account.SubscriptionID, location); err != nil {
		return fmt.Errorf("making the local resource group: %w", err)
	}
	client, err := aci.NewClient(aci.Config{
		Cloud: l.cloud, Subscription: account.SubscriptionID, ResourceGroup: localGroup,
		Location: location, FirstPoll: localFirstPoll, LiveFromStart: true,
	})
	l.Target = &Target{Settings: settings, Subscription: account.SubscriptionID, Client: client}
	return err
}

func (l *LocalAzure) createGroup(ctx context.Context, subscription, location string) error {
	cred, err := l.cloud.Credential()
	if err != nil {
		return err
	}
	groups, err := armresources.NewResourceGroupsClient(subscription, cred, l.cloud.ARMOptions())
	if err != nil {
		return err
	}
	_, err = groups.CreateOrUpdate(ctx, localGroup, armresources.ResourceGroup{Location: &location}, nil)
	return err
}

// ResourceGroupID is the ARM id of its resource group.
func (l *LocalAzure) ResourceGroupID() string { return GroupID(l.Subscription, localGroup) }

// Close ends it with its containers.
func (l *LocalAzure) Close() error {
	if l.cloud != nil {
		l.cloud.CloseIdleConnections()
	}
	if err := l.end(); err != nil {
		return fmt.Errorf("ending the local Azure: %w", err)
	}
	return nil
}

// GroupID is the ARM id of a resource group.
func GroupID(subscription, name string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + name
}
