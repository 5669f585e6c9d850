package docker_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
)

// fakeDaemon speaks as much of Docker's API as images need, so that pulling is tested where no daemon is.
type fakeDaemon struct {
	host string // for DOCKER_HOST
	os   string

	mu     sync.Mutex
	images map[string]bool
	loads  int
	broken string // the error that a load reports

	// first answers what it likes, and reports whether it has; nil: nothing.
	first func(w http.ResponseWriter, r *http.Request, path string) bool
}

var withoutVersion = regexp.MustCompile(`^/v1\.[0-9]+`)

func newFakeDaemon(t *testing.T) *fakeDaemon {
	t.Helper()
	d := &fakeDaemon{os: "linux", images: map[string]bool{}}
	socket := filepath.Join(t.TempDir(), "d.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no unix sockets here: ", err)
	}
	d.host = "unix://" + socket
	server := httptest.NewUnstartedServer(d)
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return d
}

func (d *fakeDaemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := withoutVersion.ReplaceAllString(r.URL.Path, "")
	if d.first != nil && d.first(w, r, path) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Api-Version", "1.41")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	name, isInspect := strings.CutSuffix(strings.TrimPrefix(path, "/images/"), "/json")
	switch {
	case path == "/_ping", path == "/version":
		answer(200, map[string]any{"Version": "20", "ApiVersion": "1.41", "Os": d.os, "Arch": "amd64"})
	case path == "/info":
		answer(200, map[string]any{"NCPU": 2, "OSType": d.os, "Architecture": "x86_64"})
	case path == "/containers/json", path == "/images/json":
		answer(200, []any{})
	case path == "/volumes":
		answer(200, map[string]any{"Volumes": []any{}})
	case path == "/images/load":
		_, _ = io.Copy(io.Discard, r.Body)
		d.loads++
		if d.broken != "" {
			answer(200, map[string]any{"errorDetail": map[string]any{"message": d.broken}, "error": d.broken})
			return
		}
		d.images["localhost/pacific/"] = true
		answer(200, map[string]any{"stream": "Loaded image"})
	case isInspect:
		for known := range d.images {
			if strings.HasPrefix(name, known) {
				answer(200, map[string]any{"Id": "sha256:1", "Config": map[string]any{"Entrypoint": []string{"/e"}, "Cmd": []string{"c"}}})
				return
			}
		}
		answer(404, map[string]any{"message": "No such image"})
	case r.Method == http.MethodDelete:
		answer(200, []any{})
	default:
		answer(501, map[string]any{"message": "the fake daemon knows no " + path})
	}
}

// engine connects to the fake daemon.
func (d *fakeDaemon) engine(t *testing.T, transport http.RoundTripper) *docker.Engine {
	t.Helper()
	e, err := docker.New(t.Context(), docker.Options{LookupEnv: env("DOCKER_HOST", d.host), RegistryTransport: transport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func env(name, value string) func(string) (string, bool) {
	return func(k string) (string, bool) {
		if k == name {
			return value, true
		}
		return "", false
	}
}
