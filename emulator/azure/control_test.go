package azureemulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure"
)

func TestControlAnonymous(t *testing.T) {
	s := start(t, azureemulator.Options{Cloud: azureemulator.CloudAccess{CA: "PEM", Proxy: "http://127.0.0.1:4280"}})
	w := &wire{t: t, server: s}
	got := w.send("GET", "http://localhost/_emulator/health", "")
	if got.StatusCode != 200 || got.text != `{"status":"ok"}` {
		t.Errorf("health: %d %s", got.StatusCode, got.text)
	}
	var cloud map[string]any
	w.send("GET", "http://localhost/_emulator/cloud", "").json(t, &cloud)
	want := map[string]any{
		"ca": "PEM", "proxy": "http://127.0.0.1:4280", "resourceManager": "https://management.azure.com", "audience": "https://management.azure.com/",
		"activeDirectory": "https://login.microsoftonline.com/", "graph": "https://graph.microsoft.com",
		"suffixes": map[string]any{"vault": "vault.azure.net", "registry": "azurecr.io", "containers": "management.azurecontainer.io"},
	}
	if diff := cmp.Diff(want, cloud); diff != "" {
		t.Errorf("cloud (-want +got):\n%s", diff)
	}
}

func TestCloudIsForLoopbackPeers(t *testing.T) {
	s := start(t, azureemulator.Options{})
	for peer, want := range map[string]int{"127.0.0.1:5": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]:5": 200, "10.0.0.7:5": 403, "": 403} {
		r := httptest.NewRequest("GET", "http://localhost/_emulator/cloud", nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %q: %d, want %d", peer, w.Code, want)
		}
	}
}

