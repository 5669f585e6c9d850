package worker_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// latePut kills a worker when it sends its first PUT of a group, which arrives at Azure later.
type latePut struct {
	inner      http.RoundTripper
	by         time.Duration
	kill       func()
	sent, done *atomic.Bool
}

func (l latePut) RoundTrip(r *http.Request) (*http.Response, error) {
	if !put(r) || !l.sent.CompareAndSwap(false, true) {
		return l.inner.RoundTrip(r)
	}
	late := r.Clone(context.WithoutCancel(r.Context()))
	l.kill()
	go func() {
		time.Sleep(l.by)
		response, err := l.inner.RoundTrip(late)
		if err == nil {
			_ = response.Body.Close()
		}
		l.done.Store(true)
	}()
	return nil, errDead
}

// TestKilledWithAPutOnItsWay: a worker is killed while its PUT is on the way, and Azure carries that out later. Until the next worker
// asks for the same group, one container runs. A PUT that arrives when its container runs is a restart by the platform; one that
// arrives when all is over is taken up. Prefect's own worker leaves the run in Submitting and the group to nobody.
func TestKilledWithAPutOnItsWay(t *testing.T) {
	for name, test := range map[string]struct {
		by time.Duration
		// begins and ends are how often the flow does. Azure does not refuse a request for being late, and Prefect's server lets a
		// flow that has completed begin again.
		begins, ends int
		want         prefect.StateType
	}{
		"before the next worker":        {10 * time.Second, 1, 1, prefect.StateCompleted},
		"as the next worker begins":     {95 * time.Second, 1, 1, prefect.StateCompleted},
		"while the next container runs": {3 * time.Minute, 2, 1, prefect.StateCrashed},
		"minutes after the run's end":   {8 * time.Minute, 2, 2, prefect.StateCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(3 * time.Minute)
				var sent, done atomic.Bool
				first := &member{}
				t.wrap = func(server string, wired http.RoundTripper) http.RoundTripper {
					if server == "prefect" {
						return wired
					}
					return latePut{t.azure.Transport(), test.by, func() { first.kill() }, &sent, &done}
				}
				first = t.worker("one", nil)
				t.wrap = nil
				run := t.run()
				t.begin(first)
				t.until("the first worker was killed", sent.Load)
				second := t.start("two", nil)
				time.Sleep(test.by)
				t.until("the PUT has arrived", done.Load)
				if err := t.untilSettled([]prefect.FlowRun{run}, time.Hour); err != nil {
					t.Error(err)
				}
				second.join(t)
				begins := 0
				for _, state := range must(t.prefect.FlowRunStates(t.Context(), run.ID))(t) {
					if state.Type == prefect.StateRunning {
						begins++
					}
				}
				if state := t.stateOf(run.ID); begins != test.begins || t.endsOf(run.ID) != test.ends || state.Type != test.want {
					t.Errorf("the flow began %d times, and the run ended %d times and is %s: %s", begins, t.endsOf(run.ID), state.Name, state.Message)
				}
			})
		})
	}
}
