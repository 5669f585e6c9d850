package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestApplicationLifecycle(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		made := w.call(201, "POST", "/applications", `{"displayName":"my app","keyCredentials":[],"identifierUris":["api://mine"],"web":{"redirectUris":["https://x"]}}`)
		id, appID := text(made, "id"), text(made, "appId")
		if len(id) != 36 || len(appID) != 36 || id == appID || text(made, "signInAudience") != "AzureADMyOrg" || !strings.HasSuffix(text(made, "@odata.context"), "#applications/$entity") {
			w.Fatalf("made: %v", made)
		}
		for _, path := range []string{"/applications/" + id, "/applications(appId='" + appID + "')", "/applications/" + strings.ToUpper(id)} {
			got := w.call(200, "GET", path, "")
			if text(got, "id") != id || fmt.Sprint(got["web"]) != "map[redirectUris:[https://x]]" || fmt.Sprint(got["passwordCredentials"]) != "[]" {
				w.Errorf("%s: %v", path, got)
			}
		}
		w.call(204, "PATCH", "/applications/"+id, `{"displayName":"renamed"}`)
		if got := w.call(200, "GET", "/applications/"+id+"?$select=displayName,appId", ""); text(got, "displayName") != "renamed" || text(got, "appId") != appID || got["web"] != nil {
			w.Errorf("after the change: %v", got)
		}
		principal := w.call(201, "POST", "/servicePrincipals", `{"appId":"`+appID+`","accountEnabled":true}`)
		w.call(204, "DELETE", "/applications/"+id, "")
		for _, path := range []string{"/applications/" + id, "/servicePrincipals/" + text(principal, "id")} {
			if code := w.refused(404, "GET", path, ""); code != "Request_ResourceNotFound" {
				w.Errorf("%s: code %s", path, code)
			}
		}
		w.refused(404, "DELETE", "/applications/"+id, "")
	})
}

func TestUpsert(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		const path = "/applications(uniqueName='pool%20one')"
		w.refused(404, "PATCH", path, `{"displayName":"x"}`)
		made := w.call(201, "PATCH", path, `{"displayName":"x"}`, "Prefer", "create-if-missing")
		w.call(204, "PATCH", path, `{"displayName":"y"}`, "Prefer", "create-if-missing")
		got := w.call(200, "GET", path, "")
		if text(got, "id") != text(made, "id") || text(got, "displayName") != "y" || text(got, "uniqueName") != "pool one" {
			w.Errorf("got %v", got)
		}
		w.refused(400, "PATCH", "/applications/"+text(got, "id"), `{"uniqueName":"z"}`)
	})
}

func TestListFilters(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		app := w.call(201, "POST", "/applications", `{"displayName":"prefect-app","identifierUris":["api://one"],"tags":["mine"]}`)
		w.call(201, "POST", "/applications", `{"displayName":"Prefect-App-2"}`)
		w.call(201, "POST", "/applications", `{"displayName":"it's and or"}`)
		w.call(201, "POST", "/servicePrincipals", `{"appId":"`+text(app, "appId")+`"}`)
		own := w.server.Account().ClientID
		for _, tt := range []struct {
			collection, filter string
			want               []string
		}{
			{"applications", "startswith(displayName,'prefect-app')", []string{"Prefect-App-2", "prefect-app"}},
			{"applications", "displayName eq 'PREFECT-APP'", []string{"prefect-app"}},
			{"applications", "appId eq '" + text(app, "appId") + "'", []string{"prefect-app"}},
			{"applications", "displayName eq 'it''s and or'", []string{"it's and or"}},
			{"applications", "startswith(displayName,'prefect') and appId eq '" + text(app, "appId") + "'", []string{"prefect-app"}},
			{"applications", "displayName eq 'prefect-app' or displayName eq 'Prefect-App-2'", []string{"Prefect-App-2", "prefect-app"}},
			{"applications", "identifierUris/any(s:s eq 'api://one')", []string{"prefect-app"}},
			{"applications", "displayName eq 'prefect'", nil},
			{"applications", "displayName in ('Prefect-App','it''s and or', 'none')", []string{"it's and or", "prefect-app"}},
			{"applications", "displayName in ('prefect-app') and identifierUris/any(s:s eq 'api://one')", []string{"prefect-app"}},
			{"applications", "tags/any(t:t eq 'mine')", []string{"prefect-app"}},
			{"applications", "tags/any(t:t eq 'yours')", nil},
			{"servicePrincipals", "servicePrincipalNames/any(c:c eq '" + text(app, "appId") + "')", []string{"prefect-app"}},
			{"servicePrincipals", "servicePrincipalNames/any(c:c eq 'api://one')", []string{"prefect-app"}},
			{"servicePrincipals", "servicePrincipalNames/any(c:c eq '" + own + "')", []string{"emulator-owner"}},
			{"servicePrincipals", "accountEnabled eq false", nil},
		} {
			got := w.list(filter(tt.collection, tt.filter), "displayName")
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				w.Errorf("%s: %v, want %v", tt.filter, got, tt.want)
			}
		}
		for _, bad := range []string{"name eq 'x'", "displayName like 'x'", "startswith(displayName,x)", "displayName eq x", "displayName in ('x'", "displayName in (x)", "displayName in ()", "identifierUris/any(s:t eq 'x')"} {
			if code := w.refused(400, "GET", filter("applications", bad), ""); code != "Request_UnsupportedQuery" {
				w.Errorf("%s: code %s", bad, code)
			}
		}
		for _, query := range []string{"$top=0", "$top=1000", "$top=x", "$orderby=displayName", "$skiptoken=%25"} {
			w.refused(400, "GET", "/applications?"+query, "")
		}
	})
}

