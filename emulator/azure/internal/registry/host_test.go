package registry_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

const tokenUser = "00000000-0000-0000-0000-000000000000"

// reply is an answer of a registry's host.
type reply struct {
	*http.Response
	text string
}

// token is a token of the answer, by its name.
func (r reply) token(t *testing.T, kind string) string {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal([]byte(r.text), &body); err != nil || r.StatusCode != 200 || body[kind] == "" || len(body) != 1 {
		t.Fatalf("no %s in %d %s", kind, r.StatusCode, r.text)
	}
	return body[kind]
}

// send sends a request to registry1's host; a form is posted.
func send(t *testing.T, c *arm.Core, path string, form url.Values, header ...string) reply {
	t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "https://registry1.azurecr.io"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := c.Transport(nil).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer, string(text)}
}

func exchange(t *testing.T, c *arm.Core, change ...string) reply {
	t.Helper()
	form := url.Values{"grant_type": {"access_token"}, "service": {"registry1.azurecr.io"}, "tenant": {armtest.Tenant}}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return send(t, c, "/oauth2/exchange", form)
}

const forRegistry, forARM = "@https://containerregistry.azure.net", "@https://management.azure.com"

// The challenge as az reads it: it splits the header at blanks.
func TestChallenge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		for _, path := range []string{"/v2/", "/v2"} {
			got := send(t, c, path, nil)
			want := `Bearer realm="https://registry1.azurecr.io/oauth2/token",service="registry1.azurecr.io"`
			if got.StatusCode != 401 || got.Header.Get("Www-Authenticate") != want || !strings.Contains(got.text, `"code":"UNAUTHORIZED"`) ||
				got.Header.Get("Docker-Distribution-Api-Version") != "registry/2.0" {
				t.Errorf("%s: %d %v %s", path, got.StatusCode, got.Header, got.text)
			}
		}
		if got := send(t, c, "/v2/a/b/manifests/latest", nil); got.StatusCode != 401 || !strings.HasSuffix(got.Header.Get("Www-Authenticate"), `,scope="repository:a/b:pull"`) {
			t.Errorf("%d %v", got.StatusCode, got.Header)
		}
		if got := send(t, c, "/elsewhere", nil); got.StatusCode != 404 {
			t.Errorf("another path: %d", got.StatusCode)
		}
	})
}

func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		for _, token := range []string{"puller" + forRegistry, "puller" + forARM, "pusher" + forRegistry} {
			exchange(t, c, "access_token", token).token(t, "refresh_token")
		}
		exchange(t, c, "access_token", "puller"+forARM, "tenant", "").token(t, "refresh_token")
		for name, change := range map[string][]string{
			"no right":        {"access_token", "nobody" + forRegistry},
			"no token":        {},
			"another service": {"access_token", "puller@https://vault.azure.net"},
			"another tenant":  {"access_token", "puller" + forRegistry, "tenant", armtest.Subscription},
		} {
			if got := exchange(t, c, change...); got.StatusCode != 401 || strings.Contains(got.text, "token\"") {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
			}
		}
		for name, change := range map[string][]string{
			"another registry": {"access_token", "puller" + forRegistry, "service", "registry2.azurecr.io"},
			"another grant":    {"access_token", "puller" + forRegistry, "grant_type", "refresh_token"},
		} {
			if got := exchange(t, c, change...); got.StatusCode != 400 {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
			}
		}
		// The policy closes the way with a token for Azure Resource Manager.
		call(t, c, "PATCH", inGroup+"registry1", `{"properties":{"policies":{"azureADAuthenticationAsArmPolicy":{"status":"disabled"}}}}`, 200)
		exchange(t, c, "access_token", "puller"+forRegistry).token(t, "refresh_token")
		if got := exchange(t, c, "access_token", "puller"+forARM); got.StatusCode != 401 {
			t.Errorf("against the policy: %d", got.StatusCode)
		}
	})
}

// granted is what an access token says that its bearer may.
func granted(t *testing.T, token string) []string {
	t.Helper()
	claims := strings.Split(token, ".")[1]
	text, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Access []struct {
			Type, Name string
			Actions    []string
		}
	}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, a := range body.Access {
		list = append(list, a.Type+":"+a.Name+":"+strings.Join(a.Actions, ","))
	}
	return list
}

// Scopes are decided by rights: of what is asked for, a token grants what its bearer may.
func TestAccessToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		for _, tt := range []struct{ who, scope, want string }{
			{"puller", "repository:a/b:pull", "repository:a/b:pull"},
			{"puller", "repository:a:pull,push", "repository:a:pull"},
			{"puller", "repository:a:push", ""},
			{"puller", "repository:a:delete repository:b:pull", "repository:b:pull"},
			{"puller", "repository:a:*", ""},
			{"puller", "registry:catalog:*", "registry:catalog:*"},
			{"pusher", "repository:a:pull,push,delete", "repository:a:pull,push"},
			{"pusher", "repository:a:metadata_read,metadata_write", "repository:a:metadata_read,metadata_write"},
			{"deleter", "repository:a:pull,push,delete", "repository:a:delete"},
			{"owner", "repository:a:pull,push,delete", "repository:a:pull,push,delete"},
			{"owner", "repository:a:*", "repository:a:*"},
			{"owner", "repository:a:everything", ""},
			{"owner", "repository:a", ""},
			{"owner", "", ""},
		} {
			refresh := exchange(t, c, "access_token", tt.who+forRegistry).token(t, "refresh_token")
			form := url.Values{"grant_type": {"refresh_token"}, "service": {"registry1.azurecr.io"}, "scope": {tt.scope}, "refresh_token": {refresh}}
			access := send(t, c, "/oauth2/token", form).token(t, "access_token")
			if got := strings.Join(granted(t, access), " "); got != tt.want {
				t.Errorf("%s asks for %q and gets %q, want %q", tt.who, tt.scope, got, tt.want)
			}
			// A token of one kind is none of the other, and an Entra token is neither.
			form.Set("refresh_token", access)
			if got := send(t, c, "/oauth2/token", form); got.StatusCode != 401 {
				t.Errorf("an access token as a refresh token: %d", got.StatusCode)
			}
			for _, wrong := range []string{refresh, tt.who + forRegistry, ""} {
				if got := send(t, c, "/v2/", nil, "Authorization", "Bearer "+wrong); got.StatusCode != 401 {
					t.Errorf("%.20s… as an access token: %d", wrong, got.StatusCode)
				}
			}
			if got := send(t, c, "/v2/", nil, "Authorization", "Bearer "+access); got.StatusCode != 200 {
				t.Errorf("an access token: %d %s", got.StatusCode, got.text)
			}
		}
	})
}

