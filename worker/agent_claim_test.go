package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestAgentLostClaim: a run whose agent was killed between its claim and its container is claimed anew when no agent can be at
// it any more.
func TestAgentLostClaim(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := t.run()
		m := t.agent(old, func(c *worker.AgentConfig) {})
		m.wire.mu.Lock()
		m.wire.fault = func(_ int, r *http.Request) fault { return fault{after: strings.HasSuffix(r.URL.Path, "/set_state")} }
		m.wire.mu.Unlock()
		t.untilState(run.ID, prefect.StatePending)
		m.kill()
		<-m.done
		next := t.agent(old, nil)
		time.Sleep(4 * time.Minute)
		if state := t.stateOf(run.ID); state.Type != prefect.StatePending {
			t.Errorf("it is %s already", state.Name)
		}
		began := time.Now()
		t.untilState(run.ID, prefect.StateCompleted)
		if took := time.Since(began); took > 15*time.Minute {
			t.Errorf("it took %v more", took)
		}
		t.untilClean()
		next.join(t)
	})
}

// TestAgentLostSubmission: the same for one that was killed after it had written the container group down and before it asked
// Azure for it.
func TestAgentLostSubmission(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := t.run()
		m := t.agent(old, nil)
		m.wire.mu.Lock()
		m.wire.fault = func(_ int, r *http.Request) fault {
			return fault{before: r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/containerGroups/")}
		}
		m.wire.mu.Unlock()
		t.until("its group is written down", func() bool { return must(t.prefect.FlowRun(t.Context(), run.ID))(t).InfrastructurePID != "" })
		began := time.Now()
		t.until("the agent is dead", m.isDead)
		m.kill()
		<-m.done
		next := t.agent(old, nil)
		time.Sleep(8 * time.Minute)
		if state := t.stateOf(run.ID); state.Type != prefect.StatePending {
			t.Errorf("it is %s already", state.Name)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		if took := time.Since(began); took > 20*time.Minute {
			t.Errorf("it took %v", took)
		}
		t.untilClean()
		next.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// TestAgentKeepsItsClaim: a run that waits for room in Azure stays its agent's, for as long as that agent can say so.
func TestAgentKeepsItsClaim(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.faultAzure(`{"match":{"method":"PUT"},"times":25,"effect":{"status":429,"code":"TooManyRequests","retryAfter":"60s"}}`)
		run := t.run()
		m := t.agent(old, nil)
		t.untilState(run.ID, prefect.StatePending)
		next := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		for _, a := range []*agentMember{m, next} {
			if s := a.Status(); s.LostClaims != 0 || s.Claimed > 1 {
				t.Errorf("got status %+v", s)
			}
			a.join(t)
		}
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// TestAgentGivesUpItsSubmission: one that cannot say so any more asks Azure for nothing, and another agent gets the run.
func TestAgentGivesUpItsSubmission(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.faultAzure(`{"match":{"method":"PUT"},"times":10,"effect":{"status":429,"code":"TooManyRequests","retryAfter":"60s"}}`)
		run := t.run()
		slow := t.agent(old, nil)
		written := 0
		slow.wire.mu.Lock()
		slow.wire.fault = func(_ int, r *http.Request) fault {
			if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/flow_runs/"+string(run.ID)) {
				if written++; written > 1 {
					return fault{status: http.StatusServiceUnavailable}
				}
			}
			return fault{}
		}
		slow.wire.mu.Unlock()
		t.until("the slow agent gives up", func() bool { return slow.Status().LostClaims == 1 })
		slow.stop()
		next := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		slow.join(t)
		next.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// TestAgentGivesUpItsClaim: an agent that cannot go on after its claim gives the run up before another one may have it.
func TestAgentGivesUpItsClaim(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		slow := t.agent(old, nil)
		slow.wire.mu.Lock()
		slow.wire.fault = func(_ int, r *http.Request) fault {
			if strings.Contains(r.URL.Path, "/block_documents/") {
				return fault{status: http.StatusServiceUnavailable}
			}
			return fault{}
		}
		slow.wire.mu.Unlock()
		run := t.run()
		t.untilState(run.ID, prefect.StatePending)
		next := t.agent(old, nil)
		t.until("the slow agent gives up", func() bool { return slow.Status().LostClaims == 1 })
		slow.stop()
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		slow.join(t)
		next.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}
