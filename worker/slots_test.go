package worker_test

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestRunThatCannotStartFreesItsSlot: a worker with a limit of one goes on with the next run when Azure refuses the first.
func TestRunThatCannotStartFreesItsSlot(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":403,"code":"RequestDisallowedByPolicy","message":"no"}}`)
		one, two := t.run(), t.run()
		m := t.start("one", func(c *worker.Config) { c.Limit = 1 })
		t.until("both have ended", func() bool {
			return t.stateOf(one.ID).Type.Terminal() && t.stateOf(two.ID).Type.Terminal()
		})
		ends := map[prefect.StateType]int{}
		for _, run := range []prefect.FlowRun{one, two} {
			ends[t.stateOf(run.ID).Type]++
		}
		if ends[prefect.StateCrashed] != 1 || ends[prefect.StateCompleted] != 1 {
			t.Errorf("the runs ended as %v, want one crashed and one completed", ends)
		}
		t.untilClean()
		m.join(t)
	})
}

// TestGroupThatMayNotBeDeletedFreesItsSlot: a missing right, or a lock, keeps the group of a run that has ended. The next run of
// a worker with a limit of one begins all the same, and the reaper deletes the group once it may.
func TestGroupThatMayNotBeDeletedFreesItsSlot(t *testing.T) {
	inWorld(t, "", func(t *world) {
		one := t.run()
		m := t.worker("one", func(c *worker.Config) { c.Limit = 1 })
		began := time.Now()
		m.wire.fault = func(_ int, r *http.Request) fault {
			if remove(r) && strings.Contains(r.URL.Path, string(one.ID)) && time.Since(began) < time.Hour {
				return fault{status: http.StatusForbidden}
			}
			return fault{}
		}
		t.begin(m)
		t.untilState(one.ID, prefect.StateCompleted)
		two := t.run()
		t.untilState(two.ID, prefect.StateCompleted)
		if since := time.Since(began); since >= time.Hour {
			t.Errorf("the second run had to wait for %v", since)
		}
		t.until("40 minutes have passed", func() bool { return time.Since(began) > 40*time.Minute })
		if n := len(m.Status().InFlight); n != 0 || len(t.groups()) != 1 {
			t.Errorf("got %d runs in flight and the groups %q, want none and the first run's", n, t.groups())
		}
		t.until("the right is there", func() bool { return time.Since(began) > time.Hour })
		t.untilClean()
		m.join(t)
		for _, run := range []prefect.FlowRun{one, two} {
			if n := len(t.containersOf(run.ID)); n != 1 {
				t.Errorf("got %d containers of run %s, want 1", n, run.ID)
			}
		}
	})
}

// TestAgentDeletesWhatWasForbidden: an agent, too, tries again to delete a group that Azure did not let it delete.
func TestAgentDeletesWhatWasForbidden(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := t.run()
		began := time.Now()
		m := t.agent(old, nil)
		m.wire.mu.Lock()
		m.wire.fault = func(_ int, r *http.Request) fault {
			if remove(r) && time.Since(began) < time.Hour {
				return fault{status: http.StatusForbidden}
			}
			return fault{}
		}
		m.wire.mu.Unlock()
		t.untilState(run.ID, prefect.StateCompleted)
		t.until("50 minutes have passed", func() bool { return time.Since(began) > 50*time.Minute })
		if n := m.Status().InFlight; len(n) != 0 || len(t.groups()) != 1 {
			t.Errorf("got %v in flight and the groups %q, want none and the run's", n, t.groups())
		}
		t.untilClean()
		time.Sleep(time.Minute) // it counts a group when it knows that it is gone
		m.join(t)
		if s := m.Status(); s.Reaped != 1 || s.Adopted != 0 || len(t.containersOf(run.ID)) != 1 {
			t.Errorf("got status %+v and %d containers", s, len(t.containersOf(run.ID)))
		}
	})
}

// oneAtATime makes a deployment of which one run may be under way at a time, with a strategy for more, and gives what makes its runs.
func (w *world) oneAtATime(strategy string) (run func() prefect.ID) {
	w.Helper()
	limited := must(w.prefect.CreateDeployment(w.Context(), prefect.DeploymentCreate{Name: "limited", FlowID: w.flow.ID, WorkPoolName: worldPool,
		JobVariables: w.variables(), ConcurrencyLimit: new(1), ConcurrencyOptions: &prefect.ConcurrencyOptions{CollisionStrategy: strategy}}))(w)
	return func() prefect.ID {
		return must(w.prefect.CreateDeploymentFlowRun(w.Context(), limited.ID, prefect.DeploymentFlowRunCreate{}))(w).ID
	}
}

