package filter

import (
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Query is the criteria in the body of a list request. One for another kind of record asks that there be one of that
// kind which belongs to the record and fits; even an empty one asks that it exists.
type Query struct {
	Flows          *Flow       `json:"flows"`
	FlowRuns       *FlowRun    `json:"flow_runs"`
	TaskRuns       *TaskRun    `json:"task_runs"`
	Deployments    *Deployment `json:"deployments"`
	WorkPools      *WorkPool   `json:"work_pools"`
	WorkPoolQueues *WorkQueue  `json:"work_pool_queues"`
}

// set is ids that were gathered in one walk over a table, when the first of them was asked for.
func set[T any](table *db.Table[T], id func(*T) *uuid.UUID) func(uuid.UUID) bool {
	var ids map[uuid.UUID]bool
	return func(asked uuid.UUID) bool {
		if ids == nil {
			ids = map[uuid.UUID]bool{}
			for row := range table.All() {
				if found := id(row); found != nil {
					ids[*found] = true
				}
			}
		}
		return ids[asked]
	}
}

func deployed(d *db.DB) func(uuid.UUID) bool {
	return set(&d.Deployments, func(p *db.Deployment) *uuid.UUID { return &p.FlowID })
}

func parentTasks(d *db.DB) func(uuid.UUID) bool {
	return set(&d.FlowRuns, func(r *db.FlowRun) *uuid.UUID { return r.ParentTaskRunID })
}

// withTask is the flow runs that have a task run which fits.
func (q Query) withTask(d *db.DB) func(uuid.UUID) bool {
	subflow := parentTasks(d)
	return set(&d.TaskRuns, func(r *db.TaskRun) *uuid.UUID {
		if !q.TaskRuns.match(r, subflow) {
			return nil
		}
		return r.FlowRunID
	})
}

// queued reports whether a queue, and the pool it belongs to, fit.
func (q Query) queued(d *db.DB, id *uuid.UUID) bool {
	if q.WorkPools == nil && q.WorkPoolQueues == nil {
		return true
	}
	if id == nil {
		return false
	}
	queue := d.WorkQueues.Get(*id)
	if queue == nil || !q.WorkPoolQueues.Match(queue) {
		return false
	}
	if q.WorkPools == nil {
		return true
	}
	pool := d.WorkPools.Get(queue.WorkPoolID)
	return pool != nil && q.WorkPools.Match(pool)
}

// MatchFlowRuns gives the function that says which flow runs match.
func (q Query) MatchFlowRuns(d *db.DB) func(*db.FlowRun) bool {
	withTask, hasDeployment := q.withTask(d), deployed(d)
	return func(run *db.FlowRun) bool {
		if !q.FlowRuns.Match(d, run) || !q.queued(d, run.WorkQueueID) {
			return false
		}
		if q.Deployments != nil {
			if run.DeploymentID == nil {
				return false
			}
			deployment := d.Deployments.Get(*run.DeploymentID)
			if deployment == nil || !q.Deployments.Match(d, deployment) {
				return false
			}
		}
		if q.Flows != nil {
			flow := d.Flows.Get(run.FlowID)
			if flow == nil || !q.Flows.match(flow, hasDeployment) {
				return false
			}
		}
		return q.TaskRuns == nil || withTask(run.ID)
	}
}

// MatchTaskRuns gives the function that says which task runs match.
func (q Query) MatchTaskRuns(d *db.DB) func(*db.TaskRun) bool {
	subflow := parentTasks(d)
	parent := q
	parent.TaskRuns = nil
	flowRuns := parent.MatchFlowRuns(d)
	asked := q.Flows != nil || q.FlowRuns != nil || q.Deployments != nil || q.WorkPools != nil || q.WorkPoolQueues != nil
	return func(run *db.TaskRun) bool {
		if !q.TaskRuns.match(run, subflow) {
			return false
		}
		if !asked {
			return true
		}
		if run.FlowRunID == nil {
			return false
		}
		flowRun := d.FlowRuns.Get(*run.FlowRunID)
		return flowRun != nil && flowRuns(flowRun)
	}
}

// withRun is what belongs to flow runs that fit, and that have a task run which fits: their flows or deployments.
func (q Query) withRun(d *db.DB, id func(*db.FlowRun) *uuid.UUID) func(uuid.UUID) bool {
	runs := Query{FlowRuns: q.FlowRuns, TaskRuns: q.TaskRuns}.MatchFlowRuns(d)
	return set(&d.FlowRuns, func(r *db.FlowRun) *uuid.UUID {
		if !runs(r) {
			return nil
		}
		return id(r)
	})
}

// MatchDeployments gives the function that says which deployments match.
func (q Query) MatchDeployments(d *db.DB) func(*db.Deployment) bool {
	hasDeployment := deployed(d)
	withRun := q.withRun(d, func(r *db.FlowRun) *uuid.UUID { return r.DeploymentID })
	return func(deployment *db.Deployment) bool {
		if !q.Deployments.Match(d, deployment) || !q.queued(d, deployment.WorkQueueID) {
			return false
		}
		if q.Flows != nil {
			flow := d.Flows.Get(deployment.FlowID)
			if flow == nil || !q.Flows.match(flow, hasDeployment) {
				return false
			}
		}
		return q.FlowRuns == nil && q.TaskRuns == nil || withRun(deployment.ID)
	}
}

// MatchFlows gives the function that says which flows match.
func (q Query) MatchFlows(d *db.DB) func(*db.Flow) bool {
	hasDeployment := deployed(d)
	withRun := q.withRun(d, func(r *db.FlowRun) *uuid.UUID { return &r.FlowID })
	withDeployment := set(&d.Deployments, func(p *db.Deployment) *uuid.UUID {
		if !q.Deployments.Match(d, p) || !q.queued(d, p.WorkQueueID) {
			return nil
		}
		return &p.FlowID
	})
	return func(flow *db.Flow) bool {
		return q.Flows.match(flow, hasDeployment) &&
			(q.FlowRuns == nil && q.TaskRuns == nil || withRun(flow.ID)) &&
			(q.Deployments == nil && q.WorkPools == nil || withDeployment(flow.ID))
	}
}
