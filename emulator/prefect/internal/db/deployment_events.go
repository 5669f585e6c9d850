package db

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// MarkDeploymentPolled notes that somebody polls for a deployment: it is ready for the next minute.
func (d *DB) MarkDeploymentPolled(p *Deployment) {
	p.LastPolled = api.Now()
	d.SetDeploymentReady(p, true)
	d.Wake(p.LastPolled.Add(PollTimeout))
}

// SetDeploymentReady notes whether somebody polls for a deployment, and tells of it if that is new.
func (d *DB) SetDeploymentReady(p *Deployment, ready bool) {
	if p.Ready == ready {
		return
	}
	p.Ready = ready
	d.EmitDeployment(map[bool]string{true: "ready", false: "not-ready"}[ready], p, nil)
}

// EmitDeployment tells what happened to a deployment: created, updated, deleted, ready or not-ready. updates are the
// fields that changed, by name.
func (d *DB) EmitDeployment(what string, p *Deployment, updates map[string]Change) {
	e := Event{ID: uuid.New(), Occurred: api.Now(), Event: "prefect.deployment." + what, Payload: changes(updates), Related: []map[string]string{},
		Resource: map[string]string{"prefect.resource.id": "prefect.deployment." + p.ID.String(), "prefect.resource.name": p.Name}}
	relate := func(kind string, id uuid.UUID, name string) {
		e.Related = append(e.Related, map[string]string{"prefect.resource.id": "prefect." + kind + "." + id.String(), "prefect.resource.name": name, "prefect.resource.role": kind})
	}
	if flow := d.Flows.Get(p.FlowID); flow != nil {
		relate("flow", flow.ID, flow.Name)
	}
	if p.WorkQueueID != nil {
		if q := d.WorkQueues.Get(*p.WorkQueueID); q != nil {
			relate("work-queue", q.ID, q.Name)
			if pool := d.WorkPools.Get(q.WorkPoolID); pool != nil {
				e.Related = append(e.Related, poolResource(pool, "work-pool"))
			}
		}
	}
	point := func(kind, role string, id *uuid.UUID) {
		if id != nil {
			e.Related = append(e.Related, map[string]string{"prefect.resource.id": "prefect." + kind + "." + id.String(), "prefect.resource.role": role})
		}
	}
	point("block-document", "storage", p.StorageDocumentID)
	point("block-document", "infrastructure", p.InfrastructureDocumentID)
	point("concurrency-limit", "concurrency-limit", p.ConcurrencyLimitID)
	d.Emit(e)
}

// Watched is the fields of a deployment whose changes are told.
func (p *Deployment) Watched() map[string]string {
	watched := map[string]string{}
	for name, value := range map[string]any{
		"description": p.Description, "tags": listOr(p.Tags), "parameters": p.Parameters, "parameter_openapi_schema": p.ParameterOpenAPISchema,
		"enforce_parameter_schema": p.EnforceParameterSchema, "entrypoint": p.Entrypoint, "path": p.Path, "pull_steps": p.PullSteps,
		"work_queue_id": p.WorkQueueID, "infra_overrides": p.JobVariables, "paused": p.Paused, "labels": mapOr(p.Labels), "version": p.Version,
		"concurrency_limit_id": p.ConcurrencyLimitID, "concurrency_options": p.ConcurrencyOptions,
	} {
		watched[name] = string(api.Raw(value))
	}
	return watched
}

// EmitDeploymentChanges tells what is not as it was, if anything is.
func (d *DB) EmitDeploymentChanges(p *Deployment, was map[string]string) {
	updates := map[string]Change{}
	for name, value := range p.Watched() {
		if was[name] != value {
			updates[name] = Change{From: json.RawMessage(was[name]), To: json.RawMessage(value)}
		}
	}
	if len(updates) > 0 {
		d.EmitDeployment("updated", p, updates)
	}
}
