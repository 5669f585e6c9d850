package azureemulator_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// registryBench is a server with the registry mine.azurecr.io, and the official clients on it.
type registryBench struct {
	t          *testing.T
	server     *azureemulator.Server
	wire       *wire
	registries *armcontainerregistry.RegistriesClient
	groups     *aci.ContainerGroupsClient
	id         string
}

var soon = &runtime.PollUntilDoneOptions{Frequency: time.Millisecond}

func newRegistryBench(t *testing.T, o azureemulator.Options) *registryBench {
	t.Helper()
	s := start(t, o)
	credential, options := sdk(t, s)
	registries, err := armcontainerregistry.NewRegistriesClient(s.Account().SubscriptionID, credential, options)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := aci.NewContainerGroupsClient(s.Account().SubscriptionID, credential, options)
	if err != nil {
		t.Fatal(err)
	}
	b := &registryBench{t: t, server: s, wire: onWire(t, s), registries: registries, groups: groups}
	b.wire.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
	poller, err := registries.BeginCreate(t.Context(), "g", "Mine5", armcontainerregistry.Registry{
		Location: new("eastus"), SKU: &armcontainerregistry.SKU{Name: new(armcontainerregistry.SKUNameBasic)},
		Properties: &armcontainerregistry.RegistryProperties{AdminUserEnabled: new(true)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := poller.PollUntilDone(t.Context(), soon)
	if err != nil || *made.Properties.LoginServer != "mine5.azurecr.io" || *made.Properties.ProvisioningState != armcontainerregistry.ProvisioningStateSucceeded {
		t.Fatalf("%+v, %v", made, err)
	}
	b.id = *made.ID
	return b
}

// push pushes an image as the admin user, as go-containerregistry does over HTTP.
func (b *registryBench) push(image string, config v1.Config) {
	b.t.Helper()
	made, err := mutate.Config(empty.Image, config)
	if err != nil {
		b.t.Fatal(err)
	}
	ref, err := name.ParseReference(image)
	if err != nil {
		b.t.Fatal(err)
	}
	admin := b.admin()
	if err := remote.Write(ref, made, remote.WithAuth(&admin), remote.WithTransport(b.server.Transport()), remote.WithContext(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
}

func (b *registryBench) admin() authn.Basic {
	b.t.Helper()
	shown, err := b.registries.ListCredentials(b.t.Context(), "g", "Mine5", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return authn.Basic{Username: *shown.Username, Password: *shown.Passwords[0].Value}
}

// The whole life of a registry with the official SDK, every exchange held against Microsoft's API files.
func TestRegistryWithSDK(t *testing.T) {
	b := newRegistryBench(t, azureemulator.Options{})
	ctx := t.Context()
	name := armcontainerregistry.RegistryNameCheckRequest{Name: new("mine5"), Type: new("Microsoft.ContainerRegistry/registries")}
	if got, err := b.registries.CheckNameAvailability(ctx, name, nil); err != nil || *got.NameAvailable || *got.Reason != "AlreadyExists" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := b.registries.Get(ctx, "g", "mine5", nil); err != nil || *got.Name != "Mine5" {
		t.Errorf("%+v, %v", got, err)
	}
	for pager := b.registries.NewListPager(nil); pager.More(); {
		if page, err := pager.NextPage(ctx); err != nil || len(page.Value) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
	}
	for pager := b.registries.NewListByResourceGroupPager("g", nil); pager.More(); {
		if page, err := pager.NextPage(ctx); err != nil || len(page.Value) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
	}
	before := b.admin()
	renewed, err := b.registries.RegenerateCredential(ctx, "g", "Mine5", armcontainerregistry.RegenerateCredentialParameters{Name: new(armcontainerregistry.PasswordNamePassword)}, nil)
	if err != nil || *renewed.Passwords[0].Value == before.Password {
		t.Errorf("%+v, %v", renewed, err)
	}
	update, err := b.registries.BeginUpdate(ctx, "g", "Mine5", armcontainerregistry.RegistryUpdateParameters{
		Tags: map[string]*string{"team": new("x")}, SKU: &armcontainerregistry.SKU{Name: new(armcontainerregistry.SKUNameStandard)},
		Properties: &armcontainerregistry.RegistryPropertiesUpdateParameters{AdminUserEnabled: new(false)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := update.PollUntilDone(ctx, soon); err != nil || *got.Properties.AdminUserEnabled || *got.Tags["team"] != "x" || *got.SKU.Tier != armcontainerregistry.SKUTierStandard {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = b.registries.ListCredentials(ctx, "g", "Mine5", nil)
	if refused, ok := errors.AsType[*azcore.ResponseError](err); !ok || refused.ErrorCode != "UnAuthorizedForCredentialOperations" {
		t.Errorf("%v", err)
	}
	gone, err := b.registries.BeginDelete(ctx, "g", "Mine5", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.PollUntilDone(ctx, soon); err != nil {
		t.Error(err)
	}
	if _, err := b.registries.Get(ctx, "g", "Mine5", nil); err == nil {
		t.Error("the registry is still there")
	}
}

// identity makes a managed identity and returns its resource id and its principal's.
func (b *registryBench) identity(name string) (id, principal string) {
	b.t.Helper()
	got := b.wire.arm("PUT", "resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"+name, `{"location":"eastus"}`)
	var body struct {
		ID         string
		Properties struct{ PrincipalID string }
	}
	got.json(b.t, &body)
	return body.ID, body.Properties.PrincipalID
}

const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d"

// mayPull assigns AcrPull on the registry.
func (b *registryBench) mayPull(principal string) {
	b.t.Helper()
	got := b.wire.arm("PUT", b.id+"/providers/Microsoft.Authorization/roleAssignments/5d1f5b8e-0f3b-4d53-9f3b-000000000001", fmt.Sprintf(
		`{"properties":{"roleDefinitionId":"/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s","principalId":%q,"principalType":"ServicePrincipal"}}`,
		b.server.Account().SubscriptionID, acrPull, principal))
	if got.StatusCode != 201 {
		b.t.Fatalf("assigning AcrPull: %d %s", got.StatusCode, got.text)
	}
}

// run creates a container group of an image and returns its error's code, empty for none.
func (b *registryBench) run(group, image string, change ...func(*aci.ContainerGroup)) string {
	b.t.Helper()
	g := aci.ContainerGroup{Location: new("eastus"), Properties: &aci.ContainerGroupPropertiesProperties{
		OSType: new(aci.OperatingSystemTypesLinux), RestartPolicy: new(aci.ContainerGroupRestartPolicyNever),
		Containers: []*aci.Container{{Name: new("main"), Properties: &aci.ContainerProperties{
			Image: &image, Resources: &aci.ResourceRequirements{Requests: &aci.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
		}}},
	}}
	for _, f := range change {
		f(&g)
	}
	poller, err := b.groups.BeginCreateOrUpdate(b.t.Context(), "g", group, g, nil)
	if err == nil {
		_, err = poller.PollUntilDone(b.t.Context(), soon)
	}
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		b.t.Fatal(err)
	}
	return refused.ErrorCode
}

func withPassword(user, password string) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) {
		g.Properties.ImageRegistryCredentials = []*aci.ImageRegistryCredential{{Server: new("mine5.azurecr.io"), Username: &user, Password: &password}}
	}
}

func withIdentity(id string) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) {
		g.Identity = &aci.ContainerGroupIdentity{Type: new(aci.ResourceIdentityTypeUserAssigned), UserAssignedIdentities: map[string]*aci.UserAssignedIdentities{id: {}}}
		g.Properties.ImageRegistryCredentials = []*aci.ImageRegistryCredential{{Server: new("Mine5.azurecr.io"), Identity: &id}}
	}
}

// Container groups pull from an emulated registry with a password or with an identity that may, and otherwise fail as ACI's
// do; what the image says is what runs.
func TestContainerGroupsPullFromRegistries(t *testing.T) {
	ran := make(chan []string, 10)
	b := newRegistryBench(t, azureemulator.Options{Engine: azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
		ran <- c.Spec.Command
		return 0
	})})
	const image = "mine5.azurecr.io/team/app:1"
	b.push(image, v1.Config{Entrypoint: []string{"/app", "serve"}, Cmd: []string{"--all"}})
	admin := b.admin()
	id, principal := b.identity("puller")

	runs := func(what string, command []string, code string) {
		t.Helper()
		if code != "" {
			t.Errorf("%s: %s", what, code)
			return
		}
		if got := <-ran; !slices.Equal(got, command) {
			t.Errorf("%s: runs %q, want %q", what, got, command)
		}
	}
	fails := func(what, code string) {
		t.Helper()
		if code != "InaccessibleImage" {
			t.Errorf("%s: %q, want InaccessibleImage", what, code)
		}
	}
	whole := []string{"/app", "serve", "--all"}
	runs("a password", whole, b.run("password", image, withPassword(admin.Username, admin.Password)))
	runs("a command of its own", []string{"echo"}, b.run("command", image, withPassword(admin.Username, admin.Password), func(g *aci.ContainerGroup) {
		g.Properties.Containers[0].Properties.Command = []*string{new("echo")}
	}))
	runs("the owner's secret", whole, b.run("secret", image, withPassword(b.server.Account().ClientID, b.server.Account().ClientSecret)))
	fails("no credential", b.run("none", image))
	fails("a wrong password", b.run("wrong", image, withPassword(admin.Username, "x")))
	fails("no such image", b.run("absent", "mine5.azurecr.io/team/app:2", withPassword(admin.Username, admin.Password)))
	fails("an identity without the right", b.run("early", image, withIdentity(id)))
	b.mayPull(principal)
	runs("an identity with AcrPull", whole, b.run("late", image, withIdentity(id)))
	runs("an image elsewhere", nil, b.run("elsewhere", "alpine:3"))

	got, err := b.groups.Get(t.Context(), "g", "late", nil)
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	for _, e := range got.Properties.Containers[0].Properties.InstanceView.Events {
		events = append(events, *e.Name+" "+*e.Message)
	}
	if all := strings.Join(events, "\n"); !strings.Contains(all, `Pulled Successfully pulled image "`+image+"@sha256:") {
		t.Errorf("events: %s", all)
	}
	for _, c := range got.Properties.ImageRegistryCredentials {
		if c.Password != nil {
			t.Error("the password is shown")
		}
	}
}

// The real engine: the image's command is the default, though nothing is unpacked.
func TestProcessEngineRunsTheImagesCommand(t *testing.T) {
	b := newRegistryBench(t, azureemulator.Options{Engine: azureemulator.Process(azureemulator.ProcessOptions{})})
	const image = "mine5.azurecr.io/app:1"
	b.push(image, v1.Config{Entrypoint: []string{"/no/such/program"}})
	admin := b.admin()
	if code := b.run("job", image, withPassword(admin.Username, admin.Password)); code != "" {
		t.Fatal(code)
	}
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := b.groups.Get(t.Context(), "g", "job", nil)
		if err != nil {
			t.Fatal(err)
		}
		if state := got.Properties.Containers[0].Properties.InstanceView.CurrentState; *state.State == "Terminated" {
			if *state.ExitCode != 127 {
				t.Errorf("exit code %d, want 127", *state.ExitCode)
			}
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("the container does not end")
		}
	}
}

// The port lets clients through to a registry that is there, and to no other.
func TestRegistryHosts(t *testing.T) {
	b := newRegistryBench(t, azureemulator.Options{})
	for host, want := range map[string]bool{"mine5.azurecr.io": true, "MINE5.azurecr.io:443": true, "other.azurecr.io": false, "azurecr.io": false, "a.mine5.azurecr.io": false} {
		if got := b.server.IsAzure(host); got != want {
			t.Errorf("IsAzure(%q): %v", host, got)
		}
	}
	got, err := (&http.Client{Transport: b.server.Transport()}).Get("https://mine5.azurecr.io/v2/")
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", got.StatusCode)
	}
}

// Layers are kept in files, and none is left when the registry or the server goes.
func TestLayersAreInFiles(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	files := func() (list []string) {
		err := filepath.WalkDir(temporary, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasPrefix(d.Name(), "blob-") {
				list = append(list, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	b := newRegistryBench(t, azureemulator.Options{})
	push := func() {
		t.Helper()
		image, err := random.Image(1<<20, 2)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := name.ParseReference("mine5.azurecr.io/app:1")
		if err != nil {
			t.Fatal(err)
		}
		admin := b.admin()
		if err := remote.Write(ref, image, remote.WithAuth(&admin), remote.WithTransport(b.server.Transport()), remote.WithContext(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	push()
	push()
	if got := files(); len(got) != 4 {
		t.Errorf("files of four layers: %v", got)
	}
	b.wire.arm("DELETE", "resourcegroups/g/providers/Microsoft.ContainerRegistry/registries/mine5", "")
	if got := files(); len(got) != 0 {
		t.Errorf("after the registry was deleted: %v", got)
	}
	poller, err := b.registries.BeginCreate(t.Context(), "g", "mine5", armcontainerregistry.Registry{
		Location: new("eastus"), SKU: &armcontainerregistry.SKU{Name: new(armcontainerregistry.SKUNameBasic)},
		Properties: &armcontainerregistry.RegistryProperties{AdminUserEnabled: new(true)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), soon); err != nil {
		t.Fatal(err)
	}
	push()
	b.server.Reset(t.Context())
	if got := files(); len(got) != 0 {
		t.Errorf("after a reset: %v", got)
	}
	if err := b.server.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) != 0 {
		t.Errorf("after the end: %v, %v", left, err)
	}
}
