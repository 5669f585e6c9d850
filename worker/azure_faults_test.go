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

// get, put and remove are a worker's requests about one container group.
func get(r *http.Request) bool { return r.Method == http.MethodGet && ofGroup(r) }

func put(r *http.Request) bool { return r.Method == http.MethodPut && ofGroup(r) }

func remove(r *http.Request) bool { return r.Method == http.MethodDelete && ofGroup(r) }

func ofGroup(r *http.Request) bool {
	_, name, found := strings.Cut(r.URL.Path, "/containerGroups/")
	return found && !strings.Contains(name, "/")
}

func toAzure(r *http.Request) bool { return strings.Contains(r.URL.Path, "/subscriptions/") }

// TestAzureFailsForAWhile has Azure fail in each way in which Prefect's own worker, as measured, deletes the group of a
// healthy run, leaves one behind, or leaves the run in Submitting. Here every run completes in its first container, and
// nothing is left.
func TestAzureFailsForAWhile(t *testing.T) {
	for name, test := range map[string]struct {
		// requests that match from when the flow runs, or from the beginning, fail: the first so many, or all for so long.
		match     func(*http.Request) bool
		fault     fault
		fromStart bool
		times     int32
		lasts     time.Duration
	}{
		"three GETs are throttled":                     {match: get, fault: fault{status: 429}, times: 3},
		"GETs are throttled for half an hour":          {match: get, fault: fault{status: 429}, lasts: 30 * time.Minute},
		"three GETs give 503":                          {match: get, fault: fault{status: 503}, times: 3},
		"GETs give 503 for half an hour":               {match: get, fault: fault{status: 503}, lasts: 30 * time.Minute},
		"one connection is lost":                       {match: get, fault: fault{drop: true}, times: 1},
		"connections are lost for half an hour":        {match: get, fault: fault{drop: true}, lasts: 30 * time.Minute},
		"GETs are forbidden for half an hour":          {match: get, fault: fault{status: 403}, lasts: 30 * time.Minute},
		"one GET gives a false 404":                    {match: get, fault: fault{status: 404}, times: 1},
		"Azure is away until after the container ends": {match: toAzure, fault: fault{status: 503}, lasts: 30 * time.Minute},
		"one PUT is throttled":                         {match: put, fault: fault{status: 429}, fromStart: true, times: 1},
		"one PUT gives 503":                            {match: put, fault: fault{status: 503}, fromStart: true, times: 1},
		"PUTs give 503 for half an hour":               {match: put, fault: fault{status: 503}, fromStart: true, lasts: 30 * time.Minute},
		"a PUT is applied and its answer is lost":      {match: put, fault: fault{drop: true, applied: true}, fromStart: true, times: 1},
		"a PUT is applied and gives 503":               {match: put, fault: fault{status: 503, applied: true}, fromStart: true, times: 1},
		"a DELETE meets another operation":             {match: remove, fault: fault{status: 409}, times: 3},
		"DELETEs give 503 for half an hour":            {match: remove, fault: fault{status: 503}, lasts: 30 * time.Minute},
		"the answer to a DELETE is lost":               {match: remove, fault: fault{drop: true, applied: true}, times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(10 * time.Minute)
				var on atomic.Bool
				var hits atomic.Int32
				on.Store(test.fromStart)
				m := t.worker("one", nil)
				m.wire.fault = func(_ int, r *http.Request) fault {
					if !on.Load() || !test.match(r) {
						return fault{}
					}
					if n := hits.Add(1); test.times > 0 && n > test.times {
						return fault{}
					}
					return test.fault
				}
				run := t.run()
				t.begin(m)
				if !test.fromStart {
					t.untilState(run.ID, prefect.StateRunning)
					time.Sleep(time.Minute)
					on.Store(true)
				}
				if test.lasts > 0 {
					time.Sleep(test.lasts)
					on.Store(false)
				}
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				if hits.Load() == 0 {
					t.Error("nothing failed")
				}
				containers := t.containersOf(run.ID)
				if len(containers) != 1 || containers[0].stopped {
					t.Errorf("got %d containers; want one that ended by itself", len(containers))
				}
				if ends := t.endsOf(run.ID); ends != 1 {
					t.Errorf("the run ended %d times", ends)
				}
			})
		})
	}
}

// TestDeleteThatTakesLong: a group that Azure takes two hours to delete ends the run at once and is gone in the end. Prefect's
// own worker gives up after 30 seconds.
func TestDeleteThatTakesLong(t *testing.T) {
	inWorld(t, `{"latency":{"start":"1s","delete":"2h"}}`, func(t *world) {
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.until("it waits for the group to go", func() bool { return m.Status().InFlight[worker.PhaseEnding] == 1 })
		next := t.run()
		t.untilState(next.ID, prefect.StateCompleted)
		time.Sleep(2*time.Hour + time.Minute)
		t.untilClean()
		m.join(t)
	})
}
