package orchestration_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
)

func TestCancellingForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(new(1), nil)
		run, gone := m.run(d), m.run(d)
		m.propose(t, run, pending, pendingAccepted)
		m.propose(t, run, state{"type": "CANCELLING"}, "ACCEPT 201 CANCELLING:Cancelling")
		gone.InfrastructurePID = new("a:b")
		m.propose(t, gone, state{"type": "CANCELLING"}, "ACCEPT 201 CANCELLING:Cancelling")
		m.FlowRuns.Delete(gone.ID)
		time.Sleep(299 * time.Second)
		if next := m.rules.CleanUp(); run.State.Type != db.Cancelling || time.Until(next) != time.Second {
			t.Errorf("got %s and another look in %v, want CANCELLING and 1 s", run.State.Type, time.Until(next))
		}
		time.Sleep(time.Second)
		m.rules.CleanUp()
		if run.State.Type != db.Cancelled || *run.State.Message != "Flow run cancellation timed out; marked this flow run as Cancelled." {
			t.Errorf("got %+v, want it cancelled", run.State)
		}
		m.wantSlots(t, d, 0)
		time.Sleep(time.Minute)
		if next := m.rules.CleanUp(); !next.IsZero() {
			t.Errorf("another look in %v, want none", time.Until(next))
		}
	})
}

func TestWhatCancelledRunsHaveStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		id, flowRun := m.taskRun(t, "RUNNING")
		task, parent := m.TaskRuns.Get(uuid.MustParse(id)), m.FlowRuns.Get(uuid.MustParse(flowRun))
		done := &db.TaskRun{Run: db.Run{Base: db.NewBase()}, FlowRunID: &parent.ID}
		m.AddTaskRun(done)
		m.rules.SetTask(done, orchestration.NewState(db.Completed, ""), true)
		other, _ := m.taskRun(t, "RUNNING")
		set(t, m, "task_runs", other, running, true)
		child := func(deployed bool) *db.FlowRun {
			run := m.FlowRuns.Get(uuid.MustParse(m.flowRun(t, runOptions{deployed: deployed})))
			run.ParentTaskRunID = &task.ID
			m.rules.Set(run, orchestration.NewState(db.Running, ""), true)
			return run
		}
		inline, deployed := child(false), child(true)
		m.rules.Set(parent, orchestration.NewState(db.Cancelled, ""), true)
		time.Sleep(20 * time.Second)
		m.rules.CleanUp()
		if inline.State.Type != db.Cancelled || deployed.State.Type != db.Cancelling {
			t.Errorf("got subflows %s and %s, want the one in the same process CANCELLED and the deployed one CANCELLING", inline.State.Type, deployed.State.Type)
		}
		if done.State.Type != db.Completed || m.TaskRuns.Get(uuid.MustParse(other)).State.Type != db.Running {
			t.Error("what had ended, or is another run's, was cancelled")
		}
		if task.State.Type.Terminal() && task.State.Type != db.Cancelled {
			t.Errorf("got task run %s", task.State.Type)
		}
	})
}

func TestLimitEvents(t *testing.T) {
	m := newMemory()
	m.call(t, http.MethodPost, limits, map[string]any{"name": "x", "limit": 1})
	m.call(t, http.MethodPatch, limits+"x", map[string]any{"limit": 2})
	m.call(t, http.MethodDelete, limits+"x", nil)
	var names strings.Builder
	for _, e := range m.events {
		names.WriteString(e.Event + " " + e.Resource["prefect.resource.name"] + " " + string(e.Payload) + "\n")
	}
	want := `prefect.concurrency-limit.created x {"active":true,"limit":1,"name":"x","slot_decay_per_second":0}
prefect.concurrency-limit.updated x {"active":true,"limit":2,"name":"x","slot_decay_per_second":0}
prefect.concurrency-limit.deleted x {"active":true,"limit":2,"name":"x","slot_decay_per_second":0}
`
	if names.String() != want {
		t.Errorf("got events\n%swant\n%s", names.String(), want)
	}
}