func TestPaging(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		var want []string
		for i := range 120 {
			name := fmt.Sprintf("app %03d", i)
			want = append(want, name)
			w.call(201, "POST", "/applications", `{"displayName":"`+name+`"}`)
		}
		for _, query := range []string{"", "&$top=7", "&$top=999", "&$top=1"} {
			got := w.list(filter("applications", "startswith(displayName,'app ')")+query, "displayName")
			slices.Sort(got)
			if !slices.Equal(got, want) {
				w.Errorf("%s: %d objects, want %d", query, len(got), len(want))
			}
		}
		counted := w.call(200, "GET", filter("applications", "startswith(displayName,'app ')")+"&$top=7&$count=true", "", "ConsistencyLevel", "eventual")
		if counted["@odata.count"] != 120.0 || len(counted["value"].([]any)) != 7 {
			w.Errorf("counted: %v of a page of %d", counted["@odata.count"], len(counted["value"].([]any)))
		}
		next := w.call(200, "GET", text(counted, "@odata.nextLink"), "", "ConsistencyLevel", "eventual")
		plain := w.call(200, "GET", "/applications?$count=true", "")
		for _, page := range []map[string]any{next, plain} {
			if count, ok := page["@odata.count"]; ok {
				w.Errorf("a later page, or one without the header, is counted: %v", count)
			}
		}
		if page := w.call(200, "GET", "/applications", ""); len(page["value"].([]any)) != 100 || page["@odata.nextLink"] == nil {
			w.Errorf("a page has %d objects", len(page["value"].([]any)))
		}
	})
}

func TestRefusals(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		id := text(w.call(201, "POST", "/applications", `{"displayName":"x"}`), "id")
		for _, tt := range []struct {
			status             int
			method, path, body string
			code               string
		}{
			{400, "POST", "/applications", ``, "BadRequest"},
			{400, "POST", "/applications", `{`, "BadRequest"},
			{400, "POST", "/applications", `{}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":""}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":5}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":"x","appId":"y"}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":"x","colour":"red"}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":"x","signInAudience":"everybody"}`, "Request_BadRequest"},
			{400, "POST", "/applications", `{"displayName":"x","keyCredentials":[{"key":"AAAA"}]}`, "Request_BadRequest"},
			{400, "PATCH", "/applications/" + id, `{"passwordCredentials":[{"displayName":"new"}]}`, "Request_BadRequest"},
			{400, "POST", "/applications/" + id + "/addPassword", `{"passwordCredential":{"startDateTime":"2030-01-01T00:00:00Z","endDateTime":"2029-01-01T00:00:00Z"}}`, "Request_BadRequest"},
			{404, "POST", "/applications/" + id + "/removePassword", `{"keyId":"00000000-0000-0000-0000-000000000000"}`, "Request_ResourceNotFound"},
			{400, "POST", "/servicePrincipals", `{"appId":"` + id + `"}`, "NoBackingApplicationObject"},
			{400, "POST", "/servicePrincipals", `{"appId":"mine"}`, "Request_BadRequest"},
			{400, "PATCH", "/servicePrincipals(appId='" + w.server.Account().ClientID + "')", `{"accountEnabled":null}`, "Request_BadRequest"},
			{405, "PUT", "/applications/" + id, `{}`, "Request_BadRequest"},
			{400, "GET", "/unicorns", ``, "BadRequest"},
			{400, "GET", "/applications/" + id + "/a/b", ``, "BadRequest"},
			{400, "GET", "/me", ``, "BadRequest"},
		} {
			if code := w.refused(tt.status, tt.method, tt.path, tt.body); code != tt.code {
				w.Errorf("%s %s %s: code %s, want %s", tt.method, tt.path, tt.body, code, tt.code)
			}
		}
	})
}

