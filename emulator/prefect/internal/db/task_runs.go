package db

import (
	"iter"
	"slices"

	"github.com/google/uuid"
)

// TaskKey is what task runs are told apart by, though events of clients may make two of one key. FlowRun is nil for one without a flow run.
type TaskKey struct {
	FlowRun             *uuid.UUID
	TaskKey, DynamicKey string
}

// taskKey is a TaskKey that can be a map's key.
type taskKey struct {
	flowRun       uuid.NullUUID
	task, dynamic string
}

func (k TaskKey) index() taskKey {
	key := taskKey{task: k.TaskKey, dynamic: k.DynamicKey}
	if k.FlowRun != nil {
		key.flowRun = uuid.NullUUID{UUID: *k.FlowRun, Valid: true}
	}
	return key
}

func (t *TaskRun) key() TaskKey { return TaskKey{t.FlowRunID, t.TaskKey, t.DynamicKey} }

// AddTaskRun keeps a new run.
func (d *DB) AddTaskRun(run *TaskRun) {
	d.TaskRuns.Put(run.ID, run)
	d.indexTaskRun(run)
}

// TaskRunByKey finds the first run with a key; nil if there is none.
func (d *DB) TaskRunByKey(k TaskKey) *TaskRun {
	if runs := d.taskKeys[k.index()]; len(runs) > 0 {
		return runs[0]
	}
	return nil
}

// TaskRunsOf walks over a flow run's task runs, oldest first.
func (d *DB) TaskRunsOf(flowRun uuid.UUID) iter.Seq[*TaskRun] {
	if runs := d.tasksOf[flowRun]; runs != nil {
		return runs.All()
	}
	return func(func(*TaskRun) bool) {}
}

// MoveTaskRun gives a run another key. Its fields may not be written in another way: it would not be found any more.
func (d *DB) MoveTaskRun(run *TaskRun, to TaskKey) {
	if run.key().index() == to.index() {
		return
	}
	d.unindexTaskRun(run)
	run.FlowRunID, run.TaskKey, run.DynamicKey = to.FlowRun, to.TaskKey, to.DynamicKey
	d.indexTaskRun(run)
}

// DeleteTaskRun forgets a run.
func (d *DB) DeleteTaskRun(run *TaskRun) {
	d.unindexTaskRun(run)
	d.TaskRuns.Delete(run.ID)
}

func (d *DB) indexTaskRun(run *TaskRun) {
	key := run.key().index()
	d.taskKeys[key] = append(d.taskKeys[key], run)
	if run.FlowRunID == nil {
		return
	}
	if d.tasksOf[*run.FlowRunID] == nil {
		d.tasksOf[*run.FlowRunID] = &Table[TaskRun]{}
	}
	d.tasksOf[*run.FlowRunID].Put(run.ID, run)
}

func (d *DB) unindexTaskRun(run *TaskRun) {
	key := run.key().index()
	d.taskKeys[key] = slices.DeleteFunc(d.taskKeys[key], func(other *TaskRun) bool { return other == run })
	if len(d.taskKeys[key]) == 0 {
		delete(d.taskKeys, key)
	}
	if run.FlowRunID == nil {
		return
	}
	siblings := d.tasksOf[*run.FlowRunID]
	siblings.Delete(run.ID)
	if siblings.Len() == 0 {
		delete(d.tasksOf, *run.FlowRunID)
	}
}
