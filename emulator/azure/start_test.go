package azureemulator_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

func startLocal(t *testing.T, o azureemulator.StartOptions) (*azureemulator.Local, map[string]string) {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	local, err := azureemulator.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	env := map[string]string{}
	for _, v := range local.Environment() {
		env[v.Name] = v.Value
	}
	return local, env
}

// outsideClient knows of the emulator what the environment says, as another process would.
func outsideClient(t *testing.T, env map[string]string) *http.Client {
	t.Helper()
	bundle, err := os.ReadFile(env["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(bundle) {
		t.Fatal("no authority in the bundle")
	}
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == "127.0.0.1" {
			return nil, nil
		}
		return proxy, nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestStartServesTheSDK(t *testing.T) {
	_, env := startLocal(t, azureemulator.StartOptions{})
	client := outsideClient(t, env)
	options := policy.ClientOptions{Transport: client}
	cred, err := azidentity.NewClientSecretCredential(env["AZURE_TENANT_ID"], env["AZURE_CLIENT_ID"], env["AZURE_CLIENT_SECRET"],
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(env["AZURE_SUBSCRIPTION_ID"], cred, &arm.ClientOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	made, err := groups.CreateOrUpdate(t.Context(), "outside", armresources.ResourceGroup{Location: new("westeurope")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *made.Name != "outside" {
		t.Errorf("made %q", *made.Name)
	}
}

// TestStartHosts says what answers where: Azure's names over TLS alone, the control API under loopback names alone.
func TestStartHosts(t *testing.T) {
	local, env := startLocal(t, azureemulator.StartOptions{ContainerListen: "127.0.0.1:0"})
	client := outsideClient(t, env)
	inner := local.ContainerURL()
	tests := []struct {
		name, url, host, origin string
		want                    int
	}{
		{"health", local.URL() + "/_emulator/health", "", "", 200},
		{"cloud", local.URL() + "/_emulator/cloud", "", "", 200},
		{"settings without a token", local.URL() + "/_emulator/settings", "", "", 401},
		{"a web page", local.URL() + "/_emulator/health", "", "https://evil.example", 403},
		{"another host name", local.URL() + "/_emulator/health", "evil.example", "", 421},
		{"Azure's host without TLS", local.URL() + "/subscriptions", "management.azure.com", "", 421},
		{"Azure's host", "https://management.azure.com/subscriptions?api-version=2022-12-01", "", "", 401},
		{"sign-in", "https://login.microsoftonline.com/common/discovery/keys", "", "", 200},
		{"nothing there", local.URL() + "/", "", "", 421},
		{"identity endpoint", local.URL() + "/msi/token?resource=x", "", "", 0},
		{"control API on the containers' port", inner + "/_emulator/health", "", "", 421},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = test.host
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if test.want == 0 && (resp.StatusCode < 400 || resp.StatusCode == 421) || test.want != 0 && resp.StatusCode != test.want {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, test.want, body)
			}
		})
	}
}

func TestForeignHostsAreRefused(t *testing.T) {
	_, env := startLocal(t, azureemulator.StartOptions{})
	for host, want := range map[string]string{
		"azcliprod.blob.core.windows.net": "the local Azure has no storage account with the host azcliprod.blob.core.windows.net",
		"graph.windows.net":               "has no Azure AD Graph yet",
		"mine.azurecr.io":                 "has no container registry mine.azurecr.io",
	} {
		_, err := outsideClient(t, env).Get("https://" + host)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q at once", host, err, want)
		}
	}
}

// With these variables alone a job can run: the resource group that they name is there, also after a reset.
func TestStartHasAResourceGroup(t *testing.T) {
	local, env := startLocal(t, azureemulator.StartOptions{})
	w := onWire(t, local.Server)
	for _, when := range []string{"at the start", "after a reset"} {
		got := w.arm("GET", "resourcegroups/"+env["PACIFIC_RESOURCE_GROUP"], "")
		if got.StatusCode != 200 || env["PACIFIC_RESOURCE_GROUP"] != "local" || !strings.Contains(got.text, `"location":"westeurope"`) {
			t.Errorf("%s: group %q: %d %s", when, env["PACIFIC_RESOURCE_GROUP"], got.StatusCode, got.text)
		}
		w.arm("DELETE", "resourcegroups/local", "")
		w.arm("PUT", "resourcegroups/other", `{"location":"eastus"}`)
		local.Server.Reset(t.Context())
	}
	if got := w.arm("GET", "resourcegroups/other", ""); got.StatusCode != 404 {
		t.Errorf("after a reset there is another group: %d", got.StatusCode)
	}
}

// Over the wire a poll waits for a whole second, which every SDK understands; in process it does not.
func TestRetryAfterOverTheWire(t *testing.T) {
	local, _ := startLocal(t, azureemulator.StartOptions{})
	own, _ := startLocal(t, azureemulator.StartOptions{Options: azureemulator.Options{Settings: []byte(`{"retryAfter":"1500ms"}`)}})
	for name, test := range map[string]struct {
		server *azureemulator.Server
		want   string
	}{
		"over the wire": {local.Server, "1 1000 1000"}, "in process": {start(t, azureemulator.Options{}), " 100 100"}, "by its settings": {own.Server, "2 1500 1500"},
	} {
		w := onWire(t, test.server)
		w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
		h := w.arm("DELETE", "resourcegroups/g", "").Header
		if got := h.Get("Retry-After") + " " + h.Get("Retry-After-Ms") + " " + h.Get("X-Ms-Retry-After-Ms"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		test.server.Reset(t.Context())
		if h := w.arm("GET", "resourcegroups", "").Header; h.Get("Retry-After") != "" {
			t.Errorf("%s: a final answer says Retry-After", name)
		}
	}
}

// --tunnel goes the way that the machine's own environment says.
func TestTunnelTakesTheOwnProxy(t *testing.T) {
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	own := map[string]string{"https_proxy": proxy.URL, "NO_PROXY": "direct.invalid"}
	_, env := startLocal(t, azureemulator.StartOptions{Tunnel: true, LookupEnv: func(name string) (string, bool) { v, ok := own[name]; return v, ok }})
	client := outsideClient(t, env)
	if _, err := client.Get("https://pypi.invalid"); err == nil || !strings.Contains(err.Error(), "407") {
		t.Errorf("got %v", err)
	}
	if got := <-asked; got != "CONNECT pypi.invalid:443" {
		t.Errorf("the proxy was asked for %s", got)
	}
	if _, err := client.Get("https://direct.invalid"); err == nil || len(asked) != 0 {
		t.Errorf("got %v, and the proxy was asked for a host of NO_PROXY", err)
	}
}

func TestEnvFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "azure.env")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := azureemulator.WriteEnvFile(path, []azureemulator.Variable{{"A", "1"}, {"B", "it's $HOME"}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(text), "export A='1'\nexport B='it'\\''s $HOME'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("%d files in the folder, want the one: %v", len(files), err)
	}
	if err := azureemulator.WriteEnvFile(filepath.Join(t.TempDir(), "no", "such", "folder"), nil); err == nil {
		t.Error("writing into a folder that is not there went well")
	}
}

// TestEnvFileInPlaceOfADevice names what a rename would destroy, by a link so that only the link is at risk here.
func TestEnvFileInPlaceOfADevice(t *testing.T) {
	for name, target := range map[string]string{"a device": os.DevNull, "a folder": t.TempDir()} {
		path := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(target, path); err != nil {
			t.Skip("no links here:", err)
		}
		if err := azureemulator.WriteEnvFile(path, nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Readlink(path); err != nil {
			t.Errorf("%s has been replaced: %v", name, err)
		}
	}
}

// TestStartLeavesNothing: the folder with the CA and az's state is gone, and the port is free.
func TestStartLeavesNothing(t *testing.T) {
	local, err := azureemulator.Start(t.Context(), azureemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	var folder string
	for _, v := range local.Environment() {
		if v.Name == "AZURE_CONFIG_DIR" {
			folder = filepath.Dir(v.Value)
		}
	}
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("the folder is not there while the emulator runs: %v", err)
	}
	address := strings.TrimPrefix(local.URL(), "http://")
	if err := errors.Join(local.Close(), local.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close the folder %s is still there: %v", folder, err)
	}
	again, err := azureemulator.Start(context.Background(), azureemulator.StartOptions{Listen: address})
	if err != nil {
		t.Fatalf("after Close the port is taken: %v", err)
	}
	again.Close()
}

func TestStartRefuses(t *testing.T) {
	local, _ := startLocal(t, azureemulator.StartOptions{})
	address := strings.TrimPrefix(local.URL(), "http://")
	tests := []struct {
		name string
		o    azureemulator.StartOptions
		want string
	}{
		{"a taken port", azureemulator.StartOptions{Listen: address}, "address already in use"},
		{"no port", azureemulator.StartOptions{Listen: "127.0.0.1"}, "missing port"},
		{"settings", azureemulator.StartOptions{Listen: "127.0.0.1:0", Options: azureemulator.Options{Settings: []byte(`{"latencies":{}}`)}}, "latencies"},
		{"an id", azureemulator.StartOptions{Listen: "127.0.0.1:0", Options: azureemulator.Options{TenantID: "me"}}, "not a GUID"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			local, err := azureemulator.Start(t.Context(), test.o)
			if err == nil {
				local.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
		})
	}
}
