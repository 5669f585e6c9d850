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

// TestEndedWhileNobodyWatched: the container of a run goes on when its worker dies. Meanwhile the server cancels the run by itself,
// as it does with one that stays Cancelling for 300 s, or somebody deletes it. The next worker stops the container, deletes its
// group, and leaves the server's word alone.
func TestEndedWhileNobodyWatched(t *testing.T) {
	slow := strings.Replace(usualLatency, `"pull":"3s"`, `"pull":"20m"`, 1)
	for name, test := range map[string]struct {
		settings string
		begun    bool // the flow, not only the container group
		deleted  bool
	}{
		"cancelled by the server":             {usualLatency, true, false},
		"cancelled while the image is pulled": {slow, false, false},
		"deleted":                             {usualLatency, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, test.settings, func(t *world) {
				t.program = flowFor(6 * time.Hour)
				run := t.run()
				first := t.start("one", nil)
				t.until("it runs", func() bool {
					return t.stateOf(run.ID).Type == prefect.StateRunning || !test.begun && len(t.groups()) == 1
				})
				first.kill()
				time.Sleep(10 * time.Minute)
				if test.deleted {
					if err := t.prefect.DeleteFlowRun(t.Context(), run.ID); err != nil {
						t.Fatal(err)
					}
				} else {
					must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelled, Message: "by the server"}))(t)
				}
				second := t.start("two", nil)
				began := time.Now()
				t.untilClean()
				if took := time.Since(began); took > 10*time.Minute {
					t.Errorf("the group was deleted after %v", took)
				}
				t.until("the flight is over", func() bool { return len(second.Status().InFlight) == 0 })
				second.join(t)
				for _, c := range t.containersOf(run.ID) {
					if !c.stopped {
						t.Error("the container was not stopped")
					}
				}
				if test.deleted {
					return
				}
				if state := t.stateOf(run.ID); state.Type != prefect.StateCancelled || state.Message != "by the server" {
					t.Errorf("the run is %s: %s", state.Name, state.Message)
				}
			})
		})
	}
}

// TestManyRunsSignInOnce: one sign-in serves any number of runs. Prefect's own worker signs in four times for each.
func TestManyRunsSignInOnce(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var runs []prefect.FlowRun
		for range 10 {
			runs = append(runs, t.run())
		}
		m := t.start("one", nil)
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		t.untilClean()
		m.join(t)
		if n := m.asked("azure", "/token"); n != 1 {
			t.Errorf("%d runs cost %d sign-ins, want 1", len(runs), n)
		}
	})
}

// TestEventsAreFollowedAgain: when the server has closed the stream of events, and refuses it for a while, polls go on, and the worker
// follows events again once it may: a run then begins long before the next poll.
func TestEventsAreFollowedAgain(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Minute)
		var refused atomic.Bool
		refused.Store(true)
		m := t.worker("one", func(c *worker.Config) { c.Poll, c.CancelPoll = 20*time.Minute, 20*time.Minute })
		m.wire.fault = func(n int, r *http.Request) fault {
			if refused.Load() {
				return noEvents(n, r)
			}
			return fault{}
		}
		t.begin(m)
		time.Sleep(time.Minute)
		polled := t.run()
		t.untilState(polled.ID, prefect.StateCompleted)
		refused.Store(false)
		time.Sleep(10 * time.Minute)
		began := time.Now()
		run := t.run()
		t.untilState(run.ID, prefect.StateCompleted)
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("with events the run took %v", took)
		}
		t.untilClean()
		m.join(t)
	})
}
