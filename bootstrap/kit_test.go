package bootstrap_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
	"github.com/pacific-aci/pacific/internal/steps"
)

// site is a local Azure, and a bootstrapper's view of it.
type site struct {
	t       *testing.T
	server  *azureemulator.Server
	cloud   *azure.Cloud
	request bootstrap.Request
	events  []steps.Event
	// wire is the server's transport, held against Microsoft's API files.
	wire http.RoundTripper

	mu sync.Mutex
	// watch sees each request before it is sent; its error is what the client gets instead of an answer.
	watch func(*http.Request) error
}

// newSite makes an Azure whose containers are calls of job; nil: each runs until it is stopped.
func newSite(t *testing.T, job azureemulator.ContainerFunc) *site {
	t.Helper()
	if job == nil {
		job = runs
	}
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(job)})
	if err != nil {
		t.Fatal(err)
	}
	wire := apispec.FromEnv(t).Transport(t, server.Transport())
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the emulator: %v", err)
		}
	})
	account := server.Account()
	s := &site{t: t, server: server, wire: wire, request: bootstrap.Request{
		Subscription: account.SubscriptionID, Tenant: account.TenantID, Image: "stand-in:1", WorkPool: "pool",
		Secrets: []bootstrap.Secret{
			{Name: bootstrap.SecretAPIURL, Value: "https://prefect.example/api"},
			{Name: bootstrap.SecretAPIKey, Value: "pnu_0123456789"},
			{Name: bootstrap.SecretTest, Value: "a test", IfAbsent: true},
			{Name: "own", Value: "of the user"},
		},
	}}
	lookup := func(name string) (string, bool) {
		value, ok := map[string]string{"AZURE_TENANT_ID": account.TenantID, "AZURE_CLIENT_ID": account.ClientID, "AZURE_CLIENT_SECRET": account.ClientSecret}[name]
		return value, ok
	}
	if s.cloud, err = azure.NewCloud(t.Context(), azure.Options{Transport: s, LookupEnv: lookup}); err != nil {
		t.Fatal(err)
	}
	return s
}

// runs is a container that goes on until it is stopped.
func runs(ctx context.Context, _ azureemulator.ContainerCall) int {
	<-ctx.Done()
	return 0
}

// RoundTrip makes a site the network of its clients.
func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	watch := s.watch
	s.mu.Unlock()
	if watch != nil {
		if err := watch(r); err != nil {
			return nil, err
		}
	}
	return s.wire.RoundTrip(r)
}

func (s *site) bootstrapper() *bootstrap.Bootstrapper {
	s.t.Helper()
	s.events = nil
	b, err := bootstrap.New(bootstrap.Options{Cloud: s.cloud, Request: s.request, Report: func(e steps.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *site) settings(json string) {
	s.t.Helper()
	if err := s.server.PatchSettings([]byte(json)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) fault(json string) {
	s.t.Helper()
	if err := s.server.AddFaults([]byte(json)); err != nil {
		s.t.Fatal(err)
	}
}
