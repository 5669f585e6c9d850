package apitest

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// RealServer names the variable with the address of a server of 3.x, which make e2e starts.
const RealServer = "PACIFIC_E2E_PREFECT3_API_URL"

// Both runs a test on the room in memory, and on the real server where there is one. It may be that other tests have
// used that server, so what the test makes has names of its own.
func Both(t *testing.T, memory http.Handler, test func(t *testing.T, h http.Handler)) {
	t.Helper()
	t.Run("in memory", func(t *testing.T) { test(t, memory) })
	t.Run("on a server", func(t *testing.T) {
		address := os.Getenv(RealServer)
		if address == "" {
			t.Skip(RealServer + " names no server")
		}
		test(t, real{t, strings.TrimSuffix(address, "/api"), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	})
}

// real passes requests to a server. It closes a connection after an answer of 500, so that each request has its own.
type real struct {
	t       *testing.T
	address string
	client  *http.Client
}

// ServeHTTP sends a request again while the server's database is busy, which it says with 503.
func (s real) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for range 100 {
		request, err := http.NewRequestWithContext(s.t.Context(), r.Method, s.address+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		request.Header = r.Header
		reply, err := s.client.Do(request)
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil {
			s.t.Fatal(err)
		}
		if reply.StatusCode == http.StatusServiceUnavailable {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		w.WriteHeader(reply.StatusCode)
		_, _ = w.Write(text)
		return
	}
	s.t.Fatalf("%s %s: the server stays busy", r.Method, r.URL.Path)
}
