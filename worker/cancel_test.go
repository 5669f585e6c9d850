package worker_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// cancel asks for the end of a run, as Prefect's own command does.
func (w *world) cancel(id prefect.ID) {
	w.Helper()
	if _, err := w.prefect.SetFlowRunState(context.Background(), id, prefect.State{Type: prefect.StateCancelling}); err != nil {
		w.Fatal(err)
	}
}

func TestCancel(t *testing.T) {
	slow := `{"latency":{"place":"2s","pull":"5m","start":"1s","stop":"2s","delete":"3s"}}`
	for name, test := range map[string]struct {
		settings string
		program  func(context.Context, *container) int
		// when is the moment of the request.
		when func(t *world, run prefect.FlowRun) bool
		want prefect.StateType
	}{
		"running": {program: flowFor(time.Hour), when: func(t *world, run prefect.FlowRun) bool {
			return t.stateOf(run.ID).Type == prefect.StateRunning
		}},
		"the container ignores SIGTERM": {program: func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			time.Sleep(10 * time.Minute)
			return 0
		}, when: func(t *world, run prefect.FlowRun) bool { return t.stateOf(run.ID).Type == prefect.StateRunning }},
		"the image is pulled": {settings: slow, when: func(t *world, run prefect.FlowRun) bool {
			return t.stateOf(run.ID).Name == prefect.StateNameInfrastructurePending
		}},
		"submitting": {when: func(t *world, run prefect.FlowRun) bool {
			return t.stateOf(run.ID).Type == prefect.StatePending
		}},
		"not yet claimed": {when: func(*world, prefect.FlowRun) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, test.settings, func(t *world) {
				t.program = test.program
				run := t.run()
				m := t.start("one", nil)
				for !test.when(t, run) {
					time.Sleep(100 * time.Millisecond)
				}
				t.cancel(run.ID)
				began := time.Now()
				t.untilState(run.ID, prefect.StateCancelled)
				t.untilClean()
				if took := time.Since(began); took > 2*time.Minute {
					t.Errorf("the cancellation took %v", took)
				}
				t.until("the flight is over", func() bool { return len(m.Status().InFlight) == 0 })
				m.join(t)
			})
		})
	}
}

// The events only make a worker look sooner: without them it finds a cancelled run all the same.
func TestCancelWithoutEvents(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.run()
		m := t.worker("one", func(c *worker.Config) { c.NoEvents = true })
		m.wire.fault = noEvents
		t.begin(m)
		t.untilState(run.ID, prefect.StateRunning)
		t.cancel(run.ID)
		t.untilState(run.ID, prefect.StateCancelled)
		t.untilClean()
		m.join(t)
	})
}

// The server gives up on a cancellation by itself after a while. The container still goes.
func TestCancelledByTheServer(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		if _, err := t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelled, Message: "by the server"}); err != nil {
			t.Fatal(err)
		}
		t.untilClean()
		m.join(t)
		if state := t.stateOf(run.ID); state.Message != "by the server" {
			t.Errorf("the server's state was overruled: %+v", state)
		}
	})
}

// A container whose run has ended otherwise gets time to finish, and then goes.
func TestEndedRunEndsItsContainer(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			c.set(ctx, prefect.State{Type: prefect.StateCompleted})
			<-ctx.Done()
			return 143
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(time.Minute)
		if len(t.groups()) != 1 {
			t.Error("the container got no time to finish")
		}
		t.untilClean()
		m.join(t)
		if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
			t.Errorf("the run is %s", state.Name)
		}
	})
}

// A container that goes on after its run has ended goes all the same when the run is scheduled again, which then gets another.
func TestEndedRunThatRunsAgain(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			if len(c.containersOf(c.id)) > 1 {
				return flowFor(time.Second)(ctx, c)
			}
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			time.Sleep(time.Minute)
			c.set(ctx, prefect.State{Type: prefect.StateFailed})
			<-ctx.Done()
			return 143
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateFailed)
		time.Sleep(30 * time.Second)
		if _, err := t.prefect.SetFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry}); err != nil {
			t.Fatal(err)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if n := len(t.containersOf(run.ID)); n != 2 {
			t.Errorf("got %d containers, want 2", n)
		}
	})
}

// Runs of a worker that is gone are cancelled by the next one.
func TestCancelOfADeadWorkersRun(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		first.kill()
		t.cancel(run.ID)
		second := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCancelled)
		t.untilClean()
		first.join(t)
		second.join(t)
	})
}

// TestCancelOfAKeptGroup: keep_container_group keeps the group of a cancelled run too, stopped.
func TestCancelOfAKeptGroup(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.withVariables(map[string]any{"keep_container_group": true})
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		t.cancel(run.ID)
		t.untilState(run.ID, prefect.StateCancelled)
		time.Sleep(time.Minute)
		m.join(t)
		if c := t.containersOf(run.ID); len(c) != 1 || !c[0].stopped {
			t.Errorf("got containers %+v, want one that was stopped", c)
		}
		if left := t.groups(); len(left) != 1 {
			t.Errorf("got groups %q, want the kept one", left)
		}
	})
}

// TestCancelledKeptGroupGivesItsCoresBack: a kept group that was stopped takes none of the region's cores from the next run.
func TestCancelledKeptGroupGivesItsCoresBack(t *testing.T) {
	inWorld(t, `{"quota":{"enforced":true,"containerGroups":5,"standardCores":1},"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
		t.program = flowFor(time.Hour)
		one := t.withVariables(map[string]any{"keep_container_group": true})
		m := t.start("one", nil)
		t.untilState(one.ID, prefect.StateRunning)
		t.cancel(one.ID)
		t.untilState(one.ID, prefect.StateCancelled)
		two := t.run()
		t.untilState(two.ID, prefect.StateRunning)
		if n := m.Status().QuotaWaits; n != 0 {
			t.Errorf("the second run had to wait for the first one's cores")
		}
		m.join(t)
	})
}

// lateAnswer holds the first list of runs back that has a state in it, when the server has given it.
type lateAnswer struct {
	inner http.RoundTripper
	state prefect.StateType
	by    time.Duration
	held  *atomic.Bool // one was held back
}

func (s lateAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.inner.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/flow_runs/filter") {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	if bytes.Contains(body, []byte(s.state)) && s.held.CompareAndSwap(false, true) {
		time.Sleep(s.by)
	}
	return response, nil
}

// A list that says that a run is cancelled, and arrives when the same worker has started the run anew, cancels nothing.
func TestCancelOfTheRunBefore(t *testing.T) {
	inWorld(t, "", func(t *world) {
		ended := make(chan struct{})
		t.program = func(ctx context.Context, c *container) int {
			if len(c.containersOf(c.id)) > 1 {
				return flowFor(10*time.Minute)(ctx, c)
			}
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			<-ended
			return 0
		}
		var held atomic.Bool
		t.wrap = func(_ string, wired http.RoundTripper) http.RoundTripper {
			return lateAnswer{wired, prefect.StateCancelled, 5 * time.Minute, &held}
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelled}))(t)
		t.until("the worker asks for its runs", held.Load)
		close(ended)
		t.untilClean()
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled}))(t)
		t.untilState(run.ID, prefect.StateRunning)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if n := len(t.containersOf(run.ID)); n != 2 {
			t.Errorf("got %d containers, want 2", n)
		}
	})
}
