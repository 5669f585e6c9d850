package docker_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
)

func newGroup(t *testing.T, e *docker.Engine) engine.Group {
	t.Helper()
	g, err := e.NewGroup(t.Context(), engine.GroupSpec{ID: "g", Name: "group"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestPull(t *testing.T) {
	d, r := newFakeDaemon(t), newRegistry(t)
	g := newGroup(t, d.engine(t, nil))
	image := r.push(t, "team/program:1", imageOf(t, "linux", []byte("x")))
	good := []engine.RegistryCredential{{Server: "other.example", Username: "u", Password: "p"}, {Server: "https://" + r.host + "/", Username: user, Password: password}}

	for range 2 {
		got, err := g.Pull(t.Context(), engine.PullSpec{Image: image, Credentials: good})
		if err != nil || strings.Join(got.Entrypoint, " ") != "/e" || strings.Join(got.Cmd, " ") != "c" {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if d.loads != 1 {
		t.Errorf("the image was loaded %d times, want once", d.loads)
	}
	// What an earlier group could pull is no right of this one.
	_, err := g.Pull(t.Context(), engine.PullSpec{Image: image})
	wantImageError(t, err, "InaccessibleImage")
	// What somebody has loaded or built under this very name needs no registry.
	d.mu.Lock()
	d.images["built/here:1"] = true
	d.mu.Unlock()
	if _, err := g.Pull(t.Context(), engine.PullSpec{Image: "built/here:1"}); err != nil {
		t.Error(err)
	}
}

// An image of an emulated registry is asked for there, through the transport that is given, even if the daemon has one of
// that name: whether it may be pulled is decided each time.
func TestPullFromEmulatedRegistry(t *testing.T) {
	d, r := newFakeDaemon(t), newRegistry(t)
	g := newGroup(t, d.engine(t, nil))
	stored := r.push(t, "team/program:1", imageOf(t, "linux", []byte("x")))
	const image = "mine.azurecr.io/team/program:1"
	d.mu.Lock()
	d.images[image] = true
	d.mu.Unlock()
	carried := 0
	spec := engine.PullSpec{Image: image, Registry: carrier(func(q *http.Request) (*http.Response, error) {
		carried++
		q = q.Clone(q.Context())
		q.URL.Scheme, q.URL.Host = "http", r.host
		return http.DefaultTransport.RoundTrip(q)
	})}
	_, err := g.Pull(t.Context(), spec)
	wantImageError(t, err, "InaccessibleImage")
	spec.Credentials = []engine.RegistryCredential{{Server: "mine.azurecr.io", Username: user, Password: password}}
	if got, err := g.Pull(t.Context(), spec); err != nil || strings.Join(got.Entrypoint, " ") != "/e" || got.Digest == "" || d.loads != 1 {
		t.Errorf("got %+v, %v; %d loads of %s", got, err, d.loads, stored)
	}
	if carried == 0 {
		t.Error("the transport was not used")
	}
}

type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func wantImageError(t *testing.T, err error, code string) {
	t.Helper()
	wrong, ok := errors.AsType[*engine.ImageError](err)
	if !ok || wrong.Code != code {
		t.Errorf("got %v, want an *ImageError with %s", err, code)
	}
	if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "\n")) {
		t.Errorf("the error is no line for a user: %q", err)
	}
}

func TestPullRefusals(t *testing.T) {
	d, r := newFakeDaemon(t), newRegistry(t)
	g := newGroup(t, d.engine(t, nil))
	image := r.push(t, "team/program:1", imageOf(t, "linux", []byte("x")))
	windows := pushIndex(t, r, "team/windows:1", imageOf(t, "windows", []byte("x")))
	cred := func(u, p string) []engine.RegistryCredential {
		return []engine.RegistryCredential{{Server: r.host, Username: u, Password: p}}
	}
	for _, tt := range []struct {
		name, image string
		creds       []engine.RegistryCredential
		status      int
		code        string
	}{
		{"no credentials", image, nil, 0, "InaccessibleImage"},
		{"wrong password", image, cred(user, "wrong"), 0, "InaccessibleImage"},
		{"no such repository", r.host + "/team/none:1", cred(user, password), 0, "InaccessibleImage"},
		{"no such tag", r.host + "/team/program:2", cred(user, password), 0, "InaccessibleImage"},
		{"another platform", windows, cred(user, password), 0, "InaccessibleImage"},
		{"no name", "UPPER CASE", nil, 0, "InaccessibleImage"},
		{"empty", "", nil, 0, "InaccessibleImage"},
		{"nobody listens", "127.0.0.1:1/x", nil, 0, "InaccessibleImage"},
		{"the registry forbids it", image, cred(user, password), 403, "InaccessibleImage"},
		{"the registry is down", image, cred(user, password), 503, "RegistryErrorResponse"},
		{"too many pulls", image, cred(user, password), 429, "RegistryErrorResponse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.fail(tt.status)
			defer r.fail(0)
			_, err := g.Pull(t.Context(), engine.PullSpec{Image: tt.image, Credentials: tt.creds})
			wantImageError(t, err, tt.code)
		})
	}
}

func pushIndex(t *testing.T, r *fakeRegistry, repository string, image v1.Image) string {
	t.Helper()
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "windows", Architecture: "amd64"}},
	})
	tag, err := name.NewTag(r.host + "/" + repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag, index, remote.WithAuth(&authn.Basic{Username: user, Password: password})); err != nil {
		t.Fatal(err)
	}
	return tag.String()
}

