package prefect

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// FlowRun is one run of a flow.
type FlowRun struct {
	ID                     ID             `json:"id"`
	Created                Time           `json:"created"`
	Updated                Time           `json:"updated"`
	Name                   string         `json:"name"`
	FlowID                 ID             `json:"flow_id"`
	StateID                ID             `json:"state_id"`
	DeploymentID           ID             `json:"deployment_id"`
	DeploymentVersion      string         `json:"deployment_version"`
	WorkQueueID            ID             `json:"work_queue_id"`
	WorkQueueName          string         `json:"work_queue_name"`
	WorkPoolID             ID             `json:"work_pool_id"`
	WorkPoolName           string         `json:"work_pool_name"`
	FlowVersion            string         `json:"flow_version"`
	Parameters             map[string]any `json:"parameters"`
	IdempotencyKey         string         `json:"idempotency_key"`
	Context                map[string]any `json:"context"`
	EmpiricalPolicy        RunPolicy      `json:"empirical_policy"`
	Tags                   []string       `json:"tags"`
	Labels                 map[string]any `json:"labels,omitempty"` // 3.x
	ParentTaskRunID        ID             `json:"parent_task_run_id"`
	StateType              StateType      `json:"state_type"`
	StateName              string         `json:"state_name"`
	RunCount               int            `json:"run_count"`
	ExpectedStartTime      Time           `json:"expected_start_time"`
	NextScheduledStartTime Time           `json:"next_scheduled_start_time"`
	StartTime              Time           `json:"start_time"`
	EndTime                Time           `json:"end_time"`
	TotalRunTime           Seconds        `json:"total_run_time"`
	EstimatedRunTime       Seconds        `json:"estimated_run_time"`
	AutoScheduled          bool           `json:"auto_scheduled"`
	// InfrastructureDocumentID is the job block of a Prefect 2 style deployment.
	InfrastructureDocumentID ID `json:"infrastructure_document_id"`
	// InfrastructurePID is what a worker wrote down to find the infrastructure again; empty if it never did.
	InfrastructurePID string `json:"infrastructure_pid"`
	// State is the current state. [Client.ScheduledFlowRuns] gives its id, type and name only.
	State        *State         `json:"state"`
	JobVariables map[string]any `json:"job_variables"`
}

// RunPolicy is what the server knows about the retries of a run.
type RunPolicy struct {
	Retries *int `json:"retries,omitempty"`
	// RetryDelay is in whole seconds.
	RetryDelay *int     `json:"retry_delay,omitempty"`
	PauseKeys  []string `json:"pause_keys,omitempty"`
	Resuming   *bool    `json:"resuming,omitempty"`
	// RetryType is in_process while a running process retries by itself: such a run is not handed to workers.
	RetryType string `json:"retry_type,omitempty"`
}

// FlowRunCreate describes a run without a deployment. For a 2.20 server Labels are left out, and a work pool, queue or job
// variables are refused with [ErrUnsupported].
type FlowRunCreate struct {
	FlowID          ID             `json:"flow_id"`
	Name            string         `json:"name,omitempty"`
	State           *State         `json:"state,omitempty"` // nil: PENDING
	Parameters      map[string]any `json:"parameters,omitempty"`
	Context         map[string]any `json:"context,omitempty"`
	Tags            []string       `json:"tags,omitempty"`
	Labels          map[string]any `json:"labels,omitempty"`
	ParentTaskRunID ID             `json:"parent_task_run_id,omitzero"`
	EmpiricalPolicy RunPolicy      `json:"empirical_policy,omitzero"`
	// IdempotencyKey makes a second create of the same flow give the first run. Empty: a random one.
	IdempotencyKey string         `json:"idempotency_key,omitempty"`
	FlowVersion    string         `json:"flow_version,omitempty"`
	WorkPoolName   string         `json:"work_pool_name,omitempty"`
	WorkQueueName  string         `json:"work_queue_name,omitempty"`
	JobVariables   map[string]any `json:"job_variables,omitempty"`
}

