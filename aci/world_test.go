package aci_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

const (
	resourceGroup = "jobs"
	groupPath     = "/subscriptions/" + azureemulator.DefaultSubscriptionID + "/resourceGroups/" + resourceGroup + "/providers/Microsoft.ContainerInstance/containerGroups/"
)

// loaded is Microsoft's API files, read once: a second for every world would be minutes.
var loaded sync.Map

// specs gives the files that the environment names, if any.
func specs(t *testing.T) *apispec.Specs {
	dir := os.Getenv(apispec.EnvDir)
	if found, ok := loaded.Load(dir); ok {
		return found.(*apispec.Specs)
	}
	found := apispec.FromEnv(t)
	loaded.Store(dir, found)
	return found
}

// world is an emulated Azure with one resource group, and a client in it.
type world struct {
	t      *testing.T
	server *azureemulator.Server
	cloud  *azure.Cloud
	client *client
	events *journal
}

// newWorld makes one; settings is JSON laid over the emulator's. Everything ends with the test. All traffic is held
// against Microsoft's API files.
func newWorld(t *testing.T, settings string, engine azureemulator.Engine) *world {
	t.Helper()
	return newWorldVia(t, settings, engine, func(rt http.RoundTripper) http.RoundTripper { return rt })
}

// newWorldVia puts something between the client and Azure, whose answers are checked before that may change them.
func newWorldVia(t *testing.T, settings string, engine azureemulator.Engine, via func(http.RoundTripper) http.RoundTripper) *world {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: engine, Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the emulator: %v", err)
		}
	})
	account := server.Account()
	cloud, err := azure.NewCloud(t.Context(), azure.Options{
		Transport: via(specs(t).Transport(t, server.Transport())),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, server: server, cloud: cloud, events: &journal{}}
	w.client = w.newClient()
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), resourceGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) newClient() *client {
	w.t.Helper()
	made, err := aci.NewClient(aci.Config{
		Cloud: w.cloud, Subscription: w.server.Account().SubscriptionID, ResourceGroup: resourceGroup, Location: "westeurope",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &client{made, w.events.add}
}

// fault adds one in the contract's JSON.
func (w *world) fault(format string, args ...any) {
	w.t.Helper()
	if err := w.server.AddFaults(fmt.Appendf(nil, format, args...)); err != nil {
		w.t.Fatal(err)
	}
}

// calls counts the requests of an operation.
func (w *world) calls(operation string) int {
	n := 0
	for _, r := range w.server.Requests(0) {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// gone fails the test if the group is still there.
func (w *world) gone(name string) {
	w.t.Helper()
	if g, err := w.client.Get(w.t.Context(), name); err == nil {
		w.t.Errorf("group %s is still there: %+v", name, g)
	}
}

// journal keeps events.
type journal struct {
	mu     sync.Mutex
	events []aci.Event
}

func (j *journal) add(e aci.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// of lists the events of a kind.
func (j *journal) of(kind aci.EventKind) []aci.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []aci.Event
	for _, e := range j.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// buffer is an output that may be looked at while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// differ says where two outputs part, in few words.
func differ(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	i := 0
	for i < min(len(g), len(w)) && g[i] == w[i] {
		i++
	}
	t.Errorf("output: got %d lines, want %d; they part at line %d: got %q, want %q", len(g)-1, len(w)-1, i, g[i:min(i+2, len(g))], w[i:min(i+2, len(w))])
}

// client is an aci.Client whose calls tell their events to the world's journal, unless they name a listener.
type client struct {
	*aci.Client
	events func(aci.Event)
}

func (c *client) Run(ctx context.Context, job aci.Job) (*aci.Result, error) {
	if job.Events == nil {
		job.Events = c.events
	}
	return c.Client.Run(ctx, job)
}

func (c *client) Create(ctx context.Context, job aci.Job) (*aci.Group, error) {
	if job.Events == nil {
		job.Events = c.events
	}
	return c.Client.Create(ctx, job)
}

func (c *client) Wait(ctx context.Context, name string, opts aci.WaitOptions) (*aci.Result, error) {
	if opts.Events == nil {
		opts.Events = c.events
	}
	return c.Client.Wait(ctx, name, opts)
}

func (c *client) Reap(ctx context.Context, opts aci.ReapOptions) ([]aci.Reaped, error) {
	if opts.Events == nil {
		opts.Events = c.events
	}
	return c.Client.Reap(ctx, opts)
}
