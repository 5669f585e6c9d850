//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// goFlows is one real server with the program of ./goflows, whose flows it starts as a worker does.
type goFlows struct {
	*flowSide
	on      server
	client  *prefect.Client
	program string
}

func newGoFlows(t *testing.T, on server) *goFlows {
	t.Helper()
	g := &goFlows{on: on, program: filepath.Join(t.TempDir(), "goflows")}
	g.flowSide = &flowSide{t: t, name: "the real server", api: os.Getenv(on.api), home: t.TempDir(), began: time.Now()}
	if g.api == "" {
		t.Fatalf("%s is not set: run e2e/run", on.api)
	}
	build := exec.Command("go", "build", "-o", g.program, "./goflows")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	var err error
	if g.client, err = prefect.NewClient(prefect.Options{URL: g.api}); err != nil {
		t.Fatal(err)
	}
	return g
}

// newRun makes a run of a deployment of its own and makes it Pending.
func (g *goFlows) newRun(name string, parameters map[string]any) prefect.ID {
	g.t.Helper()
	ctx := g.t.Context()
	flow, err := g.client.CreateFlow(ctx, prefect.FlowCreate{Name: name})
	if err != nil {
		g.t.Fatal(err)
	}
	deployment, err := g.client.CreateDeployment(ctx, prefect.DeploymentCreate{Name: fmt.Sprintf("goflows-%d", time.Now().UnixNano()), FlowID: flow.ID})
	if err != nil {
		g.t.Fatal(err)
	}
	run, err := g.client.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{Parameters: parameters})
	if err == nil {
		_, err = g.client.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StatePending})
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return run.ID
}

// goProcess is the program while it executes a run.
type goProcess struct {
	flows *goFlows
	run   prefect.ID
	cmd   *exec.Cmd
	out   bytes.Buffer
}

// start has the program execute a run. first makes it the first process of a namespace, as in a container.
func (g *goFlows) start(run prefect.ID, first bool, env ...string) *goProcess {
	g.t.Helper()
	p := &goProcess{flows: g, run: run, cmd: exec.Command(g.program)}
	p.cmd.Env = append([]string{"PREFECT_API_URL=" + g.api, "PREFECT__FLOW_RUN_ID=" + string(run)}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if first {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	}
	if err := p.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// ended wants the process to end with an exit code and the run in a state whose message has a text.
func (p *goProcess) ended(code int, state, message string) {
	p.flows.t.Helper()
	_ = p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.flows.t.Errorf("the program ended with exit code %d, want %d\n%s", got, code, &p.out)
	}
	run, err := p.flows.client.FlowRun(context.WithoutCancel(p.flows.t.Context()), p.run)
	if err != nil {
		p.flows.t.Error(err)
	} else if run.StateName != state || run.State == nil || !strings.Contains(run.State.Message, message) {
		p.flows.t.Errorf("the run is %s: %+v; want %s: %s\n%s", run.StateName, run.State, state, message, &p.out)
	}
}

// running waits until the run is in its task, so that a signal meets it there.
func (p *goProcess) running() {
	p.flows.t.Helper()
	ctx, cancel := context.WithTimeout(p.flows.t.Context(), 2*time.Minute)
	defer cancel()
	p.flows.awaitLog(ctx, string(p.run), "waiting")
}

// TestGoFlows runs flows of package flow on a real server of each line, beside the same flows in Python with Prefect's own
// client, and compares what the server says of both: states, task runs, retries, the graph.
func TestGoFlows(t *testing.T) {
	for _, on := range []server{prefect3, prefect2} {
		t.Run(map[int]string{3: "3", 2: "2.20"}[on.major], func(t *testing.T) {
			t.Parallel()
			seconds(t)
			g := newGoFlows(t, on)
			var all sync.WaitGroup
			defer all.Wait()
			theirs := map[string]string{}
			all.Go(func() { theirs = g.python() })
			ours := map[string]string{}
			for name, end := range map[string][2]string{
				"go-graph": {"Completed"}, "go-parent": {"Completed"}, "go-retries": {"Completed"}, "go-failing": {"Failed", "it is broken"},
				"go-slow-task": {"Completed"}, "go-slow-flow": {"TimedOut", "longer than 1s"}, "go-crashing": {"Crashed", "out of ideas"},
			} {
				run := g.newRun(name, nil)
				ours[name] = string(run)
				p := g.start(run, false)
				all.Go(func() { p.ended(0, end[0], end[1]) })
			}
			all.Wait()
			if !t.Failed() {
				g.compare(ours, theirs)
			}
		})
	}
}

// python runs the flows in Python and gives the ids of their runs.
func (g *goFlows) python() map[string]string {
	python := os.Getenv(g.on.python)
	script, err := filepath.Abs("testdata/goflows/flows.py")
	if err != nil {
		g.t.Error(err)
	}
	cmd := exec.CommandContext(g.t.Context(), python, script)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + g.home, "DO_NOT_TRACK=1", "PYTHONDONTWRITEBYTECODE=1", "PREFECT_API_URL=" + g.api,
		fmt.Sprintf("PREFECT_CLIENT_MAX_RETRIES=%d", maxRepeats)}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	runs := map[string]string{}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err == nil {
		err = json.Unmarshal([]byte(lines[len(lines)-1]), &runs)
	}
	if err != nil {
		g.t.Errorf("the flows in Python: %v\n%s%s", err, text, tail(stderr.String()))
	}
	return runs
}

