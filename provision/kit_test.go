package provision_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/apispec"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// site is one emulated Azure and one Prefect API, and a provisioner's view of them.
type site struct {
	t       *testing.T
	azure   *azureemulator.Server
	prefect *prefect.Client
	// wire is what the provisioner's requests to Azure and Prefect go through; admin sees without it.
	wire  *breakingWire
	cloud *azure.Cloud
	admin *access.Client
	owner *provision.Native

	logins    []string
	namespace string
}

// breakingWire ends at its nth request, before or after that took effect, as a kill -9 does.
type breakingWire struct {
	mu sync.Mutex
	// breakAt is the request that is not answered, counted from 1; 0: none. applied lets it take effect first.
	breakAt int
	applied bool
	count   int
	log     []string
	broken  func()
}

// over is a transport whose requests count.
func (w *breakingWire) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w.mu.Lock()
		w.count++
		now := w.count
		w.log = append(w.log, r.Method+" "+r.URL.Host+r.URL.Path)
		breakAt, applied, broken := w.breakAt, w.applied, w.broken
		w.mu.Unlock()
		if breakAt == 0 || now < breakAt {
			return next.RoundTrip(r)
		}
		if now == breakAt && applied {
			if resp, err := next.RoundTrip(r); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}
		broken()
		return nil, context.Canceled
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newSite(t *testing.T, settings string) *site {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	s := &site{t: t, azure: server, wire: &breakingWire{}}
	if s.prefect, err = prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: s.wire.over(api.Transport())}); err != nil {
		t.Fatal(err)
	}
	specs := apispec.FromEnv(t)
	s.cloud = s.open(s.wire.over(specs.Transport(t, server.Transport())))
	direct := s.open(server.Transport())
	if s.admin, err = access.NewClient(direct, access.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.owner, err = provision.NewNative(direct, provision.NativeOptions{Subscription: server.Account().SubscriptionID}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) open(transport http.RoundTripper) *azure.Cloud {
	s.t.Helper()
	account := s.azure.Account()
	cloud, err := azure.NewCloud(s.t.Context(), azure.Options{Transport: transport, Credential: azure.CredentialOptions{
		TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(cloud.CloseIdleConnections)
	return cloud
}

// options are those of a provisioner of pool "aci".
func (s *site) options() provision.Options {
	s.t.Helper()
	account := s.azure.Account()
	native, err := provision.NewNative(s.cloud, provision.NativeOptions{
		Subscription: account.SubscriptionID,
		Login:        func(_ context.Context, server string) error { s.logins = append(s.logins, server); return nil },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return provision.Options{
		Cloud: native, Prefect: s.prefect,
		Request:      provision.Request{Subscription: account.SubscriptionID, Tenant: account.TenantID},
		SignIn:       s.signIn,
		Namespace:    func() string { return s.namespace },
		SetNamespace: func(to string) error { s.namespace = to; return nil },
	}
}

// signIn asks Entra for a token, as the new principal.
func (s *site) signIn(ctx context.Context, tenant, client, secret string) error {
	credential, err := azidentity.NewClientSecretCredential(tenant, client, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: &http.Client{Transport: s.azure.Transport()}, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		return err
	}
	_, err = credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
	return err
}

// baseTemplate is that of a new push pool.
func baseTemplate(t *testing.T) json.RawMessage {
	t.Helper()
	raw, err := jobtemplate.BaseJobTemplate(provision.TypePush, prefect.Version{Major: 3, Minor: 9, Patch: 1})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// end is what is there after a run, in a form that two runs can be compared by.
type end struct {
	Groups, Applications, Secrets, Principals, Registries, Identities, Blocks int
	Rights                                                                    []string
}

// end asks Azure and Prefect, not the provisioner.
func (s *site) end() end {
	s.t.Helper()
	ctx := s.t.Context()
	var e end
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	names := provision.DefaultNames("aci")
	group, err := s.owner.Group(ctx, names.ResourceGroup)
	must(err)
	if group != nil {
		e.Groups = 1
	}
	apps, err := s.admin.Applications(ctx, names.Application)
	must(err)
	e.Applications = len(apps)
	for _, app := range apps {
		e.Secrets += len(app.Secrets)
		if found, err := s.owner.Principal(ctx, app.ClientID); err == nil && found != nil {
			e.Principals++
			if ok, err := s.admin.Assigned(ctx, access.Assignment{Scope: group.ID, Role: string(access.Contributor), Principal: found.ObjectID}); err == nil && ok {
				e.Rights = append(e.Rights, "Contributor")
			}
		}
	}
	registries, err := s.owner.Registries(ctx)
	must(err)
	e.Registries = len(registries)
	if group != nil {
		identity, err := s.owner.Identity(ctx, names.ResourceGroup, names.Identity)
		must(err)
		if identity != nil {
			e.Identities = 1
			for _, r := range registries {
				if ok, err := s.admin.Assigned(ctx, access.Assignment{Scope: r.ID, Role: string(access.AcrPull), Principal: identity.PrincipalID}); err == nil && ok {
					e.Rights = append(e.Rights, "AcrPull")
				}
			}
		}
	}
	for _, err := range s.prefect.BlockDocuments(ctx, prefect.BlockDocumentFilter{}, prefect.MaskSecrets) {
		must(err)
		e.Blocks++
	}
	return e
}

// complete is the end of every run that succeeds.
var complete = end{Groups: 1, Applications: 1, Secrets: 1, Principals: 1, Registries: 1, Identities: 1, Blocks: 1, Rights: []string{"Contributor", "AcrPull"}}

// defaults are the defaults of the five variables that provisioning writes.
func defaults(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	var shape struct {
		Variables struct {
			Properties map[string]struct {
				Default any `json:"default"`
			} `json:"properties"`
		} `json:"variables"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for _, name := range []string{"aci_credentials", "resource_group_name", "subscription_id", "image_registry", "identities"} {
		out[name] = shape.Variables.Properties[name].Default
	}
	return out
}

// writes are the requests to Azure that may change something.
func (w *breakingWire) writes() []string {
	var out []string
	for _, line := range w.log {
		method, address, _ := strings.Cut(line, " ")
		if method != http.MethodGet && method != http.MethodHead && !strings.Contains(address, "/token") && !strings.Contains(address, "/filter") {
			out = append(out, line)
		}
	}
	return out
}
