package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// replayEnv names one case of a test with many, as a failure prints it.
const replayEnv = "PACIFIC_WORKER_REPLAY"

// endsOf counts the states that ended a run.
func (w *world) endsOf(id prefect.ID) int {
	w.Helper()
	n := 0
	for _, state := range must(w.prefect.FlowRunStates(context.Background(), id))(w) {
		if state.Type.Terminal() {
			n++
		}
	}
	return n
}

// untilSettled waits until every run has ended and Azure has no group; the error says what is not so.
func (w *world) untilSettled(runs []prefect.FlowRun, limit time.Duration) error {
	for began := time.Now(); ; time.Sleep(5 * time.Second) {
		left := w.groups()
		var open []string
		for _, run := range runs {
			if state := w.stateOf(run.ID); !state.Type.Terminal() {
				open = append(open, string(run.ID)+" "+state.Name)
			}
		}
		switch {
		case len(left) == 0 && len(open) == 0:
			return nil
		case time.Since(began) > limit:
			return fmt.Errorf("after %v these runs have not ended: %q, and these groups are left: %q", limit, open, left)
		}
	}
}

// killed runs one flow run whose first worker dies right before or right after request n. It gives what is wrong, and how
// many requests the first worker made.
func killed(t *testing.T, n int, after bool) (wrong []string, requests int) {
	synctest.Test(t, func(inner *testing.T) {
		w := newWorld(inner, "")
		defer w.close()
		add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
		run := w.run()
		first := w.worker("one", nil)
		what := ""
		first.wire.fault = func(i int, r *http.Request) fault {
			if i != n {
				return fault{}
			}
			what = r.Method + " " + r.URL.Path
			return fault{before: !after, after: after}
		}
		w.begin(first)
		for began := time.Now(); time.Since(began) < 2*time.Minute && !first.isDead(); {
			time.Sleep(time.Second)
		}
		requests = first.requests()
		first.stop()
		second := w.start("two", nil)
		if err := w.untilSettled([]prefect.FlowRun{run}, time.Hour); err != nil {
			add("%v", err)
		}
		first.join(inner)
		second.join(inner)
		containers := w.containersOf(run.ID)
		if len(containers) != 1 {
			add("%d containers, want 1", len(containers))
		}
		if state := w.stateOf(run.ID); state.Type != prefect.StateCompleted {
			add("the run is %s: %s", state.Name, state.Message)
		}
		if ends := w.endsOf(run.ID); ends != 1 {
			add("the run ended %d times", ends)
		}
		for i := range wrong {
			wrong[i] = fmt.Sprintf("killed at request %d (after it: %v), %s: %s", n, after, what, wrong[i])
		}
	})
	return wrong, requests
}

// TestKilledAtEachRequest kills a worker right before and right after each of its requests. Another one takes over: there
// is one container, the run ends once, and nothing is left.
func TestKilledAtEachRequest(t *testing.T) {
	if replay := os.Getenv(replayEnv); replay != "" {
		var n int
		var after bool
		if _, err := fmt.Sscanf(replay, "kill %d %t", &n, &after); err != nil {
			t.Skip("another test's case")
		}
		for _, w := range must2(killed(t, n, after)) {
			t.Error(w)
		}
		return
	}
	wrong, requests := killed(t, -1, false)
	if len(wrong) > 0 || requests < 30 {
		t.Fatalf("without a kill: %d requests, %q", requests, wrong)
	}
	t.Logf("%d requests", requests)
	const shards = 4
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for i := shard; i < 2*requests; i += shards {
				wrong, _ := killed(t, i/2, i%2 == 1)
				for _, w := range wrong {
					t.Errorf("%s\n\treplay: %s='kill %d %t' go test ./worker -run '^TestKilledAtEachRequest$' -count 1", w, replayEnv, i/2, i%2 == 1)
				}
			}
		})
	}
}

func must2[A, B any](a A, _ B) A { return a }

// TestTwoWorkers lets two workers serve one pool.
func TestTwoWorkers(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var runs []prefect.FlowRun
		for range 20 {
			runs = append(runs, t.run())
		}
		one, two := t.start("one", nil), t.start("two", nil)
		if err := t.untilSettled(runs, time.Hour); err != nil {
			t.Error(err)
		}
		one.join(t)
		two.join(t)
		for _, run := range runs {
			if n := len(t.containersOf(run.ID)); n != 1 {
				t.Errorf("run %s had %d containers", run.ID, n)
			}
			if ends := t.endsOf(run.ID); ends != 1 || t.stateOf(run.ID).Type != prefect.StateCompleted {
				t.Errorf("run %s ended %d times and is %s", run.ID, ends, t.stateOf(run.ID).Name)
			}
		}
		if a, b := one.Status(), two.Status(); a.Claimed+b.Claimed != 20 {
			t.Errorf("%d and %d runs were claimed, want 20 together", a.Claimed, b.Claimed)
		}
	})
}
