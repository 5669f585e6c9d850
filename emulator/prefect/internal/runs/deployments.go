package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerDeployments(r *api.Router) {
	r.Handle("POST /deployments/", x.createDeployment)
	r.Handle("GET /deployments/{id}", x.readDeployment)
	r.Handle("GET /deployments/name/{flow}/{name}", x.readDeploymentByName)
	r.Handle("PATCH /deployments/{id}", x.updateDeployment)
	r.Handle("DELETE /deployments/{id}", x.deleteDeployment)
	r.Handle("POST /deployments/bulk_delete", x.deleteDeployments)
	r.Handle("POST /deployments/{id}/pause_deployment", x.pauseDeployment)
	r.Handle("POST /deployments/{id}/resume_deployment", x.resumeDeployment)
	r.Handle("POST /deployments/{id}/create_flow_run", x.createDeploymentRun)
	r.Handle("POST /deployments/{id}/create_flow_run/bulk", x.createDeploymentRuns)
	r.Handle("POST /deployments/get_scheduled_flow_runs", x.scheduledRuns)
	r.Handle("POST /deployments/{id}/schedule", x.scheduleNow)
	registerList(r, x.deployments(), thingSort("NAME_ASC"))
}

func (x *handlers) deployments() listing[db.Deployment] {
	return listing[db.Deployment]{
		path:  "/deployments",
		table: &x.db.Deployments,
		match: func(q filter.Query) func(*db.Deployment) bool { return q.MatchDeployments(x.db) },
		view:  func(d *db.Deployment) any { return view.Deployment(x.db, d) },
		order: things(func(d *db.Deployment) *db.Base { return &d.Base }, func(d *db.Deployment) string { return d.Name }),
	}
}

// deploymentCreate is the body of a create.
type deploymentCreate struct {
	deploymentBody
	Name                   string           `json:"name" req:"true"`
	FlowID                 uuid.UUID        `json:"flow_id" req:"true"`
	Parameters             runParameters    `json:"parameters"`
	JobVariables           api.Object       `json:"job_variables"`
	EnforceParameterSchema *bool            `json:"enforce_parameter_schema"`
	Schedules              []scheduleCreate `json:"schedules"`
	Labels                 *labels          `json:"labels"`
}

// Check holds the parameters against the schema if the request itself asks for that.
func (b *deploymentCreate) Check() string {
	if b.EnforceParameterSchema != nil && *b.EnforceParameterSchema && b.ParameterOpenAPISchema.Value != nil {
		openapi := b.ParameterOpenAPISchema.Value.JSON()
		if invalid, ok := errors.AsType[*parameters.InvalidSchemaError](parameters.ValidateSchema(openapi)); ok {
			return "The provided schema is not a valid json schema. Schema error: " + invalid.Message
		}
		if err := parameters.ValidateValues(openapi, b.Parameters.JSON(), parameters.Options{IgnoreRequired: true, AsIs: true}); err != nil {
			return err.Error()
		}
	}
	return b.conflicting()
}

func (x *handlers) createDeployment(r *api.Request) (api.Reply, error) {
	var body deploymentCreate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if err := x.checkCreate(&body); err != nil {
		return api.Reply{}, err
	}
	queue, queued, err := x.queue(&body.deploymentBody)
	if err != nil {
		return api.Reply{}, err
	}
	d := x.db.Deployments.Find(func(d *db.Deployment) bool { return d.FlowID == body.FlowID && d.Name == body.Name })
	known := d != nil
	if !known {
		d = &db.Deployment{Base: db.NewBase(), Name: body.Name, FlowID: body.FlowID, EnforceParameterSchema: true, ParameterOpenAPISchema: json.RawMessage("{}")}
	}
	was := view.Watched(d)
	x.limit(d, &body.deploymentBody)
	body.apply(d)
	d.Parameters = body.Parameters.JSON() // written also if the request does not name them: so it is in the server
	if body.JobVariables.Map != nil {
		d.JobVariables = body.JobVariables.JSON()
	}
	if queued {
		d.WorkQueueID = queue
	}
	if body.EnforceParameterSchema != nil {
		d.EnforceParameterSchema = *body.EnforceParameterSchema
	}
	d.Labels = merge(x.db.Flows.Get(body.FlowID).Labels, map[string]any{"prefect.flow.id": body.FlowID.String()}, body.Labels.given())
	d.Touch()
	d.Schedules = nil
	x.addSchedules(d, unlimited(body.Schedules))
	if known {
		x.changed(d, was)
		return api.OK(view.Deployment(x.db, d))
	}
	x.db.Deployments.Put(d.ID, d)
	view.EmitDeployment(x.db, d, "created")
	x.db.Wake(d.Created.Time)
	return api.Created(view.Deployment(x.db, d))
}

