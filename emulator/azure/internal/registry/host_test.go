package registry_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

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

// client is go-containerregistry's own client with someone's credentials.
type client struct {
	t    *testing.T
	repo name.Repository
	with []remote.Option
}

func newClient(t *testing.T, carry http.RoundTripper, who authn.Authenticator) client {
	t.Helper()
	repo, err := name.NewRepository("registry1.azurecr.io/team/app")
	if err != nil {
		t.Fatal(err)
	}
	return client{t, repo, []remote.Option{remote.WithTransport(carry), remote.WithAuth(who), remote.WithContext(t.Context()),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1})}}
}

// status is the HTTP status of an error, 0 for none.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	refused, ok := errors.AsType[*transport.Error](err)
	if !ok {
		t.Fatal(err)
	}
	return refused.StatusCode
}

func (c client) push(tag string, size int64) int {
	image, err := random.Image(size, 2)
	if err != nil {
		c.t.Fatal(err)
	}
	return status(c.t, remote.Write(c.repo.Tag(tag), image, c.with...))
}

func (c client) pull(tag string) int {
	image, err := remote.Image(c.repo.Tag(tag), c.with...)
	if err == nil {
		var layers []byte
		all, _ := image.Layers()
		for _, l := range all {
			r, err := l.Compressed()
			if err != nil {
				return status(c.t, err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				c.t.Fatal(err)
			}
			layers = append(layers, text...)
		}
		if len(layers) == 0 {
			c.t.Error("the image is empty")
		}
	}
	return status(c.t, err)
}

func TestImages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		as := func(who string) client {
			return newClient(t, c.Transport(nil), &authn.Basic{Username: who, Password: "secret of " + who})
		}
		pusher, puller, owner := as("pusher"), as("puller"), as("owner")
		if got := pusher.push("one", 3<<20); got != 0 {
			t.Fatalf("push: %d", got)
		}
		if got := pusher.push("large", 6<<20); got != 0 {
			t.Errorf("push of a layer over 4 MB: %d", got)
		}
		if got := puller.push("two", 10); got != 401 {
			t.Errorf("push without the right: %d", got)
		}
		for who, want := range map[string]int{"puller": 0, "pusher": 0, "nobody": 401, "unknown": 401} {
			if got := as(who).pull("one"); got != want {
				t.Errorf("pull by %s: %d, want %d", who, got, want)
			}
		}
		if got := newClient(t, c.Transport(nil), authn.Anonymous).pull("one"); got != 401 {
			t.Errorf("pull by nobody: %d", got)
		}
		if got := puller.pull("absent"); got != 404 {
			t.Errorf("pull of what is not there: %d", got)
		}
		tags, err := remote.List(puller.repo, puller.with...)
		if slices.Sort(tags); err != nil || strings.Join(tags, " ") != "large one" {
			t.Errorf("tags %v, %v", tags, err)
		}
		repos, err := remote.Catalog(t.Context(), puller.repo.Registry, puller.with...)
		if err != nil || strings.Join(repos, " ") != "team/app" {
			t.Errorf("catalog %v, %v", repos, err)
		}
		if got := status(t, remote.Delete(pusher.repo.Tag("one"), pusher.with...)); got != 401 {
			t.Errorf("delete without the right: %d", got)
		}
		if got := status(t, remote.Delete(owner.repo.Tag("one"), owner.with...)); got != 0 {
			t.Errorf("delete: %d", got)
		}
		if got := puller.pull("one"); got != 404 {
			t.Errorf("pull after the delete: %d", got)
		}
	})
}

// A request in process is a principal's, whose rights count at once and without a token.
func TestInProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		as := func(who string) client {
			return newClient(t, c.Transport(&arm.Principal{ObjectID: who, AppID: who}), authn.Anonymous)
		}
		if got := as("pusher").push("one", 10); got != 0 {
			t.Fatalf("push: %d", got)
		}
		for who, want := range map[string]int{"puller": 0, "nobody": 401} {
			if got := as(who).pull("one"); got != want {
				t.Errorf("pull by %s: %d, want %d", who, got, want)
			}
		}
		for _, r := range c.Requests.After(0) {
			if strings.HasPrefix(r.Operation, "Authentication_") && r.Status == 200 {
				t.Errorf("a token was given out: %+v", r)
			}
		}
	})
}

