package worker_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// retries gives a run n retries with a delay, as its flow does when it begins.
func (w *world) retries(run prefect.FlowRun, n int, delay time.Duration) {
	w.Helper()
	seconds := int(delay.Seconds())
	policy := prefect.RunPolicy{Retries: &n, RetryDelay: &seconds}
	if err := w.prefect.UpdateFlowRun(w.Context(), run.ID, prefect.FlowRunUpdate{EmpiricalPolicy: prefect.Set(policy)}); err != nil {
		w.Fatal(err)
	}
}

// failOnce is a flow that fails, and whose process is to run it again after the delay; then does what follows.
func failOnce(delay time.Duration, then func(context.Context, *container) int) func(context.Context, *container) int {
	return func(ctx context.Context, c *container) int {
		if len(c.containersOf(c.id)) > 1 {
			return flowFor(10*time.Second)(ctx, c)
		}
		c.set(ctx, prefect.State{Type: prefect.StateRunning})
		if got := c.set(ctx, prefect.State{Type: prefect.StateFailed}); got.Name != prefect.StateNameAwaitingRetry {
			c.Errorf("a flow with retries that failed is %s", got.Name)
		}
		select {
		case <-time.After(delay):
			return then(ctx, c)
		case <-ctx.Done():
			return 143
		}
	}
}

// A run that waited for its own process, which went with its group while no worker lived, is found by the next worker.
func TestRetryOfAProcessThatIsGone(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = failOnce(time.Hour, flowFor(time.Second))
		run := t.run()
		t.retries(run, 1, 5*time.Minute)
		first := t.start("one", nil)
		t.until("it waits for its retry", func() bool { return t.stateOf(run.ID).Name == prefect.StateNameAwaitingRetry })
		first.kill()
		for _, group := range t.groups() {
			if err := t.containers.Delete(t.Context(), group); err != nil {
				t.Fatal(err)
			}
		}
		second := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		second.join(t)
		first.join(t)
		if n := len(t.containersOf(run.ID)); n != 2 {
			t.Errorf("got %d containers, want 2", n)
		}
	})
}

// A run that its own process retries gets no second container while that process lives. When it has died, the run gets one.
func TestRetryInProcess(t *testing.T) {
	evicted := func(ctx context.Context, c *container) int {
		c.set(ctx, prefect.State{Type: prefect.StateRunning})
		c.happen("evict", c.group)
		<-ctx.Done()
		return 137
	}
	for name, test := range map[string]struct {
		retries    int
		lives      time.Duration
		then       func(context.Context, *container) int
		containers int
	}{
		"the process lives":               {1, 10 * time.Minute, flowFor(time.Second), 1},
		"the process dies while it waits": {1, 2 * time.Minute, exitWith(137, 0), 2},
		"evicted in the second try":       {2, 10 * time.Minute, evicted, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = failOnce(test.lives, test.then)
				run := t.run()
				t.retries(run, test.retries, 5*time.Minute)
				m := t.start("one", nil)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != test.containers {
					t.Errorf("got %d containers, want %d", n, test.containers)
				}
			})
		})
	}
}

// What became of an attempt says nothing about the next: one that Azure refuses for good is the last, and nothing is told of a
// container that it never had.
func TestNextAttemptIsRefused(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = exitWith(0, time.Hour)
		var mu sync.Mutex
		var events strings.Builder
		run := t.run()
		m := t.worker("one", nil)
		m.wire.inspect = func(_ string, r *http.Request, body []byte, _ *http.Response) {
			if strings.HasSuffix(r.URL.Path, "/events") {
				mu.Lock()
				defer mu.Unlock()
				events.Write(body)
			}
		}
		t.begin(m)
		t.until("the container runs", func() bool { return len(t.containersOf(run.ID)) == 1 })
		t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":400,"code":"InvalidParameter","message":"said by Azure"}}`)
		t.happen("evict", t.groups()[0])
		t.untilState(run.ID, prefect.StateCrashed)
		t.untilClean()
		m.join(t)
		if s, state := m.Status(), t.stateOf(run.ID); s.Retries != 1 || !strings.Contains(state.Message, "said by Azure") {
			t.Errorf("got %d retries, want 1; the run is %s: %s", s.Retries, state.Name, state.Message)
		}
		mu.Lock()
		defer mu.Unlock()
		if n := strings.Count(events.String(), "container-group.evicted"); n != 1 {
			t.Errorf("the eviction was told %d times, want once: %s", n, events.String())
		}
	})
}
