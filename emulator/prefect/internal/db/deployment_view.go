package db

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// DeploymentView is a deployment on the wire.
type DeploymentView struct {
	Base
	Name        string     `json:"name"`
	Version     *string    `json:"version"`
	Description *string    `json:"description"`
	FlowID      uuid.UUID  `json:"flow_id"`
	Paused      bool       `json:"paused"`
	Schedules   []Schedule `json:"schedules"`
	// ConcurrencyLimit is always null: the limit is in GlobalConcurrencyLimit.
	ConcurrencyLimit         *int                `json:"concurrency_limit"`
	GlobalConcurrencyLimit   any                 `json:"global_concurrency_limit"`
	ConcurrencyOptions       *ConcurrencyOptions `json:"concurrency_options"`
	JobVariables             json.RawMessage     `json:"job_variables"`
	Parameters               json.RawMessage     `json:"parameters"`
	Tags                     []string            `json:"tags"`
	Labels                   map[string]any      `json:"labels"`
	WorkQueueName            *string             `json:"work_queue_name"`
	WorkQueueID              *uuid.UUID          `json:"work_queue_id"`
	LastPolled               api.Time            `json:"last_polled"`
	ParameterOpenAPISchema   json.RawMessage     `json:"parameter_openapi_schema"`
	Path                     *string             `json:"path"`
	PullSteps                json.RawMessage     `json:"pull_steps"`
	Entrypoint               *string             `json:"entrypoint"`
	StorageDocumentID        *uuid.UUID          `json:"storage_document_id"`
	InfrastructureDocumentID *uuid.UUID          `json:"infrastructure_document_id"`
	CreatedBy                json.RawMessage     `json:"created_by"`
	UpdatedBy                json.RawMessage     `json:"updated_by"`
	WorkPoolName             *string             `json:"work_pool_name"`
	Status                   string              `json:"status"`
	EnforceParameterSchema   bool                `json:"enforce_parameter_schema"`
}

// DeploymentView is how deployments' routes show one.
func (d *DB) DeploymentView(dep *Deployment) any {
	view := DeploymentView{
		Base: dep.Base, Name: dep.Name, Version: dep.Version, Description: dep.Description, FlowID: dep.FlowID, Paused: dep.Paused,
		Schedules: []Schedule{}, GlobalConcurrencyLimit: d.DeploymentLimit(dep).View(), ConcurrencyOptions: dep.ConcurrencyOptions, JobVariables: objectOr(dep.JobVariables, "{}"),
		Parameters: objectOr(dep.Parameters, "{}"), Tags: listOr(dep.Tags), Labels: mapOr(dep.Labels), WorkQueueID: dep.WorkQueueID,
		WorkQueueName: dep.WorkQueueName, LastPolled: dep.LastPolled, ParameterOpenAPISchema: dep.ParameterOpenAPISchema,
		Path: dep.Path, PullSteps: objectOr(dep.PullSteps, "[]"),
		Entrypoint: dep.Entrypoint, StorageDocumentID: dep.StorageDocumentID, InfrastructureDocumentID: dep.InfrastructureDocumentID,
		Status: "NOT_READY", EnforceParameterSchema: dep.EnforceParameterSchema,
	}
	if dep.Ready {
		view.Status = "READY"
	}
	for _, s := range dep.LatestSchedules() {
		view.Schedules = append(view.Schedules, s.View())
	}
	if dep.WorkQueueID == nil {
		return view
	}
	if queue := d.WorkQueues.Get(*dep.WorkQueueID); queue != nil {
		view.WorkQueueName = &queue.Name
		if pool := d.WorkPools.Get(queue.WorkPoolID); pool != nil {
			view.WorkPoolName = &pool.Name
		}
	}
	return view
}

// LatestSchedules are the deployment's, the one that was changed last first: so the server lists them.
func (d *Deployment) LatestSchedules() []*Schedule {
	latest := slices.Clone(d.Schedules)
	slices.Reverse(latest)
	slices.SortStableFunc(latest, func(a, b *Schedule) int { return b.Updated.Compare(a.Updated.Time) })
	return latest
}

// View is how the schedule is shown: with an object where it has no parameters.
func (s *Schedule) View() Schedule {
	view := *s
	view.Parameters = objectOr(s.Parameters, "{}")
	return view
}
