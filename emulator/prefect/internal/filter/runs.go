package filter

import (
	"cmp"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// States are criteria for a state.
type States struct {
	Operator api.Operator `json:"operator"`
	Type     *stateTypes  `json:"type"`
	Name     *Texts       `json:"name"`
}

type stateTypes struct {
	Any    *[]db.StateType `json:"any_"`
	NotAny *[]db.StateType `json:"not_any_"`
}

func (f *stateTypes) match(s *db.State) bool {
	switch {
	case f.Any != nil && (s == nil || !among(f.Any, s.Type)):
		return false
	case f.NotAny != nil && len(*f.NotAny) > 0:
		return s != nil && !among(f.NotAny, s.Type)
	}
	return true
}

// match ignores a criterion with both any_ and not_any_, or with neither: so does the server.
func (f *States) match(s *db.State) bool {
	var t tally
	if f.Type != nil && (f.Type.Any != nil) != (f.Type.NotAny != nil && len(*f.Type.NotAny) > 0) {
		t.add(f.Type.match(s))
	}
	if f.Name != nil && (f.Name.Any != nil) != (f.Name.NotAny != nil && len(*f.Name.NotAny) > 0) {
		var name *string
		if s != nil {
			name = &s.Name
		}
		t.add(f.Name.match(name))
	}
	return t.under(f.Operator)
}

// TaskStates are States as task runs' filters know them.
type TaskStates struct {
	Operator api.Operator   `json:"operator"`
	Type     *taskStateType `json:"type"`
	Name     *AnyText       `json:"name"`
}

type taskStateType struct {
	Any *[]db.StateType `json:"any_"`
}

func (f *TaskStates) match(s *db.State) bool {
	both := States{Operator: f.Operator}
	if f.Type != nil {
		both.Type = &stateTypes{Any: f.Type.Any}
	}
	if f.Name != nil {
		both.Name = &Texts{Any: f.Name.Any}
	}
	return both.match(s)
}

// Creator is criteria for who made a run.
type Creator struct {
	Operator api.Operator `json:"operator"`
	ID       *[]uuid.UUID `json:"id_"`
	Type     *[]string    `json:"type_"`
	IsNull   *bool        `json:"is_null_"`
}

func (f *Creator) match(raw json.RawMessage) bool {
	var by *struct {
		ID   *uuid.UUID `json:"id"`
		Type *string    `json:"type"`
	}
	_ = json.Unmarshal(raw, &by) // the server wrote it itself
	var t tally
	if f.ID != nil {
		t.add(by != nil && by.ID != nil && among(f.ID, *by.ID))
	}
	if f.Type != nil {
		t.add(by != nil && by.Type != nil && among(f.Type, *by.Type))
	}
	if f.IsNull != nil {
		t.add((by == nil) == *f.IsNull)
	}
	return t.under(f.Operator)
}

// FlowRun is criteria for flow runs.
type FlowRun struct {
	Operator               api.Operator         `json:"operator"`
	ID                     *IDs                 `json:"id"`
	Name                   *Names               `json:"name"`
	Tags                   *Tags                `json:"tags"`
	DeploymentID           *Optional[uuid.UUID] `json:"deployment_id"`
	WorkQueueName          *Optional[string]    `json:"work_queue_name"`
	State                  *States              `json:"state"`
	FlowVersion            *AnyText             `json:"flow_version"`
	StartTime              *OptionalTimes       `json:"start_time"`
	EndTime                *OptionalTimes       `json:"end_time"`
	ExpectedStartTime      *Times               `json:"expected_start_time"`
	NextScheduledStartTime *Times               `json:"next_scheduled_start_time"`
	ParentFlowRunID        *parents             `json:"parent_flow_run_id"`
	ParentTaskRunID        *Optional[uuid.UUID] `json:"parent_task_run_id"`
	IdempotencyKey         *Texts               `json:"idempotency_key"`
	CreatedBy              *Creator             `json:"created_by"`
}

type parents struct {
	Operator api.Operator `json:"operator"`
	Any      *[]uuid.UUID `json:"any_"`
}

func (f *parents) match(d *db.DB, run *db.FlowRun) bool {
	if f.Any == nil {
		return true
	}
	if run.ParentTaskRunID == nil {
		return false
	}
	task := d.TaskRuns.Get(*run.ParentTaskRunID)
	return task != nil && task.FlowRunID != nil && among(f.Any, *task.FlowRunID)
}

// Begun is when a run began, or is to begin.
func Begun(run *db.Run) api.Time { return cmp.Or(run.StartTime, run.ExpectedStartTime) }

// Match reports whether a run fits; a nil filter fits all.
func (f *FlowRun) Match(d *db.DB, run *db.FlowRun) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, run.ID)
	given(&t, f.Name, run.Name)
	given(&t, f.Tags, run.Tags)
	given(&t, f.DeploymentID, run.DeploymentID)
	given(&t, f.WorkQueueName, run.WorkQueueName)
	given(&t, f.FlowVersion, run.FlowVersion)
	if f.ParentFlowRunID != nil {
		t.add(f.ParentFlowRunID.match(d, run))
	}
	given(&t, f.ParentTaskRunID, run.ParentTaskRunID)
	given(&t, f.IdempotencyKey, run.IdempotencyKey)
	given(&t, f.CreatedBy, run.CreatedBy)
	given(&t, f.State, run.State)
	if f.StartTime != nil {
		t.add(f.StartTime.match(Begun(&run.Run), run.StartTime))
	}
	if f.EndTime != nil {
		t.add(f.EndTime.match(run.EndTime, run.EndTime))
	}
	given(&t, f.ExpectedStartTime, run.ExpectedStartTime)
	given(&t, f.NextScheduledStartTime, run.NextScheduledTime)
	return t.under(f.Operator)
}

