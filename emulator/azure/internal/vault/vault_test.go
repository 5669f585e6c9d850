package vault_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/vault"
)

const (
	inGroup  = armtest.Sub + "/resourceGroups/g/providers/Microsoft.KeyVault/vaults/"
	roles    = `{"location":"eastus","properties":{"tenantId":"` + armtest.Tenant + `","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true}}`
	policies = `{"location":"eastus","properties":{"tenantId":"` + armtest.Tenant + `","sku":{"family":"A","name":"standard"},"accessPolicies":[]}}`
	version  = "?api-version=2023-07-01"
)

// asked are the questions that the core's authorisation was asked.
type asked struct{ list []arm.Access }

// setup is a core with vaults and a resource group g; the caller may do everything but what deny names.
func setup(t *testing.T, settings string, deny ...string) (*arm.Core, *asked) {
	t.Helper()
	c := armtest.NewCore(t, settings)
	vault.Register(c)
	questions := &asked{}
	c.Verify = func(_ context.Context, token string, audiences ...string) (*arm.Principal, error) {
		if token != "good" || !slices.Contains(audiences, "https://vault.azure.net") {
			return nil, arm.InvalidToken("It is not for vaults.")
		}
		return &arm.Principal{ObjectID: "object", AppID: "application"}, nil
	}
	c.Authorize = func(_ context.Context, a arm.Access) error {
		questions.list = append(questions.list, a)
		if slices.Contains(deny, a.Action) {
			return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
		}
		return nil
	}
	armtest.Group(t, c, "g")
	return c, questions
}

func put(t *testing.T, c *arm.Core, name, body string, want int) armtest.Reply {
	t.Helper()
	got := armtest.Call(c, "PUT", inGroup+name+version, body)
	if got.Code != want {
		t.Fatalf("PUT %s: %d %s, want %d", name, got.Code, got.Body, want)
	}
	return got
}

type vaultJSON struct {
	Tags       map[string]string
	Properties struct {
		VaultURI, ProvisioningState string
		EnableRbacAuthorization     bool
	}
}

// A vault's host and the slash of its address come when its name is registered.
func TestRegistering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, `{"latency":{"operation":"20s"},"retryAfter":"2s"}`)
		first := put(t, c, "V-one", roles, 200)
		shown := func(got armtest.Reply) (v vaultJSON) { got.JSON(t, &v); return v }
		if v := shown(first); v.Properties.ProvisioningState != "RegisteringDns" || v.Properties.VaultURI != "https://v-one.vault.azure.net" || v.Tags == nil {
			t.Errorf("%+v", v)
		}
		if got := armtest.Call(c, "GET", inGroup+"v-one"+version, ""); got.Header().Get("Retry-After") == "" || shown(got).Properties.ProvisioningState != "RegisteringDns" {
			t.Errorf("%v %s", got.Header(), got.Body)
		}
		if _, ok := c.Host("v-one.vault.azure.net"); ok {
			t.Error("the host is there too early")
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if v := shown(armtest.Call(c, "GET", inGroup+"v-one"+version, "")); v.Properties.ProvisioningState != "Succeeded" || v.Properties.VaultURI != "https://v-one.vault.azure.net/" {
			t.Errorf("%+v", v)
		}
		if _, ok := c.Host("v-one.vault.azure.net"); !ok {
			t.Error("the host is not there")
		}
	})
}

