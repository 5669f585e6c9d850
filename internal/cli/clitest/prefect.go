package clitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// PrefectURL is where the command lines look for Prefect.
const PrefectURL = "http://prefect.local/api"

// NewPrefect has a Prefect (nil: nobody answers) and no Azure.
func NewPrefect(t *testing.T, prefect http.RoundTripper) *Harness {
	t.Helper()
	h := NewBare(t)
	h.Prefect, h.Vars["PREFECT_API_URL"] = prefect, PrefectURL
	return h
}

// StartPrefect starts a Prefect in memory.
func StartPrefect(t *testing.T) http.RoundTripper {
	t.Helper()
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing Prefect: %v", err)
		}
	})
	return server.Transport()
}

// PrefectLog passes requests on and remembers those that write.
type PrefectLog struct {
	http.RoundTripper
	mu sync.Mutex
	// Writes are methods and paths, in the order in which they came.
	Writes []string
}

// RoundTrip passes a request on.
func (l *PrefectLog) RoundTrip(r *http.Request) (*http.Response, error) {
	reads := r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/filter")
	if !reads {
		l.mu.Lock()
		l.Writes = append(l.Writes, r.Method+" "+r.URL.Path)
		l.mu.Unlock()
	}
	return l.RoundTripper.RoundTrip(r)
}

// NewPrefectLog has a Prefect of its own, and a log of what is sent to it.
func NewPrefectLog(t *testing.T) (*Harness, *PrefectLog) {
	t.Helper()
	log := &PrefectLog{RoundTripper: StartPrefect(t)}
	return NewPrefect(t, log), log
}

// Client is a client of the harness's Prefect.
func (h *Harness) Client() *prefect.Client {
	h.T.Helper()
	client, err := prefect.NewClient(prefect.Options{URL: PrefectURL, Transport: h.Prefect})
	if err != nil {
		h.T.Fatal(err)
	}
	return client
}

// Answers is a Prefect, or what stands in its place, that answers so.
type Answers http.HandlerFunc

// RoundTrip is the answer to one request.
func (a Answers) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	a(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// Says is a Prefect that says the same to everybody.
func Says(status int, kind, body string) Answers {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Broken is a network on which every request fails, for this reason.
type Broken struct{ Err error }

// RoundTrip fails.
func (b Broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.Err }
