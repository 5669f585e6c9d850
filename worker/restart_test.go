package worker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// A container that the platform starts again when its flow has reported an end changes nothing about that end.
func TestRestartAfterTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		end, second prefect.StateType // of the flow, and of what its second life makes of the run when it is stopped
	}{
		"completed, then left running": {prefect.StateCompleted, prefect.StateRunning},
		"completed, then crashed":      {prefect.StateCompleted, prefect.StateCrashed},
		"failed, then left running":    {prefect.StateFailed, prefect.StateRunning},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				var again atomic.Bool
				t.program = func(ctx context.Context, c *container) int {
					if len(c.containersOf(c.id)) == 1 {
						c.set(ctx, prefect.State{Type: prefect.StateRunning})
						c.set(ctx, prefect.State{Type: test.end, Message: "by the flow"})
						<-ctx.Done() // it still writes results
						return 143
					}
					again.Store(c.set(context.Background(), prefect.State{Type: prefect.StateRunning}).Type == prefect.StateRunning)
					<-ctx.Done()
					if test.second != prefect.StateRunning {
						c.set(context.Background(), prefect.State{Type: test.second})
					}
					return 143
				}
				run := t.run()
				m := t.start("one", nil)
				t.untilState(run.ID, test.end)
				time.Sleep(30 * time.Second)
				t.happen("restart", t.containersOf(run.ID)[0].group)
				t.untilClean()
				m.join(t)
				if !again.Load() {
					t.Error("the second life of the container did not begin")
				}
				if state := t.stateOf(run.ID); state.Type != test.end || state.Message != "by the flow" {
					t.Errorf("the run is %s with %q", state.Name, state.Message)
				}
			})
		})
	}
}

// TestRestartDespiteNever: Azure starts a container that failed again, as it does although its policy is Never. The second start is
// stopped, so that nothing loops, and the flow does not run twice.
func TestRestartDespiteNever(t *testing.T) {
	inWorld(t, strings.Replace(usualLatency, "{", `{"restartsOnFailureDespiteNever":5,`, 1), func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			return exitWith(9, time.Minute)(ctx, c)
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		t.untilClean()
		m.join(t)
		if starts := t.containersOf(run.ID); len(starts) != 2 || !starts[1].stopped {
			t.Errorf("the container was started %d times, want 2, the second stopped", len(starts))
		}
		if n := t.endsOf(run.ID); n != 1 {
			t.Errorf("the run ended %d times", n)
		}
	})
}
