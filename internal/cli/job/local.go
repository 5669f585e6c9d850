package job

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
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

// local runs the job on an Azure that begins and ends with it, in this
// process.
func (r *jobRun) local(ctx context.Context) error {
	if engine := r.in.settings.Get("engine"); engine == "process" && len(r.job.Command) == 0 && r.job.Base == nil {
		return cmdutil.Usage("--local needs a command: the process engine does not read the image's own",
			"put a command after --, or use --engine docker")
	}
	mount, err := r.mountFolder()
	if err != nil {
		return err
	}
	p := r.newProgress()
	p.noImage = r.in.settings.Get("engine") != "docker"
	if p.noImage && r.job.Image != "" {
		p.say("image ignored: the %s engine does not use it (--engine docker does)", r.in.settings.Get("engine"))
	}
	server, end, err := r.localAzure(ctx, mount)
	if err != nil {
		return fmt.Errorf("starting the local Azure: %w", err)
	}
	r.a.SetAbandon(func() { _ = end() })
	err = r.onServer(ctx, server, p)
	if endErr := end(); endErr != nil && err == nil {
		return fmt.Errorf("ending the local Azure: %w", endErr)
	}
	return err
}

// localAzure starts it, with mount as its containers' working folder ("" for none), and gives what ends it again. It listens, on a free
// port of the loopback, only where the container could not do without: real
// containers, and identities, whose tokens are had over HTTP.
func (r *jobRun) localAzure(ctx context.Context, mount string) (*azureemulator.Server, func() error, error) {
	o := azureemulator.StartOptions{Listen: "127.0.0.1:0", LookupEnv: r.a.Env.LookupEnv}
	o.Settings = []byte(localSettings)
	// In one process nothing need be lost: a program that prints faster than it
	// is read waits, as at a pipe.
	o.OutputWaits = true
	o.Log = r.a.EmulatorLog()
	// Azure has no setting for its own grace, 30 s; here --stop-grace can be kept to the second.
	o.StopGrace = r.job.StopGrace
	engine := r.in.settings.Get("engine")
	if err := r.a.ChooseEngine(ctx, cmdutil.EngineFlags{Engine: engine, Mount: mount}, &o); err != nil {
		return nil, nil, err
	}
	identity := len(r.job.Identities) > 0 || r.job.Base != nil && r.job.Base.Identity != nil
	if engine != "docker" && !identity {
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

// mountFolder is --mount as an absolute path; "" without it.
func (r *jobRun) mountFolder() (string, error) {
	if !r.in.given("mount") {
		return "", nil
	}
	name := r.in.flags.mount
	if name == "" {
		return "", cmdutil.Usage("--mount is empty: it must be a folder", "--mount . is the folder that you are in")
	}
	folder, err := filepath.Abs(r.a.Path(name))
	if err != nil {
		return "", fmt.Errorf("--mount %s: %w", name, err)
	}
	switch info, err := os.Stat(folder); {
	case err != nil:
		return "", cmdutil.Usage(fmt.Sprintf("--mount %s: %v", name, err), "")
	case !info.IsDir():
		return "", cmdutil.Usage(fmt.Sprintf("--mount %s: it is not a folder", name), "mount the folder that the file is in")
	}
	return folder, nil
}

func (r *jobRun) onServer(ctx context.Context, server *azureemulator.Server, p *progress) error {
	account := server.Account()
	cloud, err := azure.NewCloud(ctx, azure.Options{
		Transport: server.Transport(),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID,
			ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		return fmt.Errorf("signing in to the local Azure: %w", err)
	}
	defer cloud.CloseIdleConnections()
	location := r.in.settings.Get("location")
	if location == "" {
		location = localLocation
	}
	if err := createGroup(ctx, cloud, account.SubscriptionID, location); err != nil {
		return err
	}
	client, err := aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: localGroup,
		Location: location, FirstPoll: localFirstPoll, LiveFromStart: true,
	})
	if err != nil {
		return err
	}
	r.target = &cmdutil.Target{Settings: r.in.settings, Subscription: account.SubscriptionID, Client: client}
	r.job.Events = p.event
	return r.watch(ctx, p)
}

func createGroup(ctx context.Context, cloud *azure.Cloud, subscription, location string) error {
	cred, err := cloud.Credential()
	if err != nil {
		return fmt.Errorf("signing in to the local Azure: %w", err)
	}
	groups, err := armresources.NewResourceGroupsClient(subscription, cred, cloud.ARMOptions())
	if err != nil {
		return fmt.Errorf("making the local resource group: %w", err)
	}
	_, err = groups.CreateOrUpdate(ctx, localGroup, armresources.ResourceGroup{Location: &location}, nil)
	if err != nil {
		return fmt.Errorf("making the local resource group: %w", err)
	}
	return nil
}