// A body without a length is refused too when it becomes too long.
func TestLargeBody(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		body := struct{ io.Reader }{strings.NewReader(`{"displayName":"` + strings.Repeat("x", 5<<20) + `"}`)} // hides its length
		r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, "https://graph.microsoft.com/v1.0/applications", body)
		if err != nil {
			w.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+w.token)
		if got := w.do(r); got.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.body), `"code":"RequestEntityTooLarge"`) {
			w.Errorf("%d %s", got.StatusCode, got.body)
		}
		time.Sleep(time.Second) // net/http waits before it closes the connection of a client that may still send
	})
}

func TestFederatedCredentials(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		path := "/applications/" + text(w.call(201, "POST", "/applications", `{"displayName":"x"}`), "id") + "/federatedIdentityCredentials"
		if got := w.list(path, "name"); len(got) != 0 {
			w.Errorf("a new application has %v", got)
		}
		const body = `{"name":"ci","issuer":"https://token.example","subject":"repo:x","audiences":["api://AzureADTokenExchange"]}`
		made := w.call(201, "POST", path, body)
		if text(made, "id") == "" || text(made, "subject") != "repo:x" {
			w.Errorf("made: %v", made)
		}
		if got := w.list(path, "name"); !slices.Equal(got, []string{"ci"}) {
			w.Errorf("got %v", got)
		}
		if code := w.refused(409, "POST", path, body); code != "Request_MultipleObjectsWithSameKeyValue" {
			w.Errorf("a second one of that name: code %s", code)
		}
		w.refused(400, "POST", path, `{"name":"no subject","issuer":"https://token.example","audiences":["x"]}`)
		w.refused(404, "GET", "/applications/00000000-0000-0000-0000-000000000000/federatedIdentityCredentials", "")
	})
}

func TestObjects(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		app := w.call(201, "POST", "/applications", `{"displayName":"x"}`)
		principal := w.call(201, "POST", "/servicePrincipals", `{"appId":"`+text(app, "appId")+`"}`)
		ids := `"ids":["` + text(principal, "id") + `","00000000-0000-0000-0000-000000000000","` + text(app, "id") + `"]`
		for types, want := range map[string][]string{
			`,"types":["user","group","servicePrincipal","directoryObjectPartnerReference"]`: {"#microsoft.graph.servicePrincipal"},
			`,"types":["application"]`: {"#microsoft.graph.application"},
			``:                         {"#microsoft.graph.servicePrincipal", "#microsoft.graph.application"},
		} {
			got := w.call(200, "POST", "/directoryObjects/getByIds", "{"+ids+types+"}")
			var kinds []string
			for _, item := range got["value"].([]any) {
				kinds = append(kinds, text(item.(map[string]any), "@odata.type"))
			}
			if !slices.Equal(kinds, want) {
				w.Errorf("%s: %v, want %v", types, kinds, want)
			}
		}
		if got := w.call(200, "GET", "/directoryObjects/"+text(principal, "id"), ""); text(got, "displayName") != "x" {
			w.Errorf("by id: %v", got)
		}
		for _, path := range []string{"/users?$filter=" + "userPrincipalName%20eq%20'a@b'", "/groups", "/applications/" + text(app, "id") + "/owners"} {
			if got := w.list(path, "id"); len(got) != 0 {
				w.Errorf("%s: %v", path, got)
			}
		}
		if got := w.list("/organization", "id"); len(got) != 1 || got[0] != w.server.Account().TenantID {
			w.Errorf("organization: %v", got)
		}
	})
}
