package orchestration_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
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
		m.LimitDeployment(d, new(0))
		m.propose(t, m.run(d), pending, "ABORT 200 SCHEDULED:Scheduled The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
		m.LimitDeployment(d, nil)
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

func TestTaskRetryDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		id, _ := m.taskRun(t, "RUNNING")
		task := m.TaskRuns.Get(uuid.MustParse(id))
		task.Policy.Retries, task.Policy.RetryDelay = new(3), json.RawMessage("[10, 20]")
		for _, delay := range []int{10, 20, 20} {
			set(t, m, "task_runs", id, running, false)
			if got := set(t, m, "task_runs", id, state{"type": "FAILED"}, false); got.State.Name != "AwaitingRetry" {
				t.Fatalf("got %v, want another attempt", got)
			}
			if got := set(t, m, "task_runs", id, running, false); got.Decision != "WAIT" || got.Details.Delay != delay {
				t.Errorf("got %v after %d s, want WAIT for %d s", got, got.Details.Delay, delay)
			}
			time.Sleep(time.Duration(delay) * time.Second)
		}
		if got := set(t, m, "task_runs", id, running, false).State.Name; got != "Retrying" {
			t.Errorf("got state %q, want Retrying", got)
		}
		if got := set(t, m, "task_runs", id, state{"type": "FAILED"}, false); got.Decision != "ACCEPT" {
			t.Errorf("got %v after the last attempt", got)
		}
		set(t, m, "task_runs", id, running, false) // a new attempt counts from the beginning
		if got := set(t, m, "task_runs", id, state{"type": "FAILED", "state_details": state{"retriable": false}}, false); got.Decision != "ACCEPT" {
			t.Errorf("got %v for what may not be tried again", got)
		}
		task.RetryJitterFactor, task.Policy.RetryDelay = new(0.5), json.RawMessage("100")
		set(t, m, "task_runs", id, running, false)
		set(t, m, "task_runs", id, state{"type": "FAILED"}, false)
		if got := set(t, m, "task_runs", id, running, false).Details.Delay; got < 50 || got > 150 {
			t.Errorf("got a delay of %d s, want 100 and up to a half more or less", got)
		}
	})
}

func TestTagSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for tag, limit := range map[string]int{"one": 1, "none": 0, "off": 0} {
			m.AddLimit(db.ConcurrencyLimit{Active: tag != "off", Name: "tag:" + tag, Limit: limit})
		}
		tasks := map[string]string{}
		for _, name := range []string{"one", "one again", "none", "off"} {
			tasks[name], _ = m.taskRun(t, "RUNNING")
			m.TaskRuns.Get(uuid.MustParse(tasks[name])).Tags = []string{name, "x"}
		}
		m.TaskRuns.Get(uuid.MustParse(tasks["one again"])).Tags = []string{"one"}
		want := func(name string, proposed state, want string) {
			t.Helper()
			if got := set(t, m, "task_runs", tasks[name], proposed, false).String(); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		want("one", running, runningAccepted)
		set(t, m, "task_runs", tasks["one again"], pending, true)
		want("one again", running, "WAIT 200 PENDING:Pending Concurrency limit reached for tags: one")
		set(t, m, "task_runs", tasks["none"], pending, true)
		want("none", running, `ABORT 200 PENDING:Pending The concurrency limit on tag "none" is 0 and will deadlock if the task tries to run again.`)
		want("off", running, runningAccepted)
		want("one", completed, "ACCEPT 201 COMPLETED:Completed")
		want("one again", running, runningAccepted)
		set(t, m, "task_runs", tasks["one again"], state{"type": "FAILED"}, true)
		if got := m.LimitByName("tag:one").SlotsNow(); got != 0 {
			t.Errorf("got %d slots taken at the end", got)
		}
	})
}

func TestCacheExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		id, _ := m.taskRun(t, "RUNNING")
		key := state{"cache_key": "k"}
		set(t, m, "task_runs", id, state{"type": "COMPLETED", "state_details": state{"cache_key": "k", "cache_expiration": time.Now().Add(time.Minute)}}, false)
		if got := set(t, m, "task_runs", id, state{"type": "RUNNING", "state_details": key}, false).State.Name; got != "Cached" {
			t.Errorf("got %q, want Cached", got)
		}
		time.Sleep(time.Minute)
		if got := set(t, m, "task_runs", id, state{"type": "RUNNING", "state_details": key}, false).State.Type; got != "RUNNING" {
			t.Errorf("got %q when the cached state is too old", got)
		}
	})
}

