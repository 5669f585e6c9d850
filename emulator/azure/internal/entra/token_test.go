package entra_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

const tokenPath = "/" + tenantID + "/oauth2/v2.0/token"

func TestTokenAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, nil)
		form := goodForm()
		form.Set("client_info", "1")
		form.Set("claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`)
		form.Set("scope", armScope+" openid offline_access profile")
		a := post(t, s, tokenPath, form)
		token := a.text("access_token")
		delete(a.body, "access_token")
		want := map[string]any{"token_type": "Bearer", "expires_in": 3600.0, "ext_expires_in": 3600.0}
		if diff := cmp.Diff(want, a.body); a.status != 200 || diff != "" {
			t.Fatalf("status %d, answer (-want +got):\n%s", a.status, diff)
		}
		if got := a.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
			t.Errorf("Cache-Control is %q, want no-store", got)
		}
		if a.header.Get("X-Ms-Clitelem") != "1,0,0,," || !strings.HasPrefix(a.header.Get("X-Ms-Ests-Server"), "2.1.") {
			t.Errorf("headers of clients' telemetry: %v", a.header)
		}

		said := jwt.MapClaims{}
		parsed, _, err := jwt.NewParser().ParseUnverified(token, said)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Header["typ"] != "JWT" || parsed.Header["alg"] != "ES256" || parsed.Header["kid"] == "" {
			t.Errorf("got header %v", parsed.Header)
		}
		if said["uti"] == "" {
			t.Error("uti is empty")
		}
		delete(said, "uti")
		issuer := "https://sts.windows.net/" + tenantID + "/"
		if diff := cmp.Diff(jwt.MapClaims{
			"aud": "https://management.core.windows.net/", "iss": issuer, "idp": issuer,
			"iat": 946684800.0, "nbf": 946684800.0, "exp": 946688400.0,
			"appid": clientID, "appidacr": "1", "idtyp": "app", "oid": objectID, "sub": objectID,
			"tid": tenantID, "ver": "1.0", "xms_tcdt": 1577836800.0,
		}, said); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
	})
}

func TestTokenAnswerOfVersion1(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, func(o *entra.Options) { o.Lifetime = 10 * time.Minute })
		form := goodForm()
		form.Del("scope")
		form.Set("resource", "https://vault.azure.net")
		a := post(t, s, "/"+tenantID+"/oauth2/token", form)
		delete(a.body, "access_token")
		want := map[string]any{
			"token_type": "Bearer", "expires_in": "600", "ext_expires_in": "600",
			"expires_on": "946685400", "not_before": "946684800", "resource": "https://vault.azure.net",
		}
		if diff := cmp.Diff(want, a.body); a.status != 200 || diff != "" {
			t.Fatalf("status %d, answer (-want +got):\n%s", a.status, diff)
		}
	})
}