// DeploymentFlowRunCreate describes a run of a deployment. For a 2.20 server Labels are left out.
type DeploymentFlowRunCreate struct {
	Name string `json:"name,omitempty"`
	// State is nil for SCHEDULED now; a later start goes into State.Details.ScheduledTime.
	State *State `json:"state,omitempty"`
	// Parameters are laid over the deployment's.
	Parameters map[string]any `json:"parameters,omitempty"`
	// EnforceParameterSchema nil: as the deployment says.
	EnforceParameterSchema *bool          `json:"enforce_parameter_schema,omitempty"`
	Context                map[string]any `json:"context,omitempty"`
	Tags                   []string       `json:"tags,omitempty"`
	Labels                 map[string]any `json:"labels,omitempty"`
	// IdempotencyKey makes a second create give the first run. Empty: a random one.
	IdempotencyKey  string         `json:"idempotency_key,omitempty"`
	ParentTaskRunID ID             `json:"parent_task_run_id,omitzero"`
	WorkQueueName   string         `json:"work_queue_name,omitempty"`
	JobVariables    map[string]any `json:"job_variables,omitempty"`
}

// FlowRunUpdate changes the fields that are set. Job variables only while the run is SCHEDULED.
type FlowRunUpdate struct {
	Name              Field[string]         `json:"name,omitzero"`
	FlowVersion       Field[string]         `json:"flow_version,omitzero"`
	Parameters        Field[map[string]any] `json:"parameters,omitzero"`
	EmpiricalPolicy   Field[RunPolicy]      `json:"empirical_policy,omitzero"`
	Tags              Field[[]string]       `json:"tags,omitzero"`
	InfrastructurePID Field[string]         `json:"infrastructure_pid,omitzero"`
	JobVariables      Field[map[string]any] `json:"job_variables,omitzero"`
}

// CreateFlowRun makes a run without a deployment.
func (c *Client) CreateFlowRun(ctx context.Context, create FlowRunCreate) (FlowRun, error) {
	if create.IdempotencyKey == "" {
		create.IdempotencyKey = uuid.NewString()
	}
	create.State = create.State.proposed()
	return do(ctx, c, request[FlowRun]{doing: "creating a flow run", method: http.MethodPost, path: "/flow_runs/", body: create, since: flowRunSince3()})
}

// CreateDeploymentFlowRun makes a run of a deployment. Parameters that do not fit are [ErrConflict], job variables that do not
// fit [ErrInvalid].
func (c *Client) CreateDeploymentFlowRun(ctx context.Context, deployment ID, create DeploymentFlowRunCreate) (FlowRun, error) {
	if create.IdempotencyKey == "" {
		create.IdempotencyKey = uuid.NewString()
	}
	create.State = create.State.proposed()
	return do(ctx, c, request[FlowRun]{
		doing: "creating a flow run of deployment " + string(deployment), method: http.MethodPost,
		path: pathf("/deployments/%s/create_flow_run", string(deployment)), body: create, since: labelsSince3(),
	})
}

// FlowRun reads one run.
func (c *Client) FlowRun(ctx context.Context, id ID) (FlowRun, error) {
	return do(ctx, c, request[FlowRun]{doing: "reading flow run " + string(id), method: http.MethodGet, path: pathf("/flow_runs/%s", string(id))})
}

// FlowRuns lists runs. A run that leaves the filter while the list is read makes the next page begin later than it should:
// who changes the runs he walks through reads the list again until it is empty.
func (c *Client) FlowRuns(ctx context.Context, q Query) iter.Seq2[FlowRun, error] {
	return pages(ctx, c, list{doing: "listing flow runs", path: "/flow_runs/filter", body: q, limit: q.Limit}, func(r *FlowRun) ID { return r.ID })
}

// CountFlowRuns counts the runs that a query chooses.
func (c *Client) CountFlowRuns(ctx context.Context, q Query) (int, error) {
	q.Sort = "" // of no meaning here
	return do(ctx, c, request[int]{doing: "counting flow runs", method: http.MethodPost, path: "/flow_runs/count", body: q})
}

// UpdateFlowRun changes the fields that are set.
func (c *Client) UpdateFlowRun(ctx context.Context, id ID, update FlowRunUpdate) error {
	_, err := do(ctx, c, request[none]{doing: "updating flow run " + string(id), method: http.MethodPatch, path: pathf("/flow_runs/%s", string(id)), body: update})
	return err
}