// TestRunThatTheServerKeepsBackFreesItsSlot: a run whose deployment is at its concurrency limit takes none of the worker's own
// slots while it waits, and is run when the server lets it.
func TestRunThatTheServerKeepsBackFreesItsSlot(t *testing.T) {
	inWorld(t, "", func(t *world) {
		runLimited := t.oneAtATime("ENQUEUE")
		t.program = flowFor(10 * time.Minute)
		first := runLimited()
		m := t.start("one", func(c *worker.Config) { c.Limit = 2 })
		t.untilState(first, prefect.StateRunning)
		second := runLimited()
		t.until("the server keeps the second run back", func() bool { return t.stateOf(second).Name == prefect.StateNameAwaitingConcurrencySlot })
		other := t.run()
		t.untilState(other.ID, prefect.StateRunning)
		if state := t.stateOf(first); state.Type != prefect.StateRunning {
			t.Errorf("the other run began when the first was %s", state.Name)
		}
		t.untilState(second, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if n := len(t.containersOf(second)); n != 1 || m.Status().LostClaims == 0 {
			t.Errorf("got %d containers of the second run and status %+v", n, m.Status())
		}
	})
}

// TestRunBeyondItsDeploymentsLimit: the worker's log says which limit keeps a run back, once for as long as it does, and that the
// server has cancelled one where the deployment's strategy is that. Neither is counted as a failure or gets a container.
func TestRunBeyondItsDeploymentsLimit(t *testing.T) {
	for strategy, test := range map[string]struct{ says, end string }{
		"ENQUEUE":    {"the concurrency limit of its deployment is reached", "Completed"},
		"CANCEL_NEW": {"the server has cancelled it: Deployment concurrency limit reached", "Cancelled"},
	} {
		t.Run(strategy, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				run := t.oneAtATime(strategy)
				t.program = flowFor(3 * time.Minute)
				var said lockedBuffer
				m := t.start("one", func(c *worker.Config) { c.Log = slog.New(slog.NewTextHandler(&said, nil)) })
				first := run()
				t.untilState(first, prefect.StateRunning)
				second := run()
				time.Sleep(2 * time.Minute)
				if n := len(t.containersOf(second)); n != 0 {
					t.Errorf("the second run had %d containers while the first ran", n)
				}
				t.untilState(first, prefect.StateCompleted)
				t.until("the second run has ended", func() bool { return t.stateOf(second).Type.Terminal() })
				t.untilClean()
				m.join(t)
				if state := t.stateOf(second); state.Name != test.end {
					t.Errorf("the second run is %s", state.Name)
				}
				if n := strings.Count(said.String(), test.says); n != 1 || strings.Contains(said.String(), "level=WARN") {
					t.Errorf("the worker said %d times %q:\n%s", n, test.says, said.String())
				}
			})
		})
	}
}

// TestAdoptedRunKeepsItsSlot: a worker that takes over a run whose image is still being pulled goes on renewing the lease on its slot
// of the deployment's limit. Else the server would give the slot to another run, and cancel the first when its flow begins.
func TestAdoptedRunKeepsItsSlot(t *testing.T) {
	inWorld(t, `{"latency":{"pull":"15m","delete":"3s"}}`, func(t *world) {
		run := t.oneAtATime("ENQUEUE")
		seldom := func(c *worker.Config) { c.Poll, c.CancelPoll = time.Minute, time.Minute }
		first := run()
		one := t.start("one", seldom)
		t.until("the container group is there", func() bool { return len(t.groups()) == 1 })
		one.kill()
		two := t.start("two", seldom)
		second := run()
		time.Sleep(15 * time.Minute)
		t.until("the first run has begun", func() bool { return len(t.containersOf(first)) == 1 })
		t.untilState(first, prefect.StateCompleted)
		time.Sleep(15 * time.Minute)
		t.untilState(second, prefect.StateCompleted)
		t.untilClean()
		two.join(t)
		if a, b := t.containersOf(first), t.containersOf(second); len(a) != 1 || len(b) != 1 || b[0].began.Before(a[0].ended) {
			t.Errorf("got containers %+v and %+v", a, b)
		}
	})
}