// A daemon that cannot take the image is no fault of the image.
func TestLoadFails(t *testing.T) {
	d, r := newFakeDaemon(t), newRegistry(t)
	d.broken = "no space left on device"
	g := newGroup(t, d.engine(t, nil))
	image := r.push(t, "team/program:1", imageOf(t, "linux", []byte("x")))
	_, err := g.Pull(t.Context(), engine.PullSpec{Image: image, Credentials: []engine.RegistryCredential{{Server: r.host, Username: user, Password: password}}})
	if _, ok := errors.AsType[*engine.ImageError](err); ok || err == nil || !strings.Contains(err.Error(), d.broken) {
		t.Errorf("got %v, want the daemon's error", err)
	}
}

// schemes notes how registries are asked.
type schemes struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (s *schemes) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[r.URL.Scheme] = true
	return nil, errors.New("no TLS here")
}

// Private addresses count as good enough for HTTP with some tools; a password must not go there in the clear.
func TestNoPasswordWithoutTLS(t *testing.T) {
	d, s := newFakeDaemon(t), &schemes{seen: map[string]bool{}}
	g := newGroup(t, d.engine(t, s))
	_, err := g.Pull(t.Context(), engine.PullSpec{Image: "10.1.2.3:5000/x:1", Credentials: []engine.RegistryCredential{{Server: "10.1.2.3:5000", Username: user, Password: password}}})
	wantImageError(t, err, "InaccessibleImage")
	if s.seen["http"] || !s.seen["https"] {
		t.Errorf("asked by %v, want https alone", s.seen)
	}
}

func TestConnect(t *testing.T) {
	d := newFakeDaemon(t)
	windows := newFakeDaemon(t)
	windows.os = "windows"
	for _, tt := range []struct{ name, host, network, want string }{
		{"nobody there", "unix:///no/such/socket", "", "no container daemon answers (unix:///no/such/socket: "},
		{"ssh", "ssh://host", "", "ssh is not supported"},
		{"no address", "nonsense", "", "nonsense"},
		{"windows containers", windows.host, "", "switch it to Linux containers"},
		{"unknown network", d.host, "mesh", `engine network "mesh" is unknown`},
	} {
		_, err := docker.New(t.Context(), docker.Options{LookupEnv: env("DOCKER_HOST", tt.host), Network: tt.network})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	e := d.engine(t, nil)
	if e.Name() != "docker" || e.Network() != docker.NetworkHost {
		t.Errorf("got %s on the network %s, want docker on host's", e.Name(), e.Network())
	}
}
