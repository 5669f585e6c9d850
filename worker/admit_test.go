package worker_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

const fullAt2 = `{"quota":{"enforced":true,"containerGroups":2},"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`

// TestQuotaMakesRunsWait: five runs and room for two groups. The others wait, say why, and complete.
func TestQuotaMakesRunsWait(t *testing.T) {
	inWorld(t, fullAt2, func(t *world) {
		t.program = flowFor(10 * time.Minute)
		var runs []prefect.FlowRun
		for range 5 {
			runs = append(runs, t.run())
		}
		m := t.start("one", nil)
		waiting := func() (n int) {
			for _, run := range runs {
				if state := t.stateOf(run.ID); state.Name == "AwaitingQuota" && state.Type == prefect.StatePending && strings.Contains(state.Message, "Waiting for room in Azure, position ") {
					n++
				}
			}
			return n
		}
		t.until("three runs wait and say so", func() bool { return m.Status().InFlight[worker.PhaseQueued] == 3 && waiting() == 3 })
		if s := m.Status(); len(s.Waiting) != 3 || s.QuotaWaits != 3 || !strings.Contains(s.Waiting[0], "position 1: ContainerGroups: 2 of 2 used in westeurope") {
			t.Errorf("got status %+v", s)
		}
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
			if n := len(t.containersOf(run.ID)); n != 1 {
				t.Errorf("run %s had %d containers", run.ID, n)
			}
		}
		t.untilClean()
		m.join(t)
	})
}

// TestRetryNeedsNoSecondPlace: where there is room for one group only, a second attempt takes the place of the first.
func TestRetryNeedsNoSecondPlace(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		run := t.run()
		t.program = func(ctx context.Context, c *container) int {
			if len(t.containersOf(run.ID)) == 1 {
				_ = azure.Sleep(ctx, time.Hour) // it is evicted before the flow begins
				return 143
			}
			return flowFor(time.Minute)(ctx, c)
		}
		m := t.start("one", nil)
		t.until("there is a container", func() bool { return len(t.containersOf(run.ID)) == 1 })
		t.happen("evict", t.containersOf(run.ID)[0].group)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

// TestWaitKeepsSlot: a run that waits for room in Azure for longer than the server's lease on its slot of the deployment's
// concurrency limit keeps the slot: no other run of the deployment gets it.
func TestWaitKeepsSlot(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		limited := must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "limited", FlowID: t.flow.ID, WorkPoolName: worldPool,
			JobVariables: t.variables(), ConcurrencyLimit: new(1)}))(t)
		runLimited := func() prefect.ID {
			return must(t.prefect.CreateDeploymentFlowRun(t.Context(), limited.ID, prefect.DeploymentFlowRunCreate{}))(t).ID
		}
		t.program = flowFor(12 * time.Minute)
		first := t.run()
		m := t.start("one", nil)
		t.untilState(first.ID, prefect.StateRunning)
		second := runLimited()
		t.until("the second run waits", func() bool { return t.stateOf(second).Name == "AwaitingQuota" })
		third := runLimited()
		time.Sleep(8 * time.Minute)
		if state := t.stateOf(third); state.Type != prefect.StateScheduled {
			t.Errorf("another run has the slot: it is %s", state.Name)
		}
		t.untilState(second, prefect.StateCompleted)
		t.untilState(third, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

// TestStopWhileWaiting: a run that waits for room is given back by a worker that stops, at once, and started by the next.
func TestStopWhileWaiting(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		t.program = flowFor(20 * time.Minute)
		first := t.run()
		m := t.start("one", nil)
		t.untilState(first.ID, prefect.StateRunning)
		second := t.run()
		t.until("the second run waits", func() bool { return t.stateOf(second.ID).Name == "AwaitingQuota" })
		began := time.Now()
		m.join(t)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if state := t.stateOf(second.ID); state.Type != prefect.StateScheduled {
			t.Errorf("the run is %s", state.Name)
		}
		next := t.start("two", nil)
		t.untilState(first.ID, prefect.StateCompleted)
		t.untilState(second.ID, prefect.StateCompleted)
		t.untilClean()
		next.join(t)
	})
}

