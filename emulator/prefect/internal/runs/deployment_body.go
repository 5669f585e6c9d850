package runs

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// deploymentBody is the fields that requests which create and which update a deployment have in common. Each is written
// only if the request names it, also by a create for one that is there.
type deploymentBody struct {
	Paused                   api.Optional[bool]                `json:"paused"`
	ConcurrencyLimit         api.Optional[*int]                `json:"concurrency_limit" above:"0"`
	ConcurrencyOptions       api.Optional[*concurrencyOptions] `json:"concurrency_options"`
	GlobalConcurrencyLimitID api.Optional[*uuid.UUID]          `json:"global_concurrency_limit_id"`
	ParameterOpenAPISchema   api.Optional[*api.Object]         `json:"parameter_openapi_schema"`
	Tags                     api.Optional[[]string]            `json:"tags"`
	PullSteps                api.Optional[*[]api.Object]       `json:"pull_steps"`
	WorkQueueName            api.Optional[*string]             `json:"work_queue_name"`
	WorkPoolName             api.Optional[*string]             `json:"work_pool_name"`
	StorageDocumentID        api.Optional[*uuid.UUID]          `json:"storage_document_id"`
	InfrastructureDocumentID api.Optional[*uuid.UUID]          `json:"infrastructure_document_id"`
	Description              api.Optional[*string]             `json:"description"`
	Path                     api.Optional[*string]             `json:"path"`
	Version                  api.Optional[*string]             `json:"version"`
	Entrypoint               api.Optional[*string]             `json:"entrypoint"`
	VersionInfo              *versionInfo                      `json:"version_info"`
	// The names of old clients, which the server drops.
	WorkerPoolQueueID   json.RawMessage `json:"worker_pool_queue_id"`
	WorkerPoolName      json.RawMessage `json:"worker_pool_name"`
	WorkerPoolQueueName json.RawMessage `json:"worker_pool_queue_name"`
	WorkPoolQueueName   json.RawMessage `json:"work_pool_queue_name"`
}

// versionInfo is what version a deployment has. Only Prefect's cloud keeps it.
type versionInfo struct {
	api.Loose
	Type    string `json:"type" req:"true"`
	Version string `json:"version" req:"true"`
}

type concurrencyOptions struct {
	api.Loose
	CollisionStrategy  collisionStrategy `json:"collision_strategy" req:"true"`
	GracePeriodSeconds *int              `json:"grace_period_seconds" min:"60" max:"86400"`
}

type collisionStrategy string

// Values lists them.
func (collisionStrategy) Values() []string { return []string{"ENQUEUE", "CANCEL_NEW"} }

// apply writes what the request names of these, but for limits and queues.
func (b *deploymentBody) apply(d *db.Deployment) {
	b.Paused.Apply(&d.Paused)
	b.Tags.Apply(&d.Tags)
	b.StorageDocumentID.Apply(&d.StorageDocumentID)
	b.InfrastructureDocumentID.Apply(&d.InfrastructureDocumentID)
	b.Description.Apply(&d.Description)
	b.Path.Apply(&d.Path)
	b.Version.Apply(&d.Version)
	b.Entrypoint.Apply(&d.Entrypoint)
	b.WorkQueueName.Apply(&d.WorkQueueName)
	if o := b.ConcurrencyOptions; o.Given {
		d.ConcurrencyOptions = nil
		if o.Value != nil {
			d.ConcurrencyOptions = &db.ConcurrencyOptions{CollisionStrategy: string(o.Value.CollisionStrategy), GracePeriodSeconds: o.Value.GracePeriodSeconds}
		}
	}
	if s := b.ParameterOpenAPISchema; s.Given {
		d.ParameterOpenAPISchema = textOrNull(s.Value)
	}
	if s := b.PullSteps; s.Given {
		d.PullSteps = json.RawMessage("null")
		if s.Value != nil {
			d.PullSteps = api.Raw(api.Map(slices.Values(*s.Value), api.Object.JSON))
		}
	}
}

// textOrNull is the text of an object that may be null.
func textOrNull(o *api.Object) json.RawMessage {
	if o == nil {
		return json.RawMessage("null")
	}
	return o.JSON()
}

// conflicting reports whether two limits are asked for.
func (b *deploymentBody) conflicting() string {
	if b.ConcurrencyLimit.Value != nil && b.GlobalConcurrencyLimitID.Value != nil {
		return "A deployment cannot have both a concurrency limit and a global concurrency limit."
	}
	return ""
}

// checkLimit wants the shared limit to be there.
func (x *handlers) checkLimit(b *deploymentBody) error {
	if id := b.GlobalConcurrencyLimitID.Value; id != nil && x.db.ConcurrencyLimits.Get(*id) == nil {
		return api.NotFound("Concurrency limit")
	}
	return nil
}

// limit writes the limits.
func (x *handlers) limit(d *db.Deployment, b *deploymentBody) {
	b.GlobalConcurrencyLimitID.Apply(&d.ConcurrencyLimitID)
	if b.ConcurrencyLimit.Given {
		concurrency.LimitDeployment(x.db, d, b.ConcurrencyLimit.Value)
	}
}

// queue finds, or makes, the queue that the request names. changed is false if it says nothing of one.
func (x *handlers) queue(b *deploymentBody) (id *uuid.UUID, changed bool, err error) {
	pool, name := nonEmpty(b.WorkPoolName.Value), nonEmpty(b.WorkQueueName.Value)
	switch {
	case pool != nil:
		p, err := x.pool(*pool)
		if err != nil {
			return nil, false, err
		}
		if name == nil {
			return &p.DefaultQueueID, true, nil
		}
		return &work.EnsureQueue(x.db, p, *name).ID, true, nil
	case name != nil:
		return &work.EnsureAgentQueue(x.db, *name).ID, true, nil
	}
	return nil, false, nil
}

// checkRunVariables holds a run's job variables, on top of its deployment's, against the pool's schema.
func (x *handlers) checkRunVariables(d *db.Deployment, variables json.RawMessage, what string) error {
	pool := x.queuePool(d.WorkQueueID)
	if pool == nil {
		return nil
	}
	return parameters.JobVariables{
		Template: pool.BaseJobTemplate, Layers: []json.RawMessage{d.JobVariables, variables}, Complete: true, Block: x.db.BlockDocumentData, What: what, Schemas: &x.schemas,
	}.Validate()
}

// refusal is the reply to values that parameters.ValidateValues refuses: refuse makes it from the server's reason. nil is for nil.
func refusal(err error, refuse func(reason string) error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, parameters.ErrCircular):
		return api.Problem(422, err.Error())
	}
	return refuse(err.Error())
}