func TestControlRefusals(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := &wire{t: t, server: s}
	token := "Bearer " + s.ControlToken()
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code, field              string
	}{
		{"no token", "GET", "settings", "", nil, 401, "Unauthorized", ""},
		{"wrong token", "GET", "settings", "", []string{"Authorization", "Bearer x"}, 401, "Unauthorized", ""},
		{"token without scheme", "GET", "settings", "", []string{"Authorization", s.ControlToken()}, 401, "Unauthorized", ""},
		{"basic", "GET", "settings", "", []string{"Authorization", "Basic " + s.ControlToken()}, 401, "Unauthorized", ""},
		{"unknown without token", "GET", "nonsense", "", nil, 401, "Unauthorized", ""},
		{"unknown", "GET", "nonsense", "", []string{"Authorization", token}, 404, "NotFound", ""},
		{"origin with token", "GET", "settings", "", []string{"Authorization", token, "Origin", "http://localhost"}, 403, "OriginRefused", ""},
		{"origin on health", "GET", "health", "", []string{"Origin", "https://evil.example"}, 403, "OriginRefused", ""},
		{"null origin", "GET", "health", "", []string{"Origin", "null"}, 403, "OriginRefused", ""},
		{"empty origin", "GET", "health", "", []string{"Origin", ""}, 403, "OriginRefused", ""},
		{"method", "PUT", "settings", "{}", []string{"Authorization", token}, 405, "MethodNotAllowed", ""},
		{"bad setting", "PATCH", "settings", `{"latency":{"pull":5}}`, []string{"Authorization", token}, 400, "InvalidValue", "latency.pull"},
		{"unknown setting", "PATCH", "settings", `{"lag":{}}`, []string{"Authorization", token}, 400, "InvalidValue", "lag"},
		{"malformed", "PATCH", "settings", `{`, []string{"Authorization", token}, 400, "InvalidValue", ""},
		{"bad fault", "POST", "faults", `[{"effect":{"status":1}}]`, []string{"Authorization", token}, 400, "InvalidValue", "[0].effect.status"},
		{"large", "PATCH", "settings", `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, []string{"Authorization", token}, 413, "RequestEntityTooLarge", ""},
		{"bad after", "GET", "requests?after=x", "", []string{"Authorization", token}, 400, "InvalidValue", "after"},
		{"negative after", "GET", "requests?after=-1", "", []string{"Authorization", token}, 400, "InvalidValue", "after"},
		{"unknown query", "GET", "requests?since=1", "", []string{"Authorization", token}, 400, "InvalidValue", "since"},
		{"unknown event", "POST", "events", `{"kind":"explode","resourceId":"/x"}`, []string{"Authorization", token}, 400, "InvalidValue", "kind"},
		{"event on nothing", "POST", "events", `{"kind":"evict"}`, []string{"Authorization", token}, 400, "InvalidValue", "resourceId"},
		{"event field", "POST", "events", `{"type":"evict"}`, []string{"Authorization", token}, 400, "InvalidValue", "type"},
		{"event on no id", "POST", "events", `{"kind":"evict","resourceId":"job-1"}`, []string{"Authorization", token}, 400, "InvalidResourceId", "resourceId"},
		{"event on what is not there", "POST", "events",
			`{"kind":"evict","resourceId":"/subscriptions/` + s.Account().SubscriptionID + `/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/x"}`,
			[]string{"Authorization", token}, 404, "ResourceNotFound", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &wire{t: t, server: s}
			got := w.send(tt.method, "http://127.0.0.1:4280/_emulator/"+tt.path, tt.body, tt.header...)
			var body struct {
				Error struct{ Code, Message, Field string }
			}
			got.json(t, &body)
			if got.StatusCode != tt.status || body.Error.Code != tt.code || body.Error.Field != tt.field || body.Error.Message == "" {
				t.Errorf("%d %+v, want %d %s %q", got.StatusCode, body.Error, tt.status, tt.code, tt.field)
			}
			if tt.status == 401 && got.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("a 401 without a challenge")
			}
		})
	}
	if got := w.control("GET", "faults", ""); got.text != `{"faults":[]}` {
		t.Errorf("refused calls left %s", got.text)
	}
}

func TestControlSettings(t *testing.T) {
	s := start(t, azureemulator.Options{Settings: []byte(`{"retryAfter":"7s"}`)})
	w := onWire(t, s)
	var settings azureemulator.Settings
	w.control("PATCH", "settings", `{"latency":{"pull":"2s"}}`).json(t, &settings)
	if settings.RetryAfter.Std().Seconds() != 7 || settings.Latency.Pull.Std().Seconds() != 2 {
		t.Errorf("patched to %+v", settings)
	}
	if diff := cmp.Diff(s.Settings(), settings); diff != "" {
		t.Errorf("the method and the wire differ:\n%s", diff)
	}
	if got := w.control("POST", "reset", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("reset: %d %s", got.StatusCode, got.text)
	}
	w.control("GET", "settings", "").json(t, &settings)
	if settings.RetryAfter.Std().Seconds() != 7 || settings.Latency.Pull != 0 {
		t.Errorf("reset to %+v, want the start's", settings)
	}
}

func TestControlFaults(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	added := w.control("POST", "faults", `{"match":{"operation":"Subscriptions_Get"},"times":1,"effect":{"status":503,"code":"ServerTimeout","retryAfter":"2s"}}`)
	if added.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", added.StatusCode, added.text)
	}
	got := w.arm("GET", "/subscriptions/"+s.Account().SubscriptionID, "")
	if got.StatusCode != 503 || got.code() != "ServerTimeout" || got.Header.Get("Retry-After") != "2" {
		t.Errorf("%d %s, Retry-After %q", got.StatusCode, got.text, got.Header.Get("Retry-After"))
	}
	if got := w.arm("GET", "/subscriptions/"+s.Account().SubscriptionID, ""); got.StatusCode != 200 {
		t.Errorf("after times: %d %s", got.StatusCode, got.text)
	}
	var list struct{ Faults []azureemulator.Fault }
	w.control("GET", "faults", "").json(t, &list)
	if len(list.Faults) != 1 || list.Faults[0].Hits != 1 || list.Faults[0].Match.Operation != "Subscriptions_Get" {
		t.Errorf("faults: %+v", list.Faults)
	}
	if got := w.control("DELETE", "faults", ""); got.StatusCode != http.StatusNoContent || len(s.Faults()) != 0 {
		t.Errorf("%d, left %v", got.StatusCode, s.Faults())
	}
}

func TestRequestLog(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	w.arm("PUT", "resourcegroups/g?api-version=2024-11-01", `{"location":"eastus"}`, "User-Agent", "AZURECLI/2.91.0", "CommandName", "group create")
	w.arm("GET", "resourcegroups/none?api-version=2021-04-01&sig=s3cret&$top=5&client%5Fsecret=s3cret", "")
	w.send("GET", "http://127.0.0.1/msi/s3cret/metadata/identity/oauth2/token?resource=x", "")
	w.control("GET", "health", "") // the control API is not Azure's traffic
	var got struct{ Requests []azureemulator.RequestRecord }
	answer := w.control("GET", "requests", "")
	answer.json(t, &got)
	if strings.Contains(answer.text, "s3cret") || strings.Contains(answer.text, w.token) || strings.Contains(answer.text, s.Account().ClientSecret) {
		t.Errorf("a secret is in the log: %s", answer.text)
	}
	sub := "/subscriptions/" + s.Account().SubscriptionID
	want := []azureemulator.RequestRecord{
		{Seq: 1, Method: "POST", Host: "login.microsoftonline.com", Path: "/" + s.Account().TenantID + "/oauth2/v2.0/token", Operation: "Entra_GetToken", Status: 200},
		{Seq: 2, Method: "PUT", Host: "management.azure.com", Path: sub + "/resourcegroups/g", Query: "api-version=2024-11-01", Operation: "ResourceGroups_CreateOrUpdate",
			Status: 201, Principal: s.Account().ClientID, Client: "AZURECLI/2.91.0 (az group create)"},
		{Seq: 3, Method: "GET", Host: "management.azure.com", Path: sub + "/resourcegroups/none", Query: "api-version=2021-04-01&sig=REDACTED&$top=5&client%5Fsecret=REDACTED",
			Operation: "ResourceGroups_Get", Status: 404, Principal: s.Account().ClientID},
		{Seq: 4, Method: "GET", Host: "127.0.0.1", Path: "/msi/REDACTED/metadata/identity/oauth2/token", Query: "resource=x", Operation: "ManagedIdentity_GetToken"},
	}
	for i := range got.Requests {
		if r := &got.Requests[i]; r.Time.IsZero() || r.DurationMs < 0 {
			t.Errorf("record %+v has no time", *r)
		} else {
			r.Time, r.DurationMs = want[i].Time, 0
		}
		if got.Requests[i].Client == "Go-http-client/1.1" {
			got.Requests[i].Client = ""
		}
	}
	got.Requests[0].Principal, got.Requests[3].Status, got.Requests[3].Principal = "", 0, "" // the sign-in room's affair
	if diff := cmp.Diff(want, got.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	w.control("GET", "requests?after=3", "").json(t, &got)
	if len(got.Requests) != 1 || got.Requests[0].Seq != 4 {
		t.Errorf("after 3: %+v", got.Requests)
	}
	if got := w.control("GET", "requests?after=99", ""); got.text != `{"requests":[]}` {
		t.Errorf("after 99: %s", got.text)
	}
}

func TestReset(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
	w.arm("POST", "providers/Microsoft.ContainerInstance/unregister", "")
	if err := s.AddFault(azureemulator.Fault{Effect: azureemulator.Effect{Status: 500}}); err != nil {
		t.Fatal(err)
	}
	s.Reset(t.Context())
	if got := w.arm("GET", "resourcegroups", ""); got.text != `{"value":[]}` {
		t.Errorf("groups after reset: %d %s", got.StatusCode, got.text)
	}
	var provider struct{ RegistrationState string }
	w.arm("GET", "providers/Microsoft.ContainerInstance", "").json(t, &provider)
	if provider.RegistrationState != "Registered" {
		t.Errorf("Microsoft.ContainerInstance is %s after reset", provider.RegistrationState)
	}
	if records := s.Requests(0); len(records) < 4 {
		t.Errorf("the request log went with the reset: %d left", len(records))
	}
}
