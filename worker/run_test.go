package worker_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

func TestRunCompletes(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		began := time.Now()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		containers := t.containersOf(run.ID)
		if len(containers) != 1 {
			t.Fatalf("got %d containers, want 1", len(containers))
		}
		if delay := containers[0].began.Sub(began); delay > 15*time.Second {
			t.Errorf("the container began after %v", delay)
		}
		got := must(t.prefect.FlowRun(t.Context(), run.ID))(t)
		if want := string(run.ID) + ":" + containers[0].group; got.InfrastructurePID != want {
			t.Errorf("got infrastructure id %q, want %q", got.InfrastructurePID, want)
		}
		if s := m.Status(); s.Claimed != 1 || s.Started != 1 || s.Finished["completed"] != 1 {
			t.Errorf("got status %+v", s)
		}
	})
}

// TestRunOfNoTime: a flow that ends before Azure has answered stays ended, because nothing puts a run to pending once its
// container may be there.
func TestRunOfNoTime(t *testing.T) {
	inWorld(t, `{}`, func(t *world) {
		t.program = flowFor(0)
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
		for _, run := range runs {
			if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
				t.Errorf("run %s is %s: %s", run.ID, state.Name, state.Message)
			}
			created := false
			for _, request := range m.wire.log {
				created = created || strings.HasPrefix(request, "azure PUT ") && strings.Contains(request, string(run.ID))
				if created && strings.Contains(request, string(run.ID)+"/set_state") {
					t.Errorf("the worker reported a state of run %s after it had asked for its container", run.ID)
				}
			}
		}
	})
}

// TestFinishedByState counts a run by its own state, whatever its container's exit code says.
func TestFinishedByState(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			c.set(ctx, prefect.State{Type: prefect.StateFailed})
			return 0
		}
		failed := t.run()
		m := t.start("one", nil)
		t.untilState(failed.ID, prefect.StateFailed)
		t.untilClean()
		t.mu.Lock()
		t.program = exitWith(1, time.Second)
		t.mu.Unlock()
		crashed := t.run()
		t.untilState(crashed.ID, prefect.StateCrashed)
		t.untilClean()
		m.join(t)
		if got := m.Status().Finished; len(got) != 2 || got["failed"] != 1 || got["crashed"] != 1 {
			t.Errorf("got %v, want a failed and a crashed one", got)
		}
	})
}
