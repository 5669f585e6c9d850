package db

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// RunView is what the wire forms of flow runs and task runs have in common.
type RunView struct {
	Base
	Name                    string         `json:"name"`
	StateID                 *uuid.UUID     `json:"state_id"`
	Tags                    []string       `json:"tags"`
	Labels                  map[string]any `json:"labels"`
	StateType               *StateType     `json:"state_type"`
	StateName               *string        `json:"state_name"`
	RunCount                int            `json:"run_count"`
	ExpectedStartTime       api.Time       `json:"expected_start_time"`
	NextScheduledStartTime  api.Time       `json:"next_scheduled_start_time"`
	StartTime               api.Time       `json:"start_time"`
	EndTime                 api.Time       `json:"end_time"`
	TotalRunTime            float64        `json:"total_run_time"`
	EstimatedRunTime        float64        `json:"estimated_run_time"`
	EstimatedStartTimeDelta float64        `json:"estimated_start_time_delta"`
	State                   *State         `json:"state"`
}

// FlowRunView is a flow run on the wire.
type FlowRunView struct {
	RunView
	FlowID                   uuid.UUID       `json:"flow_id"`
	DeploymentID             *uuid.UUID      `json:"deployment_id"`
	DeploymentVersion        *string         `json:"deployment_version"`
	WorkQueueID              *uuid.UUID      `json:"work_queue_id"`
	WorkQueueName            *string         `json:"work_queue_name"`
	FlowVersion              *string         `json:"flow_version"`
	Parameters               json.RawMessage `json:"parameters"`
	IdempotencyKey           *string         `json:"idempotency_key"`
	Context                  json.RawMessage `json:"context"`
	EmpiricalPolicy          Policy          `json:"empirical_policy"`
	ParentTaskRunID          *uuid.UUID      `json:"parent_task_run_id"`
	AutoScheduled            bool            `json:"auto_scheduled"`
	InfrastructureDocumentID *uuid.UUID      `json:"infrastructure_document_id"`
	InfrastructurePID        *string         `json:"infrastructure_pid"`
	CreatedBy                json.RawMessage `json:"created_by"`
	JobVariables             json.RawMessage `json:"job_variables"`
}

// fullFlowRun has the pool's fields as null where there is no pool.
type fullFlowRun struct {
	FlowRunView
	WorkPoolID   *uuid.UUID `json:"work_pool_id"`
	WorkPoolName *string    `json:"work_pool_name"`
}

// FlowRunView is how flow runs' own routes show a run: with its state, and with the present names of its queue and pool.
func (d *DB) FlowRunView(run *FlowRun) any {
	view := fullFlowRun{FlowRunView: flowRunView(run)}
	view.State = run.State
	if run.WorkQueueID == nil {
		return view
	}
	queue := d.WorkQueues.Get(*run.WorkQueueID)
	if queue == nil {
		return view
	}
	view.WorkQueueName = &queue.Name
	if pool := d.WorkPools.Get(queue.WorkPoolID); pool != nil {
		view.WorkPoolID, view.WorkPoolName = &pool.ID, &pool.Name
	}
	return view
}

// AgentFlowRunView is how the route that agents poll shows a run: with its state, but with the queue's name as the run
// was made with it, and with null for the pool.
func (d *DB) AgentFlowRunView(run *FlowRun) any {
	view := fullFlowRun{FlowRunView: flowRunView(run)}
	view.State = run.State
	return view
}

// ScheduledFlowRunView is how the route that workers poll shows a run: as agents see it, without the pool and
// with null for the state.
func (d *DB) ScheduledFlowRunView(run *FlowRun) any { return flowRunView(run) }

func flowRunView(run *FlowRun) FlowRunView {
	return FlowRunView{
		RunView:                  runView(&run.Run),
		FlowID:                   run.FlowID,
		DeploymentID:             run.DeploymentID,
		DeploymentVersion:        run.DeploymentVersion,
		WorkQueueID:              run.WorkQueueID,
		WorkQueueName:            run.WorkQueueName,
		FlowVersion:              run.FlowVersion,
		Parameters:               objectOr(run.Parameters, "{}"),
		IdempotencyKey:           run.IdempotencyKey,
		Context:                  objectOr(run.Context, "{}"),
		EmpiricalPolicy:          run.Policy.view(),
		ParentTaskRunID:          run.ParentTaskRunID,
		AutoScheduled:            run.AutoScheduled,
		InfrastructureDocumentID: run.InfrastructureDocumentID,
		InfrastructurePID:        run.InfrastructurePID,
		CreatedBy:                run.CreatedBy,
		JobVariables:             objectOr(run.JobVariables, "{}"),
	}
}

func runView(run *Run) RunView {
	view := RunView{
		Base: run.Base, Name: run.Name, Tags: listOr(run.Tags), Labels: mapOr(run.Labels), RunCount: run.RunCount,
		ExpectedStartTime: run.ExpectedStartTime, NextScheduledStartTime: run.NextScheduledTime, StartTime: run.StartTime,
		EndTime: run.EndTime, TotalRunTime: run.TotalRunSeconds, EstimatedRunTime: run.TotalRunSeconds,
		EstimatedStartTimeDelta: run.lateness().Seconds(),
	}
	if s := run.State; s != nil {
		view.StateID, view.StateType, view.StateName = &s.ID, &s.Type, &s.Name
		if s.Type == Running {
			view.EstimatedRunTime += max(0, time.Since(s.Timestamp.Time)).Truncate(time.Microsecond).Seconds()
		}
	}
	return view
}

// lateness is how much later than expected the run started, or for one that has yet to start, how late it is already.
func (r *Run) lateness() time.Duration {
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

// objectOr gives a default for a field that nobody has set.
func objectOr(text json.RawMessage, otherwise string) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage(otherwise)
	}
	return text
}

func listOr(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func mapOr(labels map[string]any) map[string]any {
	if labels == nil {
		return map[string]any{}
	}
	return labels
}

// view has no null where the server has an empty list.
func (p Policy) view() Policy {
	p.PauseKeys = listOr(p.PauseKeys)
	return p
}
