package view

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// deployment is a deployment on the wire.
type deployment struct {
	db.Base
	Name        string        `json:"name"`
	Version     *string       `json:"version"`
	Description *string       `json:"description"`
	FlowID      uuid.UUID     `json:"flow_id"`
	Paused      bool          `json:"paused"`
	Schedules   []db.Schedule `json:"schedules"`
	// ConcurrencyLimit is always null: the limit is in GlobalConcurrencyLimit.
	ConcurrencyLimit         *int                   `json:"concurrency_limit"`
	GlobalConcurrencyLimit   any                    `json:"global_concurrency_limit"`
	ConcurrencyOptions       *db.ConcurrencyOptions `json:"concurrency_options"`
	JobVariables             json.RawMessage        `json:"job_variables"`
	Parameters               json.RawMessage        `json:"parameters"`
	Tags                     []string               `json:"tags"`
	Labels                   map[string]any         `json:"labels"`
	WorkQueueName            *string                `json:"work_queue_name"`
	WorkQueueID              *uuid.UUID             `json:"work_queue_id"`
	LastPolled               api.Time               `json:"last_polled"`
	ParameterOpenAPISchema   json.RawMessage        `json:"parameter_openapi_schema"`
	Path                     *string                `json:"path"`
	PullSteps                json.RawMessage        `json:"pull_steps"`
	Entrypoint               *string                `json:"entrypoint"`
	StorageDocumentID        *uuid.UUID             `json:"storage_document_id"`
	InfrastructureDocumentID *uuid.UUID             `json:"infrastructure_document_id"`
	CreatedBy                json.RawMessage        `json:"created_by"`
	UpdatedBy                json.RawMessage        `json:"updated_by"`
	WorkPoolName             *string                `json:"work_pool_name"`
	Status                   string                 `json:"status"`
	EnforceParameterSchema   bool                   `json:"enforce_parameter_schema"`
}

// Deployment is how deployments' routes show one.
func Deployment(d *db.DB, dep *db.Deployment) any {
	view := deployment{
		Base: dep.Base, Name: dep.Name, Version: dep.Version, Description: dep.Description, FlowID: dep.FlowID, Paused: dep.Paused,
		GlobalConcurrencyLimit: Limit(d.DeploymentLimit(dep)), ConcurrencyOptions: dep.ConcurrencyOptions, JobVariables: jsonOr(dep.JobVariables, "{}"),
		Parameters: jsonOr(dep.Parameters, "{}"), Tags: List(dep.Tags), Labels: Labels(dep.Labels), WorkQueueID: dep.WorkQueueID,
		WorkQueueName: dep.WorkQueueName, LastPolled: dep.LastPolled, ParameterOpenAPISchema: dep.ParameterOpenAPISchema,
		Path: dep.Path, PullSteps: jsonOr(dep.PullSteps, "[]"),
		Entrypoint: dep.Entrypoint, StorageDocumentID: dep.StorageDocumentID, InfrastructureDocumentID: dep.InfrastructureDocumentID,
		Status: "NOT_READY", EnforceParameterSchema: dep.EnforceParameterSchema,
	}
	if dep.Ready {
		view.Status = "READY"
	}
	view.Schedules = Schedules(dep)
	if queue := d.WorkQueues.Pointed(dep.WorkQueueID); queue != nil {
		view.WorkQueueName = &queue.Name
		if pool := d.WorkPools.Get(queue.WorkPoolID); pool != nil {
			view.WorkPoolName = &pool.Name
		}
	}
	return view
}

// Schedules are the deployment's, the one that was changed last first: so the server lists them.
func Schedules(d *db.Deployment) []db.Schedule {
	latest := slices.Clone(d.Schedules)
	slices.Reverse(latest)
	slices.SortStableFunc(latest, func(a, b *db.Schedule) int { return b.Updated.Compare(a.Updated.Time) })
	return api.Map(slices.Values(latest), Schedule)
}

// Schedule is how a schedule is shown: with an object where it has no parameters.
func Schedule(s *db.Schedule) db.Schedule {
	view := *s
	view.Parameters = jsonOr(s.Parameters, "{}")
	return view
}
