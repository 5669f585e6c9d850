package prefect_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// csrfServer wants tokens as a 3.x server with the protection on does.
type csrfServer struct {
	mu      sync.Mutex
	given   int
	valid   string
	expires time.Duration
}

func (s *csrfServer) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/api/csrf-token" {
		s.given++
		s.valid = fmt.Sprint("token-", s.given, r.URL.Query().Get("client"))
		says(200, fmt.Sprintf(`{"token":%q,"client":"c","expiration":%q}`, s.valid, time.Now().Add(s.expires).UTC().Format(time.RFC3339)))(w, r)
		return
	}
	switch got := r.Header.Get("Prefect-Csrf-Token"); {
	case r.Method == http.MethodGet:
		says(200, flowReply)(w, r)
	case got == "":
		says(403, `{"detail":"Missing CSRF token."}`)(w, r)
	case got != s.valid:
		says(403, `{"detail":"Invalid CSRF token or client identifier."}`)(w, r)
	default:
		says(201, flowReply)(w, r)
	}
}

func csrfClient(t *testing.T, handler http.HandlerFunc) (*prefect.Client, *script) {
	s := &script{handler: handler}
	return must(prefect.NewClient(prefect.Options{URL: fakeURL, Transport: s}))(t), s
}

func TestCSRF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &csrfServer{expires: time.Hour}
		c, s := csrfClient(t, server.handle)
		write := func() { must(c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"}))(t) }
		tokens := func(n int) { t.Helper(); want(t, "tokens fetched", s.count("GET /api/csrf-token"), n) }
		must(c.Flow(t.Context(), "f"))(t)
		tokens(0) // reading needs none
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(write)
		}
		wg.Wait()
		tokens(1) // and many writers share one
		time.Sleep(59*time.Minute + 55*time.Second)
		write()
		tokens(2) // renewed a little before it ends
		server.mu.Lock()
		server.valid = "another, after a restart"
		server.mu.Unlock()
		began := time.Now()
		write()
		tokens(3) // renewed when it is refused, at once
		want(t, "time", time.Since(began), 0)
	})
}

func TestCSRFThatIsOff(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"3.x": says(422, `{"detail":"CSRF protection is disabled."}`), "old": says(404, `{"detail":"Not Found"}`),
	} {
		t.Run(name, func(t *testing.T) {
			on := false
			server := &csrfServer{expires: time.Hour}
			c, s := csrfClient(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case on:
					server.handle(w, r)
				case r.URL.Path == "/api/csrf-token":
					answer(w, r)
				default:
					says(201, flowReply)(w, r)
				}
			})
			for range 3 {
				must(c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"}))(t)
			}
			want(t, "tokens asked for", s.count("GET /api/csrf-token"), 1)
			on = true // the server is restarted with the protection
			must(c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"}))(t)
		})
	}
}

func TestCSRFFailures(t *testing.T) {
	c, s := csrfClient(t, says(401, `{"exception_message":"Unauthorized"}`))
	_, err := c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"})
	wantKind(t, err, prefect.ErrUnauthorised)
	want(t, "writes", s.count("POST /api/flows/"), 0)

	// A server that never accepts a token it has given is refused after one renewal.
	c, s = csrfClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/csrf-token" {
			says(200, `{"token":"t"}`)(w, r)
			return
		}
		says(403, `{"detail":"Invalid CSRF token or client identifier."}`)(w, r)
	})
	_, err = c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"})
	wantKind(t, err, prefect.ErrForbidden)
	want(t, "writes", s.count("POST /api/flows/"), 2)
}
