package azure_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/azure"
)

func TestClouds(t *testing.T) {
	tests := map[string]struct {
		names []string
		want  azure.Endpoints
	}{
		"public": {[]string{"", "public", "Public"}, azure.Endpoints{
			ResourceManager: "https://management.azure.com", Audience: "https://management.core.windows.net/",
			ActiveDirectory: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com",
			Suffixes: azure.Suffixes{Vault: "vault.azure.net", Registry: "azurecr.io", Containers: "management.azurecontainer.io", Storage: "core.windows.net"},
		}},
		"china": {[]string{"china"}, azure.Endpoints{
			ResourceManager: "https://management.chinacloudapi.cn", Audience: "https://management.core.chinacloudapi.cn/",
			ActiveDirectory: "https://login.chinacloudapi.cn", Graph: "https://microsoftgraph.chinacloudapi.cn",
			Suffixes: azure.Suffixes{Vault: "vault.azure.cn", Registry: "azurecr.cn", Containers: "management.azurecontainer.console.azure.cn", Storage: "core.chinacloudapi.cn"},
		}},
		"government": {[]string{"government", "GOVERNMENT"}, azure.Endpoints{
			ResourceManager: "https://management.usgovcloudapi.net", Audience: "https://management.core.usgovcloudapi.net/",
			ActiveDirectory: "https://login.microsoftonline.us", Graph: "https://graph.microsoft.us",
			Suffixes: azure.Suffixes{Vault: "vault.usgovcloudapi.net", Registry: "azurecr.us", Containers: "management.azurecontainer.console.azure.us", Storage: "core.usgovcloudapi.net"},
		}},
	}
	sdk := map[string]cloud.Configuration{"public": cloud.AzurePublic, "china": cloud.AzureChina, "government": cloud.AzureGovernment}
	for name, tt := range tests {
		for _, given := range tt.names {
			c, err := azure.NewCloud(t.Context(), azure.Options{Cloud: given})
			if err != nil {
				t.Fatal(err)
			}
			if c.Name() != name || c.Emulated() {
				t.Errorf("%q: got %q, emulated %v; want %q", given, c.Name(), c.Emulated(), name)
			}
			if diff := cmp.Diff(tt.want, c.Endpoints()); diff != "" {
				t.Errorf("%q: -want +got:\n%s", given, diff)
			}
			// The SDK knows the same.
			got, want := c.ARMOptions().Cloud, sdk[name]
			if got.Services[cloud.ResourceManager] != want.Services[cloud.ResourceManager] || got.ActiveDirectoryAuthorityHost+"/" != want.ActiveDirectoryAuthorityHost {
				t.Errorf("%q: got %+v, the SDK has %+v", given, got, want)
			}
		}
	}
}

func TestUnknownCloud(t *testing.T) {
	for _, name := range []string{"germany", "azure", "127.0.0.1:4280", "ftp://x", "http://", "public "} {
		_, err := azure.NewCloud(t.Context(), azure.Options{Cloud: name})
		if err == nil || !strings.Contains(err.Error(), "use public, china, government, or an emulator's http or https URL") || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want the valid ones", name, err)
		}
	}
}

func TestUserAgentAndHeaders(t *testing.T) {
	f := &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) { reply(w, 200, subscriptionsBody()) }}
	for application, want := range map[string]string{"pacific/1.2.3": "pacific/1.2.3 ", "": "pacific "} {
		c, err := azure.NewCloud(t.Context(), azure.Options{Transport: handlerTransport(f), Credential: secretCredential(), Application: application})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Subscriptions(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := f.last()
		if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, want) {
			t.Errorf("User-Agent %q, want it to open with %q", got, want)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer a-token" {
			t.Errorf("Authorization %q", got)
		}
	}
}

func TestOptionsAreCopies(t *testing.T) {
	c := newCloud(t, &fakeAzure{})
	c.ARMOptions().Cloud.Services[cloud.ResourceManager] = cloud.ServiceConfiguration{}
	c.ARMOptions().PerCallPolicies[0] = nil
	if o := c.ARMOptions(); o.Cloud.Services[cloud.ResourceManager].Endpoint == "" || o.PerCallPolicies[0] == nil {
		t.Error("one caller's change is seen by the next")
	}
	if len(c.ClientOptions().PerCallPolicies) >= len(c.ARMOptions().PerCallPolicies) {
		t.Error("other services wait for ARM's limits")
	}
	if !c.ARMOptions().DisableRPRegistration {
		t.Error("the SDK would register providers by itself")
	}
}

func TestPrincipal(t *testing.T) {
	principal := func(o azure.CredentialOptions) string {
		c, err := azure.NewCloud(t.Context(), azure.Options{Credential: o})
		if err != nil {
			t.Fatal(err)
		}
		return c.Principal()
	}
	if got := principal(azure.CredentialOptions{ClientID: "ABC"}); got != "abc" {
		t.Errorf("got %q, want the client id", got)
	}
	one, other := principal(azure.CredentialOptions{Method: azure.MethodAzureCLI}), principal(azure.CredentialOptions{TenantID: "t"})
	if one == "" || one == other {
		t.Errorf("got %q and %q, want two", one, other)
	}
}

func TestACloudPrintsNoSecret(t *testing.T) {
	c := newCloud(t, &fakeAzure{})
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "cloud", c)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", c, c, c, c), logged.String()} {
		if strings.Contains(shown, testSecret) || !strings.Contains(shown, "public") {
			t.Errorf("got %q, want the name and no secret", shown)
		}
	}
}
