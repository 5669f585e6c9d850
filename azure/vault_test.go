package azure_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/azure"
)

// withVault makes the vault kv-one with the secrets a and off, the second one disabled. allow lets us do everything with them.
func withVault(t *testing.T) (c *azure.Cloud, allow func(bool)) {
	t.Helper()
	server, options := emulated(t, "")
	c, err := azure.NewCloud(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	credential, err := c.Credential()
	if err != nil {
		t.Fatal(err)
	}
	account := server.Account()
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, c.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), "g", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{c.Endpoints().Audience + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Oid string }
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Token, ".")[1])
	if err != nil || json.Unmarshal(body, &claims) != nil {
		t.Fatal(err)
	}
	vaults, err := armkeyvault.NewVaultsClient(account.SubscriptionID, credential, c.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	allow = func(yes bool) {
		t.Helper()
		policies := []*armkeyvault.AccessPolicyEntry{}
		if yes {
			policies = append(policies, &armkeyvault.AccessPolicyEntry{
				TenantID: &account.TenantID, ObjectID: &claims.Oid,
				Permissions: &armkeyvault.Permissions{Secrets: []*armkeyvault.SecretPermissions{new(armkeyvault.SecretPermissionsGet), new(armkeyvault.SecretPermissionsSet)}},
			})
		}
		poller, err := vaults.BeginCreateOrUpdate(t.Context(), "g", "kv-one", armkeyvault.VaultCreateOrUpdateParameters{
			Location: new("westeurope"),
			Properties: &armkeyvault.VaultProperties{
				TenantID: &account.TenantID, SKU: &armkeyvault.SKU{Family: new(armkeyvault.SKUFamilyA), Name: new(armkeyvault.SKUNameStandard)},
				EnableRbacAuthorization: new(false), AccessPolicies: policies,
			},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	allow(true)
	secrets, err := azsecrets.NewClient("https://kv-one.vault.azure.net", credential, &azsecrets.ClientOptions{ClientOptions: c.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	for name, enabled := range map[string]bool{"a": true, "off": false} {
		_, err := secrets.SetSecret(t.Context(), name, azsecrets.SetSecretParameters{
			Value: new("hunter2"), SecretAttributes: &azsecrets.SecretAttributes{Enabled: new(enabled)},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	return c, allow
}

func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := withVault(t)
		for _, vault := range []string{"kv-one", "https://kv-one.vault.azure.net", "https://KV-one.vault.azure.net/"} {
			got, err := c.Secrets(t.Context(), azure.SecretsQuery{Vault: vault, Names: []string{"a"}, Optional: []string{"b"}})
			if err != nil || len(got) != 1 || got["a"] != "hunter2" {
				t.Errorf("%s: %d values, %v", vault, len(got), err)
			}
		}
		for name, says := range map[string]string{"b": "SecretNotFound", "off": "disabled"} {
			began := time.Now()
			_, err := c.Secrets(t.Context(), azure.SecretsQuery{Vault: "kv-one", Names: []string{name}})
			if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", name, err)
			}
			if waited := time.Since(began); waited > time.Minute {
				t.Errorf("%s: waited %s for what does not change", name, waited)
			}
		}
	})
}

// TestSecretsWaitForTheRight: a right that comes late is waited for, one that never comes for ten minutes.
func TestSecretsWaitForTheRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, allow := withVault(t)
		allow(false)
		var waits []azure.Wait
		query := azure.SecretsQuery{Vault: "kv-one", Names: []string{"a"}, Waiting: func(w azure.Wait) { waits = append(waits, w) }}
		granted := make(chan struct{})
		go func() {
			defer close(granted)
			time.Sleep(5 * time.Minute)
			allow(true)
		}()
		got, err := c.Secrets(t.Context(), query)
		<-granted
		if err != nil || got["a"] != "hunter2" || len(waits) == 0 || !strings.Contains(waits[0].For, "right") {
			t.Errorf("%d values, %v, %v", len(got), err, waits)
		}
		allow(false)
		began := time.Now()
		_, err = c.Secrets(t.Context(), query)
		e := azure.Explain(err)
		if e == nil || e.Status != 403 || e.Hint() == "" {
			t.Errorf("without the right: %v", err)
		}
		if waited := time.Since(began); waited < 10*time.Minute || waited > 11*time.Minute {
			t.Errorf("waited %s", waited)
		}
	})
}

// TestVaultURL: what is no vault's address is refused before a token is sent there.
func TestVaultURL(t *testing.T) {
	c, err := azure.NewCloud(t.Context(), azure.Options{Cloud: "china"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.VaultURL("kv-one"); err != nil || got != "https://kv-one.vault.azure.cn" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, vault := range []string{
		"", "k", "1kv", "kv_one", strings.Repeat("k", 25), "http://kv-one.vault.azure.cn", "https://kv-one.vault.azure.net", "https://example.com",
		"https://me:hunter2@kv-one.vault.azure.cn", "https://kv-one.vault.azure.cn/secrets/a", "kv-one.vault.azure.cn", "https://vault.azure.cn.example.com",
	} {
		got, err := c.VaultURL(vault)
		if _, ok := errors.AsType[*azure.VaultError](err); !ok || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %q, %v", vault, got, err)
		}
	}
}
