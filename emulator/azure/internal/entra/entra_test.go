package entra_test

import (
	"crypto"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

const (
	tenantID = "11111111-2222-4333-8444-555555555555"
	clientID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	objectID = "99999999-8888-4777-8666-555555555555"
	secret   = "s~ecret+with/odd%characters"
	host     = "login.microsoftonline.com"
	armScope = "https://management.core.windows.net//.default"
)

// service makes a tenant with one application that has one secret.
func service(t testing.TB, change func(*entra.Options)) *entra.Service {
	t.Helper()
	o := entra.Options{
		TenantID: tenantID,
		Domains:  []string{"contoso.onmicrosoft.com"},
		Applications: []entra.Application{{
			ClientID: clientID, ObjectID: objectID, Secrets: []entra.Secret{{Value: secret}},
		}},
	}
	if change != nil {
		change(&o)
	}
	s, err := entra.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inProcess carries an SDK's requests to a handler and notes their addresses.
type inProcess struct {
	handler http.Handler
	seen    []string
}

func (p *inProcess) Do(r *http.Request) (*http.Response, error) {
	p.seen = append(p.seen, r.Method+" "+r.URL.Host+r.URL.Path)
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, in)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

var _ policy.Transporter = (*inProcess)(nil)

// answer is any JSON answer of the sign-in service.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// text is a field as text, empty if it is none.
func (a answer) text(field string) string {
	s, _ := a.body[field].(string)
	return s
}

// code is the first of error_codes, 0 without.
func (a answer) code() int {
	codes, _ := a.body["error_codes"].([]any)
	if len(codes) == 0 {
		return 0
	}
	n, _ := codes[0].(float64)
	return int(n)
}

func send(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			t.Fatalf("%s %s answered %q: %v", r.Method, r.URL, w.Body, err)
		}
	}
	return a
}

func get(t testing.TB, h http.Handler, target string) answer {
	t.Helper()
	return send(t, h, httptest.NewRequest(http.MethodGet, target, nil))
}

func post(t testing.TB, h http.Handler, path string, form url.Values) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://"+host+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, h, r)
}

// goodForm is a token request that succeeds.
func goodForm() url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret},
		"scope": {armScope},
	}
}

// wantRefusal checks an answer against Entra's shape of refusals.
func wantRefusal(t *testing.T, a answer, status, code int, oauth string) {
	t.Helper()
	if a.status != status || a.code() != code || a.text("error") != oauth {
		t.Errorf("got %d %q AADSTS%d (%s), want %d %q AADSTS%d", a.status, a.text("error"), a.code(), a.text("error_description"), status, oauth, code)
	}
	for _, field := range []string{"error_description", "timestamp", "trace_id", "correlation_id", "error_uri"} {
		if a.text(field) == "" {
			t.Errorf("field %s is missing in %v", field, a.body)
		}
	}
}

// wantPrincipal checks that a token is good for ARM and says who has it.
func wantPrincipal(t *testing.T, s *entra.Service, token string) {
	t.Helper()
	got, err := s.Verify(t.Context(), token, entra.AudienceManagement)
	if err != nil {
		t.Fatalf("verifying: %v", err)
	}
	if want := (arm.Principal{ObjectID: objectID, AppID: clientID, TenantID: tenantID, Name: clientID}); *got != want {
		t.Errorf("got principal %+v, want %+v", *got, want)
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*entra.Options)
		want   string
	}{
		"tenant":       {func(o *entra.Options) { o.TenantID = "contoso" }, `TenantID "contoso" is not a GUID`},
		"lifetime":     {func(o *entra.Options) { o.Lifetime = -1 }, "Lifetime -1ns is negative"},
		"client id":    {func(o *entra.Options) { o.Applications[0].ClientID = "" }, "ClientID and ObjectID must both be set"},
		"object id":    {func(o *entra.Options) { o.Applications[0].ObjectID = "" }, "ClientID and ObjectID must both be set"},
		"empty secret": {func(o *entra.Options) { o.Applications[0].Secrets = []entra.Secret{{}} }, "secret 0 is empty"},
		"federation": {func(o *entra.Options) {
			o.Applications[0].Federated = []entra.FederatedCredential{{Issuer: "https://x"}}
		}, "needs Issuer and Subject"},
		"federation key":    {func(o *entra.Options) { o.Applications[0].Federated = federated("rsa") }, "use an RSA or P-256 public key"},
		"empty certificate": {func(o *entra.Options) { o.Applications[0].Certificates = append(o.Applications[0].Certificates, nil) }, "certificate 0 has no RSA or P-256 key"},
	} {
		t.Run(name, func(t *testing.T) {
			o := entra.Options{TenantID: tenantID, Applications: []entra.Application{{ClientID: clientID, ObjectID: objectID}}}
			test.change(&o)
			_, err := entra.New(o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %q", err)
			}
		})
	}
}

func federated(key any) []entra.FederatedCredential {
	return []entra.FederatedCredential{{Issuer: "https://x", Subject: "y", Keys: map[string]crypto.PublicKey{"": key}}}
}

func TestLookup(t *testing.T) {
	other := entra.Application{ClientID: "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee", ObjectID: objectID, Secrets: []entra.Secret{{Value: "other"}}}
	there := false
	s := service(t, func(o *entra.Options) {
		o.Lookup = func(id string) (entra.Application, bool) {
			return other, there && strings.EqualFold(id, other.ClientID)
		}
	})
	form := goodForm()
	form.Set("client_id", strings.ToUpper(other.ClientID))
	form.Set("client_secret", "other")
	const path = "/" + tenantID + "/oauth2/v2.0/token"

	wantRefusal(t, post(t, s, path, form), 400, 700016, "unauthorized_client")
	there = true
	if a := post(t, s, path, form); a.status != 200 {
		t.Errorf("an application that the directory has: got %d %v, want 200", a.status, a.body)
	}
	other.Secrets = []entra.Secret{{Value: "other", Starts: time.Now().Add(time.Minute)}}
	wantRefusal(t, post(t, s, path, form), 401, 7000215, "invalid_client")
	other.Secrets, other.Disabled = []entra.Secret{{Value: "other"}}, true
	wantRefusal(t, post(t, s, path, form), 401, 7000112, "unauthorized_client")
	other.ObjectID = ""
	wantRefusal(t, post(t, s, path, form), 401, 7000229, "invalid_client")
	other.Secrets = nil
	wantRefusal(t, post(t, s, path, form), 401, 7000215, "invalid_client")
}
