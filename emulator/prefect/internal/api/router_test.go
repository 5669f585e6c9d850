package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
)

// A panic in a handler, before it or in its reply is answered as a failure, told with its place, and leaves the lock free.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	var lock sync.Mutex
	looks := 0
	r := api.NewRouter(api.Options{Lock: &lock, Log: slog.New(slog.NewTextHandler(&log, nil)), Before: func() {
		if looks++; looks == 1 {
			panic("before")
		}
	}})
	r.Handle("GET /handler", func(*api.Request) (api.Reply, error) { panic("within") })
	r.Handle("GET /reply", func(*api.Request) (api.Reply, error) { return api.OK(badReply{}) })
	r.Handle("GET /good", func(*api.Request) (api.Reply, error) { return api.OK(true) })
	call := apitest.New(t, r)
	for _, route := range []string{"GET /good", "GET /handler", "GET /reply"} {
		if got := call.Want(500, route, "").Get("exception_message"); got != "Internal Server Error" {
			t.Errorf("%s: got %v", route, got)
		}
	}
	call.Want(200, "GET /good", "")
	for _, want := range []string{"before", "within", "in the reply", "router_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

type badReply struct{}

func (badReply) MarshalJSON() ([]byte, error) { panic("in the reply") }

func TestRoutesThatAreLeftOutSaySo(t *testing.T) {
	r := api.NewRouter(api.Options{Lock: &sync.Mutex{}})
	for path, want := range map[string]int{
		"/api/automations/filter": http.StatusNotImplemented, "/api/ui/flows/count-deployments": http.StatusNotImplemented,
		"/api/saved_searches/": http.StatusNotImplemented, "/api/automation": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		if w.Code != want {
			t.Errorf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}