// checkCreate looks at what the request refers to, before anything is made.
func (x *handlers) checkCreate(b *deploymentCreate) error {
	if name := b.WorkPoolName.Value; name != nil && *name != "" && *name != db.AgentPool {
		pool, err := x.pool(*name)
		if err != nil {
			return err
		}
		if len(b.JobVariables.Map) > 0 {
			err := parameters.JobVariables{
				Template: pool.BaseJobTemplate, Layers: []json.RawMessage{b.JobVariables.JSON()}, Block: x.db.BlockDocumentData, What: "Error creating deployment: ", Schemas: &x.schemas,
			}.Validate()
			if err != nil {
				return err
			}
		}
	}
	if err := x.checkLimit(&b.deploymentBody); err != nil {
		return err
	}
	for kind, id := range map[string]*uuid.UUID{"infrastructure": b.InfrastructureDocumentID.Value, "storage": b.StorageDocumentID.Value} {
		if id != nil && !x.db.BlockDocumentExists(*id) {
			return api.Problem(http.StatusConflict, fmt.Sprintf("Error creating deployment. Could not find %s block with id: %s. This usually occurs when applying a deployment specification that was built against a different Prefect database / workspace.", kind, id))
		}
	}
	if x.db.Flows.Get(b.FlowID) == nil {
		return api.IntegrityConflict()
	}
	if !uniqueSlugs(b.Schedules) {
		return api.IntegrityConflict()
	}
	return nil
}

// changed lets what was scheduled by the deployment as it was go, and schedules anew.
func (x *handlers) changed(d *db.Deployment, was map[string]string) {
	d.Touch()
	x.deleteScheduledRuns(d.ID, futureAutoScheduled)
	view.EmitDeploymentUpdate(x.db, d, was)
	x.db.Wake(d.Updated.Time)
}

func (x *handlers) readDeployment(r *api.Request) (api.Reply, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(view.Deployment(x.db, d))
}

func (x *handlers) readDeploymentByName(r *api.Request) (api.Reply, error) {
	if flow := x.flowByName(r.Path("flow")); flow != nil {
		if d := x.db.Deployments.Find(func(d *db.Deployment) bool { return d.FlowID == flow.ID && d.Name == r.Path("name") }); d != nil {
			return api.OK(view.Deployment(x.db, d))
		}
	}
	return api.Reply{}, api.NotFound("Deployment")
}

// forgetDeployment takes the runs that have yet to begin with it. The others stay, and name a deployment that is gone.
func (x *handlers) forgetDeployment(d *db.Deployment) {
	view.EmitDeployment(x.db, d, "deleted")
	x.deleteScheduledRuns(d.ID, allScheduled)
	concurrency.LimitDeployment(x.db, d, nil)
	x.db.Deployments.Delete(d.ID)
}

func (x *handlers) deleteDeployment(r *api.Request) (api.Reply, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	x.forgetDeployment(d)
	return api.NoContent()
}

func (x *handlers) deleteDeployments(r *api.Request) (api.Reply, error) {
	body := struct {
		bulk
		Deployments *filter.Deployment `json:"deployments"`
	}{bulk: bulk{Limit: bulkLimit}}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	deployments := x.deployments().first(filter.Query{Deployments: body.Deployments}, body.bulk, "NAME_ASC")
	return forgetAll(deployments, func(d *db.Deployment) uuid.UUID { return d.ID }, x.forgetDeployment)
}

func (x *handlers) pauseDeployment(r *api.Request) (api.Reply, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	d.Paused = true
	d.Touch()
	x.deleteScheduledRuns(d.ID, autoScheduled)
	return api.OK(nil)
}

func (x *handlers) resumeDeployment(r *api.Request) (api.Reply, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	d.Paused = false
	d.Touch()
	x.db.Wake(d.Updated.Time)
	return api.OK(nil)
}