// TestGoFlowEnds ends runs from outside, and takes one up again whose process went without a word.
func TestGoFlowEnds(t *testing.T) {
	for _, on := range []server{prefect3, prefect2} {
		t.Run(map[int]string{3: "3", 2: "2.20"}[on.major], func(t *testing.T) {
			t.Parallel()
			seconds(t)
			g := newGoFlows(t, on)
			waits := func(first bool, env ...string) *goProcess { return g.start(g.newRun("go-waits", nil), first, env...) }
			cancelled, stopped, first, killed := waits(false), waits(false), waits(true), waits(true)
			rescheduled := waits(false, "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR=reschedule")
			dies := g.start(g.newRun("go-dies", nil), true)
			g.evicted()
			g.artifacts()

			cancelled.running()
			if _, err := g.client.SetFlowRunState(t.Context(), cancelled.run, prefect.State{Type: prefect.StateCancelling}); err != nil {
				t.Fatal(err)
			}
			for _, p := range []*goProcess{stopped, first, rescheduled} {
				p.running()
				if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Error(err)
				}
			}
			killed.running()
			killed.killChild()
			killed.ended(137, "Crashed", "killed")
			dies.ended(2, "Crashed", "exited with code 2")
			stopped.ended(0, "Crashed", "terminated")
			first.ended(0, "Crashed", "terminated")
			rescheduled.ended(0, "AwaitingRetry", "terminated")
			cancelled.ended(0, "Cancelled", "cancelled on the server")
		})
	}
}

// killChild kills the flow below a container's first process.
func (p *goProcess) killChild() {
	p.flows.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.flows.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(p.cmd.Process.Pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			_ = syscall.Kill(child, syscall.SIGKILL)
			return
		}
	}
	p.flows.t.Errorf("process %d has no child", p.cmd.Process.Pid)
}

// evicted executes a run twice: the first process goes after its task, whose result the second one finds.
func (g *goFlows) evicted() {
	g.t.Helper()
	run := g.newRun("go-stored", map[string]any{"folder": filepath.Join(g.home, "results")})
	lost := g.start(run, false)
	lost.ended(9, "Running", "")
	again := g.start(run, false)
	again.ended(0, "Completed", "")
	if !strings.Contains(again.out.String(), "it is not run again") || strings.Contains(again.out.String(), "fetching stored") {
		g.t.Errorf("the task with a stored result was run again:\n%s", &again.out)
	}
}

// artifacts wants what a flow leaves on the pages of its run and its task.
func (g *goFlows) artifacts() {
	g.t.Helper()
	run := g.newRun("go-artifacts", nil)
	g.start(run, false).ended(0, "Completed", "")
	var found []struct {
		Key, Type string
		Data      any
		TaskRunID string `json:"task_run_id"`
	}
	g.call("POST", "/artifacts/filter", fmt.Sprintf(`{"artifacts":{"flow_run_id":{"any_":[%q]}},"sort":"KEY_ASC"}`, run), &found)
	var got []string
	for _, a := range found {
		got = append(got, fmt.Sprintf("%s %s %v %v", a.Key, a.Type, a.Data, a.TaskRunID != ""))
	}
	want := "goflows-link markdown [there](https://example.com) false\ngoflows-progress progress 90 false\ngoflows-report markdown # second false\n" +
		`goflows-table table [{"n":1,"ok":true},{"n":2,"ok":false}] true`
	if text := strings.Join(got, "\n"); text != want {
		g.t.Errorf("the artifacts are\n%s\nwant\n%s", text, want)
	}
}
