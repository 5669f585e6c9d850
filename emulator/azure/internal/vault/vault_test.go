package vault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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

// data sends a request to the host of vault v.
func data(t *testing.T, c *arm.Core, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	h, ok := c.Host("v-one.vault.azure.net:443")
	if !ok {
		t.Fatal("no host")
	}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	r := httptest.NewRequest(method, "https://v-one.vault.azure.net"+path+sep+"api-version=7.4", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
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

// Which right each operation of the host asks for, and where.
func TestDataActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, questions := setup(t, "")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		for _, row := range []struct{ method, path, body, action, scope string }{
			{"PUT", "/secrets/a", `{"value":"x"}`, "setSecret/action", "/secrets/a"},
			{"GET", "/secrets/a", "", "getSecret/action", "/secrets/a"},
			{"GET", "/secrets/a/0123", "", "getSecret/action", "/secrets/a"},
			{"PATCH", "/secrets/a/", `{"contentType":"x"}`, "update/action", "/secrets/a"},
			{"GET", "/secrets/a/versions", "", "readMetadata/action", "/secrets/a"},
			{"GET", "/secrets", "", "readMetadata/action", ""},
			{"POST", "/secrets/a/backup", "", "backup/action", "/secrets/a"},
			{"POST", "/secrets/restore", `{"value":"x"}`, "restore/action", ""},
			{"DELETE", "/secrets/a", "", "delete", "/secrets/a"},
			{"GET", "/deletedsecrets", "", "readMetadata/action", ""},
			{"GET", "/deletedsecrets/a", "", "readMetadata/action", "/secrets/a"},
			{"POST", "/deletedsecrets/a/recover", "", "recover/action", "/secrets/a"},
			{"DELETE", "/deletedsecrets/a", "", "purge/action", "/secrets/a"},
		} {
			questions.list = nil
			data(t, c, row.method, row.path, row.body)
			want := fmt.Sprintf("Microsoft.KeyVault/vaults/secrets/%s true %sv-one%s", row.action, inGroup, row.scope)
			var got []string
			for _, a := range questions.list {
				got = append(got, fmt.Sprintf("%s %v %s", a.Action, a.Data, a.Scope))
			}
			if len(got) != 1 || got[0] != want {
				t.Errorf("%s %s asks for %v, want %s", row.method, row.path, got, want)
			}
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

// A list that changes between two pages neither repeats nor hides the secrets that stay.
func TestPagesOfChangingLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		set := func(names ...string) {
			for _, name := range names {
				if w := data(t, c, "PUT", "/secrets/"+name, `{"value":"x"}`); w.Code != 200 {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		}
		set("b", "D", "f", "h")
		page := func(query string) (names []string, next string) {
			w := data(t, c, "GET", "/secrets?maxresults=2"+query, "")
			var body struct {
				Value    []struct{ ID string }
				NextLink *string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			for _, item := range body.Value {
				names = append(names, item.ID[strings.LastIndexByte(item.ID, '/')+1:])
			}
			if body.NextLink == nil {
				return names, ""
			}
			_, token, _ := strings.Cut(*body.NextLink, "skiptoken=")
			if !strings.HasPrefix(*body.NextLink, "https://v-one.vault.azure.net:443/secrets?") {
				t.Errorf("next: %s", *body.NextLink)
			}
			token, _, _ = strings.Cut(token, "&")
			return names, token
		}
		first, next := page("")
		data(t, c, "DELETE", "/secrets/d", "")
		set("a", "e")
		second, next2 := page("&$skiptoken=" + next)
		third, last := page("&$skiptoken=" + next2)
		if got := fmt.Sprint(first, second, third); got != "[b D] [e f] [h]" || last != "" {
			t.Errorf("%s, %q", got, last)
		}
	})
}

// Faults find the operations of the host by the names of Microsoft's API files.
func TestFaultsOfTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		data(t, c, "PUT", "/secrets/a", `{"value":"x"}`)
		if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"GetSecret"},"times":1,"effect":{"status":429,"code":"Throttled","retryAfter":"2s"}}`)); err != nil {
			t.Fatal(err)
		}
		if w := data(t, c, "GET", "/secrets/a", ""); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := data(t, c, "GET", "/secrets/a", ""); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// Another service reads secrets in process, as its own caller.
func TestInProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, questions := setup(t, "")
		put(t, c, "v-one", roles, 200)
		synctest.Wait()
		data(t, c, "PUT", "/secrets/a", `{"value":"x"}`)
		questions.list = nil
		client := http.Client{Transport: c.Transport(&arm.Principal{ObjectID: "identity", AppID: "i"})}
		res, err := client.Get("https://v-one.vault.azure.net/secrets/a?api-version=7.4")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || len(questions.list) != 1 || questions.list[0].Principal.ObjectID != "identity" {
			t.Errorf("%d, asked %+v", res.StatusCode, questions.list)
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

// Limits of what a secret can hold, and of how long a deleted one is kept.
func TestSecretLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := setup(t, "")
		put(t, c, "v-one", strings.Replace(roles, `"enable`, `"softDeleteRetentionInDays":7,"enable`, 1), 200)
		synctest.Wait()
		tags := func(n int) string {
			var list []string
			for i := range n {
				list = append(list, fmt.Sprintf(`"t%d":"v"`, i))
			}
			return `{"value":"x","tags":{` + strings.Join(list, ",") + `}}`
		}
		for _, row := range []struct {
			name, body string
			want       int
		}{
			{"a", `{"value":"` + strings.Repeat("x", 25600) + `"}`, 200},
			{"a", `{"value":"` + strings.Repeat("x", 25601) + `"}`, 400},
			{"a", `{"value":"x","contentType":"` + strings.Repeat("x", 255) + `"}`, 200},
			{"a", `{"value":"x","contentType":"` + strings.Repeat("x", 256) + `"}`, 400},
			{"a", tags(15), 200},
			{"a", tags(16), 400},
			{strings.Repeat("n", 127), `{"value":""}`, 200},
			{strings.Repeat("n", 128), `{"value":""}`, 400},
			{"a.b", `{"value":"x"}`, 400},
		} {
			if w := data(t, c, "PUT", "/secrets/"+row.name, row.body); w.Code != row.want {
				t.Errorf("%.20s %.60s: %d %.200s, want %d", row.name, row.body, w.Code, w.Body, row.want)
			}
		}
		if w := data(t, c, "DELETE", "/secrets/a", ""); !strings.Contains(w.Body.String(), `"recoveryLevel":"CustomizedRecoverable+Purgeable"`) {
			t.Errorf("%s", w.Body)
		}
		time.Sleep(7*24*time.Hour - time.Minute)
		if w := data(t, c, "GET", "/deletedsecrets/a", ""); w.Code != 200 {
			t.Errorf("just before its time: %d %s", w.Code, w.Body)
		}
		time.Sleep(2 * time.Minute)
		if w := data(t, c, "GET", "/deletedsecrets/a", ""); w.Code != 404 {
			t.Errorf("after its time: %d %s", w.Code, w.Body)
		}
		if w := data(t, c, "PUT", "/secrets/a", `{"value":"new"}`); w.Code != 200 {
			t.Errorf("its name: %d %s", w.Code, w.Body)
		}
	})
}
