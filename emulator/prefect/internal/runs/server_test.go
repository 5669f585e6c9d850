package runs_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/runs"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// server is the routes of the room, with the rules and services that it rests on.
type server struct {
	t       testing.TB
	handler http.Handler
	db      *db.DB
	// events are the names of what was published.
	events []string
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, db: db.New()}
	s.db.Emit = func(e db.Event) { s.events = append(s.events, e.Event) }
	rules := orchestration.New(s.db)
	background := orchestration.NewServices(rules, slog.New(slog.DiscardHandler))
	t.Cleanup(background.Close)
	router := api.NewRouter(api.Options{Lock: s.db, Before: background.Look})
	runs.Register(router, s.db, rules)
	rules.Register(router)
	s.handler = router
	return s
}

// say sends a request and gives the status and the body.
func (s *server) say(method, path, body string) (int, string) {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(method, "http://test/api"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	s.handler.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String()
}

// want sends a request, wants the status, and gives the body.
func (s *server) want(status int, method, path, body string) string {
	s.t.Helper()
	got, text := s.say(method, path, body)
	if got != status {
		s.t.Fatalf("%s %s %s: got %d %s, want %d", method, path, body, got, text, status)
	}
	return text
}

// refused wants the status and a part of the body.
func (s *server) refused(status int, part, method, path, body string) {
	s.t.Helper()
	if text := s.want(status, method, path, body); !strings.Contains(text, part) {
		s.t.Errorf("%s %s: got %s, want %q in it", method, path, text, part)
	}
}

type object = map[string]any

func read[T any](t testing.TB, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// get gives a thing as it is shown.
func (s *server) get(path string) object {
	s.t.Helper()
	return read[object](s.t, s.want(200, "GET", path, ""))
}

// id makes a thing and gives its id.
func (s *server) id(path, body string) string {
	s.t.Helper()
	status, text := s.say("POST", path, body)
	if status != 201 {
		s.t.Fatalf("POST %s %s: got %d %s, want 201", path, body, status, text)
	}
	return read[object](s.t, text)["id"].(string)
}

func (s *server) flow() string { return s.id("/flows/", `{"name":"f"}`) }

// deployment makes one with more fields.
func (s *server) deployment(flow, more string) string {
	s.t.Helper()
	return s.id("/deployments/", fmt.Sprintf(`{"name":"d","flow_id":%q%s}`, flow, more))
}

// names lists the names of what matches.
func (s *server) names(path, body string) []string {
	s.t.Helper()
	out := []string{}
	for _, thing := range read[[]object](s.t, s.want(200, "POST", path, body)) {
		out = append(out, thing["name"].(string))
	}
	return out
}

func (s *server) count(path, body string) int {
	s.t.Helper()
	return read[int](s.t, s.want(200, "POST", path+"/count", body))
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// pool makes a pool whose template wants a number for cpu and some command.
func (s *server) pool() *db.WorkPool {
	s.db.Lock()
	defer s.db.Unlock()
	return work.AddPool(s.db, db.WorkPool{Name: "p", Type: "process", BaseJobTemplate: json.RawMessage(
		`{"job_configuration":{"cpu":"{{ cpu }}"},"variables":{"type":"object","required":["command"],"properties":{"cpu":{"type":"number","default":1},"command":{"type":"string"}}}}`)})
}