func TestAudiences(t *testing.T) {
	s := service(t, func(o *entra.Options) { o.Resources = []string{"https://api.contoso.com/"} })
	for scope, test := range map[string]struct{ aud, service string }{
		"https://management.core.windows.net//.default":              {"https://management.core.windows.net/", entra.AudienceManagement},
		"https://management.core.windows.net/.default":               {"https://management.core.windows.net", entra.AudienceManagement},
		"https://management.azure.com/.default":                      {"https://management.azure.com", entra.AudienceManagement},
		"https://Management.Azure.com//.DEFAULT":                     {"https://Management.Azure.com/", entra.AudienceManagement},
		"797f4846-ba00-4fd7-ba43-dac1f8f63013/.default":              {"797f4846-ba00-4fd7-ba43-dac1f8f63013", entra.AudienceManagement},
		"openid https://graph.microsoft.com//.default profile email": {"https://graph.microsoft.com/", entra.AudienceGraph},
		"https://containerregistry.azure.net/.default":               {"https://containerregistry.azure.net", entra.AudienceRegistry},
		"https://api.contoso.com/.default":                           {"https://api.contoso.com", "https://api.contoso.com"},
		"api://" + clientID + "/.default":                            {"api://" + clientID, "api://" + clientID},
	} {
		t.Run(scope, func(t *testing.T) {
			form := goodForm()
			form.Set("scope", scope)
			a := post(t, s, tokenPath, form)
			if a.status != 200 {
				t.Fatalf("got %d %v", a.status, a.body)
			}
			said := jwt.MapClaims{}
			if _, _, err := jwt.NewParser().ParseUnverified(a.text("access_token"), said); err != nil {
				t.Fatal(err)
			}
			if said["aud"] != test.aud {
				t.Errorf("got aud %q, want %q", said["aud"], test.aud)
			}
			if _, err := s.Verify(t.Context(), a.text("access_token"), "https://other.example", test.service); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenRefusals(t *testing.T) {
	set := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	del := func(name string) func(url.Values) { return func(f url.Values) { f.Del(name) } }
	for name, test := range map[string]struct {
		path   string
		change func(url.Values)
		status int
		code   int
		oauth  string
	}{
		"wrong secret":           {tokenPath, set("client_secret", secret+"x"), 401, 7000215, "invalid_client"},
		"secret in other case":   {tokenPath, set("client_secret", strings.ToUpper(secret)), 401, 7000215, "invalid_client"},
		"no secret":              {tokenPath, del("client_secret"), 401, 7000218, "invalid_client"},
		"unknown client":         {tokenPath, set("client_id", "nobody"), 400, 700016, "unauthorized_client"},
		"no client":              {tokenPath, del("client_id"), 400, 900144, "invalid_request"},
		"no grant":               {tokenPath, del("grant_type"), 400, 900144, "invalid_request"},
		"grant in the query":     {tokenPath + "?grant_type=client_credentials", del("grant_type"), 400, 900144, "invalid_request"},
		"password grant":         {tokenPath, set("grant_type", "password"), 400, 70003, "unsupported_grant_type"},
		"device grant":           {tokenPath, set("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), 400, 70003, "unsupported_grant_type"},
		"no scope":               {tokenPath, del("scope"), 400, 900144, "invalid_request"},
		"scope without default":  {tokenPath, set("scope", "https://graph.microsoft.com/User.Read"), 400, 1002012, "invalid_scope"},
		"scope of default alone": {tokenPath, set("scope", "/.default"), 400, 1002012, "invalid_scope"},
		"two resources":          {tokenPath, set("scope", "https://vault.azure.net/.default https://graph.microsoft.com/.default"), 400, 70011, "invalid_scope"},
		"scopes of OpenID alone": {tokenPath, set("scope", "openid profile"), 400, 70011, "invalid_scope"},
		"unknown resource":       {tokenPath, set("scope", "https://example.com/.default"), 400, 500011, "invalid_resource"},
		"resource for version 2": {tokenPath, func(f url.Values) { f.Del("scope"); f.Set("resource", "https://vault.azure.net") }, 400, 900144, "invalid_request"},
		"scope for version 1":    {"/" + tenantID + "/oauth2/token", nil, 400, 900144, "invalid_request"},
		"unknown tenant":         {"/22222222-2222-4333-8444-555555555555/oauth2/v2.0/token", nil, 400, 90002, "invalid_request"},
		"unknown domain":         {"/fabrikam.com/oauth2/v2.0/token", nil, 400, 90002, "invalid_request"},
		"no tenant":              {"/x/oauth2/v2.0/token", nil, 400, 900023, "invalid_request"},
		"common":                 {"/common/oauth2/v2.0/token", nil, 400, 50059, "invalid_request"},
		"organizations":          {"/organizations/oauth2/token", nil, 400, 50059, "invalid_request"},
		"twice the same":         {tokenPath, func(f url.Values) { f.Add("scope", armScope) }, 400, 9000411, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			form := goodForm()
			if test.change != nil {
				test.change(form)
			}
			a := post(t, service(t, nil), test.path, form)
			wantRefusal(t, a, test.status, test.code, test.oauth)
			if strings.Contains(a.text("error_description"), secret) {
				t.Error("the answer shows the secret")
			}
		})
	}
}

func TestTokenRefusesBrokenRequests(t *testing.T) {
	request := func(method, contentType, body string) *http.Request {
		r := httptest.NewRequest(method, "https://"+host+tokenPath, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	const formType = "application/x-www-form-urlencoded; charset=utf-8"
	for name, test := range map[string]struct {
		request      *http.Request
		status, code int
	}{
		"GET":           {request("GET", "", ""), 400, 900561},
		"PUT":           {request("PUT", formType, goodForm().Encode()), 400, 900561},
		"JSON":          {request("POST", "application/json", `{"grant_type":"client_credentials"}`), 400, 900144},
		"no type":       {request("POST", "", goodForm().Encode()), 400, 900144},
		"broken escape": {request("POST", formType, "grant_type=%zz"), 400, 90013},
		"oversized":     {request("POST", formType, "x="+strings.Repeat("x", 1<<20)), 413, 90013},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, send(t, service(t, nil), test.request), test.status, test.code, "invalid_request")
		})
	}
}

func TestSecretInBasicHeader(t *testing.T) {
	s := service(t, nil)
	send := func(id, password string) answer {
		form := goodForm()
		form.Del("client_id")
		form.Del("client_secret")
		r := httptest.NewRequest(http.MethodPost, "https://"+host+tokenPath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+password)))
		return send(t, s, r)
	}
	if a := send(clientID, secret); a.status != 200 {
		t.Errorf("secret as it is: got %d %v", a.status, a.body)
	}
	if a := send(url.QueryEscape(clientID), url.QueryEscape(secret)); a.status != 200 {
		t.Errorf("secret encoded: got %d %v", a.status, a.body)
	}
	wantRefusal(t, send(clientID, "wrong"), 401, 7000215, "invalid_client")
	wantRefusal(t, send(clientID, ""), 401, 7000218, "invalid_client")
	wantRefusal(t, send("", secret), 400, 900144, "invalid_request")
}

func TestSecretExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, func(o *entra.Options) {
			o.Applications[0].Secrets = []entra.Secret{{Value: secret, Expires: time.Now().Add(time.Hour)}, {Value: "second"}}
		})
		if a := post(t, s, tokenPath, goodForm()); a.status != 200 {
			t.Fatalf("got %d %v", a.status, a.body)
		}
		time.Sleep(time.Hour)
		wantRefusal(t, post(t, s, tokenPath, goodForm()), 401, 7000222, "invalid_client")
		form := goodForm()
		form.Set("client_secret", "second")
		if a := post(t, s, tokenPath, form); a.status != 200 {
			t.Errorf("the second secret: got %d %v", a.status, a.body)
		}
	})
}

