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
