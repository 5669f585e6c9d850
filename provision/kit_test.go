package provision_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/apispec"
	"github.com/pacific-aci/pacific/internal/fakeaz"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

func TestMain(m *testing.M) {
	os.Exit(fakeaz.Main(m))
}

// The two ways to Azure.
const (
	native = "native"
	az     = "az"
)

// eachWay runs a test once for each implementation of Cloud: natively in fake time, and through an az that is a process of
// its own, in real time.
func eachWay(t *testing.T, test func(t *testing.T, via string)) {
	t.Helper()
	t.Run(native, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { test(t, native) }) })
	t.Run(az, func(t *testing.T) {
		t.Parallel()
		test(t, az)
	})
}

// site is one emulated Azure and one Prefect API, and a provisioner's view of them.
type site struct {
	t       *testing.T
	via     string
	azure   *azureemulator.Server
	prefect *prefect.Client
	// api reaches the Prefect API without the wire.
	api http.RoundTripper
	// wire is what the provisioner's requests to Azure and Prefect go through; admin sees without it.
	wire  *breakingWire
	cloud *azure.Cloud
	// az answers for the processes that the provisioner starts, and asked are their commands; onAz sees each of them, and
	// runs it.
	// Both are changed by changeAz: the process that a command is has no other tie to the test.
	az    *fakeaz.Az
	onAz  func(argv []string, run func() fakeaz.Output) fakeaz.Output
	azMu  sync.RWMutex
	asked *commandLog
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
	// instead answers in the place of Azure; nil: Azure does.
	instead func(*http.Request) *http.Response
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
		if w.instead != nil {
			if resp := w.instead(r); resp != nil {
				return resp, nil
			}
		}
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

// commandLog is the commands that az ran, in their order.
type commandLog struct {
	mu   sync.Mutex
	argv [][]string
}

// note adds a command, and returns its number, from 1 on.
func (l *commandLog) note(argv []string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.argv = append(l.argv, argv)
	return len(l.argv)
}

// all are the commands.
func (l *commandLog) all() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.argv)
}

// names are the commands without their arguments, since the first that is left out.
func (l *commandLog) names(leftOut int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, argv := range l.argv[leftOut:] {
		names = append(names, fakeaz.Name(argv))
	}
	return names
}

func newSite(t *testing.T, settings string) *site { return newSiteVia(t, native, settings) }

func newSiteVia(t *testing.T, via, settings string) *site {
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
	s := &site{t: t, via: via, azure: server, api: api.Transport(), wire: &breakingWire{}, asked: &commandLog{}}
	s.prefect = s.openPrefect(s.wire.over(s.api))
	specs := apispec.FromEnv(t)
	wire := s.wire.over(specs.Transport(t, server.Transport()))
	account := server.Account()
	s.cloud = s.open(wire)
	s.az = &fakeaz.Az{
		Transport: wire, Docker: true,
		TenantID: account.TenantID, SubscriptionID: account.SubscriptionID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}
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

func (s *site) openPrefect(transport http.RoundTripper) *prefect.Client {
	s.t.Helper()
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: transport})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// options are those of a provisioner of pool "aci".
func (s *site) options() provision.Options {
	s.t.Helper()
	account := s.azure.Account()
	return provision.Options{
		Cloud: s.way(nil), Prefect: s.prefect,
		Request:      provision.Request{Subscription: account.SubscriptionID, Tenant: account.TenantID},
		SignIn:       s.signIn,
		Namespace:    func() string { return s.namespace },
		SetNamespace: func(to string) error { s.namespace = to; return nil },
	}
}

// way is the implementation of Cloud that the site is for.
func (s *site) way(waiting func(azure.Wait)) provision.Cloud {
	s.t.Helper()
	subscription := s.azure.Account().SubscriptionID
	if s.via == az {
		return provision.NewAz(fakeaz.Runner(s.t, s.runAz), provision.AzOptions{
			Subscription: subscription, Waiting: waiting,
			Store: func(_ context.Context, server, _, _ string) error { s.logins = append(s.logins, server); return nil },
		})
	}
	cloud, err := provision.NewNative(s.cloud, provision.NativeOptions{
		Subscription: subscription, Waiting: waiting,
		Login: func(_ context.Context, server string) error { s.logins = append(s.logins, server); return nil },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return cloud
}

// runAz runs one command of az.
func (s *site) runAz(argv []string) fakeaz.Output {
	s.asked.note(argv)
	run := func() fakeaz.Output {
		s.azMu.RLock()
		defer s.azMu.RUnlock()
		return s.az.Run(argv)
	}
	s.azMu.RLock()
	onAz := s.onAz
	s.azMu.RUnlock()
	if onAz != nil {
		return onAz(argv, run)
	}
	return run()
}

// changeAz changes how az answers from now on.
func (s *site) changeAz(change func()) {
	s.azMu.Lock()
	defer s.azMu.Unlock()
	change()
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
			if group == nil {
				continue
			}
			e.Rights = append(e.Rights, s.roles(group.ID, found.ObjectID)...)
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

// roles are those of the application's roles that a principal has at a scope.
func (s *site) roles(scope, principal string) (names []string) {
	s.t.Helper()
	least := leastAt(scope)
	id, complete, err := s.admin.FindRole(s.t.Context(), scope, least)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, role := range map[string]string{access.Contributor.Name(): string(access.Contributor), least.Name: id} {
		if role == "" {
			continue
		}
		has, err := s.admin.Assigned(s.t.Context(), access.Assignment{Scope: scope, Role: role, Principal: principal})
		if err != nil {
			s.t.Fatal(err)
		}
		if has && (role != id || complete) {
			names = append(names, name)
		}
	}
	return names
}

// leastAt is the least role of a resource group.
func leastAt(group string) access.Role {
	return access.JobRunner.With(access.AssignIdentity).At(group)
}

// groupID is the ARM id of a resource group.
func (s *site) groupID(name string) string {
	return "/subscriptions/" + s.azure.Account().SubscriptionID + "/resourceGroups/" + name
}

// settled waits, where time is real, until the directory shows all that it has.
func (s *site) settled() {
	s.t.Helper()
	if s.via == az {
		if err := s.azure.PatchSettings([]byte(`{"propagation":{"directory":"0s","roleAssignment":"0s","managedIdentity":"0s"}}`)); err != nil {
			s.t.Fatal(err)
		}
	}
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

// readingPosts are in the addresses of POSTs that change nothing.
var readingPosts = []string{"/token", "/filter", "/getByIds", "/oauth2/exchange"}

// writes are the requests to Azure that may change something.
func (w *breakingWire) writes() []string {
	var out []string
	for _, line := range w.log {
		method, address, _ := strings.Cut(line, " ")
		if method != http.MethodGet && method != http.MethodHead && !slices.ContainsFunc(readingPosts, func(part string) bool { return strings.Contains(address, part) }) {
			out = append(out, line)
		}
	}
	return out
}

// graphToken and armToken ask for a token for Microsoft Graph and for Azure Resource Manager.
var (
	graphToken = policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}
	armToken   = policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}}
)

// applicationID is the object id of the application of that name.
func (s *site) applicationID(name string) string {
	s.t.Helper()
	found, err := s.admin.Applications(s.t.Context(), name)
	if err != nil || len(found) != 1 {
		s.t.Fatalf("the applications %q: %v, %v", name, found, err)
	}
	return found[0].ObjectID
}

// certificate is a new certificate in DER and base64.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: begin, NotAfter: begin.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}