func TestCorrelationID(t *testing.T) {
	const id = "12345678-1234-4234-8234-123456789012"
	for sent, want := range map[string]string{id: id, "<script>": ""} {
		r := httptest.NewRequest(http.MethodPost, "https://"+host+tokenPath, nil)
		r.Header.Set("client-request-id", sent)
		r.Header.Set("return-client-request-id", "true")
		a := send(t, service(t, nil), r)
		if got := a.header.Get("client-request-id"); got != want {
			t.Errorf("got client-request-id %q, want %q", got, want)
		}
		if want != "" && a.text("correlation_id") != want || a.text("correlation_id") == sent && want == "" {
			t.Errorf("sent %q, got correlation_id %q", sent, a.text("correlation_id"))
		}
		if a.header.Get("x-ms-request-id") != a.text("trace_id") {
			t.Errorf("x-ms-request-id %q is not trace_id %q", a.header.Get("x-ms-request-id"), a.text("trace_id"))
		}
	}
}

// What a client sent is repeated cut short and without control characters.
func TestRefusalsDoNotEchoMuch(t *testing.T) {
	form := goodForm()
	form.Set("client_id", "line\r\nbreak\xff"+strings.Repeat("x", 10_000))
	a := post(t, service(t, nil), tokenPath, form)
	wantRefusal(t, a, 400, 700016, "unauthorized_client")
	if got := a.text("error_description"); len(got) > 1000 || strings.ContainsAny(got, "\r\n") {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

func FuzzTokenRequest(f *testing.F) {
	f.Add(goodForm().Encode(), "application/x-www-form-urlencoded")
	f.Add("grant_type=client_credentials&client_id="+clientID+"&client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "application/x-www-form-urlencoded")
	f.Add("{}", "application/json")
	f.Add("%", "application/x-www-form-urlencoded;;")
	s := service(f, nil)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		r := httptest.NewRequest(http.MethodPost, "https://"+host+tokenPath, strings.NewReader(body))
		r.Header["Content-Type"] = []string{contentType}
		a := send(t, s, r)
		if a.status == http.StatusOK {
			form, err := url.ParseQuery(body)
			if err != nil || form.Get("client_secret") != secret || !strings.EqualFold(form.Get("client_id"), clientID) {
				t.Errorf("a token was given for %q", body)
			}
			return
		}
		if a.status < 400 || a.status >= 500 || a.code() == 0 {
			t.Errorf("got %d %v, want a refusal in Entra's shape", a.status, a.body)
		}
	})
}
