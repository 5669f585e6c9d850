package quota_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// world is an emulated Azure whose containers run for a day, and a ledger on it.
type world struct {
	t      *testing.T
	server *azureemulator.Server
	client *aci.Client
	ledger *quota.Ledger
	puts   atomic.Int64
	usages atomic.Int64
}

func newWorld(t *testing.T, settings string) *world {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{
		Settings: []byte(settings), ResourceGroup: azureemulator.DefaultResourceGroup,
		Engine: azureemulator.Func(func(ctx context.Context, _ azureemulator.ContainerCall) int {
			select {
			case <-time.After(24 * time.Hour):
			case <-ctx.Done():
			}
			return 0
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the emulator: %v", err)
		}
	})
	w := &world{t: t, server: server}
	w.client = w.newClient()
	w.ledger = quota.New(w.client, nil)
	return w
}

func (w *world) newClient() *aci.Client {
	w.t.Helper()
	account := w.server.Account()
	cloud, err := azure.NewCloud(w.t.Context(), azure.Options{Transport: w, Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret}})
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: azureemulator.DefaultResourceGroup})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// RoundTrip counts what is sent.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case req.Method == http.MethodPut:
		w.puts.Add(1)
	case strings.HasSuffix(req.URL.Path, "/usages"):
		w.usages.Add(1)
	}
	return w.server.Transport().RoundTrip(req)
}

// job is a job of so many cores.
func job(n int, cores float64) aci.Job {
	return aci.Job{Name: fmt.Sprintf("run-%d", n), CPU: cores}
}

// created is one that got its group.
type created struct {
	name  string
	grant *quota.Grant
	at    time.Time
}

// create starts a create in line and tells of its success on the channel.
func (w *world) create(ctx context.Context, n int, cores float64, done chan<- created) {
	go func() {
		_, grant, err := w.ledger.Create(ctx, ctx, quota.Pending{Job: job(n, cores), Name: fmt.Sprintf("run %d", n)})
		if err != nil {
			if ctx.Err() == nil {
				w.t.Errorf("creating run %d: %v", n, err)
			}
			return
		}
		done <- created{fmt.Sprintf("run-%d", n), grant, time.Now()}
	}()
}

// end deletes the group and gives its share back.
func (w *world) end(c created) {
	w.t.Helper()
	w.kill(c.name)
	c.grant.Release()
}

func (w *world) kill(name string) {
	w.t.Helper()
	if err := w.client.Kill(w.t.Context(), name, aci.KillOptions{Force: true}); err != nil {
		w.t.Fatal(err)
	}
}
