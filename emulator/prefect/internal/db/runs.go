package db

import (
	"encoding/json"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// StateType is one of the nine types of states.
type StateType string

// The types of states.
const (
	Scheduled  StateType = "SCHEDULED"
	Pending    StateType = "PENDING"
	Running    StateType = "RUNNING"
	Completed  StateType = "COMPLETED"
	Failed     StateType = "FAILED"
	Cancelled  StateType = "CANCELLED"
	Crashed    StateType = "CRASHED"
	Paused     StateType = "PAUSED"
	Cancelling StateType = "CANCELLING"
)

// Values lists them all, in the server's order.
func (StateType) Values() []string {
	return []string{"SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"}
}

// Terminal reports whether a run in it has ended.
func (t StateType) Terminal() bool {
	return t == Completed || t == Failed || t == Cancelled || t == Crashed
}

// DefaultName is the name of a state of the type that has none of its own: "Running".
func (t StateType) DefaultName() string { return string(t[:1]) + strings.ToLower(string(t[1:])) }

// State is a state of a flow run or a task run. It never changes once it is in a run's history.
type State struct {
	ID        uuid.UUID       `json:"id"`
	Type      StateType       `json:"type"`
	Name      string          `json:"name"`
	Timestamp api.Time        `json:"timestamp"`
	Message   *string         `json:"message"`
	Data      json.RawMessage `json:"data"`
	Details   StateDetails    `json:"state_details"`
}

// Lease is the deployment's lease that a state names; the zero id if it names none.
func (s *State) Lease() uuid.UUID {
	if s == nil || s.Details.DeploymentConcurrencyLeaseID == nil {
		return uuid.UUID{}
	}
	return *s.Details.DeploymentConcurrencyLeaseID
}

// Retimed is a state like this one, with an id of its own, of now.
func (s State) Retimed() State {
	s.ID, s.Timestamp = uuid.New(), api.Now()
	return s
}

// StateDetails is what a state says beyond its name.
type StateDetails struct {
	FlowRunID                    *uuid.UUID      `json:"flow_run_id"`
	TaskRunID                    *uuid.UUID      `json:"task_run_id"`
	ChildFlowRunID               *uuid.UUID      `json:"child_flow_run_id"`
	ScheduledTime                api.Time        `json:"scheduled_time"`
	CacheKey                     *string         `json:"cache_key"`
	CacheExpiration              api.Time        `json:"cache_expiration"`
	Deferred                     *bool           `json:"deferred"`
	UntrackableResult            bool            `json:"untrackable_result"`
	PauseTimeout                 api.Time        `json:"pause_timeout"`
	PauseReschedule              bool            `json:"pause_reschedule"`
	PauseKey                     *string         `json:"pause_key"`
	RunInputKeyset               json.RawMessage `json:"run_input_keyset"`
	RefreshCache                 *bool           `json:"refresh_cache"`
	Retriable                    *bool           `json:"retriable"`
	TransitionID                 *uuid.UUID      `json:"transition_id"`
	TaskParametersID             *uuid.UUID      `json:"task_parameters_id"`
	Traceparent                  *string         `json:"traceparent"`
	DeploymentConcurrencyLeaseID *uuid.UUID      `json:"deployment_concurrency_lease_id"`
}

// IgnoresUnknown marks it as one of the server's own models in requests.
func (StateDetails) IgnoresUnknown() {}

// Policy is how the engine retries, as it lies in a run.
type Policy struct {
	MaxRetries        int             `json:"max_retries"`
	RetryDelaySeconds float64         `json:"retry_delay_seconds"`
	Retries           *int            `json:"retries"`
	RetryDelay        json.RawMessage `json:"retry_delay"`
	PauseKeys         []string        `json:"pause_keys"`
	Resuming          *bool           `json:"resuming"`
	RetryType         *string         `json:"retry_type"`
}

// Deployment is a deployment as it is kept.
type Deployment struct {
	Base
	Name                 string
	FlowID               uuid.UUID
	Version, Description *string
	Paused               bool
	Schedules            []*Schedule
	ConcurrencyLimit     *int
	// ConcurrencyLimitID names the limit's record; see DB.LimitDeployment, which sets both.
	ConcurrencyLimitID *uuid.UUID
	ConcurrencyOptions *ConcurrencyOptions
	JobVariables       json.RawMessage
	Parameters         json.RawMessage
	Tags               []string
	Labels             map[string]any
	WorkQueueID        *uuid.UUID
	// WorkQueueName is the queue's as the deployment was made with it, nil if it named none.
	WorkQueueName            *string
	LastPolled               api.Time
	ParameterOpenAPISchema   json.RawMessage
	EnforceParameterSchema   bool
	Path, Entrypoint         *string
	PullSteps                json.RawMessage
	StorageDocumentID        *uuid.UUID
	InfrastructureDocumentID *uuid.UUID
	// Ready is whether somebody polls for it.
	Ready bool
}

// ConcurrencyOptions is what happens to a run when the deployment's limit is reached.
type ConcurrencyOptions struct {
	CollisionStrategy string `json:"collision_strategy"`
	// GracePeriodSeconds is how long a lease lasts until its run must be running.
	GracePeriodSeconds *int `json:"grace_period_seconds"`
}

// Schedule is one schedule of a deployment.
type Schedule struct {
	Base
	DeploymentID     uuid.UUID       `json:"deployment_id"`
	Schedule         json.RawMessage `json:"schedule"`
	Active           bool            `json:"active"`
	MaxScheduledRuns *int            `json:"max_scheduled_runs"`
	Parameters       json.RawMessage `json:"parameters"`
	Slug             *string         `json:"slug"`
}

// Run is what flow runs and task runs have in common. Its State is the last of States; nil if it never had one.
type Run struct {
	Base
	Name              string
	Tags              []string
	Labels            map[string]any
	Policy            Policy
	State             *State
	States            []*State
	RunCount          int
	ExpectedStartTime api.Time
	NextScheduledTime api.Time
	StartTime         api.Time
	EndTime           api.Time
	// TotalRunSeconds is the time in RUNNING states that are over.
	TotalRunSeconds float64
}

// FlowRun is a flow run as it is kept.
type FlowRun struct {
	Run
	FlowID                   uuid.UUID
	DeploymentID             *uuid.UUID
	DeploymentVersion        *string
	WorkQueueID              *uuid.UUID
	WorkQueueName            *string
	FlowVersion              *string
	Parameters               json.RawMessage
	IdempotencyKey           *string
	Context                  json.RawMessage
	ParentTaskRunID          *uuid.UUID
	AutoScheduled            bool
	InfrastructureDocumentID *uuid.UUID
	InfrastructurePID        *string
	CreatedBy                json.RawMessage
	JobVariables             json.RawMessage
}

// TaskRun is a task run as it is kept.
type TaskRun struct {
	Run
	FlowRunID       *uuid.UUID
	FlowRunRunCount int
	TaskKey         string
	DynamicKey      string
	CacheKey        *string
	CacheExpiration api.Time
	TaskVersion     *string
	TaskInputs      json.RawMessage
	// RetryJitterFactor belongs to the policy, but only of task runs.
	RetryJitterFactor *float64
}
