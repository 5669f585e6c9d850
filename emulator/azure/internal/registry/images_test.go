package registry_test

import (
	"errors"
	"io"
	"net/http"
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
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

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
		one, err := remote.Head(puller.repo.Tag("one"), puller.with...)
		if err != nil {
			t.Fatal(err)
		}
		if got := status(t, remote.Delete(pusher.repo.Digest(one.Digest.String()), pusher.with...)); got != 401 {
			t.Errorf("delete without the right: %d", got)
		}
		if got := status(t, remote.Delete(owner.repo.Tag("one"), owner.with...)); got != 405 {
			t.Errorf("delete of a tag alone: %d", got)
		}
		if got := status(t, remote.Delete(owner.repo.Digest(one.Digest.String()), owner.with...)); got != 0 {
			t.Errorf("delete: %d", got)
		}
		if got := puller.pull("one"); got != 404 {
			t.Errorf("pull after the delete: %d", got)
		}
	})
}

// An image for several platforms, pulled by the client for one of them; and its copy in another repository, whose layers
// are mounted and not sent again.
func TestIndexAndMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "registry1", basic)
		pusher := newClient(t, c.Transport(nil), &authn.Basic{Username: "pusher", Password: "secret of pusher"})
		index, err := random.Index(100, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(pusher.repo.Tag("all"), index, pusher.with...); err != nil {
			t.Fatal(err)
		}
		got, err := remote.Index(pusher.repo.Tag("all"), pusher.with...)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(got); err != nil {
			t.Error(err)
		}
		if got := pusher.push("one", 1<<20); got != 0 {
			t.Fatalf("push: %d", got)
		}
		image, err := remote.Image(pusher.repo.Tag("one"), pusher.with...)
		if err != nil {
			t.Fatal(err)
		}
		from := c.Requests.After(0)
		if err := remote.Write(pusher.repo.Registry.Repo("copies", "app").Tag("one"), image, pusher.with...); err != nil {
			t.Fatal(err)
		}
		mounts := 0
		for _, r := range c.Requests.After(from[len(from)-1].Seq) {
			if r.Operation == "ContainerRegistryBlob_MountBlob" && r.Status == 201 {
				mounts++
			}
		}
		if mounts < 2 {
			t.Errorf("%d layers were mounted, want 2", mounts)
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
		// The catalog has one name, and a token to pull opens none that looks like it.
		token := send(t, c, "/oauth2/token?service=registry1.azurecr.io&scope=repository%3Ax%2F_catalog%3Apull", nil).token(t, "access_token")
		if got := send(t, c, "/v2/x/_catalog", nil, "Authorization", "Bearer "+token); got.StatusCode != 404 || strings.Contains(got.text, "team/app") {
			t.Errorf("catalog by another name: %d %s", got.StatusCode, got.text)
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
