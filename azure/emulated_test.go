package azure_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

func emulated(t *testing.T, settings string) (*azureemulator.Server, azure.Options) {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	account := server.Account()
	return server, azure.Options{Transport: apispec.FromEnv(t).Transport(t, server.Transport()), Credential: azure.CredentialOptions{
		TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}}
}

// TestAgainstTheEmulator signs in and asks for what doctor wants to know.
func TestAgainstTheEmulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, options := emulated(t, "")
		for _, name := range []string{"", "http://127.0.0.1:4280"} {
			options.Cloud = name
			c, err := azure.NewCloud(t.Context(), options)
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			found, err := c.Subscription(t.Context(), "")
			if err != nil || found.ID != server.Account().SubscriptionID || found.TenantID != server.Account().TenantID {
				t.Fatalf("%q: got %+v, %v", name, found, err)
			}
			p, err := c.Provider(t.Context(), found.ID, "Microsoft.ContainerInstance")
			if err != nil || !p.Registered() || len(p.Locations["containerGroups"]) == 0 {
				t.Errorf("%q: got %+v, %v", name, p, err)
			}
			_, err = c.ResourceGroup(t.Context(), found.ID, "none")
			if e := azure.Explain(err); e == nil || e.Class != azure.ClassNotFound || e.Code != "ResourceGroupNotFound" || e.RequestID == "" {
				t.Errorf("%q: got %v, want not found with a request id", name, err)
			}
			c.CloseIdleConnections()
		}
	})
}

func TestWrongSecretAtTheEmulator(t *testing.T) {
	_, options := emulated(t, "")
	options.Credential.ClientSecret = "wrong"
	c, err := azure.NewCloud(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Subscriptions(t.Context())
	e := azure.Explain(err)
	if e == nil || e.Class != azure.ClassAuthentication || e.Code != "AADSTS7000215" || !strings.Contains(e.Hint(), "secret") {
		t.Errorf("got %v, want the wrong secret named", err)
	}
}

// TestUnderTheEmulatorsThrottle: both sides count alone, by the same rules of ARM; so we wait, and
// never see a 429.
func TestUnderTheEmulatorsThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, options := emulated(t, `{"throttle":{"enabled":true}}`)
		c, err := azure.NewCloud(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseIdleConnections()
		for i := range 300 {
			if _, err := c.Provider(t.Context(), server.Account().SubscriptionID, "Microsoft.ContainerInstance"); err != nil {
				t.Fatalf("read %d: %v", i, err)
			}
		}
	})
}