// TestCancelWhileWaiting: a run that waits for room can be cancelled.
func TestCancelWhileWaiting(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		t.program = flowFor(time.Hour)
		first := t.run()
		m := t.start("one", nil)
		t.untilState(first.ID, prefect.StateRunning)
		second := t.run()
		t.until("the second run waits", func() bool { return t.stateOf(second.ID).Name == "AwaitingQuota" })
		must(t.prefect.ForceFlowRunState(t.Context(), second.ID, prefect.State{Type: prefect.StateCancelling}))(t)
		t.untilState(second.ID, prefect.StateCancelled)
		t.until("nobody waits", func() bool { return len(m.Status().Waiting) == 0 })
		if n := len(t.containersOf(second.ID)); n != 0 {
			t.Errorf("it had %d containers", n)
		}
		m.join(t)
	})
}

// TestEndedWhileWaiting: a run that ends while a worker lets it wait, because another has run it, is not started when there is
// room soon after.
func TestEndedWhileWaiting(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		t.program = flowFor(4 * time.Minute)
		first := t.run()
		m := t.start("one", nil)
		t.untilState(first.ID, prefect.StateRunning)
		second := t.run()
		t.until("the second run waits", func() bool { return t.stateOf(second.ID).Name == "AwaitingQuota" })
		time.Sleep(3 * time.Minute)
		must(t.prefect.ForceFlowRunState(t.Context(), second.ID, prefect.State{Type: prefect.StateCompleted}))(t)
		t.untilState(first.ID, prefect.StateCompleted)
		t.untilClean()
		time.Sleep(10 * time.Minute)
		if n := len(t.containersOf(second.ID)); n != 0 {
			t.Errorf("it had %d containers", n)
		}
		if s := m.Status(); len(s.InFlight) != 0 || s.LostClaims != 1 {
			t.Errorf("got status %+v", s)
		}
		m.join(t)
	})
}

// TestJobLargerThanTheQuota: what can never fit is a crash that says so, at once and after one attempt.
func TestJobLargerThanTheQuota(t *testing.T) {
	inWorld(t, `{"quota":{"enforced":true,"standardCores":10}}`, func(t *world) {
		variables := t.variables()
		variables["cpu"] = 16
		large := must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "large", FlowID: t.flow.ID, WorkPoolName: worldPool, JobVariables: variables}))(t)
		run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), large.ID, prefect.DeploymentFlowRunCreate{}))(t)
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "needs 16 of StandardCores, and the region's limit is 10") {
			t.Errorf("message %q", state.Message)
		}
		if s := m.Status(); s.Retries != 0 {
			t.Errorf("%d retries", s.Retries)
		}
		m.join(t)
	})
}

// TestSlotThatIsLost: a worker whose lease on a slot of the deployment's concurrency limit is over says so once, and asks no more.
func TestSlotThatIsLost(t *testing.T) {
	inWorld(t, strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1), func(t *world) {
		limited := must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "limited", FlowID: t.flow.ID, WorkPoolName: worldPool,
			JobVariables: t.variables(), ConcurrencyLimit: new(1)}))(t)
		t.program = flowFor(20 * time.Minute)
		first := t.run()
		var said lockedBuffer
		m := t.worker("one", func(c *worker.Config) { c.Log = slog.New(slog.NewTextHandler(&said, nil)) })
		var renewals atomic.Int32
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, "/renew") {
				renewals.Add(1)
				return fault{status: http.StatusGone}
			}
			return fault{}
		}
		t.begin(m)
		t.untilState(first.ID, prefect.StateRunning)
		second := must(t.prefect.CreateDeploymentFlowRun(t.Context(), limited.ID, prefect.DeploymentFlowRunCreate{}))(t)
		t.untilState(second.ID, prefect.StateCompleted) // no other run has the slot
		t.untilClean()
		m.join(t)
		if n, asked := strings.Count(said.String(), "has lost its slot"), renewals.Load(); n != 1 || asked != 1 {
			t.Errorf("said %d times and asked %d times, want once: %s", n, asked, said.String())
		}
	})
}
