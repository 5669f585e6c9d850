package entra_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

const (
	groupID = "/subscriptions/33333333-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/job"
	idA     = "/subscriptions/33333333-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a"
	idB     = "/subscriptions/33333333-2222-4333-8444-555555555555/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/b"
)

func system() arm.Identity {
	return arm.Identity{ResourceID: groupID, PrincipalID: "sys-principal", ClientID: "sys-client", SystemAssigned: true}
}
func userA() arm.Identity {
	return arm.Identity{ResourceID: idA, PrincipalID: "a-principal", ClientID: "a-client"}
}
func userB() arm.Identity {
	return arm.Identity{ResourceID: idB, PrincipalID: "b-principal", ClientID: "b-client"}
}

// withContainers is a tenant with a running container for each set of identities;
// the set's name is the container's secret.
func withContainers(t testing.TB) *entra.Service {
	t.Helper()
	var workloads arm.Workloads
	for name, ids := range map[string][]arm.Identity{
		"none": nil, "system": {system()}, "one": {userA()}, "two": {userA(), userB()}, "all": {userA(), userB(), system()},
	} {
		workloads.Add(name, arm.Workload{ContainerGroup: groupID, Identities: ids})
	}
	return service(t, func(o *entra.Options) { o.Workload = workloads.Get })
}

// The two protocols agree on which identity answers to which name.
func TestIdentityPicked(t *testing.T) {
	s := withContainers(t)
	const none, several, twice = "none", "several", "twice"
	for _, test := range []struct{ container, query, want string }{
		{"system", "", "sys-principal"},
		{"one", "", "a-principal"},
		{"all", "", "sys-principal"},
		{"two", "", several},
		{"none", "", none},
		{"two", "client_id=b-client", "b-principal"},
		{"two", "client_id=B-CLIENT", "b-principal"},
		{"two", "mi_res_id=" + url.QueryEscape(strings.ToUpper(idA)), "a-principal"},
		{"two", "msi_res_id=" + url.QueryEscape(idB), "b-principal"},
		{"two", "object_id=a-principal", "a-principal"},
		{"two", "principal_id=b-principal", "b-principal"},
		{"all", "client_id=sys-client", "sys-principal"},
		{"all", "client_id=", "sys-principal"},
		{"one", "client_id=b-client", none},
		{"none", "client_id=a-client", none},
		{"two", "client_id=a-client&object_id=a-principal", twice},
		{"two", "client_id=a-client&client_id=b-client", twice},
	} {
		t.Run(test.container+"?"+test.query, func(t *testing.T) {
			query := "resource=https%3A%2F%2Fmanagement.azure.com%2F&" + test.query
			app := httptest.NewRequest(http.MethodGet, "http://localhost/msi/token?api-version=2019-08-01&"+query, nil)
			app.Header.Set("X-IDENTITY-HEADER", test.container)
			imds := httptest.NewRequest(http.MethodGet, "http://localhost/msi/"+test.container+"/metadata/identity/oauth2/token?api-version=2018-02-01&"+query, nil)
			imds.Header.Set("Metadata", "true")
			texts := map[string][2]string{
				none:    {"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.", "Identity not found"},
				several: {"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request", "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"},
				twice:   {"Only one of client_id, mi_res_id, principal_id and object_id can name the identity", "Only one of client_id, mi_res_id, principal_id and object_id can name the identity"},
			}
			if want, refused := texts[test.want]; refused {
				a := send(t, s.Identity(), app)
				if diff := cmp.Diff(map[string]any{"statusCode": 400.0, "message": want[0]}, a.body); a.status != 400 || diff != "" {
					t.Errorf("App Service: %d (-want +got):\n%s", a.status, diff)
				}
				a = send(t, s.Identity(), imds)
				if diff := cmp.Diff(map[string]any{"error": "invalid_request", "error_description": want[1]}, a.body); a.status != 400 || diff != "" {
					t.Errorf("IMDS: %d (-want +got):\n%s", a.status, diff)
				}
				return
			}
			for _, r := range []*http.Request{app, imds} {
				a := send(t, s.Identity(), r)
				p, err := s.Verify(t.Context(), a.text("access_token"), entra.AudienceManagement)
				if a.status != 200 || err != nil || p.ObjectID != test.want {
					t.Errorf("%s: got %d %v, principal %v (%v), want %s", r.URL.Path, a.status, a.body, p, err, test.want)
				}
			}
		})
	}
}

func TestIdentityAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withContainers(t)
		r := httptest.NewRequest(http.MethodGet, "http://localhost/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net%2F.default", nil)
		r.Header.Set("X-IDENTITY-HEADER", "one")
		a := send(t, s.Identity(), r)
		delete(a.body, "access_token")
		want := map[string]any{
			"client_id": "a-client", "expires_in": "3600", "expires_on": "946688400", "ext_expires_in": "3600",
			"not_before": "946684800", "resource": "https://vault.azure.net", "token_type": "Bearer",
		}
		if diff := cmp.Diff(want, a.body); a.status != 200 || diff != "" {
			t.Errorf("status %d (-want +got):\n%s", a.status, diff)
		}
	})
}

func TestIdentityRefusals(t *testing.T) {
	const app = "/msi/token?api-version=2019-08-01&resource=https://vault.azure.net"
	const imds = "/msi/one/metadata/identity/oauth2/token"
	const good = imds + "?api-version=2018-02-01&resource=https://vault.azure.net"
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	metadata, one := header("Metadata", "true"), header("X-IDENTITY-HEADER", "one")
	for name, test := range map[string]struct {
		method, target string
		header         http.Header
		status         int
		want           string
	}{
		"app: no header":        {"GET", app, nil, 401, "X-IDENTITY-HEADER is missing"},
		"app: unknown header":   {"GET", app, header("X-IDENTITY-HEADER", "x"), 403, "names no running container"},
		"app: POST":             {"POST", app, one, 405, "only takes GET"},
		"app: no version":       {"GET", "/msi/token?resource=https://vault.azure.net", one, 400, "api-version"},
		"app: old version":      {"GET", "/msi/token?api-version=2017-09-01&resource=https://vault.azure.net", one, 400, "use 2019-08-01"},
		"app: no resource":      {"GET", "/msi/token?api-version=2019-08-01", one, 400, "'resource' is missing"},
		"app: default alone":    {"GET", "/msi/token?api-version=2019-08-01&resource=/.default", one, 400, "'resource' is missing"},
		"app: unknown resource": {"GET", "/msi/token?api-version=2019-08-01&resource=https://example.com", one, 400, "AADSTS500011"},
		"imds: no header":       {"GET", good, nil, 400, "Required metadata header not specified"},
		"imds: header false":    {"GET", good, header("Metadata", "false"), 400, "Required metadata header not specified"},
		"imds: forwarded":       {"GET", good, header("Metadata", "true", "X-Forwarded-For", "10.0.0.1"), 400, "X-Forwarded-For"},
		"imds: unknown secret":  {"GET", strings.Replace(good, "/one/", "/x/", 1), metadata, 403, "names no running container"},
		"imds: POST":            {"POST", good, metadata, 405, "only takes GET"},
		"imds: no version":      {"GET", imds + "?resource=https://vault.azure.net", metadata, 400, "'api-version' is missing"},
		"imds: no resource":     {"GET", imds + "?api-version=2018-02-01", metadata, 400, "'resource' is missing"},
		"imds: other resource":  {"GET", imds + "?api-version=2018-02-01&resource=https://example.com", metadata, 400, "AADSTS500011"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://localhost"+test.target, nil)
			if test.header != nil {
				r.Header = test.header
			}
			a := send(t, withContainers(t).Identity(), r)
			if got := a.text("message") + a.text("error_description"); a.status != test.status || !strings.Contains(got, test.want) {
				t.Errorf("got %d %v, want %d with %q", a.status, a.body, test.status, test.want)
			}
			if strings.HasPrefix(name, "app") && a.body["statusCode"] != float64(test.status) {
				t.Errorf("got statusCode %v, want %d", a.body["statusCode"], test.status)
			}
			if strings.HasPrefix(name, "imds") && a.text("error") == "" {
				t.Error("the word error is missing")
			}
		})
	}
	if a := get(t, withContainers(t).Identity(), "http://localhost/msi/one"); a.status != 404 {
		t.Errorf("another path: got %d, want 404", a.status)
	}
}

// Without a registry of containers nobody gets a token.
func TestIdentityWithoutContainers(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/msi/token?api-version=2019-08-01&resource=https://vault.azure.net", nil)
	r.Header.Set("X-IDENTITY-HEADER", "one")
	if a := send(t, service(t, nil).Identity(), r); a.status != 403 {
		t.Errorf("got %d %v, want 403", a.status, a.body)
	}
}

