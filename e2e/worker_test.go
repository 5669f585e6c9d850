//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// TestWorkerKilled kills a worker in the middle of two runs. Another one takes them over when Prefect knows the first one as
// gone, and tells Prefect's feed nothing twice.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	first := s.start("--create-pool-if-not-found", "--name", "w1")
	s.awaitPool()
	s.deploy("waits")
	long := s.run("waits", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"seconds": 20}})
	s.await(long, "Running")
	crashes := s.run("waits", prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"command": "sh -c 'sleep 10; echo last words; exit 3'"}})
	s.until("both containers run", func() bool { return len(s.groups()) == 2 })
	first.signal(syscall.SIGKILL)
	second := s.start("--name", "w2")
	if crash := s.await(crashes, "Crashed"); !strings.Contains(crash.Message, "exit code 3") {
		t.Errorf("the crash says %q, want its exit code", crash.Message)
	}
	s.awaitLog(crashes, "last words")
	s.await(long, "Completed")
	s.awaitLog(long, "waited")
	s.awaitNoGroups()
	s.wantsEvents(long, "pending", "running", "succeeded")
	s.wantsEvents(crashes, "pending", "running", "failed")
	second.stop()
}

// TestWorkerStopped ends a worker as a supervisor does: its run goes on without it, and the next worker sees it through.
func TestWorkerStopped(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	first := s.start("--create-pool-if-not-found", "--name", "w1")
	s.awaitPool()
	s.deploy("waits")
	run := s.run("waits", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"seconds": 10}})
	s.await(run, "Running")
	began := time.Now()
	first.stop()
	t.Logf("the worker stopped in %.1f s", time.Since(began).Seconds())
	if state := s.state(run); state.Type != prefect.StateRunning || len(s.groups()) != 1 {
		t.Errorf("after the worker's end the run is %s, with groups %v", state.Name, s.groups())
	}
	s.start("--run-once", "--name", "w1")
	s.await(run, "Completed")
	s.awaitNoGroups()
}

// TestWorkerDecorated runs flows without a deployment, by Prefect's own decorator.
func TestWorkerDecorated(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	s.start("--create-pool-if-not-found")
	s.awaitPool()
	folder, err := filepath.Abs("testdata/worker")
	if err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "PYTHONPATH="+folder)
	lines := strings.Split(strings.TrimSpace(s.do(0, s.python, filepath.Join(folder, "decorated.py"), s.pool, t.TempDir(), "decorated").stdout), "\n")
	run := prefect.ID(lines[len(lines)-1])
	s.await(run, "Completed")
	s.awaitLog(run, "decorated 7")
	s.awaitNoGroups()
}

// TestWorkerPushPool serves a push pool that Pacific provisioned: on a self-hosted server nobody else would.
func TestWorkerPushPool(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	s.do(0, s.pacific, "provision", s.pool, "--yes")
	if pool := s.awaitPool(); pool.Type != provision.TypePush {
		t.Errorf("the pool is of type %s, want a push pool", pool.Type)
	}
	s.deploy("greets")
	run := s.run("greets", prefect.DeploymentFlowRunCreate{})
	worker := s.start("--run-once")
	s.await(run, "Completed")
	<-worker.done
	if code := worker.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the worker ended with exit code %d, want 0", code)
	}
}

// TestWorkerMany has runs come all at once, for two workers: each run gets one container.
func TestWorkerMany(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3, "--engine", "simulate")
	s.start("--create-pool-if-not-found")
	s.start("--create-pool-if-not-found")
	s.awaitPool()
	s.deploy("greets")
	const n = 12
	var runs []prefect.ID
	s.wantsOnePut(s.requests(func() {
		for range n {
			runs = append(runs, s.run("greets", prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"env": map[string]any{"SIM_RUN_FOR": "3s", "SIM_EXIT_CODE": "7"}}}))
		}
		for _, run := range runs {
			s.await(run, "Crashed") // nothing in a simulated container reports
		}
	}), n)
	s.awaitNoGroups()
}
