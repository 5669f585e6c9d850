package prefectemulator_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

func start(t *testing.T) *prefectemulator.Local {
	t.Helper()
	local, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	return local
}

// A web page that a browser of this machine shows must not reach the API, which asks for no sign-in.
func TestStartAnswersItsOwnMachine(t *testing.T) {
	local := start(t)
	for _, test := range []struct {
		name, host, origin string
		want               int
	}{
		{"loopback", "", "", 200},
		{"localhost", "localhost:4200", "", 200},
		{"a container's name for this machine", "host.docker.internal:4200", "", 200},
		{"another name, by a trick with DNS", "evil.example:4200", "", 421},
		{"an address that is not ours", "203.0.113.7", "", 421},
		{"IPv6 loopback", "[::1]:4200", "", 200},
		{"a web page", "", "https://evil.example", 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, local.URL()+"/health", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.host != "" {
				request.Host = test.host
			}
			if test.origin != "" {
				request.Header.Set("Origin", test.origin)
			}
			reply, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			if reply.StatusCode != test.want {
				t.Errorf("got %s, want %d", reply.Status, test.want)
			}
			if kind := reply.Header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("the answer is %s, want JSON", kind)
			}
		})
	}
}

func TestStartOnATakenPort(t *testing.T) {
	local := start(t)
	address := strings.TrimSuffix(strings.TrimPrefix(local.URL(), "http://"), "/api")
	_, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: address})
	if socket, ok := errors.AsType[*net.OpError](err); !ok || socket.Op != "listen" || !strings.Contains(err.Error(), address) {
		t.Errorf("got error %v, want one that says that %s is taken", err, address)
	}
}

// Close breaks off what waits, and frees the port.
func TestLocalClose(t *testing.T) {
	local := start(t)
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(local.URL(), "http://"), "/api"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 2 {
		if err := local.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("reading a connection to a closed server: %v", err)
	}
	if _, err := http.Get(local.URL() + "/health"); err == nil {
		t.Error("a closed server still answers")
	}
}