func TestSubflowMovesItsParentTask(t *testing.T) {
	m := newMemory()
	task, _ := m.taskRun(t, "RUNNING")
	parent := m.TaskRuns.Get(uuid.MustParse(task))
	child := &db.FlowRun{Run: db.Run{Base: db.NewBase(), Name: "child"}, ParentTaskRunID: &parent.ID}
	m.FlowRuns.Put(child.ID, child)
	m.rules.Set(child, orchestration.NewState(db.Running, ""), true)
	if parent.State == nil || parent.State.Type != db.Running || *parent.State.Details.ChildFlowRunID != child.ID {
		t.Errorf("got the parent's state %+v, want RUNNING with the child's id", parent.State)
	}
	if *child.State.Details.TaskRunID != parent.ID {
		t.Error("the child's state does not name its parent")
	}
}

func TestEmittedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(nil, nil)
		d.Name = "nightly"
		run := m.run(d)
		pool := m.AddPool(db.WorkPool{Name: "pool", Type: "azure-container-instance"})
		run.WorkQueueID = &pool.DefaultQueueID
		run.CreatedBy = json.RawMessage(`{"id":"` + d.ID.String() + `","type":"DEPLOYMENT","display_value":"nightly"}`)
		m.propose(t, run, state{"type": "PENDING", "message": "m"}, pendingAccepted)
		got := m.events[len(m.events)-1]
		want := db.Event{
			ID: run.State.ID, Occurred: run.State.Timestamp, Event: "prefect.flow-run.Pending", Follows: &run.States[0].ID,
			Resource: map[string]string{
				"prefect.resource.id": "prefect.flow-run." + run.ID.String(), "prefect.resource.name": "run", "prefect.run-count": "0",
				"prefect.state-message": "m", "prefect.state-name": "Pending", "prefect.state-type": "PENDING",
				"prefect.state-timestamp": run.State.Timestamp.Format("2006-01-02T15:04:05.000000+00:00"),
			},
			Related: []map[string]string{
				{"prefect.resource.id": "prefect.flow." + d.FlowID.String(), "prefect.resource.role": "flow", "prefect.resource.name": "flow"},
				{"prefect.resource.id": "prefect.deployment." + d.ID.String(), "prefect.resource.role": "deployment", "prefect.resource.name": "nightly"},
				{"prefect.resource.id": "prefect.work-queue." + pool.DefaultQueueID.String(), "prefect.resource.role": "work-queue", "prefect.resource.name": "default"},
				{"prefect.resource.id": "prefect.work-pool." + pool.ID.String(), "prefect.resource.role": "work-pool", "prefect.resource.name": "pool", "prefect.work-pool.type": "azure-container-instance"},
				{"prefect.resource.id": "prefect.tag.a", "prefect.resource.role": "tag"},
				{"prefect.resource.id": "prefect.tag.b", "prefect.resource.role": "tag"},
				{"prefect.resource.id": "prefect.deployment." + d.ID.String(), "prefect.resource.role": "creator", "prefect.resource.name": "nightly"},
			},
			Payload: json.RawMessage(`{"initial_state":{"name":"Scheduled","type":"SCHEDULED"},"intended":{"from":"SCHEDULED","to":"PENDING"},"validated_state":{"message":"m","name":"Pending","type":"PENDING"}}`),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		count := len(m.events)
		m.propose(t, run, pending, "ABORT 200 PENDING:Pending This run is in a PENDING state and cannot transition to a PENDING state.")
		if len(m.events) != count {
			t.Error("what was not written was published")
		}
		time.Sleep(6 * time.Minute)
		m.propose(t, run, running, runningAccepted)
		if m.events[count].Follows != nil {
			t.Error("a change long after the one before names it")
		}
	})
}

func TestResume(t *testing.T) {
	m := newMemory()
	resume := func(id string) answer {
		t.Helper()
		status, text := m.call(t, http.MethodPost, "/flow_runs/"+id+"/resume", map[string]any{})
		return read(t, status, text)
	}
	id := m.flowRun(t, runOptions{deployed: true})
	if got := resume(id).String(); got != "ABORT 200 : Cannot resume a flow run that is not paused." {
		t.Errorf("got %q", got)
	}
	set(t, m, "flow_runs", id, running, false)
	set(t, m, "flow_runs", id, state{"type": "PAUSED"}, false)
	if got := resume(id).String(); got != runningAccepted {
		t.Errorf("got %q", got)
	}
	set(t, m, "flow_runs", id, running, false) // what the engine says when it goes on
	if got := m.FlowRuns.Get(uuid.MustParse(id)).RunCount; got != 2 {
		t.Errorf("got run count %d, want 2: the server counts the resumption, and not what the engine says then", got)
	}
	set(t, m, "flow_runs", id, state{"type": "PAUSED", "name": "Suspended", "state_details": state{"pause_reschedule": true}}, false)
	if got := resume(id).String(); got != "ACCEPT 201 SCHEDULED:Resuming" {
		t.Errorf("got %q", got)
	}
	if status, _ := m.call(t, http.MethodPost, "/flow_runs/"+uuid.NewString()+"/resume", map[string]any{}); status != http.StatusNotFound {
		t.Errorf("got %d for a run that is not there", status)
	}
}
