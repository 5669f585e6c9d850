package view

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// run is what the wire forms of flow runs and task runs have in common.
type run struct {
	db.Base
	Name                    string         `json:"name"`
	StateID                 *uuid.UUID     `json:"state_id"`
	Tags                    []string       `json:"tags"`
	Labels                  map[string]any `json:"labels"`
	StateType               *db.StateType  `json:"state_type"`
	StateName               *string        `json:"state_name"`
	RunCount                int            `json:"run_count"`
	ExpectedStartTime       api.Time       `json:"expected_start_time"`
	NextScheduledStartTime  api.Time       `json:"next_scheduled_start_time"`
	StartTime               api.Time       `json:"start_time"`
	EndTime                 api.Time       `json:"end_time"`
	TotalRunTime            float64        `json:"total_run_time"`
	EstimatedRunTime        float64        `json:"estimated_run_time"`
	EstimatedStartTimeDelta float64        `json:"estimated_start_time_delta"`
	State                   *db.State      `json:"state"`
}

// flowRun is a flow run on the wire.
type flowRun struct {
	run
	FlowID                   uuid.UUID       `json:"flow_id"`
	DeploymentID             *uuid.UUID      `json:"deployment_id"`
	DeploymentVersion        *string         `json:"deployment_version"`
	WorkQueueID              *uuid.UUID      `json:"work_queue_id"`
	WorkQueueName            *string         `json:"work_queue_name"`
	FlowVersion              *string         `json:"flow_version"`
	Parameters               json.RawMessage `json:"parameters"`
	IdempotencyKey           *string         `json:"idempotency_key"`
	Context                  json.RawMessage `json:"context"`
	EmpiricalPolicy          db.Policy       `json:"empirical_policy"`
	ParentTaskRunID          *uuid.UUID      `json:"parent_task_run_id"`
	AutoScheduled            bool            `json:"auto_scheduled"`
	InfrastructureDocumentID *uuid.UUID      `json:"infrastructure_document_id"`
	InfrastructurePID        *string         `json:"infrastructure_pid"`
	CreatedBy                json.RawMessage `json:"created_by"`
	JobVariables             json.RawMessage `json:"job_variables"`
}

// fullFlowRun has the pool's fields as null where there is no pool.
type fullFlowRun struct {
	flowRun
	WorkPoolID   *uuid.UUID `json:"work_pool_id"`
	WorkPoolName *string    `json:"work_pool_name"`
}

// FlowRun is how flow runs' own routes show a run: with its state, and with the present names of its queue and pool.
func FlowRun(d *db.DB, run *db.FlowRun) any {
	view := fullFlowRun{flowRun: ofFlowRun(run)}
	view.State = run.State
	queue := d.WorkQueues.Pointed(run.WorkQueueID)
	if queue == nil {
		return view
	}
	view.WorkQueueName = &queue.Name
	if pool := d.WorkPools.Get(queue.WorkPoolID); pool != nil {
		view.WorkPoolID, view.WorkPoolName = &pool.ID, &pool.Name
	}
	return view
}

// AgentFlowRun is how the route that agents poll shows a run: with its state, but with the queue's name as the run
// was made with it, and with null for the pool.
func AgentFlowRun(run *db.FlowRun) any {
	view := fullFlowRun{flowRun: ofFlowRun(run)}
	view.State = run.State
	return view
}

// ScheduledFlowRun is how the route that workers poll shows a run: as agents see it, without the pool and
// with null for the state.
func ScheduledFlowRun(run *db.FlowRun) any { return ofFlowRun(run) }

func ofFlowRun(r *db.FlowRun) flowRun {
	return flowRun{
		run:                      ofRun(&r.Run),
		FlowID:                   r.FlowID,
		DeploymentID:             r.DeploymentID,
		DeploymentVersion:        r.DeploymentVersion,
		WorkQueueID:              r.WorkQueueID,
		WorkQueueName:            r.WorkQueueName,
		FlowVersion:              r.FlowVersion,
		Parameters:               jsonOr(r.Parameters, "{}"),
		IdempotencyKey:           r.IdempotencyKey,
		Context:                  jsonOr(r.Context, "{}"),
		EmpiricalPolicy:          policy(r.Policy),
		ParentTaskRunID:          r.ParentTaskRunID,
		AutoScheduled:            r.AutoScheduled,
		InfrastructureDocumentID: r.InfrastructureDocumentID,
		InfrastructurePID:        r.InfrastructurePID,
		CreatedBy:                r.CreatedBy,
		JobVariables:             jsonOr(r.JobVariables, "{}"),
	}
}

func ofRun(r *db.Run) run {
	view := run{
		Base: r.Base, Name: r.Name, Tags: List(r.Tags), Labels: Labels(r.Labels), RunCount: r.RunCount,
		ExpectedStartTime: r.ExpectedStartTime, NextScheduledStartTime: r.NextScheduledTime, StartTime: r.StartTime,
		EndTime: r.EndTime, TotalRunTime: r.TotalRunSeconds, EstimatedRunTime: r.TotalRunSeconds,
		EstimatedStartTimeDelta: lateness(r).Seconds(),
	}
	if s := r.State; s != nil {
		view.StateID, view.StateType, view.StateName = &s.ID, &s.Type, &s.Name
		if s.Type == db.Running {
			view.EstimatedRunTime += max(0, time.Since(s.Timestamp.Time)).Truncate(time.Microsecond).Seconds()
		}
	}
	return view
}

// lateness is how much later than expected the run started, or for one that has yet to start, how late it is already.
func lateness(r *db.Run) time.Duration {
	switch {
	case r.ExpectedStartTime.IsZero():
		return 0
	case !r.StartTime.IsZero():
		return max(0, r.StartTime.Sub(r.ExpectedStartTime.Time))
	case r.State != nil && r.State.Type.Terminal():
		return 0
	}
	return max(0, time.Since(r.ExpectedStartTime.Time)).Truncate(time.Microsecond)
}

// policy has no null where the server has an empty list.
func policy(p db.Policy) db.Policy {
	p.PauseKeys = List(p.PauseKeys)
	return p
}

// Estimates are how long a run has run and how late it started or will start, in seconds, as of now.
func Estimates(r *db.Run) (runTime, lateness float64) {
	v := ofRun(r)
	return v.EstimatedRunTime, v.EstimatedStartTimeDelta
}
