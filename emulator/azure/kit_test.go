package azureemulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// start makes a server that ends with the test.
func start(t *testing.T, o azureemulator.Options) *azureemulator.Server {
	t.Helper()
	s, err := azureemulator.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// sdk gives the official SDK's credential and options for a server. Its retries are off: tests look at single
// answers. All traffic is held against Microsoft's API files.
func sdk(t *testing.T, s *azureemulator.Server) (azcore.TokenCredential, *azarm.ClientOptions) {
	t.Helper()
	transport := apispec.FromEnv(t).Transport(t, s.Transport())
	client := azcore.ClientOptions{Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1}}
	a := s.Account()
	credential, err := azidentity.NewClientSecretCredential(a.TenantID, a.ClientID, a.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: client})
	if err != nil {
		t.Fatal(err)
	}
	return credential, &azarm.ClientOptions{ClientOptions: client, DisableRPRegistration: true}
}

// answer is a reply, read to its end.
type answer struct {
	*http.Response
	text string
}

// json reads the body into v.
func (a answer) json(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
}

// code is the body's error code.
func (a answer) code() string {
	var body struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(a.text), &body)
	return body.Error.Code
}

// wire sends plain requests.
type wire struct {
	t      *testing.T
	server *azureemulator.Server
	token  string
	// specs holds the exchanges against Microsoft's API files; nil does not.
	specs *apispec.Specs
}

// onWire signs in by hand.
func onWire(t *testing.T, s *azureemulator.Server) *wire {
	t.Helper()
	w := &wire{t: t, server: s}
	a := s.Account()
	got := w.send("POST", "https://login.microsoftonline.com/"+a.TenantID+"/oauth2/v2.0/token",
		"grant_type=client_credentials&client_id="+a.ClientID+"&client_secret="+a.ClientSecret+"&scope=https://management.azure.com/.default",
		"Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	got.json(t, &token)
	if token.AccessToken == "" {
		t.Fatalf("no token: %s", got.text)
	}
	w.token = token.AccessToken
	return w
}

// request makes a request; header is name, value, name, value…
func (w *wire) request(method, url, body string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (w *wire) send(method, url, body string, header ...string) answer {
	w.t.Helper()
	got, err := w.try(method, url, body, header...)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *wire) try(method, url, body string, header ...string) (answer, error) {
	w.t.Helper()
	client := &http.Client{Transport: w.specs.Transport(w.t, w.server.Transport()), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(w.request(method, url, body, header...))
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res, string(text)}, err
}

// arm sends to Azure Resource Manager, below the subscription unless the path starts with a slash.
func (w *wire) arm(method, path, body string, header ...string) answer {
	w.t.Helper()
	return w.send(method, w.url(path), body, header...)
}

func (w *wire) url(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/subscriptions/" + w.server.Account().SubscriptionID + "/" + path
	}
	if !strings.Contains(path, "api-version=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=2021-04-01"
	}
	return "https://management.azure.com" + path
}

// control sends to the control API with its token.
func (w *wire) control(method, path, body string, header ...string) answer {
	w.t.Helper()
	return w.send(method, "http://127.0.0.1/_emulator/"+path, body, append([]string{"Authorization", "Bearer " + w.server.ControlToken()}, header...)...)
}
