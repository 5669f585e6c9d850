package view

import (
	"encoding/json"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// EmitDeployment tells that a deployment was created or deleted, or became ready or not-ready.
func EmitDeployment(d *db.DB, p *db.Deployment, what string) { d.Emit(deploymentEvent(d, p, what)) }

// EmitDeploymentUpdate tells what is not as it was by [Watched], if anything is.
func EmitDeploymentUpdate(d *db.DB, p *db.Deployment, was map[string]string) {
	updates := map[string]Change{}
	for name, value := range Watched(p) {
		if was[name] != value {
			updates[name] = Change{From: json.RawMessage(was[name]), To: json.RawMessage(value)}
		}
	}
	if len(updates) > 0 {
		e := deploymentEvent(d, p, "updated")
		e.Payload = changes(updates)
		d.Emit(e)
	}
}

func deploymentEvent(d *db.DB, p *db.Deployment, what string) db.Event {
	e := db.Event{Event: "prefect.deployment." + what, Resource: named("deployment", p.ID, p.Name)}
	relate := func(role string, r map[string]string) { e.Related = append(e.Related, in(role, r)) }
	if flow := d.Flows.Get(p.FlowID); flow != nil {
		relate("flow", named("flow", flow.ID, flow.Name))
	}
	if q := d.WorkQueues.Pointed(p.WorkQueueID); q != nil {
		relate("work-queue", named("work-queue", q.ID, q.Name))
		if p := d.WorkPools.Get(q.WorkPoolID); p != nil {
			relate("work-pool", pool(p))
		}
	}
	if id := p.StorageDocumentID; id != nil {
		relate("storage", resource("block-document", *id))
	}
	if id := p.InfrastructureDocumentID; id != nil {
		relate("infrastructure", resource("block-document", *id))
	}
	if id := p.ConcurrencyLimitID; id != nil {
		relate("concurrency-limit", resource("concurrency-limit", *id))
	}
	return e
}

// Watched is the fields of a deployment whose changes are told.
func Watched(p *db.Deployment) map[string]string {
	watched := map[string]string{}
	for name, value := range map[string]any{
		"description": p.Description, "tags": List(p.Tags), "parameters": p.Parameters, "parameter_openapi_schema": p.ParameterOpenAPISchema,
		"enforce_parameter_schema": p.EnforceParameterSchema, "entrypoint": p.Entrypoint, "path": p.Path, "pull_steps": p.PullSteps,
		"work_queue_id": p.WorkQueueID, "infra_overrides": p.JobVariables, "paused": p.Paused, "labels": Labels(p.Labels), "version": p.Version,
		"concurrency_limit_id": p.ConcurrencyLimitID, "concurrency_options": p.ConcurrencyOptions,
	} {
		watched[name] = string(api.Raw(value))
	}
	return watched
}
