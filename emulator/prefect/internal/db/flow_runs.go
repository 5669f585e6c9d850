package db

import "github.com/google/uuid"

// runKey is what no two flow runs have in common.
type runKey struct {
	flow uuid.UUID
	key  string
}

// NewRunBase is for a run that is made now. Its id is greater than that of any run before it, so the order by id is
// that of the table.
func NewRunBase() Base {
	b := NewBase()
	if id, err := uuid.NewV7(); err == nil { // it fails only without randomness
		b.ID = id
	}
	return b
}

// FlowRunByKey finds the run of a flow with an idempotency key; nil if there is none.
func (d *DB) FlowRunByKey(flow uuid.UUID, key string) *FlowRun {
	id, ok := d.runKeys[runKey{flow, key}]
	if !ok {
		return nil
	}
	return d.FlowRuns.Get(id)
}

// AddFlowRun keeps a new run.
func (d *DB) AddFlowRun(run *FlowRun) {
	d.FlowRuns.Put(run.ID, run)
	if run.IdempotencyKey != nil {
		d.runKeys[runKey{run.FlowID, *run.IdempotencyKey}] = run.ID
	}
}

// ForgetFlowRun forgets a run with its task runs, inputs and logs; false if there is no such run. Its subflows stay. It may hold a
// slot: package concurrency's DeleteFlowRun is what rooms call.
func (d *DB) ForgetFlowRun(id uuid.UUID) bool {
	run := d.FlowRuns.Get(id)
	if run == nil {
		return false
	}
	for task := range d.TaskRunsOf(id) {
		d.DeleteTaskRun(task)
	}
	if run.IdempotencyKey != nil {
		delete(d.runKeys, runKey{run.FlowID, *run.IdempotencyKey})
	}
	delete(d.Logs, id)
	delete(d.Inputs, id)
	return d.FlowRuns.Delete(id)
}
