package azureemulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// The official SDK signs in, makes a group and deletes it in fake time.
func TestSDK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, azureemulator.Options{Settings: []byte(`{"latency":{"operation":"1h"},"retryAfter":"1m"}`)})
		credential, options := sdk(t, s)
		groups, err := armresources.NewResourceGroupsClient(s.Account().SubscriptionID, credential, options)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		made, err := groups.CreateOrUpdate(ctx, "My-Group", armresources.ResourceGroup{Location: new("West Europe"), Tags: map[string]*string{"a": new("b")}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := "/subscriptions/" + s.Account().SubscriptionID + "/resourceGroups/My-Group"; *made.ID != want || *made.Location != "westeurope" || *made.Properties.ProvisioningState != "Succeeded" {
			t.Errorf("made %s in %s, %s; want %s", *made.ID, *made.Location, *made.Properties.ProvisioningState, want)
		}
		exists, err := groups.CheckExistence(ctx, "MY-GROUP", nil)
		if err != nil || !exists.Success {
			t.Errorf("exists: %v, %v", exists.Success, err)
		}
		began := time.Now()
		poller, err := groups.BeginDelete(ctx, "my-group", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := groups.Get(ctx, "my-group", nil); err != nil || *got.Properties.ProvisioningState != "Deleting" {
			t.Errorf("while it is deleted: %v, %v", got.Properties, err)
		}
		if _, err := poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("deleting took %s, want an hour", took)
		}
		exists, err = groups.CheckExistence(ctx, "my-group", nil)
		if err != nil || exists.Success {
			t.Errorf("after the delete: %v, %v", exists.Success, err)
		}
	})
}

func TestNewServerRefusals(t *testing.T) {
	tests := []struct {
		name    string
		options azureemulator.Options
		want    string
	}{
		{"tenant", azureemulator.Options{TenantID: "contoso"}, `TenantID "contoso" is not a GUID`},
		{"subscription", azureemulator.Options{SubscriptionID: "{7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02}"}, "SubscriptionID"},
		{"client", azureemulator.Options{ClientID: "x"}, "ClientID"},
		{"settings", azureemulator.Options{Settings: []byte(`{"latency":{"pul":"5s"}}`)}, "reading settings: latency.pul is not known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := azureemulator.NewServer(tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestSecretsAreNewAtEachStart(t *testing.T) {
	a, b := start(t, azureemulator.Options{}), start(t, azureemulator.Options{})
	if a.ControlToken() == b.ControlToken() || a.Account().ClientSecret == b.Account().ClientSecret || a.ControlToken() == "" || a.Account().ClientSecret == "" {
		t.Error("two starts share a secret")
	}
	if a.Account().SubscriptionID != b.Account().SubscriptionID || a.Account().TenantID != b.Account().TenantID || a.Account().ClientID != b.Account().ClientID {
		t.Error("the ids differ from start to start")
	}
	c := start(t, azureemulator.Options{ClientSecret: "s3cret", ControlToken: "t0ken"})
	if c.Account().ClientSecret != "s3cret" || c.ControlToken() != "t0ken" {
		t.Error("given secrets are not used")
	}
}

func TestHosts(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	tests := []struct {
		url    string
		status int
		code   string
	}{
		{"https://management.azure.com/subscriptions?api-version=2022-12-01", 200, ""},
		{"https://MANAGEMENT.azure.com:443/subscriptions?api-version=2022-12-01", 200, ""},
		{"https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.com/common/oauth2/v2.0/authorize", 200, ""},
		{"https://login.windows.net/" + s.Account().TenantID + "/v2.0/.well-known/openid-configuration", 200, ""},
		{"https://sts.windows.net/" + s.Account().TenantID + "/v2.0/.well-known/openid-configuration", 200, ""},
		{"http://localhost/_emulator/health", 200, ""},
		{"http://127.0.0.1:4280/_emulator/health", 200, ""},
		{"http://[::1]:4280/_emulator/health", 200, ""},
		{"http://host.docker.internal/_emulator/health", 200, ""},
		{"http://evil.example/_emulator/health", 421, "MisdirectedRequest"},
		{"http://10.1.2.3/_emulator/health", 421, "MisdirectedRequest"},
		{"https://management.azure.com/_emulator/health?api-version=2021-04-01", 404, "NotFound"},
		{"http://localhost/subscriptions?api-version=2022-12-01", 421, "MisdirectedRequest"},
		{"http://localhost/", 421, "MisdirectedRequest"},
		{"https://example.com/", 421, "MisdirectedRequest"},
		{"https://notmanagement.azure.com/", 421, "MisdirectedRequest"},
		{"https://evil.example/msi/token", 421, "MisdirectedRequest"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			got := w.send("GET", tt.url, "")
			if got.StatusCode != tt.status || got.code() != tt.code {
				t.Errorf("%d %q, want %d %q: %s", got.StatusCode, got.code(), tt.status, tt.code, got.text)
			}
		})
	}
	for host, want := range map[string]bool{
		"management.azure.com": true, "Login.MicrosoftOnline.com:443": true, "bridge-linux-07.westeurope.management.azurecontainer.io": true,
		"management.azurecontainer.io": false, "example.com": false, "localhost": false, "": false,
	} {
		if got := s.IsAzure(host); got != want {
			t.Errorf("IsAzure(%q) = %t", host, got)
		}
	}
}

// The identity endpoint refuses in its own words; that it is reached is all that this room is about.
func TestIdentityEndpointIsReached(t *testing.T) {
	s := start(t, azureemulator.Options{})
	got := onWire(t, s).send("GET", "http://127.0.0.1/msi/token?api-version=2019-08-01&resource=https://management.azure.com", "", "X-IDENTITY-HEADER", "wrong")
	if got.StatusCode/100 != 4 || got.StatusCode == http.StatusMisdirectedRequest || got.StatusCode == http.StatusNotFound {
		t.Errorf("%d: %s", got.StatusCode, got.text)
	}
	if got := s.Requests(0); got[len(got)-1].Operation != "ManagedIdentity_GetToken" {
		t.Errorf("logged as %+v", got[len(got)-1])
	}
}
