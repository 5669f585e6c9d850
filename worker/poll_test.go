package worker_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestPollByEvents: a run that is due at once is started at once, however long the time between two polls.
func TestPollByEvents(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Poll = time.Hour })
		time.Sleep(5 * time.Minute)
		began := time.Now()
		run := t.run()
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		containers := t.containersOf(run.ID)
		if len(containers) != 1 {
			t.Fatalf("got %d containers, want 1", len(containers))
		}
		const azure = 6 * time.Second // of usualLatency
		if delay := containers[0].began.Sub(began); delay > azure+time.Second {
			t.Errorf("the container began after %v; Azure takes %v of that", delay, azure)
		}
	})
}

// TestPollAfterEnd: a run for which the worker had no room is started when another has ended.
func TestPollAfterEnd(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Poll, c.Limit = time.Hour, 1 })
		var runs []prefect.FlowRun
		for range 3 {
			runs = append(runs, t.run())
		}
		began := time.Now()
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("three runs of 20 s took %v", took)
		}
		t.untilClean()
		m.join(t)
	})
}

// TestManyDueAtOnce: of many runs that are due, only so many are being submitted at a time, and the others follow as these get on,
// however long the time between two polls.
func TestManyDueAtOnce(t *testing.T) {
	inWorld(t, "", func(t *world) {
		const atOnce, all = 50, 70
		var runs []prefect.FlowRun
		for range all {
			runs = append(runs, t.run())
		}
		m := t.worker("one", func(c *worker.Config) { c.Poll = time.Hour })
		most := 0 // under the wire's mu
		m.wire.fault = func(int, *http.Request) fault {
			most = max(most, m.Status().InFlight[worker.PhaseSubmitting])
			return fault{}
		}
		began := time.Now()
		t.begin(m)
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		if took := time.Since(began); took > 30*time.Minute {
			t.Errorf("%d runs of 20 s took %v", all, took)
		}
		t.untilClean()
		m.join(t)
		if most < 2 || most > atOnce {
			t.Errorf("%d runs were being submitted at once, want some, and at most %d", most, atOnce)
		}
		if n := m.asked("prefect", "/get_scheduled_flow_runs"); n > 20 {
			t.Errorf("%d polls for %d runs, want few", n, all)
		}
	})
}

// asked counts the member's requests to a server whose path ends so.
func (m *member) asked(server, path string) int {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	n := 0
	for _, request := range m.wire.log {
		if strings.HasPrefix(request, server+" ") && strings.HasSuffix(request, path) {
			n++
		}
	}
	return n
}

// Many cancellations at once make few looks at the runs.
func TestManyEventsMakeFewLooks(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", nil)
		t.until("it is ready", func() bool { return m.Status().Ready })
		time.Sleep(time.Minute)
		var runs []prefect.FlowRun
		for range 100 {
			runs = append(runs, must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{
				State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now().Add(time.Hour))}}}))(t))
		}
		time.Sleep(time.Minute)
		before := m.asked("prefect", "/flow_runs/filter")
		for _, run := range runs {
			t.cancel(run.ID)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if n := m.asked("prefect", "/flow_runs/filter") - before; n == 0 || n > 20 {
			t.Errorf("%d looks in three seconds, want 1 to 20", n)
		}
		m.join(t)
	})
}

// A run that waits to be taken over, while Azure tells nothing, makes no storm of lists.
func TestAdoptionThatFailsComesLater(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		first.kill()
		time.Sleep(10 * time.Minute)
		t.cancel(run.ID)
		var silent atomic.Bool
		silent.Store(true)
		second := t.worker("two", nil)
		second.wire.fault = func(_ int, r *http.Request) fault {
			if silent.Load() && strings.HasSuffix(r.URL.Path, "/containerGroups") {
				return fault{status: http.StatusForbidden}
			}
			return fault{}
		}
		t.begin(second)
		time.Sleep(15 * time.Minute)
		if n := second.asked("azure", "/containerGroups"); n < 10 || n > 50 {
			t.Errorf("%d lists in a quarter of an hour, want 10 to 50", n)
		}
		silent.Store(false)
		t.untilState(run.ID, prefect.StateCancelled)
		t.untilClean()
		second.join(t)
		first.join(t)
	})
}

// TestMoreRunsThanOnePollGives: the server gives 200 runs at once. More that are due are all begun before the next poll is due.
func TestMoreRunsThanOnePollGives(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		for range 210 {
			t.run()
		}
		m := t.worker("one", func(c *worker.Config) { c.Poll, c.CancelPoll = time.Hour, time.Hour })
		m.wire.fault = noEvents
		t.begin(m)
		time.Sleep(10 * time.Second)
		if s := m.Status(); s.Claimed != 210 {
			t.Errorf("%d runs are claimed, want 210", s.Claimed)
		}
	})
}

// TestRefusedRunsHoldUpNobody: runs that the server refuses for good take neither the worker's slots nor the places in the server's
// list from a run that it would give.
func TestRefusedRunsHoldUpNobody(t *testing.T) {
	for name, test := range map[string]struct {
		refused, limit int
		low            bool // the run is in a queue whose runs come after those of others
	}{"in the worker's limit": {1, 1, false}, "in the server's list": {200, 0, false}, "in the list of another queue": {200, 0, true}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				wanted := prefect.DeploymentFlowRunCreate{}
				if test.low {
					must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "low", Priority: 10}))(t)
					wanted.WorkQueueName = "low"
				}
				for range test.refused {
					t.run()
				}
				time.Sleep(time.Second)
				run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, wanted))(t)
				m := t.worker("one", func(c *worker.Config) { c.Limit = test.limit })
				m.wire.fault = func(_ int, r *http.Request) fault {
					if strings.HasSuffix(r.URL.Path, "/set_state") && !strings.Contains(r.URL.Path, string(run.ID)) {
						return fault{status: http.StatusConflict}
					}
					return fault{}
				}
				t.begin(m)
				began := time.Now()
				t.untilState(run.ID, prefect.StateCompleted)
				if took := time.Since(began); took > 5*time.Minute {
					t.Errorf("the run took %v", took)
				}
				t.untilClean()
				m.join(t)
			})
		})
	}
}

// TestRunOnceEndsWithoutTheRefused: a worker that claims what is due at once does not wait for the runs that the server refuses, though
// they fill its list.
func TestRunOnceEndsWithoutTheRefused(t *testing.T) {
	inWorld(t, "", func(t *world) {
		for range 200 {
			t.run()
		}
		time.Sleep(time.Second)
		m := t.worker("one", func(c *worker.Config) { c.RunOnce = true })
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, "/set_state") {
				return fault{status: http.StatusConflict}
			}
			return fault{}
		}
		t.begin(m)
		time.Sleep(10 * time.Minute)
		select {
		case <-m.ended:
		default:
			t.Error("the worker goes on after ten minutes")
		}
		m.join(t)
	})
}