func TestAnonymousPull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", strings.NewReplacer(`"anonymousPullEnabled":false`, `"anonymousPullEnabled":true`, "Basic", "Standard").Replace(basic))
		if got := newClient(t, c.Transport(nil), &authn.Basic{Username: "pusher", Password: "secret of pusher"}).push("one", 10); got != 0 {
			t.Fatalf("push: %d", got)
		}
		anyone := newClient(t, c.Transport(nil), authn.Anonymous)
		if got := anyone.pull("one"); got != 0 {
			t.Errorf("pull: %d", got)
		}
		if got := anyone.push("two", 10); got != 401 {
			t.Errorf("push: %d", got)
		}
		if _, err := remote.Catalog(t.Context(), anyone.repo.Registry, anyone.with...); status(t, err) != 401 {
			t.Errorf("catalog: %v", err)
		}
	})
}

// Tokens end with their time and with their registry, even if another gets its name.
func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		with := func(refresh string) client {
			return newClient(t, c.Transport(nil), &authn.Basic{Username: tokenUser, Password: refresh})
		}
		refresh := exchange(t, c, "access_token", "pusher"+forRegistry).token(t, "refresh_token")
		if got := with(refresh).push("one", 10); got != 0 {
			t.Fatalf("push: %d", got)
		}
		time.Sleep(3*time.Hour - time.Minute)
		if got := with(refresh).pull("one"); got != 0 {
			t.Errorf("pull before the token's end: %d", got)
		}
		time.Sleep(2 * time.Minute)
		if got := with(refresh).pull("one"); got != 401 {
			t.Errorf("pull after the token's end: %d", got)
		}
		refresh = exchange(t, c, "access_token", "pusher"+forRegistry).token(t, "refresh_token")
		call(t, c, "DELETE", inGroup+"registry1", "", 200)
		made(t, c, "registry1", basic)
		if got := with(refresh).pull("one"); got != 401 {
			t.Errorf("pull with a token of the registry before: %d", got)
		}
		refresh = exchange(t, c, "access_token", "pusher"+forRegistry).token(t, "refresh_token")
		if got := with(refresh).pull("one"); got != 404 {
			t.Errorf("pull of an image of the registry before: %d", got)
		}
	})
}

// Calls are in the request log by their names, and faults hit them.
func TestOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		pusher := newClient(t, c.Transport(nil), &authn.Basic{Username: "pusher", Password: "secret of pusher"})
		pusher.push("one", 10)
		pusher.pull("one")
		seen := map[string]bool{}
		for _, r := range c.Requests.After(0) {
			seen[r.Operation] = true
			if r.Host == "registry1.azurecr.io" && r.Operation == "" {
				t.Errorf("%s %s has no name", r.Method, r.Path)
			}
		}
		for _, want := range []string{"ContainerRegistry_CheckDockerV2Support", "Authentication_GetAcrAccessTokenFromLogin", "ContainerRegistryBlob_CheckBlobExists",
			"ContainerRegistryBlob_StartUpload", "ContainerRegistryBlob_UploadChunk", "ContainerRegistryBlob_CompleteUpload", "ContainerRegistry_CreateManifest",
			"ContainerRegistry_GetManifest", "ContainerRegistryBlob_GetBlob"} {
			if !seen[want] {
				t.Errorf("no %s in the log: %v", want, seen)
			}
		}
		if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"ContainerRegistry_GetManifest"},"effect":{"status":503}}`)); err != nil {
			t.Fatal(err)
		}
		if got := pusher.pull("one"); got != 503 {
			t.Errorf("with a fault: %d", got)
		}
	})
}