// The SDK finds the endpoint by the two variables that every container gets.
func TestSDKManagedIdentity(t *testing.T) {
	s := withContainers(t)
	t.Setenv("IDENTITY_ENDPOINT", "http://localhost/msi/token")
	// The SDK keeps tokens by resource and id for the whole process: what must fail asks for a resource of its own.
	for _, test := range []struct {
		container, want string
		id              azidentity.ManagedIDKind
		resource        string
	}{
		{"all", "sys-principal", nil, entra.AudienceManagement},
		{"one", "a-principal", nil, "https://management.core.windows.net/"},
		{"two", "b-principal", azidentity.ClientID("b-client"), entra.AudienceManagement},
		{"two", "a-principal", azidentity.ResourceID(idA), entra.AudienceManagement},
		{"two", "b-principal", azidentity.ObjectID("b-principal"), entra.AudienceManagement},
		{"two", "", nil, entra.AudienceVault},
		{"two", "", azidentity.ClientID("c-client"), entra.AudienceManagement},
		{"x", "", nil, entra.AudienceStorage},
	} {
		t.Setenv("IDENTITY_HEADER", test.container)
		cred, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
			ClientOptions: policy.ClientOptions{Transport: &inProcess{handler: s.Identity()}, Retry: policy.RetryOptions{MaxRetries: -1}},
			ID:            test.id,
		})
		if err != nil {
			t.Fatal(err)
		}
		token, err := tokenFor(t.Context(), cred, test.resource+"/.default")
		if test.want == "" {
			if err == nil {
				t.Errorf("container %s, id %v: got a token, want none", test.container, test.id)
			}
			continue
		}
		if err != nil {
			t.Errorf("container %s, id %v: %v", test.container, test.id, err)
			continue
		}
		p, err := s.Verify(t.Context(), token.Token, entra.AudienceManagement)
		if err != nil || p.ObjectID != test.want {
			t.Errorf("container %s, id %v: got %v (%v), want %s", test.container, test.id, p, err, test.want)
		}
		if left := time.Until(token.ExpiresOn); left < 55*time.Minute || left > time.Hour {
			t.Errorf("got a token for %s, want one for an hour", left)
		}
	}
}

// A container asks for a token from its first second on, as long as it takes.
func TestIdentityDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var workloads arm.Workloads
		workloads.Add("young", arm.Workload{ContainerGroup: groupID, Identities: []arm.Identity{system()}, Started: time.Now()})
		s := service(t, func(o *entra.Options) {
			o.Workload = workloads.Get
			o.IdentityDelay = func() time.Duration { return 30 * time.Second }
		})
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, http.StatusServiceUnavailable}, {29 * time.Second, http.StatusServiceUnavailable}, {time.Second, http.StatusOK}} {
			time.Sleep(step.wait)
			for _, r := range []*http.Request{
				httptest.NewRequest(http.MethodGet, "/msi/token?api-version=2019-08-01&resource=https://vault.azure.net", nil),
				httptest.NewRequest(http.MethodGet, "/msi/young/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net", nil),
			} {
				r.Header.Set("X-Identity-Header", "young")
				r.Header.Set("Metadata", "true")
				w := httptest.NewRecorder()
				s.Identity().ServeHTTP(w, r)
				if w.Code != step.want {
					t.Errorf("%s: status %d, want %d: %s", r.URL.Path, w.Code, step.want, w.Body)
				}
			}
		}
	})
}

// An identity whose principal is gone gives no token, though its container still runs.
func TestDeletedIdentity(t *testing.T) {
	var workloads arm.Workloads
	workloads.Add("header", arm.Workload{ContainerGroup: groupID, Identities: []arm.Identity{system()}})
	there := true
	s := service(t, func(o *entra.Options) {
		o.Workload = workloads.Get
		o.Present = func(objectID string) bool { return there && objectID == system().PrincipalID }
	})
	for _, want := range []int{http.StatusOK, http.StatusBadRequest} {
		for _, path := range []string{"/msi/token?api-version=2019-08-01", "/msi/header/metadata/identity/oauth2/token?api-version=2018-02-01"} {
			r := httptest.NewRequest(http.MethodGet, path+"&resource=https://vault.azure.net", nil)
			r.Header.Set("X-Identity-Header", "header")
			r.Header.Set("Metadata", "true")
			w := httptest.NewRecorder()
			s.Identity().ServeHTTP(w, r)
			if w.Code != want || want != http.StatusOK && !strings.Contains(w.Body.String(), "Identity not found") {
				t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
			}
		}
		there = false
	}
}
