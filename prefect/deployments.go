package prefect

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// Deployment is a flow with where and when it runs.
type Deployment struct {
	ID          ID                   `json:"id"`
	Created     Time                 `json:"created"`
	Updated     Time                 `json:"updated"`
	Name        string               `json:"name"`
	Version     string               `json:"version"`
	Description string               `json:"description"`
	FlowID      ID                   `json:"flow_id"`
	Paused      bool                 `json:"paused"`
	Schedules   []DeploymentSchedule `json:"schedules"`
	// ConcurrencyLimit and ConcurrencyOptions are of 3.x. The limit itself may only stand in GlobalConcurrencyLimit.
	ConcurrencyLimit       *int                    `json:"concurrency_limit"`
	GlobalConcurrencyLimit *GlobalConcurrencyLimit `json:"global_concurrency_limit"`
	ConcurrencyOptions     *ConcurrencyOptions     `json:"concurrency_options"`
	// JobVariables override the work pool's. (2.20 calls them infra_overrides in replies; both are read.)
	JobVariables  map[string]any `json:"job_variables"`
	Parameters    map[string]any `json:"parameters"`
	Tags          []string       `json:"tags"`
	Labels        map[string]any `json:"labels,omitempty"` // 3.x
	WorkPoolName  string         `json:"work_pool_name"`
	WorkQueueName string         `json:"work_queue_name"`
	WorkQueueID   ID             `json:"work_queue_id"` // 3.x
	LastPolled    Time           `json:"last_polled"`
	// ParameterOpenAPISchema is the JSON schema of Parameters; null if there is none.
	ParameterOpenAPISchema json.RawMessage `json:"parameter_openapi_schema"`
	EnforceParameterSchema bool            `json:"enforce_parameter_schema"`
	Path                   string          `json:"path"`
	Entrypoint             string          `json:"entrypoint"`
	// PullSteps are run in the container before the flow: one key, the step's Python name, with its inputs.
	PullSteps                []map[string]any `json:"pull_steps"`
	StorageDocumentID        ID               `json:"storage_document_id"`
	InfrastructureDocumentID ID               `json:"infrastructure_document_id"`
	// Status is READY when something polls its queue, else NOT_READY.
	Status string `json:"status"`
}

// GlobalConcurrencyLimit is the limit behind a deployment's concurrency limit.
type GlobalConcurrencyLimit struct {
	ID    ID     `json:"id"`
	Name  string `json:"name"`
	Limit int    `json:"limit"`
}

// ConcurrencyOptions say what happens to a run over the limit.
type ConcurrencyOptions struct {
	// CollisionStrategy is ENQUEUE (wait) or CANCEL_NEW.
	CollisionStrategy string `json:"collision_strategy"`
	// GracePeriodSeconds is how long a slot is kept for infrastructure to start. nil: the server's default.
	GracePeriodSeconds *int `json:"grace_period_seconds,omitempty"`
}

// DeploymentCreate describes a deployment. For a 2.20 server Labels are left out, and a concurrency limit is refused with
// [ErrUnsupported].
type DeploymentCreate struct {
	Name        string               `json:"name"`
	FlowID      ID                   `json:"flow_id"`
	Version     string               `json:"version,omitempty"`
	Description string               `json:"description,omitempty"`
	Paused      bool                 `json:"paused"`
	Schedules   []DeploymentSchedule `json:"schedules,omitempty"`
	// ConcurrencyLimit is at least 1. nil: none.
	ConcurrencyLimit   *int                `json:"concurrency_limit,omitempty"`
	ConcurrencyOptions *ConcurrencyOptions `json:"concurrency_options,omitempty"`
	JobVariables       map[string]any      `json:"job_variables,omitempty"`
	Parameters         map[string]any      `json:"parameters,omitempty"`
	Tags               []string            `json:"tags,omitempty"`
	Labels             map[string]any      `json:"labels,omitempty"`
	WorkPoolName       string              `json:"work_pool_name,omitempty"`
	// WorkQueueName is made if it does not exist. Without a pool it is an agent's queue, in default-agent-pool.
	WorkQueueName          string          `json:"work_queue_name,omitempty"`
	ParameterOpenAPISchema json.RawMessage `json:"parameter_openapi_schema,omitempty"`
	// EnforceParameterSchema refuses runs whose parameters do not fit. nil: the server's default, true on 3.x, false on 2.20.
	EnforceParameterSchema   *bool            `json:"enforce_parameter_schema,omitempty"`
	Path                     string           `json:"path,omitempty"`
	Entrypoint               string           `json:"entrypoint,omitempty"`
	PullSteps                []map[string]any `json:"pull_steps,omitempty"`
	StorageDocumentID        ID               `json:"storage_document_id,omitzero"`
	InfrastructureDocumentID ID               `json:"infrastructure_document_id,omitzero"`
}

