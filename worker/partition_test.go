package worker_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// cutOff lets nothing of a member's reach the Prefect server until end is called. Others take it for dead after three heartbeats,
// while all that it asks of Azure is done.
func (m *member) cutOff() (end func()) {
	var ended atomic.Bool
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	before := m.wire.fault
	m.wire.fault = func(n int, r *http.Request) fault {
		if !ended.Load() && strings.HasPrefix(r.URL.String(), prefectemulator.URL) {
			return fault{drop: true}
		}
		if before != nil {
			return before(n, r)
		}
		return fault{}
	}
	return func() { ended.Store(true) }
}

// A run that waits for room in Azure is made only while it is still this worker's to start. Another may have run it to its end by
// the time that there is room, and the worker that waited may not have heard of it.
func TestWaitsForRoomCutOff(t *testing.T) {
	inWorld(t, `{"quota":{"enforced":true,"containerGroups":1},"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
		t.program = flowFor(10 * time.Minute)
		long := t.run()
		one := t.start("one", nil)
		t.untilState(long.ID, prefect.StateRunning)
		t.program = flowFor(20 * time.Second)
		run := t.run()
		t.until("the second run waits for room", func() bool { return t.stateOf(run.ID).Name == "AwaitingQuota" })
		end := one.cutOff()
		two := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(30 * time.Minute)
		end()
		time.Sleep(10 * time.Minute)
		t.untilClean()
		one.join(t)
		two.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
		if n := t.endsOf(run.ID); n != 1 {
			t.Errorf("the run ended %d times", n)
		}
	})
}

// slow holds up the requests that match for a time, and then lets them arrive. The time must not be the minute that Prefect's client
// waits for an answer: either would end first.
type slow struct {
	inner http.RoundTripper
	match func(*http.Request) bool
	by    time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.match(r) {
		time.Sleep(s.by)
	}
	return s.inner.RoundTrip(r)
}

// A worker that takes its time over the last lines of a crashed container reports no crash of a run that has been started anew
// meanwhile.
func TestCrashIsReportedLate(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			if len(c.containersOf(c.id)) > 1 {
				return flowFor(10*time.Minute)(ctx, c)
			}
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			time.Sleep(10 * time.Second)
			return 1
		}
		t.wrap = func(_ string, wired http.RoundTripper) http.RoundTripper {
			return slow{wired, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/logs") }, 2 * time.Minute}
		}
		run := t.run()
		one := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		t.until("it is being put away", func() bool { return one.Status().InFlight[worker.PhaseEnding] == 1 })
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateFailed}))(t)
		must(t.prefect.SetFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry}))(t)
		t.wrap = nil
		two := t.start("two", nil)
		t.until("it has ended", func() bool { return len(t.containersOf(run.ID)) == 2 && t.stateOf(run.ID).Type.Terminal() })
		if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
			t.Errorf("the run is %s: %s", state.Name, state.Message)
		}
		t.untilClean()
		one.join(t)
		two.join(t)
	})
}

// A run whose deployment is gone is cancelled only while it waits to be started.
func TestUnplannedRunHasEnded(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.wrap = func(_ string, wired http.RoundTripper) http.RoundTripper {
			return slow{wired, func(r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, "/deployments/"+string(t.deployment.ID))
			}, 50 * time.Second}
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StatePending)
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCompleted}))(t)
		if err := t.prefect.DeleteDeployment(t.Context(), t.deployment.ID); err != nil {
			t.Fatal(err)
		}
		t.until("the worker lets it go", func() bool { return len(m.Status().InFlight) == 0 })
		if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
			t.Errorf("the run is %s: %s", state.Name, state.Message)
		}
		m.join(t)
	})
}

// A word about a run that arrives when another worker has the run is taken back only as long as the run has not gone on since.
func TestLateWordIsNotTakenBackLate(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var held atomic.Bool
		t.wrap = func(server string, wired http.RoundTripper) http.RoundTripper {
			if server != "prefect" {
				return wired
			}
			readsStates := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/flow_run_states") }
			return slow{slowTo{wired, prefect.StateNameSubmitting, 10 * time.Second, &held}, readsStates, 50 * time.Second}
		}
		run := t.run()
		m := t.start("one", nil)
		t.until("the word is on its way", held.Load)
		force := func(state prefect.State) {
			must(t.prefect.ForceFlowRunState(t.Context(), run.ID, state))(t)
		}
		force(prefect.State{Type: prefect.StatePending, Name: prefect.StateNameInfrastructurePending, Message: `Claimed by Pacific worker "two"`})
		t.until("the word has arrived", func() bool { return t.stateOf(run.ID).Name == prefect.StateNameSubmitting })
		force(prefect.State{Type: prefect.StateRunning})
		t.until("the worker lets the run go", func() bool { return len(m.Status().InFlight) == 0 })
		if state := t.stateOf(run.ID); state.Type != prefect.StateRunning {
			t.Errorf("the run is %s: %s", state.Name, state.Message)
		}
		m.join(t)
	})
}

// A worker may die right after it took a run back that had ended, and before it gave the run its end back. The next one does.
func TestEndTakenBackByADeadWorker(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		first.kill()
		<-first.ended
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StatePending, Message: `Claimed by Pacific worker "one"`}))(t)
		second := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(10 * time.Minute)
		second.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// The end of a container is told once, also where two workers watched it: that the group is gone by then is no failure.
func TestGroupThatAnotherWorkerDeleted(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		run := t.run()
		one := t.worker("one", nil)
		var mu sync.Mutex
		var events strings.Builder
		one.wire.inspect = func(_ string, r *http.Request, body []byte, _ *http.Response) {
			if strings.HasSuffix(r.URL.Path, "/events") {
				mu.Lock()
				defer mu.Unlock()
				events.Write(body)
			}
		}
		var blind atomic.Bool
		one.wire.fault = func(_ int, r *http.Request) fault {
			return fault{drop: blind.Load()}
		}
		t.begin(one)
		t.untilState(run.ID, prefect.StateRunning)
		time.Sleep(time.Minute) // it tells that the container runs
		blind.Store(true)
		two := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		blind.Store(false)
		t.until("the first worker lets it go", func() bool { return len(one.Status().InFlight) == 0 })
		if s := one.Status(); s.Finished["completed"] != 1 {
			t.Errorf("got status %+v of the first worker", s)
		}
		one.join(t)
		two.join(t)
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(events.String(), "container-group.failed") {
			t.Errorf("the first worker told of a failure: %s", events.String())
		}
	})
}
