//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
)

// pythonFlows is what became of the flows of testdata/pyflows: how often each ran, how it ended, and how many task runs all
// of its runs made.
var pythonFlows = map[string]struct {
	runs, tasks int
	state       string
}{
	"retries-in-time":     {1, 2, "Completed"},
	"retries-in-vain":     {1, 2, "Failed"},
	"child":               {3, 2, ""}, // one of them has a parameter that does not fit
	"broken-child":        {2, 0, "Failed"},
	"stateful-child":      {1, 0, "Done"},
	"parent":              {1, 5, "Completed"},
	"fails-with-child":    {1, 1, "Failed"},
	"results":             {1, 5, "Completed"},
	"rolls-back":          {1, 1, "Failed"},
	"mapped":              {1, 4, "Completed"},
	"mapped-with-failure": {1, 4, "Failed"},
	"by-tag":              {1, 2, "Completed"},
	"by-name":             {1, 3, "Completed"},
	"by-name-strictly":    {1, 0, "Failed"},
	"without-slot":        {1, 0, "TimedOut"},
	"variables":           {1, 0, "Completed"},
	"artifacts":           {1, 1, "Completed"},
	"task-times-out":      {1, 1, "Completed"},
	"flow-times-out":      {1, 0, "TimedOut"},
	"asks":                {1, 0, "Completed"},
	"delays":              {1, 1, "Completed"},
	"served":              {1, 0, "Completed"},
	"cancelled":           {1, 0, "Cancelled"},
	"crashes":             {1, 0, "Crashed"},
	"worked":              {1, 0, "Completed"},
	"by-agent":            {1, 1, "Completed"},
	"":                    {0, 2, ""}, // background tasks that no flow delayed
}

// TestPythonFlows runs Python flows with Prefect's own clients, those of 3.x and the agent of 2.20, on a real server and on
// the API in memory at once, and compares what both say of them: states, logs, task runs.
func TestPythonFlows(t *testing.T) {
	seconds(t)
	clients := pythons(t)
	memory, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	began := time.Now()
	real := &flowSide{t: t, name: "the real server", api: os.Getenv("PACIFIC_E2E_PREFECT3_API_URL"), home: t.TempDir(), began: began, clients: clients}
	ours := &flowSide{t: t, name: "the API in memory", api: memory.URL(), home: t.TempDir(), began: began, clients: clients}
	if real.api == "" {
		t.Fatal("PACIFIC_E2E_PREFECT3_API_URL is not set: this part compares with a real server")
	}
	var both sync.WaitGroup
	for _, side := range []*flowSide{real, ours} {
		both.Go(side.run)
	}
	both.Wait()
	t.Logf("the flows took %.1f s on %s, %.1f s on %s", real.took.Seconds(), real.name, ours.took.Seconds(), ours.name)
	if diff := cmp.Diff(real.printed, ours.printed); diff != "" {
		t.Errorf("what the flows returned (-real +in memory):\n%s", diff)
	}
	compareFlows(t, real, ours)
}

// compareFlows waits until both sides say the same: a real server records task runs and logs some seconds late.
func compareFlows(t *testing.T, real, ours *flowSide) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	var want, got map[string]*flowRecord
	for {
		want, got = real.collect(), ours.collect()
		if cmp.Equal(want, got) || time.Now().After(deadline) || t.Failed() {
			break
		}
		tick(t, time.Second)
	}
	for name, expected := range pythonFlows {
		t.Run("flow "+name, func(t *testing.T) {
			record := got[name]
			if record == nil {
				t.Fatalf("no run of it was found on %s", ours.name)
			}
			if len(record.Runs) != expected.runs || record.tasks() != expected.tasks {
				t.Errorf("%s has %d runs with %d task runs, want %d with %d", ours.name, len(record.Runs), record.tasks(), expected.runs, expected.tasks)
			}
			for _, run := range record.Runs {
				if expected.state != "" && run.State != expected.state {
					t.Errorf("a run on %s ended in %s, want %s", ours.name, run.State, expected.state)
				}
			}
			if diff := cmp.Diff(want[name], record); diff != "" {
				t.Errorf("-%s +%s:\n%s", real.name, ours.name, diff)
			}
		})
	}
	for name := range want {
		if _, ok := pythonFlows[name]; !ok {
			t.Errorf("the flow %s ran and is not expected", name)
		}
	}
}