// A fault can end the making of a vault, which a second PUT mends.
func TestFailedVault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"Vaults_CreateOrUpdate"},"times":1,"effect":{"provisioningState":"Failed"}}`)); err != nil {
			t.Fatal(err)
		}
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		if got := armtest.Call(c, "GET", inGroup+"v-one"+version, ""); !strings.Contains(got.Body.String(), `"Failed"`) {
			t.Errorf("%s", got.Body)
		}
		if got := put(t, c, "v-one", roles, 200); !strings.Contains(got.Body.String(), `"Succeeded"`) {
			t.Errorf("%s", got.Body)
		}
		if _, ok := c.Host("v-one.vault.azure.net"); !ok {
			t.Error("the host is not there")
		}
	})
}

// Who may only write to a vault cannot give itself its secrets by changing how access is decided.
func TestChangeOfPermissionModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "", "Microsoft.Authorization/roleAssignments/write")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		put(t, c, "v-one", roles, 200)
		without := strings.Replace(roles, `"enableRbacAuthorization":true`, `"enableRbacAuthorization":false,"accessPolicies":[]`, 1)
		if code, _ := put(t, c, "v-one", without, 403).Fault(); code != "AuthorizationFailed" {
			t.Errorf("code %s", code)
		}
		if got := armtest.Call(c, "PATCH", inGroup+"v-one"+version, `{"properties":{"enableRbacAuthorization":false}}`); got.Code != 403 {
			t.Errorf("PATCH: %d %s", got.Code, got.Body)
		}
	})
}

// New vaults that say nothing go by roles from an api-version on.
func TestDefaultPermissionModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		for version, want := range map[string]bool{"2023-07-01": false, "2025-05-01": false, "2026-02-01": true} {
			var v vaultJSON
			got := armtest.Call(c, "PUT", inGroup+"v-"+version+"?api-version="+version, policies)
			if got.JSON(t, &v); got.Code != 200 || v.Properties.EnableRbacAuthorization != want {
				t.Errorf("%s: %d %s", version, got.Code, got.Body)
			}
		}
		synctest.Wait()
	})
}

// A vault's name is its own in all of Azure, and its group's end is not its own.
func TestNamesAndGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		armtest.Group(t, c, "other")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		other := armtest.Sub + "/resourceGroups/other/providers/Microsoft.KeyVault/vaults/V-ONE" + version
		if got := armtest.Call(c, "PUT", other, roles); got.Code != 409 || !strings.Contains(got.Body.String(), "VaultAlreadyExists") {
			t.Errorf("in another group: %d %s", got.Code, got.Body)
		}
		put(t, c, "v-one", strings.Replace(roles, "eastus", "westeurope", 1), 409)
		if w := data(t, c, "PUT", "/secrets/a", `{"value":"x"}`); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if got := armtest.Call(c, "DELETE", armtest.Sub+"/resourcegroups/g", ""); got.Code != 202 {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
		synctest.Wait()
		if _, ok := c.Group("g"); ok {
			t.Error("the group is still there")
		}
		recover := strings.Replace(roles, `"enable`, `"createMode":"recover","enable`, 1)
		if got := armtest.Call(c, "PUT", other, recover); got.Code != 409 {
			t.Errorf("recovering elsewhere: %d %s", got.Code, got.Body)
		}
		armtest.Group(t, c, "g")
		put(t, c, "v-one", recover, 200)
		if w := data(t, c, "GET", "/secrets/a", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"value":"x"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, path := range []string{"/resources", "/resourceGroups/g/resources"} {
			if got := armtest.Call(c, "GET", armtest.Sub+path, ""); strings.Contains(got.Body.String(), "/secrets/a") || !strings.Contains(got.Body.String(), "/vaults/v-one") {
				t.Errorf("%s: %s", path, got.Body)
			}
		}
		c.Reset(t.Context())
		if _, ok := c.Host("v-one.vault.azure.net"); ok {
			t.Error("the host is there after a reset")
		}
	})
}

// Which right each operation of Azure Resource Manager asks for, and where.
func TestActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, questions := setup(t, "")
		const deleted = armtest.Sub + "/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/v-one"
		for _, row := range []struct {
			method, path, body, action, scope string
			status                            int
		}{
			{"PUT", inGroup + "v-one", roles, "vaults/write", inGroup + "v-one", 200},
			{"GET", inGroup + "v-one", "", "vaults/read", inGroup + "v-one", 200},
			{"PATCH", inGroup + "v-one", `{"tags":{"a":"b"}}`, "vaults/write", inGroup + "v-one", 200},
			{"PUT", inGroup + "v-one/accessPolicies/add", `{"properties":{"accessPolicies":[]}}`, "vaults/accessPolicies/write", "", 200},
			{"PUT", inGroup + "v-one/accessPolicies/forget", `{"properties":{"accessPolicies":[]}}`, "vaults/accessPolicies/write", "", 400},
			{"PUT", inGroup + "v-one/secrets/a", `{"properties":{"value":"x"}}`, "vaults/secrets/write", inGroup + "v-one/secrets/a", 201},
			{"PUT", inGroup + "v-one/secrets/a", `{"properties":{"value":"x"}}`, "vaults/secrets/write", inGroup + "v-one/secrets/a", 200},
			{"PUT", inGroup + "v-one/secrets/a", `{"properties":{}}`, "vaults/secrets/write", inGroup + "v-one/secrets/a", 400},
			{"PUT", inGroup + "v-one/secrets/a_b", `{"properties":{"value":"x"}}`, "vaults/secrets/write", "", 400},
			{"GET", inGroup + "v-one/secrets/a", "", "vaults/secrets/read", inGroup + "v-one/secrets/a", 200},
			{"GET", inGroup + "v-one/secrets/b", "", "vaults/secrets/read", "", 404},
			{"GET", inGroup + "v-one/secrets", "", "vaults/secrets/read", "", 200},
			{"POST", armtest.Sub + "/providers/Microsoft.KeyVault/checkNameAvailability", `{"name":"x--y","type":"Microsoft.KeyVault/vaults"}`, "checkNameAvailability/read", "", 200},
			{"DELETE", inGroup + "v-one", "", "vaults/delete", inGroup + "v-one", 200},
			{"DELETE", inGroup + "v-one", "", "vaults/delete", "", 204},
			{"GET", armtest.Sub + "/providers/Microsoft.KeyVault/deletedVaults", "", "deletedVaults/read", "", 200},
			{"GET", deleted, "", "locations/deletedVaults/read", deleted, 200},
			{"GET", strings.Replace(deleted, "eastus", "westus2", 1), "", "locations/deletedVaults/read", "", 404},
			{"POST", deleted + "/purge", "", "locations/deletedVaults/purge/action", deleted, 202},
			{"GET", armtest.Sub + "/providers/Microsoft.KeyVault/deletedManagedHSMs", "", "deletedManagedHSMs/read", "", 200},
		} {
			questions.list = nil
			got := armtest.Call(c, row.method, row.path+version, row.body)
			synctest.Wait()
			if got.Code != row.status {
				t.Errorf("%s %s: %d %s", row.method, row.path, got.Code, got.Body)
			}
			if a := questions.list; len(a) == 0 || a[0].Action != "Microsoft.KeyVault/"+row.action || a[0].Data || row.scope != "" && a[0].Scope.String() != row.scope {
				t.Errorf("%s %s asks for %+v, want %s at %s", row.method, row.path, a, row.action, row.scope)
			}
		}
		if got := armtest.Call(c, "GET", "/providers/Microsoft.KeyVault/operations"+version, ""); !strings.Contains(got.Body.String(), `"Microsoft.KeyVault/vaults/secrets/getSecret/action","isDataAction":true`) {
			t.Errorf("operations: %s", got.Body)
		}
	})
}
