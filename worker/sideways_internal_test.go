package worker

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// side is a Prefect API in memory with a client, one flow and one work pool.
type side struct {
	*testing.T
	server *prefectemulator.Server
	client *prefect.Client
	away   atomic.Bool // the server cannot be reached
	flow   prefect.Flow
	pool   prefect.WorkPool
}

func newSide(t *testing.T) *side {
	t.Helper()
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &side{T: t, server: server}
	inner := server.Transport()
	s.client = s.connect(func(r *http.Request) (*http.Response, error) {
		if s.away.Load() {
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusServiceUnavailable)
			return w.Result(), nil
		}
		return inner.RoundTrip(r)
	})
	t.Cleanup(func() { _ = server.Close() })
	if s.flow, err = s.client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "hello", Tags: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	if s.pool, err = s.client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "pool", Type: "azure-container-instance"}); err != nil {
		t.Fatal(err)
	}
	return s
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// connect is a client through a transport.
func (s *side) connect(via transport) *prefect.Client {
	s.Helper()
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: via, DisableCSRF: true, Retries: prefect.RetryOptions{Jitter: -1}})
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// newRun makes a run of the flow.
func (s *side) newRun(name string) prefect.FlowRun {
	s.Helper()
	run, err := s.client.CreateFlowRun(context.Background(), prefect.FlowRunCreate{FlowID: s.flow.ID, Name: name, Tags: []string{"b"}})
	if err != nil {
		s.Fatal(err)
	}
	return run
}

// set forces a run into a state.
func (s *side) set(run prefect.FlowRun, state prefect.StateType) {
	s.Helper()
	if _, err := s.client.ForceFlowRunState(context.Background(), run.ID, prefect.State{Type: state}); err != nil {
		s.Fatal(err)
	}
}

// events are those on the server whose name has the prefix, oldest first.
func (s *side) events(prefix string) []prefect.Event {
	s.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/events/filter", strings.NewReader(`{"filter":{"order":"ASC","event":{"prefix":["`+prefix+`"]}},"limit":50}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	var got struct{ Events []prefect.Event }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		s.Fatalf("listing events: %d %s", w.Code, w.Body)
	}
	return got.Events
}

// logs are the messages of a run's logs.
func (s *side) logs(run prefect.FlowRun) []prefect.Log {
	s.Helper()
	logs, err := prefect.Collect(s.client.Logs(context.Background(), prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}}))
	if err != nil {
		s.Fatal(err)
	}
	return logs
}

func (s *side) config() feedConfig {
	return feedConfig{client: s.client, log: slog.New(slog.DiscardHandler), name: "My worker_1", kind: "azure-container-instance", poolID: s.pool.ID, pool: s.pool.Name}
}

// text is an output that may be read while it is written.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *text) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *text) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// answer is a reply of 200 with a JSON body.
func answer(r *http.Request, body string) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.WriteString(body)
	response := w.Result()
	response.Request = r
	return response
}
