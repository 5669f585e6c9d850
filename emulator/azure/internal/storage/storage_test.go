package storage_test

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage"
)

const in = armtest.Sub + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/"

func newCore(t *testing.T) *arm.Core {
	t.Helper()
	c, folder := armtest.NewCore(t, ""), t.TempDir()
	storage.Register(c, storage.Options{Folder: func() (string, error) { return folder, nil }})
	armtest.Group(t, c, "g")
	armtest.Group(t, c, "h")
	return c
}

const minimal = `{"location":"East US","kind":"storagev2","sku":{"name":"standard_lrs"}}`

// create makes an account and waits for it.
func create(t *testing.T, c *arm.Core, name, body string) map[string]any {
	t.Helper()
	got := armtest.Call(c, "PUT", in+name, body)
	if got.Code != 202 || got.Body.Len() > 0 {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	synctest.Wait()
	done := armtest.Call(c, "GET", strings.TrimPrefix(got.Header().Get("Location"), "https://management.azure.com"), "")
	var account map[string]any
	done.JSON(t, &account)
	if done.Code != 200 {
		t.Fatalf("%d %s", done.Code, done.Body)
	}
	return account
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		made := create(t, c, "myaccount", `{"location":"eastus","kind":"StorageV2","sku":{"name":"Standard_LRS"},"tags":{"a":"b"},"identity":{"type":"SystemAssigned"},
			"properties":{"AccessTier":"cool","allowSharedKeyAccess":true,"provisioningState":"Mine","networkAcls":{"defaultAction":"Deny","ipRules":[]}}}`)
		got := armtest.Call(c, "GET", strings.ToUpper(in)+"myaccount", "")
		var now map[string]any
		got.JSON(t, &now)
		text, _ := json.Marshal(made)
		again, _ := json.Marshal(now)
		if string(text) != string(again) {
			t.Errorf("the operation's end %s is not the account %s", text, again)
		}
		for _, want := range []string{`"accessTier":"Cool"`, `"allowSharedKeyAccess":true`, `"provisioningState":"Succeeded"`, `"defaultAction":"Deny"`, `"minimumTlsVersion":"TLS1_0"`,
			`"blob":"https://myaccount.blob.core.windows.net/"`, `"sku":{"name":"Standard_LRS","tier":"Standard"}`, `"tags":{"a":"b"}`, `"principalId":"`} {
			if !strings.Contains(string(again), want) {
				t.Errorf("no %s in %s", want, again)
			}
		}
		if strings.Contains(string(again), `"AccessTier"`) || strings.Contains(string(again), `"value"`) {
			t.Errorf("a setting twice, or a key: %s", again)
		}
		if got := armtest.Call(c, "PATCH", in+"myaccount", `{"properties":{"accessTier":"Hot"},"sku":{"name":"Standard_ZRS"}}`); got.Code != 200 ||
			!strings.Contains(got.Body.String(), `"accessTier":"Hot"`) || !strings.Contains(got.Body.String(), "Standard_ZRS") || !strings.Contains(got.Body.String(), `"a":"b"`) {
			t.Errorf("%d %s", got.Code, got.Body)
		}
		if got := armtest.Call(c, "PUT", in+"myaccount", minimal); got.Code != 200 || !strings.Contains(got.Body.String(), "Standard_LRS") {
			t.Errorf("%d %s", got.Code, got.Body)
		}
		for _, list := range []string{in[:len(in)-1], armtest.Sub + "/providers/Microsoft.Storage/storageAccounts"} {
			if got := armtest.Call(c, "GET", list, ""); strings.Count(got.Body.String(), `"kind"`) != 1 {
				t.Errorf("%s: %d %s", list, got.Code, got.Body)
			}
		}
		for _, want := range []int{200, 204} {
			if got := armtest.Call(c, "DELETE", in+"myaccount", ""); got.Code != want {
				t.Errorf("%d %s", got.Code, got.Body)
			}
		}
		if _, ok := c.Directory.Identity(in + "myaccount"); ok {
			t.Error("the account's principal outlives it")
		}
		create(t, c, "myaccount", minimal)
		c.Reset(t.Context())
		armtest.Group(t, c, "g")
		create(t, c, "myaccount", minimal)
	})
}

type keys struct {
	Keys []struct{ KeyName, Value, Permissions string }
}

func TestKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		create(t, c, "myaccount", minimal)
		var before, after, listed keys
		armtest.Call(c, "POST", in+"myaccount/listKeys", "").JSON(t, &before)
		armtest.Call(c, "POST", in+"myaccount/regenerateKey", `{"keyName":"key2"}`).JSON(t, &after)
		armtest.Call(c, "POST", in+"myaccount/listkeys", "").JSON(t, &listed)
		if len(before.Keys) != 2 || len(before.Keys[0].Value) != 88 || before.Keys[0].KeyName != "key1" || before.Keys[1].Permissions != "FULL" {
			t.Fatalf("%d keys", len(before.Keys))
		}
		if after.Keys[0] != before.Keys[0] || after.Keys[1] == before.Keys[1] || listed.Keys[1] != after.Keys[1] {
			t.Error("another key has changed than the second")
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		create(t, c, "there", minimal)
		other := strings.Replace(in, "/g/", "/h/", 1)
		for _, tt := range []struct {
			status                   int
			code, method, path, body string
		}{
			{404, "ResourceNotFound", "GET", in + "none", ""},
			{404, "ResourceNotFound", "PATCH", in + "none", "{}"},
			{404, "ResourceNotFound", "POST", in + "none/listKeys", ""},
			{400, "AccountNameInvalid", "PUT", in + "ab", minimal},
			{400, "AccountNameInvalid", "PUT", in + "My-account", minimal},
			{400, "LocationRequired", "PUT", in + "new", `{}`},
			{400, "InvalidValuesForRequestParameters", "PUT", in + "new", `{"location":"eastus","kind":"StorageV2"}`},
			{400, "InvalidValuesForRequestParameters", "PUT", in + "new", `{"location":"eastus","sku":{"name":"Standard_LRS"}}`},
			{400, "InvalidValuesForRequestParameters", "PUT", in + "new", strings.Replace(minimal, "standard_lrs", "Golden", 1)},
			{400, "InvalidValuesForRequestParameters", "PATCH", in + "there", `{"properties":{"accessTier":"Tepid"}}`},
			{400, "InvalidValuesForRequestParameters", "PATCH", in + "there", `{"properties":{"accessTier":5}}`},
			{400, "InvalidValuesForRequestParameters", "PUT", in + "new", strings.Replace(minimal, `{`, `{"properties":{"accessTier":["Hot"]},`, 1)},
			{400, "InvalidValuesForRequestParameters", "POST", in + "there/regenerateKey", `{"keyName":"key3"}`},
			{400, "ReservedTagNamePrefix", "PATCH", in + "there", `{"tags":{"azure-x":"y"}}`},
			{409, "InvalidResourceLocation", "PUT", in + "there", strings.Replace(minimal, "East US", "westeurope", 1)},
			{409, "StorageAccountInAnotherResourceGroup", "PUT", other + "there", minimal},
		} {
			got := armtest.Call(c, tt.method, tt.path, tt.body)
			if code, _ := got.Fault(); got.Code != tt.status || code != tt.code {
				t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, got.Code, got.Body, tt.status, tt.code)
			}
		}
		for range 50 { // of several mistakes the same one is named each time
			if got := armtest.Call(c, "PUT", in+"new", `{"location":"eastus"}`); !strings.Contains(got.Body.String(), "invalid: sku.") {
				t.Fatalf("%s", got.Body)
			}
		}
		for name, want := range map[string]string{"free123": "", "there": "AlreadyExists", "No": "AccountNameInvalid"} {
			var status struct {
				NameAvailable bool
				Reason        string
			}
			armtest.Call(c, "POST", armtest.Sub+"/providers/Microsoft.Storage/checkNameAvailability", `{"name":"`+name+`","type":"Microsoft.Storage/storageAccounts"}`).JSON(t, &status)
			if status.NameAvailable != (want == "") || status.Reason != want {
				t.Errorf("%s: %+v", name, status)
			}
		}
	})
}

// The hosts of an account are there as long as it is, and all but that of blobs say that they store nothing.
func TestEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		if _, ok := c.Host("there.queue.core.windows.net"); ok {
			t.Error("a host without an account")
		}
		create(t, c, "there", minimal)
		h, ok := c.Host("there.queue.core.windows.net:443")
		if !ok {
			t.Fatal("no host")
		}
		got := httptest.NewRecorder()
		h.ServeHTTP(got, httptest.NewRequest("GET", "https://there.queue.core.windows.net/c/b", nil))
		text, _ := io.ReadAll(got.Body)
		if got.Code != 501 || got.Header().Get("X-Ms-Error-Code") != "NotImplemented" || !strings.Contains(string(text), "<Code>NotImplemented</Code>") {
			t.Errorf("%d %s", got.Code, text)
		}
	})
}