// TaskRun is criteria for task runs.
type TaskRun struct {
	Operator          api.Operator   `json:"operator"`
	ID                *AnyID         `json:"id"`
	Name              *Names         `json:"name"`
	Tags              *PlainTags     `json:"tags"`
	State             *TaskStates    `json:"state"`
	StartTime         *OptionalTimes `json:"start_time"`
	EndTime           *OptionalTimes `json:"end_time"`
	ExpectedStartTime *Times         `json:"expected_start_time"`
	SubflowRuns       *struct {
		Exists *bool `json:"exists_"`
	} `json:"subflow_runs"`
	FlowRunID *Optional[uuid.UUID] `json:"flow_run_id"`
}

// match reports whether a task run fits; subflow reports whether there is a flow run whose parent it is.
func (f *TaskRun) match(run *db.TaskRun, subflow func(uuid.UUID) bool) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, run.ID)
	given(&t, f.Name, run.Name)
	given(&t, f.Tags, run.Tags)
	given(&t, f.State, run.State)
	if f.StartTime != nil {
		t.add(f.StartTime.match(run.StartTime, run.StartTime))
	}
	if f.EndTime != nil {
		t.add(f.EndTime.match(run.EndTime, run.EndTime))
	}
	given(&t, f.ExpectedStartTime, run.ExpectedStartTime)
	if f.SubflowRuns != nil && f.SubflowRuns.Exists != nil {
		t.add(subflow(run.ID) == *f.SubflowRuns.Exists)
	}
	if f.FlowRunID != nil {
		t.add(f.matchFlowRun(run.FlowRunID))
	}
	return t.under(f.Operator)
}

// matchFlowRun has is_null_ false by default, and then any_ alone counts: so does the server.
func (f *TaskRun) matchFlowRun(id *uuid.UUID) bool {
	c := f.FlowRunID
	switch {
	case c.IsNull != nil && *c.IsNull:
		return id == nil
	case c.Any != nil:
		return id != nil && among(c.Any, *id)
	}
	return id != nil
}

// OfType asks for runs in states of a type.
func OfType(t db.StateType) *States {
	return &States{Type: &stateTypes{Any: &[]db.StateType{t}}}
}
