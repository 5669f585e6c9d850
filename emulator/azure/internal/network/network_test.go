package network_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// A world is an emulated Azure in fake time with one resource group, rg. Every exchange is held against Microsoft's API
// files.
type world struct {
	t      *testing.T
	server *azureemulator.Server
	client *http.Client
	token  string
}

// inWorld runs a test in fake time. Its settings are JSON.
func inWorld(t *testing.T, settings string, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		}()
		w := &world{t: t, server: server, client: &http.Client{Transport: apispec.FromEnv(t).Transport(t, server.Transport())}}
		w.token = w.signIn(server.Account().ClientID, server.Account().ClientSecret)
		w.call("PUT", w.sub()+"/resourcegroups/rg?api-version=2021-04-01", `{"location":"eastus"}`, 201)
		test(w)
	})
}

func (w *world) signIn(id, secret string) string {
	w.t.Helper()
	res, err := w.client.PostForm("https://login.microsoftonline.com/"+w.server.Account().TenantID+"/oauth2/v2.0/token", map[string][]string{
		"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "scope": {"https://management.azure.com/.default"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&token); err != nil || token.AccessToken == "" {
		w.t.Fatalf("no token: %v", err)
	}
	return token.AccessToken
}

func (w *world) sub() string { return "/subscriptions/" + w.server.Account().SubscriptionID }

// path is that of a resource of Microsoft.Network in the group.
func (w *world) path(name string) string {
	return w.sub() + "/resourceGroups/rg/providers/Microsoft.Network/" + name
}

// reply is an answer: its header, and its body as a tree.
type reply struct {
	header http.Header
	body   map[string]any
	text   string
}

// at finds a value of the body by its path, such as properties.subnets.0.name.
func (r reply) at(path string) any {
	var v any = r.body
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			if i := int(name[0] - '0'); len(name) == 1 && i >= 0 && i < len(at) {
				v = at[i]
			} else {
				return nil
			}
		default:
			return nil
		}
	}
	return v
}

func (r reply) code() string {
	code, _ := r.at("error.code").(string)
	return code
}

// call sends a request to Azure Resource Manager and demands a status; a path without a version gets 2024-03-01.
func (w *world) call(method, path, body string, want int, header ...string) reply {
	w.t.Helper()
	if !strings.Contains(path, "api-version=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=2024-03-01"
	}
	if !strings.HasPrefix(path, "https:") {
		path = "https://management.azure.com" + path
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != want {
		w.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, res.StatusCode, text, want)
	}
	got := reply{header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &got.body)
	return got
}

// want compares values of a reply.
func (w *world) want(r reply, values map[string]any) {
	w.t.Helper()
	for path, want := range values {
		if got := r.at(path); got != want {
			w.t.Errorf("%s is %v, want %v, in %s", path, got, want, r.text)
		}
	}
}

// refuse demands the code of a refusal.
func (w *world) refuse(method, path, body string, status int, code string) {
	w.t.Helper()
	if got := w.call(method, path, body, status); got.code() != code {
		w.t.Errorf("%s %s %s: %s, want %s", method, path, body, got.text, code)
	}
}
