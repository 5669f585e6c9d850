package orchestration_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
)

// propose is set for the runs of this file.
func (m *memory) propose(t *testing.T, run *db.FlowRun, proposed state, want string) answer {
	t.Helper()
	got := set(t, m, "flow_runs", run.ID.String(), proposed, false)
	if got.String() != want {
		t.Fatalf("%v: got %q, want %q", proposed, got, want)
	}
	return got
}

func (m *memory) wantSlots(t *testing.T, d *db.Deployment, want int) {
	t.Helper()
	if got := m.DeploymentLimit(d).SlotsNow(); got != want {
		t.Errorf("got %d slots taken, want %d", got, want)
	}
}

const (
	pendingAccepted = "ACCEPT 201 PENDING:Pending"
	runningAccepted = "ACCEPT 201 RUNNING:Running"
	sentBack        = "REJECT 201 SCHEDULED:AwaitingConcurrencySlot Deployment concurrency limit reached."
)

var (
	pending   = state{"type": "PENDING"}
	running   = state{"type": "RUNNING"}
	completed = state{"type": "COMPLETED"}
)

func TestDeploymentSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), nil)
		first, second := m.run(d), m.run(d)
		taken := m.propose(t, first, pending, pendingAccepted)
		lease := taken.State.Details["deployment_concurrency_lease_id"]
		if lease == nil {
			t.Fatal("a pending run has no lease")
		}
		waiting := m.propose(t, second, pending, sentBack)
		if got := m.FlowRuns.Get(second.ID).NextScheduledTime; time.Until(got.Time).Round(time.Second) != 30*time.Second {
			t.Errorf("it is to come back at %v, want in 30 s; got %+v", got, waiting)
		}
		submitting := m.propose(t, first, state{"type": "PENDING", "name": "Submitting"}, "ACCEPT 201 PENDING:Submitting")
		if got := submitting.State.Details["deployment_concurrency_lease_id"]; got != lease {
			t.Errorf("got lease %v after the next name, want %v", got, lease)
		}
		m.propose(t, first, running, runningAccepted)
		m.wantSlots(t, d, 1)
		m.propose(t, first, completed, "ACCEPT 201 COMPLETED:Completed")
		m.wantSlots(t, d, 0)
		if m.Leases.Len() != 0 {
			t.Error("the lease outlives its run")
		}
		m.propose(t, second, running, "WAIT 200 SCHEDULED:AwaitingConcurrencySlot Scheduled time is in the future")
		time.Sleep(30 * time.Second)
		m.propose(t, second, pending, pendingAccepted)
	})
}

func TestLeaseExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), &db.ConcurrencyOptions{CollisionStrategy: "ENQUEUE", GracePeriodSeconds: new(60)})
		first, second, third := m.run(d), m.run(d), m.run(d)
		m.propose(t, first, pending, pendingAccepted)
		time.Sleep(61 * time.Second)
		m.propose(t, second, pending, pendingAccepted) // the first one's slot is free again
		m.propose(t, first, running, "REJECT 201 CANCELLED:Cancelled Deployment concurrency limit reached after lease expiry.")
		m.wantSlots(t, d, 0) // the server gives one back for a lease that is gone, and so do we
		m.propose(t, second, running, runningAccepted)
		time.Sleep(61 * time.Second)
		m.propose(t, third, pending, pendingAccepted) // the second one did not renew
	})
}

func TestLeaseIsTakenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), nil)
		run := m.run(d)
		before := m.propose(t, run, pending, pendingAccepted).State.Details["deployment_concurrency_lease_id"]
		time.Sleep(301 * time.Second) // the default grace
		after := m.propose(t, run, running, runningAccepted).State.Details["deployment_concurrency_lease_id"]
		if after == nil || after == before {
			t.Errorf("got lease %v, want another one than %v", after, before)
		}
		m.wantSlots(t, d, 1)
		m.propose(t, run, completed, "ACCEPT 201 COMPLETED:Completed")
		m.wantSlots(t, d, 0)
	})
}