// UpdateFlowRunLabels adds labels; a value is text, a number or a boolean. [ErrUnsupported] on 2.20, which has no labels.
func (c *Client) UpdateFlowRunLabels(ctx context.Context, id ID, labels map[string]any) error {
	doing := "updating the labels of flow run " + string(id)
	if err := c.needs3(ctx, doing, "labels of flow runs"); err != nil {
		return err
	}
	_, err := do(ctx, c, request[none]{doing: doing, method: http.MethodPatch, path: pathf("/flow_runs/%s/labels", string(id)), body: labels})
	return err
}

// DeleteFlowRun deletes a run with its states and logs.
func (c *Client) DeleteFlowRun(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "deleting flow run " + string(id), method: http.MethodDelete, path: pathf("/flow_runs/%s", string(id))})
	return err
}

// FlowRunStates reads all states that a run went through, oldest first.
func (c *Client) FlowRunStates(ctx context.Context, id ID) ([]State, error) {
	return do(ctx, c, request[[]State]{
		doing: "reading the states of flow run " + string(id), method: http.MethodGet,
		path: "/flow_run_states/", query: url.Values{"flow_run_id": {string(id)}},
	})
}

// SetFlowRunState proposes a state and gives the server's decision as it is. Most callers want
// [Client.ProposeFlowRunState].
func (c *Client) SetFlowRunState(ctx context.Context, id ID, state State) (SetStateResult, error) {
	return c.setFlowRunState(ctx, id, "", state, false)
}

// ForceFlowRunState puts a run in a state past the server's rules, as a worker does for Cancelled and Crashed.
func (c *Client) ForceFlowRunState(ctx context.Context, id ID, state State) (SetStateResult, error) {
	return c.setFlowRunState(ctx, id, "", state, true)
}

// ProposeFlowRunState proposes a state, waits as long as the server says WAIT, and gives the state that the run is then in: the
// proposed one, or another that the server has put in its place. An [*AbortError] says to stop working on the run.
func (c *Client) ProposeFlowRunState(ctx context.Context, id ID, state State) (State, error) {
	return propose(ctx, func(ctx context.Context) (SetStateResult, error) { return c.SetFlowRunState(ctx, id, state) })
}

// ProposeFlowRunStateAfter is [Client.ProposeFlowRunState] for a caller that has seen the run in the state with the id seen.
// Before each repeat of the request the run is read, and where it has another state by then the error is an [*AbortError] with
// that state. The server compares the names of states at most, so a late repeat could take a run back that others have moved on.
// The first request is sent at once: whoever saw the state long ago should look again before.
func (c *Client) ProposeFlowRunStateAfter(ctx context.Context, id, seen ID, state State) (State, error) {
	return c.setFlowRunStateAfter(ctx, id, seen, state, false)
}

// ForceFlowRunStateAfter is [Client.ForceFlowRunState] for a caller that has seen the run in the state with the id seen. It looks
// again before each repeat, as [Client.ProposeFlowRunStateAfter] does, and gives the same [*AbortError].
func (c *Client) ForceFlowRunStateAfter(ctx context.Context, id, seen ID, state State) (State, error) {
	return c.setFlowRunStateAfter(ctx, id, seen, state, true)
}

func (c *Client) setFlowRunStateAfter(ctx context.Context, id, seen ID, state State, force bool) (State, error) {
	waited := false
	return propose(ctx, func(ctx context.Context) (SetStateResult, error) {
		if waited {
			run, err := c.FlowRun(ctx, id)
			if err != nil {
				return SetStateResult{}, err
			}
			if run.State != nil && run.State.ID != seen {
				return SetStateResult{Status: Abort, State: *run.State, Reason: movedOn}, nil
			}
		}
		waited = true
		return c.setFlowRunState(ctx, id, seen, state, force)
	})
}

func (c *Client) setFlowRunState(ctx context.Context, id, seen ID, state State, force bool) (SetStateResult, error) {
	state.Details.FlowRunID = id
	return c.setState(ctx, proposal{
		doing: "setting flow run " + string(id) + " to " + state.label(), path: pathf("/flow_runs/%s/set_state", string(id)),
		state: state, force: force, seen: seen,
		current: func(ctx context.Context) (*State, error) {
			run, err := c.FlowRun(ctx, id)
			return run.State, err
		},
	})
}
