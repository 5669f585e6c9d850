package vault_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

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
			{"a", `{"value":"x","tags":{"t":"` + strings.Repeat("é", 256) + `"}}`, 200},
			{"a", `{"value":"x","tags":{"t":"` + strings.Repeat("x", 257) + `"}}`, 400},
			{"a", `{"value":"x","tags":{"` + strings.Repeat("x", 257) + `":""}}`, 400},
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
