package azure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/azure"
)

func TestCredentialSettings(t *testing.T) {
	tests := map[string]struct {
		options azure.CredentialOptions
		env     []string
		fails   string
	}{
		"nothing set":                 {},
		"complete":                    {options: secretCredential()},
		"complete by the environment": {env: []string{"AZURE_TENANT_ID", "t", "AZURE_CLIENT_ID", "c", "AZURE_CLIENT_SECRET", testSecret}},
		"each by itself":              {options: azure.CredentialOptions{TenantID: "t", ClientID: "c"}, env: []string{"AZURE_CLIENT_SECRET", testSecret}},
		"a secret without a client":   {env: []string{"AZURE_TENANT_ID", "t", "AZURE_CLIENT_SECRET", testSecret}, fails: "the client id (AZURE_CLIENT_ID) not set"},
		"a secret alone":              {options: azure.CredentialOptions{ClientSecret: testSecret}, fails: "the tenant id (AZURE_TENANT_ID), the client id (AZURE_CLIENT_ID) not set"},
		"asked for, without a secret": {options: azure.CredentialOptions{Method: azure.MethodClientSecret, TenantID: "t", ClientID: "c"}, fails: "the client secret (AZURE_CLIENT_SECRET) not set"},
		"workload without a file":     {options: azure.CredentialOptions{Method: azure.MethodWorkloadIdentity, TenantID: "t", ClientID: "c"}, fails: "the token file (AZURE_FEDERATED_TOKEN_FILE) not set"},
		"workload":                    {options: azure.CredentialOptions{Method: azure.MethodWorkloadIdentity}, env: []string{"AZURE_TENANT_ID", "t", "AZURE_CLIENT_ID", "c", "AZURE_FEDERATED_TOKEN_FILE", "f"}},
		"tenant and client alone":     {options: azure.CredentialOptions{TenantID: "t", ClientID: "c"}},
		"managed identity":            {options: azure.CredentialOptions{Method: azure.MethodManagedIdentity, ClientID: "c"}},
		"az":                          {options: azure.CredentialOptions{Method: azure.MethodAzureCLI}},
		"unknown method":              {options: azure.CredentialOptions{Method: "password"}, fails: `unknown sign-in method "password"; use one of client-secret, managed-identity, workload-identity, az`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := azure.NewCloud(t.Context(), azure.Options{Credential: tt.options, LookupEnv: environment(tt.env...)})
			if tt.fails == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("got %v, want %q in it", err, tt.fails)
			}
			if err != nil && strings.Contains(err.Error(), testSecret) {
				t.Errorf("the secret is in %v", err)
			}
		})
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	o := secretCredential()
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "credential", o, "in", struct{ C azure.CredentialOptions }{o})
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "credential", o, "in", struct{ C azure.CredentialOptions }{o})
	asJSON, _ := json.Marshal(&o)
	for _, shown := range []string{fmt.Sprint(o), fmt.Sprintf("%+v %#v %s %q %v", o, o, o, o, &o), logged.String(), string(asJSON)} {
		if strings.Contains(shown, testSecret) {
			t.Errorf("the secret is in %q", shown)
		}
		if !strings.Contains(shown, "hidden") || !strings.Contains(shown, testClient) {
			t.Errorf("%q does not show that there is a secret, and whose", shown)
		}
	}
	if strings.Contains(azure.CredentialOptions{}.String(), "hidden") {
		t.Error("no secret is shown as one")
	}
}

func token(t *testing.T, c *azure.Cloud) (string, error) {
	t.Helper()
	cred, err := c.Credential()
	if err != nil {
		return "", err
	}
	got, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.core.windows.net//.default"}})
	return got.Token, err
}

func TestClientSecret(t *testing.T) {
	var form url.Values
	f := &fakeAzure{token: func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.PostForm
		reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "mine"})
	}}
	got, err := token(t, newCloud(t, f))
	if got != "mine" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if form.Get("client_id") != testClient || form.Get("client_secret") != testSecret || !strings.Contains(form.Get("scope"), "https://management.core.windows.net//.default") {
		t.Errorf("sent %v", form)
	}
	if n := f.count("discovery/instance"); n != 0 {
		t.Error("the authority of an in-process Azure was checked with Microsoft's")
	}
}

