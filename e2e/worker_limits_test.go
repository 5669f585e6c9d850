//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// held is the command of a container that neither begins its flow nor ends.
var held = prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"command": "sleep 600"}}

// TestWorkerLimits brings runs up against each limit that there is: of their deployment, with both strategies, of the pool, of the
// queue, and of the region. Each is told apart in words, what is over a deployment's limit takes neither a container nor one of the
// worker's places, and all that wait are run in the end.
func TestWorkerLimits(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	worker := s.start("--create-pool-if-not-found", "--limit", "3")
	s.awaitPool()
	s.deployLimited("greets", "ENQUEUE")
	s.deployLimited("fails", "CANCEL_NEW")
	s.deploy("waits")
	requests := s.requests(func() { s.meetLimits(worker) })
	made := map[string]bool{} // Azure refuses one for its quota
	for _, r := range requests {
		if r.Method == "PUT" && strings.Contains(r.Path, "/containerGroups/") {
			made[r.Path] = true
		}
	}
	if len(made) != 4 {
		t.Errorf("%d container groups were asked for, want 4: none for the run that was cancelled", len(made))
	}
	worker.stop()
}

// deployLimited deploys a flow of which one run may be under way at a time.
func (s *workerSide) deployLimited(flow, strategy string) {
	s.t.Helper()
	s.deployWith(flow, prefect.DeploymentCreate{WorkPoolName: s.pool, PullSteps: workingDirectory(s.flowsFolder()),
		ConcurrencyLimit: new(1), ConcurrencyOptions: &prefect.ConcurrencyOptions{CollisionStrategy: strategy}})
}

// meetLimits is what TestWorkerLimits does.
func (s *workerSide) meetLimits(worker *workerProcess) {
	first, second := s.run("greets", held), s.run("fails", held)
	s.until("two containers run", func() bool { return len(s.groups()) == 2 })

	enqueued := s.run("greets", prefect.DeploymentFlowRunCreate{})
	s.await(enqueued, prefect.StateNameAwaitingConcurrencySlot)
	s.awaitWait(enqueued, "the concurrency limit of its deployment is reached")
	refused := s.run("fails", prefect.DeploymentFlowRunCreate{})
	if state := s.await(refused, "Cancelled"); state.Message != "Deployment concurrency limit reached." {
		s.t.Errorf("the run that was cancelled says %q", state.Message)
	}
	s.until("the worker says why", func() bool {
		return strings.Contains(worker.out.String(), "the concurrency limit of its deployment is reached")
	})

	s.limitPool(prefect.Set(2))
	s.limitQueue(prefect.Set(2))
	third := s.run("waits", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"seconds": 1}})
	s.awaitWait(third, "the work pool "+s.pool+" has reached its concurrency limit of 2")
	s.limitPool(prefect.Null[int]())
	s.awaitWait(third, "the work queue default of the work pool "+s.pool+" has reached its concurrency limit of 2")
	s.control("PATCH", "settings", `{"quota":{"enforced":true,"containerGroups":2}}`, nil)
	s.limitQueue(prefect.Null[int]())
	s.await(third, "AwaitingQuota")
	s.awaitWait(third, "room in Azure, position 1: ContainerGroups: 2 of 2 used in westeurope, and 1 needed")

	for _, run := range []prefect.ID{first, second} {
		s.cancel(run)
	}
	s.await(first, "Cancelled")
	s.await(second, "Cancelled")
	s.await(third, "Completed")
	s.await(enqueued, "Completed")
	s.awaitLog(enqueued, "hello nobody")
	s.awaitNoGroups()
}

func (s *workerSide) limitPool(to prefect.Field[int]) {
	s.t.Helper()
	s.retry("limiting the pool", func() error {
		return s.client.UpdateWorkPool(s.ctx, s.pool, prefect.WorkPoolUpdate{ConcurrencyLimit: to})
	})
}

func (s *workerSide) limitQueue(to prefect.Field[int]) {
	s.t.Helper()
	s.retry("limiting the queue", func() error {
		return s.client.UpdateWorkQueue(s.ctx, s.pool, "default", prefect.WorkQueueUpdate{ConcurrencyLimit: to})
	})
}

// awaitWait waits until the command line says that a run waits for something.
func (s *workerSide) awaitWait(run prefect.ID, reason string) {
	s.t.Helper()
	var listed []struct{ ID, State, StateType, Waits string }
	s.until("the run waits: "+reason, func() bool {
		text := s.do(0, s.pacific, "flow-run", "ls", "--pool", s.pool, "--limit", "0", "--output", "json").stdout
		if err := json.Unmarshal([]byte(text), &listed); err != nil {
			s.t.Fatalf("%v in %q", err, text)
		}
		for _, r := range listed {
			if r.ID == string(run) && prefect.StateType(r.StateType).Terminal() {
				s.t.Fatalf("run %s is %s, and was to wait: %s", run, r.State, reason)
			}
			if r.ID == string(run) && r.Waits == reason {
				return true
			}
		}
		return false
	})
}
