package events_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// told is an event by which a client tells of a task run's state.
func told(task, flowRun uuid.UUID, at time.Time, state string, part map[string]any) map[string]any {
	run := map[string]any{"task_key": "add", "dynamic_key": "0", "unknown": 1}
	maps.Copy(run, part)
	return map[string]any{
		"id": uuid.NewString(), "occurred": at.UTC(), "event": "prefect.task-run.X",
		"resource": map[string]string{"prefect.resource.id": "prefect.task-run." + task.String(), "prefect.orchestration": "client"},
		"related":  []map[string]string{{"prefect.resource.id": "prefect.flow-run." + flowRun.String(), "prefect.resource.role": "flow-run"}},
		"payload":  map[string]any{"task_run": run, "validated_state": map[string]any{"type": state, "message": "m", "state_details": map[string]any{"pause_reschedule": false}}},
	}
}

func TestTaskRunsFromEvents(t *testing.T) {
	r := newRoom(t, "")
	task, flowRun, now := uuid.New(), uuid.New(), time.Now().Truncate(time.Microsecond)
	begin, end := now.Add(time.Second), now.Add(2*time.Second)
	for _, e := range []map[string]any{
		told(task, flowRun, now, "PENDING", map[string]any{"name": "add-0", "tags": []string{"t"}, "task_inputs": map[string]any{"x": []any{}}, "empirical_policy": map[string]any{"retries": 2, "retry_delay": []int{1, 2}}}),
		told(task, flowRun, end, "COMPLETED", map[string]any{"run_count": 1, "start_time": begin.UTC(), "end_time": end.UTC(), "total_run_time": 1.5}),
		told(task, flowRun, begin, "RUNNING", map[string]any{"name": "too late", "run_count": 7}), // comes after the one that it is before
	} {
		if status, text := r.create(t, "", e); status != http.StatusNoContent {
			t.Fatalf("got %d %s", status, text)
		}
	}
	r.Lock()
	defer r.Unlock()
	got := r.TaskRuns.Get(task)
	if got == nil {
		t.Fatal("no task run")
	}
	var states strings.Builder
	for _, s := range got.States {
		states.WriteString(s.Name + " ")
	}
	if states.String() != "Pending Running Completed " || got.State != got.States[2] || *got.State.Details.TaskRunID != task || *got.State.Details.FlowRunID != flowRun || *got.State.Message != "m" {
		t.Errorf("got states %q, the last one %+v", states.String(), got.State)
	}
	if got.Name != "add-0" || got.RunCount != 1 || *got.FlowRunID != flowRun || !got.EndTime.Equal(end) || got.TotalRunSeconds != 1.5 || *got.Policy.Retries != 2 || string(got.TaskInputs) != `{"x":[]}` {
		t.Errorf("got %+v", got)
	}
}

func TestTaskRunsFromEventsByTheirKeys(t *testing.T) {
	r := newRoom(t, "")
	first, flowRun := uuid.New(), uuid.New()
	r.create(t, "", told(first, flowRun, time.Now(), "PENDING", nil), told(uuid.New(), flowRun, time.Now().Add(time.Second), "RUNNING", nil))
	r.Lock()
	defer r.Unlock()
	if got := r.TaskRuns.Get(first); r.TaskRuns.Len() != 1 || got.State.Type != db.Running || *got.State.Details.TaskRunID != first {
		t.Errorf("got %d task runs, want the same keys of a flow run to be the same one", r.TaskRuns.Len())
	}
}

// TestKnownState tells of a state that was set by a request, as clients do when they delay a task.
func TestKnownState(t *testing.T) {
	r := newRoom(t, "")
	run := &db.TaskRun{Run: db.Run{Base: db.NewRunBase()}, TaskKey: "add", DynamicKey: "0"}
	run.State = &db.State{ID: uuid.New(), Type: db.Scheduled, Name: "Scheduled"}
	run.States = []*db.State{run.State}
	r.Lock()
	r.AddTaskRun(run)
	r.Unlock()
	again := told(run.ID, uuid.New(), time.Now(), "SCHEDULED", nil)
	again["id"] = run.State.ID.String()
	r.create(t, "", again, told(run.ID, uuid.New(), time.Now(), "PENDING", nil))
	r.Lock()
	defer r.Unlock()
	if len(run.States) != 2 || run.State.Type != db.Pending {
		t.Errorf("got %d states, the last %s, want the one that was there and PENDING", len(run.States), run.State.Type)
	}
}

func TestEventsThatAreNoTaskRuns(t *testing.T) {
	r := newRoom(t, "")
	good := func() map[string]any { return told(uuid.New(), uuid.New(), time.Now(), "RUNNING", nil) }
	for name, change := range map[string]func(map[string]any){
		"another's name":     func(e map[string]any) { e["event"] = "other" },
		"orchestrated by us": func(e map[string]any) { delete(e["resource"].(map[string]string), "prefect.orchestration") },
		"no id": func(e map[string]any) {
			e["resource"].(map[string]string)["prefect.resource.id"] = "prefect.task-run.x"
		},
		"no payload":           func(e map[string]any) { delete(e, "payload") },
		"an unknown type":      func(e map[string]any) { e["payload"].(map[string]any)["validated_state"] = map[string]any{"type": "X"} },
		"without keys":         func(e map[string]any) { e["payload"].(map[string]any)["task_run"] = map[string]any{} },
		"a count that is none": func(e map[string]any) { e["payload"].(map[string]any)["task_run"].(map[string]any)["run_count"] = "x" },
	} {
		t.Run(name, func(t *testing.T) {
			e := good()
			change(e)
			if status, text := r.create(t, "", e); status != http.StatusNoContent {
				t.Errorf("got %d %s: the event itself is good", status, text)
			}
			if r.TaskRuns.Len() != 0 {
				t.Error("it made a task run")
			}
		})
	}
	r.create(t, "", good())
	if r.TaskRuns.Len() != 1 {
		t.Error("a good one made none")
	}
}
