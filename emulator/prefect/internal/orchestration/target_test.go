package orchestration_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
)

// realServer names the address of a server of 3.x, whose answers the tables are then held against too.
const realServer = "PACIFIC_E2E_PREFECT3_API_URL"

// agent is how Prefect's client of that release names itself: leases depend on it.
const agent = "prefect/3.9.1 (API 0.8.4)"

// target is an API whose rules are tried.
type target interface {
	// flowRun makes a pending flow run and gives its id.
	flowRun(t *testing.T, o runOptions) string
	// taskRun makes a task run without a state, in a flow run that is in a state of this type.
	taskRun(t *testing.T, parent string) (task, flowRun string)
	// call sends a body, and gives the reply's status and body.
	call(t *testing.T, method, path string, body any) (int, []byte)
}

// runOptions are what a flow run is made with.
type runOptions struct {
	deployed bool
	retries  int
	pid      string
}

// memory is this package alone.
type memory struct {
	*db.DB
	rules  *orchestration.Rules
	router *api.Router
	events []db.Event
	agent  string
}

func newMemory() *memory {
	m := &memory{DB: db.New(), agent: agent}
	m.Emit = func(e db.Event) { m.events = append(m.events, e) }
	m.rules = orchestration.New(m.DB)
	m.router = api.NewRouter(api.Options{Lock: m.DB, Before: func() { concurrency.ExpireLeases(m.DB) }})
	m.rules.Register(m.router)
	concurrency.Register(m.router, m.DB)
	return m
}

func (m *memory) call(t *testing.T, method, path string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, api.Prefix+path, bytes.NewReader(text))
	r.Header.Set("User-Agent", m.agent)
	w := httptest.NewRecorder()
	m.router.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// deployment makes a deployment with a limit, or, with nil, none.
func (m *memory) deployment(limit *int, options *db.ConcurrencyOptions) *db.Deployment {
	flow := &db.Flow{Base: db.NewBase(), Name: "flow", Tags: []string{"b"}}
	m.Flows.Put(flow.ID, flow)
	d := &db.Deployment{Base: db.NewBase(), Name: "d", FlowID: flow.ID, ConcurrencyOptions: options}
	m.Deployments.Put(d.ID, d)
	concurrency.LimitDeployment(m.DB, d, limit)
	return d
}

// run makes a flow run of a deployment, scheduled for now.
func (m *memory) run(d *db.Deployment) *db.FlowRun {
	run := &db.FlowRun{Run: db.Run{Base: db.NewBase(), Name: "run", Tags: []string{"a"}}, FlowID: d.FlowID, DeploymentID: &d.ID}
	m.FlowRuns.Put(run.ID, run)
	m.rules.Set(run, orchestration.NewState(db.Scheduled, ""), true)
	return run
}

func (m *memory) flowRun(t *testing.T, o runOptions) string {
	t.Helper()
	run := &db.FlowRun{Run: db.Run{Base: db.NewBase(), Name: "run"}}
	if o.deployed {
		run.DeploymentID = &m.deployment(nil, nil).ID
	}
	if o.retries > 0 {
		run.Policy.Retries = &o.retries
	}
	if o.pid != "" {
		run.InfrastructurePID = &o.pid
	}
	m.FlowRuns.Put(run.ID, run)
	m.rules.Set(run, orchestration.NewState(db.Pending, ""), true)
	return run.ID.String()
}

func (m *memory) taskRun(t *testing.T, parent string) (task, flowRun string) {
	t.Helper()
	flowRun = m.flowRun(t, runOptions{})
	run := m.FlowRuns.Get(uuid.MustParse(flowRun))
	m.rules.Set(run, orchestration.NewState(db.StateType(parent), ""), true)
	made := &db.TaskRun{Run: db.Run{Base: db.NewBase(), Name: "task"}, FlowRunID: &run.ID}
	m.AddTaskRun(made)
	return made.ID.String(), flowRun
}

