package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// deploymentRun is the body of a request for a run of a deployment.
type deploymentRun struct {
	runBody
	EnforceParameterSchema *bool `json:"enforce_parameter_schema"`
}

func (x *handlers) createDeploymentRun(r *api.Request) (api.Reply, error) {
	var body deploymentRun
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	run, err := x.runOf(d, body, phrases{"Error hydrating flow run parameters: ", "Error creating flow run: ", noSchemaReason})
	if err != nil {
		return api.Reply{}, err
	}
	return x.reply(x.begin(run, firstState(body.State, db.Scheduled)))
}

// runOf makes the run of a deployment: its parameters under the given ones, and all tags of both.
func (x *handlers) runOf(d *db.Deployment, b deploymentRun, say phrases) (*db.FlowRun, error) {
	decoded, err := pytext.Decode(d.Parameters)
	if err != nil {
		return nil, err
	}
	under, _ := decoded.(map[string]any)
	filled, err := x.filledIn(merge(under, b.Parameters.Map), say.hydrating)
	if err != nil {
		return nil, err
	}
	values := api.InOrder(filled, d.Parameters, b.Parameters.Text)
	enforce := d.EnforceParameterSchema
	if b.EnforceParameterSchema != nil {
		enforce = *b.EnforceParameterSchema
	}
	if enforce {
		if err := checkParameters(d, values, say); err != nil {
			return nil, err
		}
	}
	run := b.run()
	if err := x.checkRunVariables(d, run.JobVariables, "Error creating flow run: "); err != nil {
		return nil, err
	}
	run.WorkQueueID, run.WorkQueueName = d.WorkQueueID, d.WorkQueueName
	if name := nonEmpty(b.WorkQueueName); name != nil {
		pool := x.queuePool(d.WorkQueueID)
		if pool == nil {
			return nil, api.Problem(http.StatusBadRequest, fmt.Sprintf("Cannot create flow run in work queue %s because deployment %s is not associated with a work pool. Please remove work_pool_name and try again.", *name, d.ID))
		}
		run.WorkQueueID, run.WorkQueueName = &work.EnsureQueue(x.db, pool, *name).ID, name
	}
	run.FlowID, run.DeploymentID, run.DeploymentVersion = d.FlowID, &d.ID, d.Version
	run.Parameters = values
	run.Tags = slices.Clone(d.Tags)
	for _, tag := range b.Tags {
		if !slices.Contains(run.Tags, tag) {
			run.Tags = append(run.Tags, tag)
		}
	}
	if run.InfrastructureDocumentID == nil {
		run.InfrastructureDocumentID = d.InfrastructureDocumentID
	}
	run.Labels = merge(d.Labels, map[string]any{"prefect.flow.id": d.FlowID.String(), "prefect.deployment.id": d.ID.String()}, b.Labels.given())
	return run, nil
}

// phrases are how a reply says that parameters cannot be filled in, that they do not fit, and that there is nothing to hold
// them against.
type phrases struct{ hydrating, unfit, noSchema string }

// checkParameters holds a run's parameters against the deployment's schema.
func checkParameters(d *db.Deployment, values json.RawMessage, say phrases) error {
	if string(d.ParameterOpenAPISchema) == "null" {
		return api.Problem(http.StatusConflict, say.noSchema)
	}
	return refusal(parameters.ValidateValues(d.ParameterOpenAPISchema, values, parameters.Options{}), func(reason string) error {
		return api.Problem(http.StatusConflict, say.unfit+reason)
	})
}

// maxBulkRuns is the most runs that one request makes: BULK_CREATE_LIMIT.
const maxBulkRuns = 100

func (x *handlers) createDeploymentRuns(r *api.Request) (api.Reply, error) {
	var bodies []deploymentRun
	if err := r.Decode(&bodies); err != nil {
		return api.Reply{}, err
	}
	if len(bodies) > maxBulkRuns {
		return api.Reply{}, api.Problem(http.StatusBadRequest, fmt.Sprintf("Cannot create more than %d flow runs at once.", maxBulkRuns))
	}
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, err
	}
	type result struct {
		FlowRunID *uuid.UUID `json:"flow_run_id"`
		Status    string     `json:"status"`
		Error     *string    `json:"error"`
	}
	results := []result{}
	for _, body := range bodies {
		run, err := x.runOf(d, body, phrases{"", "Parameter validation failed: ", "Parameter schema enforcement is enabled but deployment has no valid schema."})
		if err == nil {
			run, _, err = x.begin(run, firstState(body.State, db.Scheduled))
		}
		if err != nil {
			results = append(results, result{Status: "FAILED", Error: new(reasonOf(err))})
			continue
		}
		results = append(results, result{FlowRunID: &run.ID, Status: "CREATED"})
	}
	return api.OK(map[string]any{"results": results})
}

// reasonOf is the text of a refusal.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*api.Error](err); ok {
		if body, ok := e.Body.(map[string]any); ok {
			return fmt.Sprint(body["detail"])
		}
	}
	return err.Error()
}

// scheduledRuns is what runners poll that serve deployments themselves.
func (x *handlers) scheduledRuns(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		DeploymentIDs   []uuid.UUID `json:"deployment_ids" req:"true"`
		ScheduledBefore *api.Time   `json:"scheduled_before"`
		Limit           *int        `json:"limit"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limit, _, err := api.Page{Limit: body.Limit}.Range()
	if err != nil {
		return api.Reply{}, err
	}
	q := filter.Query{
		Deployments: &filter.Deployment{ID: &filter.IDs{Any: &body.DeploymentIDs}},
		FlowRuns:    &filter.FlowRun{NextScheduledStartTime: &filter.Times{Before: body.ScheduledBefore}, State: filter.OfType(db.Scheduled)},
	}
	l := x.flowRuns()
	runs := l.cut(l.rows(q, "NEXT_SCHEDULED_START_TIME_ASC"), 0, limit)
	reply := api.Map(slices.Values(runs), l.view)
	for _, id := range body.DeploymentIDs {
		if d := x.db.Deployments.Get(id); d != nil {
			work.MarkDeploymentPolled(x.db, d)
		}
	}
	return api.OK(reply)
}

func (x *handlers) scheduleNow(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		StartTime *api.Time `json:"start_time"`
		EndTime   *api.Time `json:"end_time"`
		MinTime   *float64  `json:"min_time"`
		MinRuns   *int      `json:"min_runs"`
		MaxRuns   *int      `json:"max_runs"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	start := time.Now()
	if body.StartTime != nil {
		start = body.StartTime.Time
	}
	w := orchestration.DefaultWindow(start)
	if body.EndTime != nil {
		w.End = body.EndTime.Time
	}
	if body.MinTime != nil {
		w.MinTime = time.Duration(*body.MinTime * float64(time.Second))
	}
	if body.MinRuns != nil {
		w.MinRuns = *body.MinRuns
	}
	if body.MaxRuns != nil {
		w.MaxRuns = *body.MaxRuns
	}
	if d := x.db.Deployments.Get(id); d != nil { // the server says nothing of one that is not there
		if err := orchestration.ScheduleRuns(x.db, d, w); err != nil {
			return api.Reply{}, api.Failure()
		}
	}
	return api.OK(nil)
}
