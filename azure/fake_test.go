package azure_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/azure"
)

const (
	testTenant = "11111111-1111-1111-1111-111111111111"
	testClient = "22222222-2222-2222-2222-222222222222"
	testSecret = "s3cr3t-value-never-shown"
	testSub    = "33333333-3333-3333-3333-333333333333"
)

// roundTripper makes a function a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// handlerTransport serves every host by h, in process.
func handlerTransport(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	})
}

// fakeAzure answers sign-in by itself and ARM by the handler that a test gives.
type fakeAzure struct {
	arm   http.HandlerFunc
	token http.HandlerFunc // nil: a token for an hour

	mu       sync.Mutex
	requests []*http.Request
}

func (f *fakeAzure) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Clone(context.Background()))
	f.mu.Unlock()
	switch {
	case !strings.HasPrefix(r.URL.Host, "login."):
		f.arm(w, r)
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		base := "https://" + r.URL.Host + "/" + testTenant
		reply(w, 200, map[string]any{
			"token_endpoint": base + "/oauth2/v2.0/token", "issuer": base + "/v2.0", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
		})
	case f.token != nil:
		f.token(w, r)
	default:
		reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "a-token"})
	}
}

// count is how many requests had a path with that part.
func (f *fakeAzure) count(part string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.Contains(r.URL.Path, part) {
			n++
		}
	}
	return n
}

func (f *fakeAzure) last() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[len(f.requests)-1]
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func secretCredential() azure.CredentialOptions {
	return azure.CredentialOptions{TenantID: testTenant, ClientID: testClient, ClientSecret: testSecret}
}

func newCloud(t *testing.T, f *fakeAzure) *azure.Cloud {
	t.Helper()
	c, err := azure.NewCloud(t.Context(), azure.Options{Transport: handlerTransport(f), Credential: secretCredential()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}
