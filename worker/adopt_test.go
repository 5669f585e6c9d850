package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// noEvents refuses the event feed.
func noEvents(_ int, r *http.Request) fault {
	if strings.HasPrefix(r.URL.Path, "/api/events") {
		return fault{status: http.StatusServiceUnavailable}
	}
	return fault{}
}

// A worker that starts after another one's end takes over what that has left.
func TestAdopt(t *testing.T) {
	for name, end := range map[string]func(*world, *member){
		"killed":  func(_ *world, m *member) { m.kill() },
		"stopped": func(t *world, m *member) { m.join(t) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(10 * time.Minute)
				run := t.run()
				first := t.start("one", nil)
				t.untilState(run.ID, prefect.StateRunning)
				end(t, first)
				second := t.start("two", nil)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				second.join(t)
				first.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
				if s := second.Status(); s.Adopted != 1 || s.Claimed != 0 {
					t.Errorf("got status %+v of the second worker", s)
				}
			})
		})
	}
}

// A worker that lives keeps its runs, whoever starts beside it.
func TestAdoptLeavesLivingWorkersAlone(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		second := t.start("two", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		first.join(t)
		second.join(t)
		if s := second.Status(); s.Adopted != 0 {
			t.Errorf("the second worker took over a living one's run: %+v", s)
		}
	})
}

// A run that ended while nobody watched is finished by the next worker: its group goes, its end is reported.
func TestAdoptAfterTheEnd(t *testing.T) {
	for name, program := range map[string]struct {
		code int
		want prefect.StateType
	}{"completed": {-1, prefect.StateCompleted}, "crashed": {137, prefect.StateCrashed}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = exitWith(program.code, time.Minute)
				if program.code < 0 {
					t.program = flowFor(time.Minute)
				}
				run := t.run()
				first := t.start("one", nil)
				t.until("the container runs", func() bool { return len(t.containersOf(run.ID)) == 1 })
				first.kill()
				time.Sleep(10 * time.Minute)
				second := t.start("two", nil)
				t.untilState(run.ID, program.want)
				t.untilClean()
				first.join(t)
				second.join(t)
			})
		})
	}
}

// beats is how many heartbeats the member has sent.
func (m *member) beats() int {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	n := 0
	for _, request := range m.wire.log {
		if strings.HasSuffix(request, "/workers/heartbeat") {
			n++
		}
	}
	return n
}

// While a worker drains, its heartbeats go on: the server must not take it for lost before it has let go.
func TestDrainSendsHeartbeats(t *testing.T) {
	inWorld(t, `{"latency":{"start":"1s","delete":"25s"}}`, func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Heartbeat = 5 * time.Second })
		run := t.run()
		t.untilState(run.ID, prefect.StateCompleted)
		t.until("the group is deleted", func() bool { return m.Status().InFlight[worker.PhaseEnding] == 1 })
		began, before := time.Now(), m.beats()
		m.join(t)
		// One that is due right at the end may be cut off.
		if took := time.Since(began); m.beats()-before < int(took/(5*time.Second))-1 || took < 15*time.Second {
			t.Errorf("%d heartbeats in the %v of draining", m.beats()-before, took)
		}
		if len(t.groups()) != 0 {
			t.Error("the worker ended before the group was gone")
		}
	})
}

// A worker that drains claims nothing more, and what runs goes on without it.
func TestDrain(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		began := time.Now()
		m.stop()
		late := t.run()
		m.join(t)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the end took %v", took)
		}
		time.Sleep(time.Minute)
		if state := t.stateOf(run.ID); state.Type != prefect.StateRunning {
			t.Errorf("the run is %s after its worker has ended", state.Name)
		}
		if state := t.stateOf(late.ID); state.Type != prefect.StateScheduled {
			t.Errorf("a run was claimed while the worker drained: it is %s", state.Name)
		}
		t.untilState(run.ID, prefect.StateCompleted)
	})
}

// TestHandOver: a worker that ended in good order is not waited for.
func TestHandOver(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		first := t.start("one", nil)
		run := t.run()
		t.untilState(run.ID, prefect.StateRunning)
		first.join(t)
		second := t.start("two", nil)
		time.Sleep(10 * time.Second)
		if s := second.Status(); s.Adopted != 1 || s.InFlight[worker.PhaseRunning] != 1 {
			t.Errorf("after 10 s the second worker has not taken the run over: %+v", s)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		second.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("the run had %d containers", n)
		}
	})
}

// TestNewWorkerIsNotGone: a worker that another one has not heard of yet, because it came after the other's last heartbeat, keeps
// its run.
func TestNewWorkerIsNotGone(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "other"}))(t)
		orphan := t.run()
		one := t.start("one", func(c *worker.Config) { c.Queues, c.Heartbeat = []string{"other"}, time.Hour })
		time.Sleep(time.Minute)
		run := t.run()
		two := t.worker("two", func(c *worker.Config) { c.Limit, c.CancelPoll = 1, time.Hour })
		two.wire.fault = noEvents // so that it leaves what is cancelled to the other
		t.begin(two)
		t.until("the new worker runs one", func() bool {
			return t.stateOf(run.ID).Type == prefect.StateRunning || t.stateOf(orphan.ID).Type == prefect.StateRunning
		})
		if t.stateOf(orphan.ID).Type == prefect.StateRunning {
			run, orphan = orphan, run
		}
		must(t.prefect.ForceFlowRunState(t.Context(), orphan.ID, prefect.State{Type: prefect.StateRunning}))(t) // else the server cancels it itself
		must(t.prefect.ForceFlowRunState(t.Context(), orphan.ID, prefect.State{Type: prefect.StateCancelling, Message: `Claimed by Pacific worker "of old"`}))(t)
		t.untilState(orphan.ID, prefect.StateCancelled)
		time.Sleep(time.Minute)
		if s := one.Status(); s.Adopted != 1 {
			t.Errorf("the first worker took over %d runs, want that of the worker of old", s.Adopted)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		one.join(t)
		two.join(t)
	})
}

// TestAdoptedIsLookedAfter: a run that a worker has taken over is left to it by those that start later, as long as it lives.
func TestAdoptedIsLookedAfter(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(30 * time.Minute)
		run := t.run()
		one := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		one.kill()
		two := t.start("two", nil)
		t.until("the second worker takes it over", func() bool { return two.Status().Adopted == 1 })
		time.Sleep(time.Minute)
		three := t.start("three", nil)
		time.Sleep(10 * time.Minute)
		if n := three.Status().Adopted; n != 0 {
			t.Errorf("the third worker took over %d runs, and the second lives", n)
		}
		two.kill()
		t.until("the third worker takes it over", func() bool { return three.Status().Adopted == 1 })
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		three.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}