// maxRepeats is how often a request is repeated that a busy server refuses.
const maxRepeats = 50

// tick waits a moment between two questions to a server that runs elsewhere.
func tick(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// flowSide is one of the two servers, with a home of its own for the clients.
type flowSide struct {
	t         *testing.T
	name, api string
	home      string
	began     time.Time
	took      time.Duration
	clients   map[int]string
	// printed is what the kinds of flows returned, a line each.
	printed []string
}

// run lets all flows run, several processes at once: starting Python takes most of the time.
func (s *flowSide) run() {
	defer func() { s.took = time.Since(s.began) }()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Minute)
	defer cancel()
	tasks := s.start(ctx, 3, "python", "background.py")
	defer tasks.stop()
	var all sync.WaitGroup
	for _, part := range []func(context.Context){s.plain, s.answer, s.serve, s.deploy, s.agent} {
		all.Go(func() { part(ctx) })
	}
	all.Wait()
}

// plain runs the flows that need one process alone.
func (s *flowSide) plain(ctx context.Context) {
	kinds := []string{"inputs", "retries", "subflows", "results", "mapping", "concurrency", "variables", "artifacts", "timeouts", "background"}
	out := s.start(ctx, 3, "python", append([]string{"main.py"}, kinds...)...).wait()
	s.printed = strings.Split(strings.TrimSpace(s.normal(out)), "\n")
	if len(s.printed) != len(kinds) {
		s.t.Errorf("%s: the flows printed %q, want a line for each of %v", s.name, s.printed, kinds)
	}
}

// answer resumes the flow that asks, as a person would: first with what does not fit.
func (s *flowSide) answer(ctx context.Context) {
	run := s.await(ctx, "asks", "Paused")
	resume := func(input string) string {
		var result struct {
			Status  string
			Details struct{ Reason string }
		}
		for ctx.Err() == nil { // the flow pauses first, and says then what it asks for
			s.call(http.MethodPost, "/flow_runs/"+run+"/resume", `{"run_input":`+input+`}`, &result)
			if result.Details.Reason != "Run input schema not found." {
				break
			}
			tick(s.t, 200*time.Millisecond)
		}
		return result.Status
	}
	if got := resume(`{"name":"ACI","times":"often"}`); got != "REJECT" {
		s.t.Errorf("%s: an answer that does not fit got %q, want REJECT", s.name, got)
	}
	if got := resume(`{"name":"ACI","times":2}`); got != "ACCEPT" {
		s.t.Errorf("%s: the answer got %q, want ACCEPT", s.name, got)
	}
}

// serve has three deployments served: it asks for a run of each, and cancels one.
func (s *flowSide) serve(ctx context.Context) {
	process := s.start(ctx, 3, "python", "serving.py")
	defer process.stop()
	for _, flow := range []string{"served", "cancelled", "crashes"} {
		s.begin(ctx, flow)
	}
	run := s.await(ctx, "cancelled", "Running")
	s.awaitLog(ctx, run, "waiting")
	s.call(http.MethodPost, "/flow_runs/"+run+"/set_state", `{"state":{"type":"CANCELLING"}}`, nil)
	s.await(ctx, "served", "Completed")
	s.await(ctx, "crashes", "Crashed")
	s.await(ctx, "cancelled", "Cancelled")
}

// deploy deploys to a work pool and lets Prefect's own worker run it.
func (s *flowSide) deploy(ctx context.Context) {
	s.start(ctx, 3, "python", "deploying.py").wait()
	s.await(ctx, "worked", "Completed")
}

// agent does what users of Prefect 2 do.
func (s *flowSide) agent(ctx context.Context) {
	s.start(ctx, 2, "python", "agent.py").wait()
	s.start(ctx, 2, "prefect", "agent", "start", "--run-once", "-q", "pyflows-agent").wait()
	s.await(ctx, "by-agent", "Completed")
}