// TestRunThatMovedOnIsTakenLater: somebody else makes a run Pending between the worker's poll and its claim. The worker lets it
// go, and takes it when it is scheduled once more.
func TestRunThatMovedOnIsTakenLater(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		var moved atomic.Bool
		m := t.worker("one", func(c *worker.Config) { c.Limit = 1 })
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, string(run.ID)+"/set_state") && moved.CompareAndSwap(false, true) {
				must(t.prefect.ProposeFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StatePending, Message: "somebody else's"}))(t)
			}
			return fault{}
		}
		t.begin(m)
		t.until("the claim is lost", func() bool { return m.Status().LostClaims == 1 })
		time.Sleep(10 * time.Minute)
		if state := t.stateOf(run.ID); state.Message != "somebody else's" {
			t.Errorf("the run is %s: %s", state.Name, state.Message)
		}
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled}))(t)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

// TestOtherGroupsAreLeftAlone: in one resource group there are groups of another pool, whose worker is gone, and one that a
// person made. A worker touches neither of them.
func TestOtherGroupsAreLeftAlone(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(3 * time.Hour)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		first.kill()
		must(t.containers.Create(t.Context(), handMade()))(t)
		must(t.prefect.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "other", Type: "azure-container-instance"}))(t)
		second := t.start("two", func(c *worker.Config) { c.Pool = "other" })
		time.Sleep(2 * time.Hour)
		if s := second.Status(); s.Adopted != 0 || s.Reaped != 0 || len(t.groups()) != 2 {
			t.Errorf("the other pool's worker has status %+v; groups: %q", s, t.groups())
		}
		second.join(t)
		third := t.start("three", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(time.Hour)
		third.join(t)
		if left := t.groups(); len(left) != 1 || left[0] != "by-hand" {
			t.Errorf("got groups %q, want the one that a person made", left)
		}
	})
}

// stopping matches the request that stops a group.
func stopping(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/containerGroups/") && strings.HasSuffix(r.URL.Path, "/stop")
}

// TestCancelThatAzureForbids: Azure lets the group of a cancelled run be neither stopped nor deleted. The run is Cancelled and says so,
// the next one gets its slot, and the container goes as soon as it may.
func TestCancelThatAzureForbids(t *testing.T) {
	both := func(r *http.Request) bool { return stopping(r) || remove(r) }
	for name, test := range map[string]struct {
		forbids func(*http.Request) bool
		keep    bool
		says    string
	}{
		"to stop and to delete":              {both, false, "its container may go on"},
		"to delete":                          {remove, false, "does not let its container group be deleted"},
		"to stop a group that is to be kept": {both, true, "its container may go on"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(5 * time.Hour)
				one := t.withVariables(map[string]any{"keep_container_group": test.keep})
				m, forbidden := t.refusing("one", test.forbids, fault{status: http.StatusForbidden}, func(c *worker.Config) { c.Limit = 1 })
				t.begin(m)
				t.untilState(one.ID, prefect.StateRunning)
				t.cancel(one.ID)
				began := time.Now()
				t.untilState(one.ID, prefect.StateCancelled)
				if state, took := t.stateOf(one.ID), time.Since(began); took > 5*time.Minute || !strings.Contains(state.Message, test.says) {
					t.Errorf("after %v it said %q, want %q", took, state.Message, test.says)
				}
				two := t.run()
				t.untilState(two.ID, prefect.StateRunning)
				forbidden.Store(false)
				t.until("the container has been stopped", func() bool {
					t.mu.Lock()
					defer t.mu.Unlock()
					return t.runs[one.ID][0].stopped
				})
				t.cancel(two.ID)
				t.untilState(two.ID, prefect.StateCancelled)
				t.until("the groups are gone but for a kept one", func() bool { return len(t.groups()) == map[bool]int{false: 0, true: 1}[test.keep] })
				m.join(t)
			})
		})
	}
}

// TestAgentCancelThatAzureForbids: an agent tells and tries again as a worker does.
func TestAgentCancelThatAzureForbids(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.program = flowFor(5 * time.Hour)
		run := t.run()
		var forbidden atomic.Bool
		forbidden.Store(true)
		m := t.agent(old, nil)
		m.wire.mu.Lock()
		m.wire.fault = func(_ int, r *http.Request) fault {
			if forbidden.Load() && (stopping(r) || remove(r)) {
				return fault{status: http.StatusForbidden}
			}
			return fault{}
		}
		m.wire.mu.Unlock()
		t.untilState(run.ID, prefect.StateRunning)
		t.cancel(run.ID)
		t.untilState(run.ID, prefect.StateCancelled)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "its container may go on") {
			t.Errorf("the run's message is %q", state.Message)
		}
		t.until("no run is in flight", func() bool { return len(m.Status().InFlight) == 0 })
		forbidden.Store(false)
		t.untilClean()
		m.join(t)
	})
}