func TestWorkloadIdentity(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("an-assertion"), 0o600); err != nil {
		t.Fatal(err)
	}
	var assertion string
	f := &fakeAzure{token: func(w http.ResponseWriter, r *http.Request) {
		assertion = r.PostFormValue("client_assertion")
		reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "mine"})
	}}
	// The default chain takes a complete workload identity at once.
	c, err := azure.NewCloud(t.Context(), azure.Options{Transport: handlerTransport(f),
		LookupEnv: environment("AZURE_TENANT_ID", testTenant, "AZURE_CLIENT_ID", testClient, "AZURE_FEDERATED_TOKEN_FILE", file)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := token(t, c); got != "mine" || err != nil || assertion != "an-assertion" {
		t.Errorf("got %q, %v with assertion %q", got, err, assertion)
	}
}

func TestManagedIdentity(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "http://identity.example/msi/token")
	t.Setenv("IDENTITY_HEADER", "the-header")
	var asked *http.Request
	rt := handlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		reply(w, 200, map[string]any{"access_token": "mine", "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"})
	}))
	for _, o := range []azure.CredentialOptions{{Method: azure.MethodManagedIdentity}, {}} {
		// The SDK keeps tokens by id for the whole process: with one of its own, each is asked for.
		o.ClientID = uuid.NewString()
		c, err := azure.NewCloud(t.Context(), azure.Options{Transport: rt, Credential: o, LookupEnv: environment("IDENTITY_ENDPOINT", "x")})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := token(t, c); got != "mine" || err != nil {
			t.Fatalf("%v: got %q, %v", o, got, err)
		}
		if asked.URL.Query().Get("client_id") != o.ClientID || asked.Header.Get("X-IDENTITY-HEADER") != "the-header" {
			t.Errorf("%v: asked %s", o, asked.URL)
		}
	}
}