// pyProcess is a process of Prefect's.
type pyProcess struct {
	side           *flowSide
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// start starts a program of the environment of a major release, in the folder with the flows.
func (s *flowSide) start(ctx context.Context, major int, program string, args ...string) *pyProcess {
	p := &pyProcess{side: s}
	p.cmd = exec.CommandContext(ctx, filepath.Join(filepath.Dir(s.clients[major]), program), args...)
	p.cmd.Dir = "testdata/pyflows"
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	home := filepath.Join(s.home, fmt.Sprint(major))
	if err := os.MkdirAll(home, 0o700); err != nil {
		s.t.Error(err)
	}
	p.cmd.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + home, "DO_NOT_TRACK=1", "PYTHONUTF8=1", "PYTHONDONTWRITEBYTECODE=1", "PREFECT_API_URL=" + s.api,
		"PREFECT_LOGGING_TO_API_BATCH_INTERVAL=0.2", "PREFECT_RUNNER_POLL_FREQUENCY=1",
		fmt.Sprintf("PREFECT_CLIENT_MAX_RETRIES=%d", maxRepeats),
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Error(err)
	}
	return p
}

// wait wants the process to end well and gives its standard output.
func (p *pyProcess) wait() string {
	if err := p.cmd.Wait(); err != nil {
		p.side.t.Errorf("%s: %s: %v\n%s%s", p.side.name, strings.Join(p.cmd.Args, " "), err, &p.stdout, tail(p.stderr.String()))
	}
	return p.stdout.String()
}

// stop ends a process that serves, as Ctrl-C does.
func (p *pyProcess) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // its exit code says that it was told to end
	if p.side.t.Failed() {
		p.side.t.Logf("%s: %s:\n%s", p.side.name, strings.Join(p.cmd.Args, " "), tail(p.stderr.String()))
	}
}

// tail is the end of a long text.
func tail(text string) string {
	const enough = 4000
	return text[max(0, len(text)-enough):]
}

// call asks the side's API. SQLite is busy now and then: a real server says so with 503.
func (s *flowSide) call(method, path, body string, into any) int {
	for attempt := 0; ; attempt++ {
		request, err := http.NewRequestWithContext(s.t.Context(), method, s.api+path, strings.NewReader(body))
		if err != nil {
			s.t.Error(err)
			return 0
		}
		request.Header.Set("Content-Type", "application/json")
		reply, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		if err != nil {
			s.t.Errorf("%s: %v", s.name, err)
			return 0
		}
		text, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if reply.StatusCode == http.StatusServiceUnavailable && attempt < maxRepeats {
			tick(s.t, 200*time.Millisecond)
			continue
		}
		if err == nil && into != nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			s.t.Errorf("%s: %s %s: status %d: %v", s.name, method, path, reply.StatusCode, err)
		}
		return reply.StatusCode
	}
}

// begin asks for a run of a flow's deployment, once there is one.
func (s *flowSide) begin(ctx context.Context, flow string) {
	for ctx.Err() == nil {
		var deployment struct{ ID string }
		if s.call(http.MethodGet, "/deployments/name/"+flow+"/pyflows", "", &deployment) == http.StatusOK {
			s.call(http.MethodPost, "/deployments/"+deployment.ID+"/create_flow_run", "{}", nil)
			return
		}
		tick(s.t, 200*time.Millisecond)
	}
	s.t.Errorf("%s: nobody serves %s", s.name, flow)
}

// await waits until a run of a flow is in a state and gives its id.
func (s *flowSide) await(ctx context.Context, flow, state string) string {
	seen := ""
	for ctx.Err() == nil {
		for _, run := range s.flowRuns(flow) {
			if seen = run.StateName; seen == state {
				return run.ID
			}
			if slices.Contains([]string{"Completed", "Failed", "Crashed", "Cancelled"}, seen) {
				s.t.Errorf("%s: a run of %s ended in %s, want %s", s.name, flow, seen, state)
				return ""
			}
		}
		tick(s.t, 200*time.Millisecond)
	}
	s.t.Errorf("%s: %s is %q, want %s", s.name, flow, seen, state)
	return ""
}

// awaitLog waits for a line of a run's.
func (s *flowSide) awaitLog(ctx context.Context, run, message string) {
	for ctx.Err() == nil {
		for _, line := range s.logs("flow_run_id", run) {
			if line.Message == message {
				return
			}
		}
		tick(s.t, 200*time.Millisecond)
	}
	s.t.Errorf("%s: no line %q", s.name, message)
}