func TestOldClientsHaveNoLease(t *testing.T) {
	for agent, leased := range map[string]bool{
		"prefect/3.8.8 (API 0.8.4)": true, "prefect/3.4.11 (API 0.8.4)": true, "prefect/3.5.0.dev1 (API 0.8.4)": true,
		"prefect/3.4.11rc1 (API 0.8.4)": false, "prefect/3.4.10 (API 0.8.4)": false, "prefect/2.20.26 (API 0.8.4)": false, "curl/8": false, "": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			m.agent = agent
			d := m.deployment(new(1), nil)
			run := m.run(d)
			m.propose(t, run, pending, pendingAccepted)
			m.propose(t, run, running, runningAccepted)
			if got := m.Leases.Len() == 1; got != leased {
				t.Errorf("%q: leased %v, want %v", agent, got, leased)
			}
			m.wantSlots(t, d, 1)
			m.propose(t, run, completed, "ACCEPT 201 COMPLETED:Completed")
			m.wantSlots(t, d, 0)
		})
	}
}

func TestCollisionStrategies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), &db.ConcurrencyOptions{CollisionStrategy: "CANCEL_NEW"})
		m.propose(t, m.run(d), pending, pendingAccepted)
		m.propose(t, m.run(d), pending, "REJECT 201 CANCELLED:Cancelled Deployment concurrency limit reached.")
		late := m.run(d)
		if got := m.rules.MarkLate(late); got.Status != orchestration.Reject || got.State.Type != db.Cancelled {
			t.Errorf("got %+v, want a late run cancelled when no slot is free", got)
		}
		concurrency.LimitDeployment(m.DB, d, new(0))
		m.propose(t, m.run(d), pending, "ABORT 200 SCHEDULED:Scheduled The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
		concurrency.LimitDeployment(m.DB, d, nil)
		m.propose(t, m.run(d), pending, pendingAccepted)
		m.Deployments.Delete(d.ID)
		m.propose(t, m.run(d), pending, "ABORT 200 SCHEDULED:Scheduled Deployment not found.")
	})
}

func TestMarkLate(t *testing.T) {
	m := newMemory()
	run := m.run(m.deployment(nil, nil))
	at := run.State.Details.ScheduledTime
	got := m.rules.MarkLate(run)
	if got.Status != orchestration.Accept || got.State.Name != "Late" || got.State.Details.ScheduledTime != at {
		t.Errorf("got %+v, want Late with the scheduled time of before", got)
	}
	if again := m.rules.MarkLate(run); again.Status != orchestration.Reject {
		t.Errorf("got %+v, want it late only once", again)
	}
}

func TestRetryKeepsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), nil)
		run := m.run(d)
		run.Policy.Retries, run.Policy.RetryDelay = new(1), json.RawMessage("10")
		m.propose(t, run, pending, pendingAccepted)
		m.propose(t, run, running, runningAccepted)
		m.propose(t, run, state{"type": "FAILED", "message": "m"}, "REJECT 201 SCHEDULED:AwaitingRetry Retrying")
		m.wantSlots(t, d, 1)
		if got := *run.Policy.RetryType; got != "in_process" {
			t.Errorf("got retry type %q", got)
		}
		wait := m.propose(t, run, running, "WAIT 200 SCHEDULED:AwaitingRetry Scheduled time is in the future")
		if wait.Details.Delay != 10 {
			t.Errorf("got a delay of %d s, want 10", wait.Details.Delay)
		}
		time.Sleep(10 * time.Second)
		m.propose(t, run, running, runningAccepted)
		time.Sleep(5 * time.Second)
		m.propose(t, run, state{"type": "FAILED"}, "ACCEPT 201 FAILED:Failed")
		m.wantSlots(t, d, 0)
		if run.RunCount != 2 || run.TotalRunSeconds < 5 || run.TotalRunSeconds > 5.1 {
			t.Errorf("got run count %d and %v s, want 2 and 5 s", run.RunCount, run.TotalRunSeconds)
		}
		// An attempt that a person asks for gives the slot up.
		m.propose(t, run, state{"type": "SCHEDULED", "name": "AwaitingRetry"}, "ACCEPT 201 SCHEDULED:AwaitingRetry")
		if run.Policy.RetryType == nil || *run.Policy.RetryType != "reschedule" || !run.EndTime.IsZero() {
			t.Errorf("got policy %+v and end %v, want a reschedule without an end", run.Policy, run.EndTime)
		}
	})
}