func TestDefaultChainSaysWhatIsMissing(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"169.254.169.254 answered 403 Forbidden": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) },
		"Identity not found": func(w http.ResponseWriter, r *http.Request) {
			reply(w, 400, map[string]any{"error": "invalid_request", "error_description": "Identity not found"})
		},
	}
	for want, answer := range answers {
		t.Run(want, func(t *testing.T) {
			c, err := azure.NewCloud(t.Context(), azure.Options{Transport: handlerTransport(answer), LookupEnv: environment("AZURE_TENANT_ID", "t")})
			if err != nil {
				t.Fatal(err)
			}
			_, err = token(t, c)
			e, ok := errors.AsType[*azure.CredentialError](err)
			if !ok {
				t.Fatalf("got %v, want a *CredentialError", err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != 5 || len(e.Attempts) != 4 {
				t.Fatalf("got %d lines, want a head and one for each of four ways:\n%v", len(lines), err)
			}
			for i, part := range []string{"client-secret: set the client id (AZURE_CLIENT_ID), the client secret (AZURE_CLIENT_SECRET)",
				"workload-identity: set the client id (AZURE_CLIENT_ID), the token file", want, "az: not asked"} {
				if !strings.Contains(lines[i+1], part) || i > 1 && !strings.Contains(lines[i+1], "; ") {
					t.Errorf("line %q, want %q and a way out", lines[i+1], part)
				}
			}
			if x := azure.Explain(err); x == nil || x.Class != azure.ClassAuthentication || strings.Contains(x.Error(), "\n") {
				t.Errorf("explained as %v", x)
			}
		})
	}
}

func TestAzureCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the az of this test is a shell script")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	sign := func(script string) (string, error) {
		if err := os.WriteFile(filepath.Join(dir, "az"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
		c, err := azure.NewCloud(t.Context(), azure.Options{Credential: azure.CredentialOptions{Method: azure.MethodAzureCLI, TenantID: testTenant}})
		if err != nil {
			t.Fatal(err)
		}
		return token(t, c)
	}
	got, err := sign(`case "$*" in *"--tenant ` + testTenant + `"*) echo '{"accessToken":"mine","expires_on":4102444800}';; *) exit 3;; esac`)
	if got != "mine" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err = sign("echo \"Please run 'az login' to setup account.\" >&2; exit 1"); err == nil || !strings.Contains(err.Error(), "az: not signed in, or the login has expired; run: az login") {
		t.Errorf("got %v", err)
	}
	if _, err = sign("echo broken >&2; exit 1"); err == nil || !strings.Contains(err.Error(), "az: broken") {
		t.Errorf("got %v", err)
	}
	os.Remove(filepath.Join(dir, "az"))
	c, _ := azure.NewCloud(t.Context(), azure.Options{Credential: azure.CredentialOptions{Method: azure.MethodAzureCLI}})
	if _, err := token(t, c); err == nil || !strings.Contains(err.Error(), "az: not on the PATH; install") {
		t.Errorf("got %v", err)
	}
}

// TestDefaultChainFallsToAzAndStays: no identity, so az; and then az is not left again.
func TestDefaultChainFallsToAzAndStays(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the az of this test is a shell script")
	}
	asked := 0
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		reply(w, 400, map[string]any{"error": "invalid_request", "error_description": "Identity not found"})
	}))
	defer identity.Close()
	t.Setenv("IDENTITY_ENDPOINT", identity.URL)
	t.Setenv("IDENTITY_HEADER", "h")
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	c, err := azure.NewCloud(t.Context(), azure.Options{LookupEnv: environment("IDENTITY_ENDPOINT", identity.URL)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token(t, c); err == nil || !strings.Contains(err.Error(), "managed-identity: Identity not found; assign an identity") || !strings.Contains(err.Error(), "az: not on the PATH") {
		t.Errorf("without az: got %v", err)
	}
	// Expired at once, so that the second call asks again.
	script := "#!/bin/sh\necho '{\"accessToken\":\"az\",\"expires_on\":1}'\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	before := asked
	for range 2 {
		if got, err := token(t, c); got != "az" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if asked != before+1 {
		t.Errorf("the identity endpoint was asked %d times more, want once", asked-before)
	}
}

// TestARefusedIdentityIsFinal: an endpoint that fails is no reason to act as somebody else.
func TestARefusedIdentityIsFinal(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "http://identity.example/msi/token")
	t.Setenv("IDENTITY_HEADER", "h")
	rt := handlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(w, 403, map[string]any{"error": "forbidden", "error_description": "not you"})
	}))
	c, err := azure.NewCloud(t.Context(), azure.Options{Transport: rt, LookupEnv: environment("IDENTITY_ENDPOINT", "x")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = token(t, c)
	if e := azure.Explain(err); e == nil || e.Class != azure.ClassAuthentication || e.Status != 403 || e.Message != "signing in to Azure: not you" {
		t.Errorf("got %v, want the endpoint's refusal", err)
	}
}

func TestSignInRefused(t *testing.T) {
	f := &fakeAzure{token: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ms-request-id", "req-9")
		reply(w, 401, map[string]any{"error": "invalid_client", "error_codes": []int{7000215},
			"error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: x Correlation ID: y Timestamp: z"})
	}}
	_, err := token(t, newCloud(t, f))
	e := azure.Explain(err)
	if e == nil || e.Class != azure.ClassAuthentication || e.Code != "AADSTS7000215" || e.Status != 401 || e.Lost() {
		t.Fatalf("got %v", e)
	}
	if e.Message != "signing in to Azure: Invalid client secret provided" || !strings.Contains(e.Hint(), "secret is wrong") || e.RequestID != "req-9" {
		t.Errorf("got %q %q %q", e.Message, e.Hint(), e.RequestID)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, e), testSecret) {
		t.Error("the secret is in the error")
	}
}

// TestSignInLost: the SDK says "authentication failed" for a broken network too; for us the view is
// lost, and a watch goes on.
func TestSignInLost(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	ctx, cancel := context.WithCancel(t.Context())
	rt := roundTripper(func(r *http.Request) (*http.Response, error) { cancel(); return nil, refused })
	c, err := azure.NewCloud(t.Context(), azure.Options{Transport: rt, Credential: secretCredential()})
	if err != nil {
		t.Fatal(err)
	}
	cred, _ := c.Credential()
	ask := policy.TokenRequestOptions{Scopes: []string{"s/.default"}}
	if _, err := cred.GetToken(ctx, ask); !errors.Is(err, context.Canceled) || azure.Explain(err) != nil {
		t.Errorf("got %v, want the end of the context and nothing else", err)
	}
}

// TestAuthority: a service principal signs in at the host that its owner names.
func TestAuthority(t *testing.T) {
	for _, authority := range []string{"login.elsewhere.test", "https://login.elsewhere.test/"} {
		host := ""
		f := &fakeAzure{token: func(w http.ResponseWriter, r *http.Request) {
			host = r.Host
			reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "mine"})
		}}
		options := azure.Options{Transport: handlerTransport(f), Credential: secretCredential()}
		options.Credential.Authority = authority
		c, err := azure.NewCloud(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := token(t, c); got != "mine" || err != nil || host != "login.elsewhere.test" {
			t.Errorf("%s: got %q, %v from %q", authority, got, err, host)
		}
	}
}