// DeploymentUpdate changes the fields that are set. ParameterOpenAPISchema and PullSteps cannot be changed on a 2.20
// server: create the deployment again under its name instead. There, WorkPoolName without JobVariables is refused too, by a
// mistake of the server's.
type DeploymentUpdate struct {
	Version                  Field[string]               `json:"version,omitzero"`
	Description              Field[string]               `json:"description,omitzero"`
	Paused                   Field[bool]                 `json:"paused,omitzero"`
	Schedules                Field[[]DeploymentSchedule] `json:"schedules,omitzero"`
	ConcurrencyLimit         Field[int]                  `json:"concurrency_limit,omitzero"`
	ConcurrencyOptions       Field[ConcurrencyOptions]   `json:"concurrency_options,omitzero"`
	JobVariables             Field[map[string]any]       `json:"job_variables,omitzero"`
	Parameters               Field[map[string]any]       `json:"parameters,omitzero"`
	Tags                     Field[[]string]             `json:"tags,omitzero"`
	WorkPoolName             Field[string]               `json:"work_pool_name,omitzero"`
	WorkQueueName            Field[string]               `json:"work_queue_name,omitzero"`
	ParameterOpenAPISchema   Field[json.RawMessage]      `json:"parameter_openapi_schema,omitzero"`
	EnforceParameterSchema   Field[bool]                 `json:"enforce_parameter_schema,omitzero"`
	Path                     Field[string]               `json:"path,omitzero"`
	Entrypoint               Field[string]               `json:"entrypoint,omitzero"`
	PullSteps                Field[[]map[string]any]     `json:"pull_steps,omitzero"`
	StorageDocumentID        Field[ID]                   `json:"storage_document_id,omitzero"`
	InfrastructureDocumentID Field[ID]                   `json:"infrastructure_document_id,omitzero"`
}

// CreateDeployment makes a deployment, or brings the one with this flow and name to the given form. Job variables that do
// not fit the pool are [ErrInvalid]; an unknown pool is [ErrNotFound].
func (c *Client) CreateDeployment(ctx context.Context, create DeploymentCreate) (Deployment, error) {
	create.Schedules = proposed(create.Schedules)
	return do(ctx, c, request[Deployment]{
		doing: "creating deployment " + create.Name, method: http.MethodPost, path: "/deployments/", body: create, since: deploymentSince3(),
	})
}

// Deployment reads one deployment.
func (c *Client) Deployment(ctx context.Context, id ID) (Deployment, error) {
	return do(ctx, c, request[Deployment]{doing: "reading deployment " + string(id), method: http.MethodGet, path: pathf("/deployments/%s", string(id))})
}

// DeploymentByName reads the deployment of a flow by both names.
func (c *Client) DeploymentByName(ctx context.Context, flow, name string) (Deployment, error) {
	return do(ctx, c, request[Deployment]{
		doing: "reading deployment " + flow + "/" + name, method: http.MethodGet, path: pathf("/deployments/name/%s/%s", flow, name),
	})
}

// Deployments lists deployments.
func (c *Client) Deployments(ctx context.Context, q Query) iter.Seq2[Deployment, error] {
	return pages(ctx, c, list{doing: "listing deployments", path: "/deployments/filter", body: q, limit: q.Limit}, func(d *Deployment) ID { return d.ID })
}

// UpdateDeployment changes the fields that are set. The server deletes the runs that it had scheduled ahead.
func (c *Client) UpdateDeployment(ctx context.Context, id ID, update DeploymentUpdate) error {
	if schedules, ok := update.Schedules.Get(); ok {
		update.Schedules = Set(append([]DeploymentSchedule{}, proposed(schedules)...)) // an empty list, not null
	}
	_, err := do(ctx, c, request[none]{
		doing: "updating deployment " + string(id), method: http.MethodPatch, path: pathf("/deployments/%s", string(id)),
		body: update, since: deploymentUpdateSince3(),
	})
	return err
}

// DeleteDeployment deletes a deployment; its runs stay.
func (c *Client) DeleteDeployment(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "deleting deployment " + string(id), method: http.MethodDelete, path: pathf("/deployments/%s", string(id))})
	return err
}

// PauseDeployment stops its schedules.
func (c *Client) PauseDeployment(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "pausing deployment " + string(id), method: http.MethodPost, path: pathf("/deployments/%s/pause_deployment", string(id))})
	return err
}

// ResumeDeployment starts its schedules again.
func (c *Client) ResumeDeployment(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "resuming deployment " + string(id), method: http.MethodPost, path: pathf("/deployments/%s/resume_deployment", string(id))})
	return err
}
