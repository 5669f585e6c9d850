package storage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

const shares = in + "myaccount/fileServices/default/shares"

func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		create(t, c, "myaccount", minimal)
		for _, tt := range []struct {
			status             int
			method, path, body string
			want               []string
		}{
			{201, "PUT", "/one", `{"properties":{"shareQuota":10,"metadata":{"a":"b"}}}`, []string{
				`"name":"one"`, `"type":"Microsoft.Storage/storageAccounts/fileServices/shares"`, `"shareQuota":10`, `"metadata":{"a":"b"}`,
				`"enabledProtocols":"SMB"`, `"accessTier":"TransactionOptimized"`, `"etag":"\"0x`,
			}},
			{200, "PUT", "/one", `{"properties":{"accessTier":"cool"}}`, []string{`"accessTier":"Cool"`, `"shareQuota":10`}},
			{200, "PATCH", "/one", `{"properties":{"shareQuota":20}}`, []string{`"accessTier":"Cool"`, `"shareQuota":20`}},
			{200, "GET", "/one", "", []string{`"shareQuota":20`, shares + "/one"}},
			{201, "PUT", "/another", "{}", []string{`"shareQuota":5120`}},
			{200, "GET", "", "", []string{`"name":"another"`, `"name":"one"`}},
			{200, "DELETE", "/one", "", nil},
			{204, "DELETE", "/one", "", nil},
			{404, "GET", "/one", "", []string{"ResourceNotFound"}},
			{404, "PATCH", "/one", "{}", []string{"ResourceNotFound"}},
			{400, "PUT", "/No", "{}", []string{"ShareNameInvalid"}},
			{400, "PUT", "/new", `{"properties":{"shareQuota":0}}`, []string{"InvalidValuesForRequestParameters", "shareQuota"}},
			{400, "PUT", "/new", `{"properties":{"accessTier":"Tepid"}}`, []string{"InvalidValuesForRequestParameters", "accessTier"}},
			{400, "PUT", "/new", `{"properties":{"metadata":{"":"b"}}}`, []string{"InvalidValuesForRequestParameters", "metadata"}},
			{501, "PUT", "/new", `{"properties":{"enabledProtocols":"NFS"}}`, []string{"NotImplemented", "NFS"}},
		} {
			got := armtest.Call(c, tt.method, shares+tt.path, tt.body)
			if got.Code != tt.status {
				t.Errorf("%s %s %s: %d %s, want %d", tt.method, tt.path, tt.body, got.Code, got.Body, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.Body.String(), want) {
					t.Errorf("%s %s %s: no %s in %s", tt.method, tt.path, tt.body, want, got.Body)
				}
			}
		}
		if got := armtest.Call(c, "PUT", strings.Replace(shares, "myaccount", "nobody", 1)+"/one", "{}"); got.Code != 404 || !strings.Contains(got.Body.String(), "ParentResourceNotFound") {
			t.Errorf("a share without an account: %d %s", got.Code, got.Body)
		}
	})
}

// A share opens for a key of its account alone, and is gone with its account.
func TestOpenShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		create(t, c, "myaccount", minimal)
		armtest.Call(c, "PUT", shares+"/one", "{}")
		var k keys
		armtest.Call(c, "POST", in+"myaccount/listKeys", "").JSON(t, &k)
		good := arm.ShareKey{Account: "myaccount", Share: "one", Key: k.Keys[1].Value}
		folder, err := c.OpenShare(good)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused := func(want string, change func(*arm.ShareKey)) {
			t.Helper()
			bad := good
			change(&bad)
			if _, err := c.OpenShare(bad); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), bad.Key) {
				t.Errorf("got %v, want …%s", err, want)
			}
		}
		refused("no storage account another", func(k *arm.ShareKey) { k.Account = "another" })
		refused("has no share two", func(k *arm.ShareKey) { k.Share = "two" })
		refused("the key is none", func(k *arm.ShareKey) { k.Key = "c2VjcmV0" })
		armtest.Call(c, "PATCH", in+"myaccount", `{"properties":{"allowSharedKeyAccess":false}}`)
		refused("allows no shared keys", func(*arm.ShareKey) {})
		armtest.Call(c, "DELETE", in+"myaccount", "")
		refused("no storage account myaccount", func(*arm.ShareKey) {})
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("the share's file after its account: %v", err)
		}
	})
}
