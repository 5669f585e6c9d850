package prefectemulator_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

// say sends one request and gives the status and the body.
func say(t *testing.T, server *prefectemulator.Server, method, path, body string, header ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, prefectemulator.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	reply, err := server.Transport().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

func newServer(t *testing.T, o prefectemulator.Options) *prefectemulator.Server {
	t.Helper()
	server, err := prefectemulator.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// What a real server of 3.x answers to a request that it does not look at.
func TestRefusals(t *testing.T) {
	server := newServer(t, prefectemulator.Options{})
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		want                     string
	}{
		{"no route", "GET", "/nope", "", nil, 404, `{"detail":"Not Found"}`},
		{"no such method", "PUT", "/health", "", nil, 405, `{"detail":"Method Not Allowed"}`},
		{"an API version that is none", "GET", "/health", "", []string{"X-Prefect-Api-Version", "abc"}, 400,
			`{"detail":"Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received abc"}`},
		{"an API version that is too old", "GET", "/health", "", []string{"X-Prefect-Api-Version", "0.7.0"}, 400,
			`{"detail":"The request specified API version 0.7.0 but this server requires version 0.8.0 or higher."}`},
		{"an API version that is newer", "GET", "/health", "", []string{"X-Prefect-Api-Version", "0.9.1"}, 200, "true"},
		{"no CSRF here", "GET", "/csrf-token?client=2c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10", "", nil, 422, `{"detail":"CSRF protection is disabled."}`},
		{"no JSON", "POST", "/flows/filter", "{", nil, 422, ""},
		{"the address without its slash", "POST", "/flows", `{"name":"x"}`, nil, 307, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, text := say(t, server, test.method, test.path, test.body, test.header...)
			if status != test.status || test.want != "" && text != test.want {
				t.Errorf("got %d %s, want %d %s", status, text, test.status, test.want)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	server := newServer(t, prefectemulator.Options{AuthString: "admin:pass"})
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct {
		name, path, authorization string
		status                    int
	}{
		{"none", "/admin/version", "", 401},
		{"health needs none", "/health", "", 200},
		{"ready needs none", "/ready", "", 200},
		{"right", "/admin/version", basic("admin:pass"), 200},
		{"wrong", "/admin/version", basic("admin:word"), 401},
		{"an API key", "/admin/version", "Bearer admin:pass", 401},
		{"no base64", "/admin/version", "Basic admin:pass", 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			var header []string
			if test.authorization != "" {
				header = []string{"Authorization", test.authorization}
			}
			if status, text := say(t, server, "GET", test.path, "", header...); status != test.status {
				t.Errorf("got %d %s, want %d", status, text, test.status)
			}
		})
	}
}

// Close ends what waits for an answer, in fake time too, and leaves nothing running.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := prefectemulator.NewServer(prefectemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		body, unfinished := io.Pipe()
		defer unfinished.Close()
		ended := make(chan error, 1)
		go func() {
			request, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, prefectemulator.URL+"/flows/filter", body)
			reply, err := server.Transport().RoundTrip(request)
			if err == nil {
				reply.Body.Close()
			}
			ended <- err
		}()
		synctest.Wait()
		for range 2 {
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
		}
		_ = unfinished.CloseWithError(io.ErrUnexpectedEOF) // the client itself waits for what it is sending
		if err := <-ended; err == nil {
			t.Error("a request in flight was answered by a closed server")
		}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, prefectemulator.URL+"/health", nil)
		if reply, err := server.Transport().RoundTrip(request); err == nil {
			reply.Body.Close()
			t.Error("a closed server answers")
		}
	})
}
