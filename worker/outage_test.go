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

// TestUnansweredCreateIsNotGivenBack: a worker stops while it does not know whether Azure has made a run's group. It does not give the
// run back, as a worker that lives would start it once more: that one takes the group over when the first one is gone.
func TestUnansweredCreateIsNotGivenBack(t *testing.T) {
	inWorld(t, `{"latency":{"place":"2s","pull":"55m","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
		one, _ := t.refusing("one", afterPUT(), fault{status: 504, applied: true}, rarely)
		run := t.run()
		t.begin(one)
		t.until("the group is made", func() bool { return len(t.groups()) == 1 })
		two := t.start("two", rarely)
		t.until("the create has given up", func() bool { return t.stateOf(run.ID).Name == worker.StateNameAwaitingAzure })
		one.join(t)
		for range 20 {
			time.Sleep(time.Minute)
			if groups := t.groups(); len(groups) > 1 {
				t.Fatalf("got groups %v of one run", groups)
			}
		}
		if s := two.Status(); s.Adopted != 1 || s.Claimed != 0 {
			t.Errorf("got status %+v of the second worker, want the run taken over", s)
		}
		t.cancel(run.ID) // its image is pulled for longer than a start may take
		t.untilState(run.ID, prefect.StateCancelled)
		t.untilClean()
		two.join(t)
	})
}

// TestLostAnswerAfterAWaitForRoom: the answer to a PUT is lost after the run has waited for room, and its flow ends before Azure is back.
// That end is its own container's, which the worker sees to its end as any other.
func TestLostAnswerAfterAWaitForRoom(t *testing.T) {
	inWorld(t, `{"quota":{"enforced":true,"containerGroups":1},"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
		t.program = flowFor(10 * time.Minute)
		long := t.run()
		m := t.worker("one", nil)
		fails := afterPUT()
		var failing atomic.Value // the id of the run whose requests fail
		failing.Store("none")
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.Contains(r.URL.Path, failing.Load().(string)) && fails(r) {
				return fault{status: 504, applied: true}
			}
			return fault{}
		}
		t.begin(m)
		t.untilState(long.ID, prefect.StateRunning)
		t.program = flowFor(20 * time.Second)
		run := t.run()
		failing.Store(string(run.ID))
		t.until("it waits for room", func() bool { return t.stateOf(run.ID).Name == worker.StateNameAwaitingQuota })
		t.untilState(run.ID, prefect.StateRunning)
		if n := m.Status().InFlight[worker.PhaseQueued]; n != 0 {
			t.Errorf("%d runs are queued while the flow runs", n)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(time.Minute)
		failing.Store("none")
		t.untilClean()
		t.until("it is done with", func() bool { return m.Status().Finished["completed"] == 2 })
		if s := m.Status(); s.LostClaims != 0 || s.Adopted != 0 {
			t.Errorf("got status %+v", s)
		}
		m.join(t)
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