// What a token says of one repository holds for no other, and cancelling an upload is a part of pushing.
func TestScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		refresh := exchange(t, c, "access_token", "pusher"+forRegistry).token(t, "refresh_token")
		bearer := func(scope string) string {
			form := url.Values{"grant_type": {"refresh_token"}, "service": {"registry1.azurecr.io"}, "scope": {scope}, "refresh_token": {refresh}}
			return "Bearer " + send(t, c, "/oauth2/token", form).token(t, "access_token")
		}
		do := func(method, path, body, token string, want int) http.Header {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, "https://registry1.azurecr.io"+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", token)
			got, err := c.Transport(nil).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			got.Body.Close()
			if got.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", method, path, got.StatusCode, want)
			}
			return got.Header
		}
		const digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // of "x"
		a, b, both := bearer("repository:a:pull,push"), bearer("repository:b:pull,push"), bearer("repository:a:pull repository:b:pull,push")
		do("POST", "/v2/a/blobs/uploads/?digest="+digest, "x", a, 201)
		do("POST", "/v2/a/blobs/uploads/", "", b, 401)
		do("GET", "/v2/a/blobs/"+digest, "", b, 401)
		do("POST", "/v2/b/blobs/uploads/?from=a&mount="+digest, "", b, 202) // to be uploaded then
		do("GET", "/v2/b/blobs/"+digest, "", b, 404)
		do("POST", "/v2/b/blobs/uploads/?from=a&mount="+digest, "", both, 201)
		do("GET", "/v2/b/blobs/"+digest, "", b, 200)
		upload := do("POST", "/v2/a/blobs/uploads/", "", a, 202).Get("Location")
		do("DELETE", upload, "", bearer("repository:a:pull"), 401)
		do("DELETE", upload, "", a, 204)
		do("DELETE", "/v2/a/blobs/"+digest, "", a, 401)
	})
}

// The ways to sign in with a user name and a password: docker's GET, the POST of newer clients, and Basic at every request.
func TestPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", strings.Replace(basic, `"adminUserEnabled":false`, `"adminUserEnabled":true`, 1))
		admin := adminOf(t, c, "POST", inGroup+"registry1/listCredentials", "")
		refresh := exchange(t, c, "access_token", "puller"+forARM).token(t, "refresh_token")
		const query = "/oauth2/token?service=registry1.azurecr.io&scope=repository%3Aa%3Apull%2Cpush"
		for _, tt := range []struct {
			name, user, password string
			want                 string // empty: refused
		}{
			{"admin user", "registry1", admin.Passwords[0].Value, "repository:a:pull,push"},
			{"admin user, second password, other case", "REGISTRY1", admin.Passwords[1].Value, "repository:a:pull,push"},
			{"admin user, wrong password", "registry1", "wrong", ""},
			{"service principal", "pusher", "secret of pusher", "repository:a:pull,push"},
			{"service principal that may pull", "puller", "secret of puller", "repository:a:pull"},
			{"service principal without rights", "nobody", "secret of nobody", ""},
			{"service principal, wrong secret", "pusher", "wrong", ""},
			{"no password", "pusher", "", ""},
			{"refresh token", tokenUser, refresh, "repository:a:pull"},
			{"no refresh token", tokenUser, "x", ""},
		} {
			r, _ := http.NewRequest("GET", "/", nil)
			r.SetBasicAuth(tt.user, tt.password)
			basic := r.Header.Get("Authorization")
			for way, got := range map[string]reply{
				"GET":  send(t, c, query, nil, "Authorization", basic),
				"POST": send(t, c, query, url.Values{"grant_type": {"password"}, "service": {"registry1.azurecr.io"}, "scope": {"repository:a:pull,push"}, "username": {tt.user}, "password": {tt.password}}),
			} {
				if tt.want == "" {
					if got.StatusCode != 401 {
						t.Errorf("%s, %s: %d %s", tt.name, way, got.StatusCode, got.text)
					}
				} else if scopes := strings.Join(granted(t, got.token(t, "access_token")), " "); scopes != tt.want {
					t.Errorf("%s, %s: %q, want %q", tt.name, way, scopes, tt.want)
				}
			}
			if got := send(t, c, "/v2/", nil, "Authorization", basic); (got.StatusCode == 200) != (tt.want != "") {
				t.Errorf("%s, every request: %d", tt.name, got.StatusCode)
			}
		}
		if got := send(t, c, query, nil); got.StatusCode != 401 {
			t.Errorf("nobody: %d", got.StatusCode)
		}
	})
}
