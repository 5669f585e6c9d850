package orchestration_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
)

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
			concurrency.Add(m.DB, db.ConcurrencyLimit{Active: tag != "off", Name: "tag:" + tag, Limit: limit})
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
		if got := concurrency.ByName(m.DB, "tag:one").SlotsNow(); got != 0 {
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
