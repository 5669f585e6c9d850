package prefect

import (
	"context"
	"iter"
	"net/http"
)

// TaskRun is one run of a task within a flow run.
type TaskRun struct {
	ID                ID             `json:"id"`
	Created           Time           `json:"created"`
	Updated           Time           `json:"updated"`
	Name              string         `json:"name"`
	FlowRunID         ID             `json:"flow_run_id"`
	TaskKey           string         `json:"task_key"`
	DynamicKey        string         `json:"dynamic_key"`
	CacheKey          string         `json:"cache_key"`
	TaskVersion       string         `json:"task_version"`
	EmpiricalPolicy   TaskRunPolicy  `json:"empirical_policy"`
	Tags              []string       `json:"tags"`
	Labels            map[string]any `json:"labels,omitempty"` // 3.x
	TaskInputs        TaskInputs     `json:"task_inputs"`
	StateID           ID             `json:"state_id"`
	StateType         StateType      `json:"state_type"`
	StateName         string         `json:"state_name"`
	RunCount          int            `json:"run_count"`
	FlowRunRunCount   int            `json:"flow_run_run_count"`
	ExpectedStartTime Time           `json:"expected_start_time"`
	StartTime         Time           `json:"start_time"`
	EndTime           Time           `json:"end_time"`
	TotalRunTime      Seconds        `json:"total_run_time"`
	State             *State         `json:"state"`
}

// TaskInputs say of every argument which runs and parameters it comes from.
type TaskInputs map[string][]TaskInput

// TaskInput is one source of an argument.
type TaskInput struct {
	// InputType is task_run, parameter or constant.
	InputType string `json:"input_type"`
	ID        ID     `json:"id,omitzero"`
	Name      string `json:"name,omitempty"`
	Type      string `json:"type,omitempty"`
}

// TaskRunPolicy is what the server knows about a task run's retries.
type TaskRunPolicy struct {
	Retries *int `json:"retries,omitempty"`
	// RetryDelay is whole seconds, or a list of them, one a retry.
	RetryDelay        any      `json:"retry_delay,omitempty"`
	RetryJitterFactor *float64 `json:"retry_jitter_factor,omitempty"`
}

// TaskRunCreate describes a task run. TaskKey and DynamicKey name it within its flow run.
type TaskRunCreate struct {
	// ID is chosen by the caller, or by the server if empty.
	ID              ID             `json:"id,omitzero"`
	Name            string         `json:"name,omitempty"`
	FlowRunID       ID             `json:"flow_run_id,omitzero"`
	TaskKey         string         `json:"task_key"`
	DynamicKey      string         `json:"dynamic_key"`
	State           *State         `json:"state,omitempty"`
	TaskVersion     string         `json:"task_version,omitempty"`
	EmpiricalPolicy TaskRunPolicy  `json:"empirical_policy,omitzero"`
	Tags            []string       `json:"tags,omitempty"`
	Labels          map[string]any `json:"labels,omitempty"` // left out for 2.20
	TaskInputs      TaskInputs     `json:"task_inputs,omitempty"`
}

// CreateTaskRun makes a task run, or gives the one with this flow run, task key and dynamic key. That is how task runs
// of 2.20 begin; on 3.x they begin with an event ([TaskRunTransition]).
func (c *Client) CreateTaskRun(ctx context.Context, create TaskRunCreate) (TaskRun, error) {
	create.State = create.State.proposed()
	return do(ctx, c, request[TaskRun]{doing: "creating task run " + create.Name, method: http.MethodPost, path: "/task_runs/", body: create, since: labelsSince3()})
}

// TaskRun reads one task run. On 3.x it is there some seconds after its first event only.
func (c *Client) TaskRun(ctx context.Context, id ID) (TaskRun, error) {
	return do(ctx, c, request[TaskRun]{doing: "reading task run " + string(id), method: http.MethodGet, path: pathf("/task_runs/%s", string(id))})
}

// TaskRuns lists task runs.
func (c *Client) TaskRuns(ctx context.Context, q Query) iter.Seq2[TaskRun, error] {
	return pages(ctx, c, list{doing: "listing task runs", path: "/task_runs/filter", body: q, limit: q.Limit}, func(r *TaskRun) ID { return r.ID })
}

// SetTaskRunState proposes a state for a task run (2.20), as [Client.SetFlowRunState] does.
func (c *Client) SetTaskRunState(ctx context.Context, id ID, state State) (SetStateResult, error) {
	state.Details.TaskRunID = id
	return c.setState(ctx, proposal{
		doing: "setting task run " + string(id) + " to " + state.label(), path: pathf("/task_runs/%s/set_state", string(id)), state: state,
		current: func(ctx context.Context) (*State, error) {
			run, err := c.TaskRun(ctx, id)
			return run.State, err
		},
	})
}

// ProposeTaskRunState is [Client.ProposeFlowRunState] for a task run (2.20).
func (c *Client) ProposeTaskRunState(ctx context.Context, id ID, state State) (State, error) {
	return propose(ctx, func(ctx context.Context) (SetStateResult, error) { return c.SetTaskRunState(ctx, id, state) })
}
