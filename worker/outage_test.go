package worker_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// refusing makes a worker whose matching requests to Azure fail until the flag is cleared.
func (w *world) refusing(name string, match func(*http.Request) bool, with fault, change func(*worker.Config)) (*member, *atomic.Bool) {
	w.Helper()
	var on atomic.Bool
	on.Store(true)
	m := w.worker(name, change)
	m.wire.fault = func(_ int, r *http.Request) fault {
		if on.Load() && match(r) {
			return with
		}
		return fault{}
	}
	return m, &on
}

// rarely lets hours of a worker's polls take little of the test's time.
func rarely(c *worker.Config) {
	c.Poll, c.CancelPoll, c.Heartbeat = time.Minute, time.Minute, 5*time.Minute
}

// afterPUT matches the first PUT of a group, and every request about one that follows.
func afterPUT() func(*http.Request) bool {
	var sent atomic.Bool
	return func(r *http.Request) bool {
		if put(r) {
			sent.Store(true)
		}
		return ofGroup(r) && sent.Load()
	}
}

// TestAzureTakesNoGroupForHours has Azure give no fact about any new group for longer than three attempts of half an hour take. The
// run says what it waits for, and completes in its first attempt when Azure is back.
func TestAzureTakesNoGroupForHours(t *testing.T) {
	const hours = 2 * time.Hour
	for name, test := range map[string]struct {
		match func(*http.Request) bool
		fault fault
		state string // which the run is in meanwhile; empty: its flow runs
	}{
		"PUTs give 503":                                  {put, fault{status: 503}, "AwaitingAzure"},
		"PUTs give 408":                                  {put, fault{status: 408}, "AwaitingAzure"},
		"PUTs give 429":                                  {put, fault{status: 429}, "AwaitingQuota"},
		"connections are lost":                           {put, fault{drop: true}, "AwaitingAzure"},
		"a proxy forbids PUTs":                           {put, fault{status: 403, page: true}, "AwaitingAzure"},
		"reads of a group give 503":                      {get, fault{status: 503}, "AwaitingAzure"},
		"nothing of groups works":                        {ofGroup, fault{status: 502}, "AwaitingAzure"},
		"a PUT is applied, then nothing of groups works": {afterPUT(), fault{status: 504, applied: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(10 * time.Minute)
				if test.state == "" { // the flow runs meanwhile
					t.program = flowFor(hours + 10*time.Minute)
				}
				m, failing := t.refusing("one", test.match, test.fault, rarely)
				run := t.run()
				t.begin(m)
				time.Sleep(hours)
				if state := t.stateOf(run.ID); test.state != "" && (state.Name != test.state || state.Type != prefect.StatePending || !strings.Contains(state.Message, "Azure")) {
					t.Errorf("after %v the run is %s: %q", hours, state.Name, state.Message)
				}
				failing.Store(false)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
				if s := m.Status(); s.Retries != 0 {
					t.Errorf("got %d attempts, want 1", s.Retries+1)
				}
				if n := t.endsOf(run.ID); n != 1 {
					t.Errorf("the run ended %d times", n)
				}
			})
		})
	}
}

// TestAppliedPutIsTakenUp: a PUT is carried out without an answer, and Azure is back when the create has given up. The container,
// whose flow runs, is taken up and not deleted.
func TestAppliedPutIsTakenUp(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		m, failing := t.refusing("one", afterPUT(), fault{status: 504, applied: true}, rarely)
		run := t.run()
		t.begin(m)
		time.Sleep(aci.DefaultStartTimeout + time.Minute/2)
		failing.Store(false)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// TestOutageEnds: a run that waits for Azure can be cancelled, is left by a worker that stops to the next, and crashes as soon as
// Azure states a fact.
func TestOutageEnds(t *testing.T) {
	for name, after := range map[string]time.Duration{"while requests are repeated": 10 * time.Minute, "after hours": 2 * time.Hour} {
		t.Run("cancelled "+name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				m, _ := t.refusing("one", put, fault{status: 503}, rarely)
				run := t.run()
				t.begin(m)
				time.Sleep(after)
				must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
				t.untilState(run.ID, prefect.StateCancelled)
				m.join(t)
			})
		})
		t.Run("handed on "+name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				m, _ := t.refusing("one", put, fault{status: 503}, rarely)
				run := t.run()
				t.begin(m)
				time.Sleep(after)
				began := time.Now()
				m.join(t)
				if took := time.Since(began); took > time.Minute {
					t.Errorf("stopping took %v", took)
				}
				if state := t.stateOf(run.ID); state.Type != prefect.StateScheduled && state.Type != prefect.StatePending {
					t.Errorf("the run is %s", state.Name)
				}
				next := t.start("two", nil)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				next.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
			})
		})
	}
	t.Run("a fact", func(t *testing.T) {
		inWorld(t, "", func(t *world) {
			m, failing := t.refusing("one", put, fault{status: 503}, rarely)
			run := t.run()
			t.begin(m)
			time.Sleep(2 * time.Hour)
			t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"said by Azure"}}`)
			failing.Store(false)
			t.untilState(run.ID, prefect.StateCrashed)
			m.join(t)
			if state := t.stateOf(run.ID); !strings.Contains(state.Message, "said by Azure") {
				t.Errorf("the run's message is %q", state.Message)
			}
		})
	})
}
