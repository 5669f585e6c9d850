package db_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func TestTaskRunIndex(t *testing.T) {
	d := db.New()
	flow, other := uuid.New(), uuid.New()
	add := func(key db.TaskKey) *db.TaskRun {
		run := &db.TaskRun{Run: db.Run{Base: db.NewBase()}, FlowRunID: key.FlowRun, TaskKey: key.TaskKey, DynamicKey: key.DynamicKey}
		d.AddTaskRun(run)
		return run
	}
	key := db.TaskKey{FlowRun: &flow, TaskKey: "t", DynamicKey: "0"}
	free := db.TaskKey{TaskKey: "t", DynamicKey: "0"}
	a, b, alone := add(key), add(db.TaskKey{FlowRun: &flow, TaskKey: "t", DynamicKey: "1"}), add(free)
	of := func(want ...*db.TaskRun) {
		t.Helper()
		if diff := cmp.Diff(want, slices.Collect(d.TaskRunsOf(flow))); diff != "" {
			t.Errorf("task runs of the flow run (-want +got):\n%s", diff)
		}
	}
	is := func(k db.TaskKey, want *db.TaskRun) {
		t.Helper()
		if got := d.TaskRunByKey(k); got != want {
			t.Errorf("by the key %v: got %v, want %v", k, got, want)
		}
	}
	of(a, b)
	is(key, a)
	is(free, alone)
	is(db.TaskKey{FlowRun: &other, TaskKey: "t", DynamicKey: "0"}, nil)

	moved := db.TaskKey{FlowRun: &other, TaskKey: "t", DynamicKey: "2"}
	d.MoveTaskRun(a, moved)
	of(b)
	is(key, nil)
	is(moved, a)
	if *a.FlowRunID != other || a.DynamicKey != "2" {
		t.Errorf("the run that moved has flow run %v and key %s", a.FlowRunID, a.DynamicKey)
	}

	second := add(moved)
	is(moved, a)
	d.DeleteTaskRun(a)
	is(moved, second)

	d.DeleteTaskRun(b)
	of()
	d.DeleteTaskRun(alone)
	is(free, nil)
	if d.TaskRuns.Len() != 1 {
		t.Errorf("%d task runs are left, want one", d.TaskRuns.Len())
	}
}

// A flow run that is deleted takes its own task runs with it, and no others.
func TestDeletedFlowRunTakesItsTasks(t *testing.T) {
	d := db.New()
	for range 2 {
		run := &db.FlowRun{Run: db.Run{Base: db.NewRunBase()}}
		d.AddFlowRun(run)
		for _, key := range []string{"a", "b", "c"} {
			d.AddTaskRun(&db.TaskRun{Run: db.Run{Base: db.NewBase()}, FlowRunID: &run.ID, TaskKey: key})
		}
	}
	first := d.FlowRuns.Find(func(*db.FlowRun) bool { return true })
	d.ForgetFlowRun(first.ID)
	if d.FlowRuns.Len() != 1 || d.TaskRuns.Len() != 3 || d.TaskRunByKey(db.TaskKey{FlowRun: &first.ID, TaskKey: "b"}) != nil {
		t.Errorf("got %d flow runs and %d task runs, want one with three", d.FlowRuns.Len(), d.TaskRuns.Len())
	}
}
