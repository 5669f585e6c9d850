package runs

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// deploymentUpdate is the body of an update.
type deploymentUpdate struct {
	deploymentBody
	Parameters             api.Optional[*runParameters]   `json:"parameters"`
	JobVariables           *api.Object                    `json:"job_variables"`
	EnforceParameterSchema api.Optional[*bool]            `json:"enforce_parameter_schema"`
	Schedules              api.Optional[[]scheduleUpdate] `json:"schedules"`
}

// Check refuses two limits.
func (b *deploymentUpdate) Check() string { return b.conflicting() }

func (x *handlers) updateDeployment(r *api.Request) (api.Reply, error) {
	var body deploymentUpdate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, notFoundDot("Deployment", err)
	}
	plan, err := planSchedules(d, body.Schedules)
	if err != nil {
		return api.Reply{}, err
	}
	if err := x.checkUpdate(d, &body); err != nil {
		return api.Reply{}, err
	}
	if err := x.checkLimit(&body.deploymentBody); err != nil {
		return api.Reply{}, err
	}
	if !x.storable(&body) {
		return api.Reply{}, api.IntegrityConflict()
	}
	queue, queued, err := x.queue(&body.deploymentBody)
	if err != nil {
		return api.Reply{}, err
	}
	was := view.Watched(d)
	x.limit(d, &body.deploymentBody)
	body.apply(d)
	switch {
	case queued:
		d.WorkQueueID = queue
	case body.WorkPoolName.Given: // null takes the deployment out of its pool
		d.WorkQueueID = nil
	}
	if body.Parameters.Given {
		d.Parameters = body.Parameters.Value.JSON()
	}
	if body.JobVariables != nil {
		d.JobVariables = body.JobVariables.JSON()
	}
	if body.EnforceParameterSchema.Given {
		d.EnforceParameterSchema = *body.EnforceParameterSchema.Value
	}
	x.applySchedules(d, plan)
	x.changed(d, was)
	return api.NoContent()
}

// storable reports whether the database would take the update: null only where it may be, and blocks that are there.
func (x *handlers) storable(b *deploymentUpdate) bool {
	for _, id := range []*uuid.UUID{b.StorageDocumentID.Value, b.InfrastructureDocumentID.Value} {
		if id != nil && !x.db.BlockDocumentExists(*id) {
			return false
		}
	}
	return (!b.Parameters.Given || b.Parameters.Value != nil) && (!b.EnforceParameterSchema.Given || b.EnforceParameterSchema.Value != nil)
}

// checkUpdate holds job variables against the schema of a pool that the request names, fills parameters in and holds them
// against the deployment's schema. Variables without a pool are not looked at: so it is in the server.
func (x *handlers) checkUpdate(d *db.Deployment, b *deploymentUpdate) error {
	if name := nonEmpty(b.WorkPoolName.Value); name != nil {
		pool := x.db.Pool(*name)
		if pool == nil { // the server does not look before it reads the pool's template
			return api.Failure()
		}
		if err := checkConfiguration(pool, b); err != nil {
			return err
		}
	}
	if v := b.Parameters.Value; v != nil {
		filled, err := x.filledIn(v.Map, "Error hydrating deployment parameters: ")
		if err != nil {
			return err
		}
		v.Map, v.Text = filled, api.InOrder(filled, v.Text)
	}
	enforce := d.EnforceParameterSchema
	if v := b.EnforceParameterSchema.Value; v != nil {
		enforce = *v
	}
	if !enforce {
		return nil
	}
	openapi := d.ParameterOpenAPISchema
	if v := b.ParameterOpenAPISchema.Value; v != nil && len(v.Map) > 0 {
		openapi = v.JSON()
	}
	values := d.Parameters
	if v := b.Parameters.Value; v != nil {
		values = v.JSON()
	}
	if string(openapi) == "null" {
		return api.Problem(http.StatusConflict, noSchemaReason)
	}
	err := parameters.ValidateValues(openapi, values, parameters.Options{IgnoreRequired: true})
	return refusal(err, func(reason string) error {
		return api.Problem(http.StatusConflict, "Error updating deployment: "+reason)
	})
}

// noSchemaReason is why parameters are refused that cannot be held against anything.
const noSchemaReason = "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the deployment does not have a valid parameter schema."

func checkConfiguration(pool *db.WorkPool, b *deploymentUpdate) error {
	var template struct {
		Variables json.RawMessage `json:"variables"`
	}
	if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil || len(template.Variables) == 0 || b.JobVariables == nil {
		return nil
	}
	err := parameters.ValidateValues(template.Variables, b.JobVariables.JSON(), parameters.Options{IgnoreRequired: true})
	return refusal(err, func(reason string) error {
		_, bare, _ := strings.Cut(reason, "Failure reason: ")
		return api.Problem(http.StatusConflict, "Error creating deployment: <ValidationError: "+pytext.Repr(bare)+">")
	})
}

// notFoundDot has a full stop, as some of the server's replies do and others do not.
func notFoundDot(what string, err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Status == http.StatusNotFound {
		return api.Problem(http.StatusNotFound, what+" not found.")
	}
	return err
}