// server is a real one.
type server struct{ url, flow, deployment string }

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{url: os.Getenv(realServer)}
	if s.url == "" {
		t.Skip(realServer + " names no server")
	}
	name := "orchestration-" + uuid.NewString()[:8]
	s.flow = s.make(t, "/flows/", map[string]any{"name": name})
	s.deployment = s.make(t, "/deployments/", map[string]any{"name": name, "flow_id": s.flow})
	return s
}

func (s *server) call(t *testing.T, method, path string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", agent)
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if reply.StatusCode != http.StatusServiceUnavailable {
			return reply.StatusCode, got
		}
		select { // its database is busy
		case <-t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatalf("%s %s: the server stays busy", method, path)
	return 0, nil
}

// make creates something and gives its id.
func (s *server) make(t *testing.T, path string, body map[string]any) string {
	t.Helper()
	status, text := s.call(t, http.MethodPost, path, body)
	var made struct{ ID string }
	if err := json.Unmarshal(text, &made); err != nil || made.ID == "" {
		t.Fatalf("%s: got %d %s", path, status, text)
	}
	return made.ID
}

func (s *server) flowRun(t *testing.T, o runOptions) string {
	t.Helper()
	body := map[string]any{"state": map[string]any{"type": "PENDING"}}
	if o.retries > 0 {
		body["empirical_policy"] = map[string]any{"retries": o.retries}
	}
	path := "/flow_runs/"
	if o.deployed {
		path = "/deployments/" + s.deployment + "/create_flow_run"
	} else {
		body["flow_id"] = s.flow
	}
	id := s.make(t, path, body)
	if o.pid != "" {
		s.call(t, http.MethodPatch, "/flow_runs/"+id, map[string]any{"infrastructure_pid": o.pid})
	}
	return id
}

func (s *server) taskRun(t *testing.T, parent string) (task, flowRun string) {
	t.Helper()
	flowRun = s.make(t, "/flow_runs/", map[string]any{"flow_id": s.flow, "state": map[string]any{"type": parent}})
	return s.make(t, "/task_runs/", map[string]any{"flow_run_id": flowRun, "task_key": "k", "dynamic_key": uuid.NewString(), "name": "t"}), flowRun
}

// state is a proposal as JSON.
type state map[string]any

// answer is a reply of set_state, in short.
type answer struct {
	Status int
	State  struct {
		Type, Name, Message string
		Data                any
		Details             map[string]any `json:"state_details"`
	}
	Decision string `json:"-"`
	Details  struct {
		Type   string
		Reason string
		Delay  int `json:"delay_seconds"`
	}
}

func (a answer) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %d %s:%s %s", a.Decision, a.Status, a.State.Type, a.State.Name, a.Details.Reason))
}

// set proposes a state: kind is flow_runs or task_runs.
func set(t *testing.T, on target, kind, id string, proposed state, force bool) answer {
	t.Helper()
	status, text := on.call(t, http.MethodPost, "/"+kind+"/"+id+"/set_state", map[string]any{"state": proposed, "force": force})
	return read(t, status, text)
}

func read(t *testing.T, status int, text []byte) answer {
	t.Helper()
	var reply struct {
		answer
		Status string
	}
	if err := json.Unmarshal(text, &reply); err != nil || status >= 300 {
		t.Fatalf("got %d %s", status, text)
	}
	a := reply.answer
	a.Status, a.Decision = status, reply.Status
	if want := strings.ToLower(a.Decision) + "_details"; a.Details.Type != want {
		t.Errorf("%s has details of type %q, want %q", a.Decision, a.Details.Type, want)
	}
	return a
}

// onBoth runs a test on this package, and on a real server if one is named, as make e2e does.
func onBoth(t *testing.T, test func(*testing.T, target)) {
	t.Run("in memory", func(t *testing.T) { test(t, newMemory()) })
	t.Run("server", func(t *testing.T) { test(t, newServer(t)) })
}
