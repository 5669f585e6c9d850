package docker_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("DOCKER_TEST_EMULATOR") != "" {
		emulator()
	}
	enginetest.Main(m)
}

// needDaemon skips a test that needs a real daemon, unless it is asked for.
func needDaemon(t *testing.T) {
	t.Helper()
	if os.Getenv("PACIFIC_E2E_DOCKER") != "1" {
		t.Skip("set PACIFIC_E2E_DOCKER=1 (make e2e does) with dockerd or podman running")
	}
}

// user and password open the registry.
const user, password = "puller", "s3cret-pass"

// fakeRegistry is a registry on loopback that wants a user and a password.
type fakeRegistry struct {
	host string

	mu     sync.Mutex
	status int // answers every request, if it is set
}

func newRegistry(t *testing.T) *fakeRegistry {
	t.Helper()
	r := &fakeRegistry{}
	files := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		status := r.status
		r.mu.Unlock()
		u, p, _ := req.BasicAuth()
		switch {
		case status != 0:
			w.WriteHeader(status)
		case u != user || p != password:
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			files.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(server.Close)
	r.host = strings.TrimPrefix(server.URL, "http://")
	return r
}

func (r *fakeRegistry) fail(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// push puts an image into the registry and tells its name.
func (r *fakeRegistry) push(t *testing.T, repository string, image v1.Image) string {
	t.Helper()
	tag, err := name.NewTag(r.host + "/" + repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithAuth(&authn.Basic{Username: user, Password: password})); err != nil {
		t.Fatal(err)
	}
	return tag.String()
}

// programImage is an image with this test binary as /program, and without any other file.
func programImage(t *testing.T) v1.Image {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			t.Fatal("the test binary is not static: run these tests with CGO_ENABLED=0")
		}
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	return imageOf(t, "linux", content)
}

// imageOf is an image whose one file is /program.
func imageOf(t *testing.T, system string, program []byte) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "program", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		OS: system, Architecture: runtime.GOARCH,
		Config: v1.Config{Entrypoint: []string{"/program", enginetest.Marker}, Cmd: []string{"args", "of", "the", "image"}},
		RootFS: rootFS(t, image),
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func rootFS(t *testing.T, image v1.Image) v1.RootFS {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.RootFS
}
