package runs

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerFlowRuns(r *api.Router) {
	r.Handle("POST /flow_runs/", x.createFlowRun)
	r.Handle("GET /flow_runs/{id}", x.readFlowRun)
	r.Handle("PATCH /flow_runs/{id}", x.updateFlowRun)
	r.Handle("PATCH /flow_runs/{id}/labels", x.labelFlowRun)
	r.Handle("DELETE /flow_runs/{id}", x.deleteFlowRun)
	registerStates(r, "flow_run", &x.db.FlowRuns, func(run *db.FlowRun) *db.Run { return &run.Run })
	x.registerFlowRunLists(r)
}

// flowPolicy is how a request says that a flow run is retried.
type flowPolicy struct {
	api.Loose
	MaxRetries        int        `json:"max_retries"`
	RetryDelaySeconds float64    `json:"retry_delay_seconds"`
	Retries           *int       `json:"retries"`
	RetryDelay        *int       `json:"retry_delay"`
	PauseKeys         *[]string  `json:"pause_keys"`
	Resuming          *bool      `json:"resuming"`
	RetryType         *retryType `json:"retry_type"`
}

type retryType string

// Values lists them.
func (retryType) Values() []string { return []string{"in_process", "reschedule"} }

// policy fills the fields of today from those of old.
func (p flowPolicy) policy() db.Policy {
	out := db.Policy{MaxRetries: p.MaxRetries, RetryDelaySeconds: p.RetryDelaySeconds, Retries: p.Retries, Resuming: p.Resuming, RetryType: (*string)(p.RetryType)}
	if (p.Retries == nil || *p.Retries == 0) && p.MaxRetries != 0 {
		out.Retries = &p.MaxRetries
	}
	if p.RetryDelay != nil && *p.RetryDelay != 0 {
		out.RetryDelay = api.Raw(*p.RetryDelay)
	} else if p.RetryDelaySeconds != 0 {
		out.RetryDelay = api.Raw(p.RetryDelaySeconds)
	} else if p.RetryDelay != nil {
		out.RetryDelay = json.RawMessage("0")
	}
	if out.Resuming == nil {
		out.Resuming = new(false)
	}
	if p.PauseKeys != nil {
		out.PauseKeys = slices.Compact(slices.Sorted(slices.Values(*p.PauseKeys)))
	}
	return out
}

// runBody is what requests for flow runs, with and without a deployment, have in common.
type runBody struct {
	State                    *orchestration.StateCreate `json:"state"`
	Name                     *string                    `json:"name"`
	Parameters               runParameters              `json:"parameters"`
	Context                  api.Object                 `json:"context"`
	ParentTaskRunID          *uuid.UUID                 `json:"parent_task_run_id"`
	InfrastructureDocumentID *uuid.UUID                 `json:"infrastructure_document_id"`
	EmpiricalPolicy          flowPolicy                 `json:"empirical_policy"`
	Tags                     []string                   `json:"tags"`
	Labels                   *labels                    `json:"labels"`
	IdempotencyKey           *string                    `json:"idempotency_key"`
	WorkQueueName            *string                    `json:"work_queue_name"`
	JobVariables             *api.Object                `json:"job_variables"`
}

// run makes the record, without what depends on the kind of request.
func (b runBody) run() *db.FlowRun {
	run := &db.FlowRun{
		Run:        db.Run{Base: db.NewRunBase(), Name: runName(b.Name), Tags: b.Tags, Policy: b.EmpiricalPolicy.policy()},
		Parameters: b.Parameters.JSON(), Context: b.Context.JSON(), ParentTaskRunID: b.ParentTaskRunID,
		InfrastructureDocumentID: b.InfrastructureDocumentID, IdempotencyKey: nonEmpty(b.IdempotencyKey),
	}
	if b.JobVariables != nil {
		run.JobVariables = b.JobVariables.JSON()
	}
	return run
}

func nonEmpty(text *string) *string {
	if text != nil && *text == "" {
		return nil
	}
	return text
}

// runName is the given name of a run, or one for a run that was given none.
func runName(given *string) string {
	if name := nonEmpty(given); name != nil {
		return *name
	}
	return db.RunName()
}

// firstState is the given state of a new run, or one of the type that its kind begins with.
func firstState(given *orchestration.StateCreate, otherwise db.StateType) db.State {
	if given != nil {
		return given.State()
	}
	return orchestration.NewState(otherwise, "")
}

func (x *handlers) createFlowRun(r *api.Request) (api.Reply, error) {
	var body struct {
		runBody
		FlowID       uuid.UUID  `json:"flow_id" req:"true"`
		FlowVersion  *string    `json:"flow_version"`
		WorkPoolName *string    `json:"work_pool_name"`
		DeploymentID *uuid.UUID `json:"deployment_id"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run := body.run()
	if run.IdempotencyKey != nil && body.JobVariables == nil {
		run.JobVariables = json.RawMessage("null") // the server's way to insert a row with a key knows no default
	}
	run.FlowID, run.FlowVersion, run.DeploymentID, run.WorkQueueName = body.FlowID, body.FlowVersion, body.DeploymentID, body.WorkQueueName
	if pool := nonEmpty(body.WorkPoolName); pool != nil {
		queue, err := x.namedQueue(*pool, body.WorkQueueName)
		if err != nil {
			return api.Reply{}, err
		}
		run.WorkQueueID = queue
	}
	flow := x.db.Flows.Get(body.FlowID)
	if flow == nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	parent, own := flow.Labels, map[string]any{"prefect.flow.id": flow.ID.String()}
	if body.DeploymentID != nil {
		if d := x.db.Deployments.Get(*body.DeploymentID); d != nil {
			parent, own["prefect.deployment.id"] = d.Labels, d.ID.String()
		}
	}
	run.Labels = merge(parent, own, body.Labels.given())
	return x.reply(x.begin(run, firstState(body.State, db.Pending)))
}

// namedQueue finds a pool's queue, without a name the default one.
func (x *handlers) namedQueue(pool string, name *string) (*uuid.UUID, error) {
	name = nonEmpty(name)
	if name == nil {
		p, err := x.pool(pool)
		if err != nil {
			return nil, err
		}
		return &p.DefaultQueueID, nil
	}
	if p := x.db.Pool(pool); p != nil {
		if q := x.db.Queue(p.ID, *name); q != nil {
			return &q.ID, nil
		}
	}
	return nil, api.Problem(http.StatusNotFound, "Work pool queue '"+pool+"/"+*name+"' not found.")
}

// begin keeps a run with its first state, or gives the run that has the key already.
func (x *handlers) begin(run *db.FlowRun, first db.State) (begun *db.FlowRun, created bool, _ error) {
	if run.IdempotencyKey != nil {
		if known := x.db.FlowRunByKey(run.FlowID, *run.IdempotencyKey); known != nil {
			return known, false, nil
		}
	}
	if !x.refers(run) {
		return nil, false, api.IntegrityConflict()
	}
	x.db.AddFlowRun(run)
	x.rules.Set(run, first, true)
	return run, true, nil
}

// reply shows what begin gives.
func (x *handlers) reply(run *db.FlowRun, created bool, err error) (api.Reply, error) {
	switch {
	case err != nil:
		return api.Reply{}, err
	case created:
		return api.Created(view.FlowRun(x.db, run))
	}
	return api.OK(view.FlowRun(x.db, run))
}

// refers reports whether what the run refers to is there.
func (x *handlers) refers(run *db.FlowRun) bool {
	if run.ParentTaskRunID != nil && x.db.TaskRuns.Get(*run.ParentTaskRunID) == nil {
		return false
	}
	return run.InfrastructureDocumentID == nil || x.db.BlockDocumentExists(*run.InfrastructureDocumentID)
}

func (x *handlers) readFlowRun(r *api.Request) (api.Reply, error) {
	run, err := find(r, &x.db.FlowRuns, "Flow run")
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(view.FlowRun(x.db, run))
}

func (x *handlers) updateFlowRun(r *api.Request) (api.Reply, error) {
	var body struct {
		Name              api.Optional[*string]       `json:"name"`
		FlowVersion       api.Optional[*string]       `json:"flow_version"`
		Parameters        api.Optional[runParameters] `json:"parameters"`
		EmpiricalPolicy   api.Optional[flowPolicy]    `json:"empirical_policy"`
		Tags              api.Optional[[]string]      `json:"tags"`
		InfrastructurePID api.Optional[*string]       `json:"infrastructure_pid"`
		JobVariables      api.Optional[*api.Object]   `json:"job_variables"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run, err := find(r, &x.db.FlowRuns, "Flow run")
	if err != nil {
		return api.Reply{}, err
	}
	if body.JobVariables.Value != nil {
		if err := x.checkNewVariables(run, body.JobVariables.Value.JSON()); err != nil {
			return api.Reply{}, err
		}
	}
	if body.JobVariables.Given {
		run.JobVariables = textOrNull(body.JobVariables.Value)
	}
	if body.Name.Given {
		run.Name = runName(body.Name.Value)
	}
	body.FlowVersion.Apply(&run.FlowVersion)
	body.Tags.Apply(&run.Tags)
	body.InfrastructurePID.Apply(&run.InfrastructurePID)
	if body.Parameters.Given {
		run.Parameters = body.Parameters.Value.JSON()
	}
	if body.EmpiricalPolicy.Given {
		run.Policy = body.EmpiricalPolicy.Value.policy()
	}
	run.Touch()
	return api.NoContent()
}

// checkNewVariables wants a run that has yet to start, of a deployment that is still there, and variables that fit its pool.
func (x *handlers) checkNewVariables(run *db.FlowRun, variables json.RawMessage) error {
	if run.State == nil {
		return api.Problem(http.StatusBadRequest, "Flow run state is required to update job variables but none exists")
	}
	if run.State.Type != db.Scheduled {
		return api.Problem(http.StatusBadRequest, "Job variables for a flow run in state "+string(run.State.Type)+" cannot be updated")
	}
	var deployment *db.Deployment
	if run.DeploymentID != nil {
		deployment = x.db.Deployments.Get(*run.DeploymentID)
	}
	if deployment == nil {
		return api.Problem(http.StatusBadRequest, "A deployment for the flow run could not be found")
	}
	return x.checkRunVariables(deployment, variables, "Error updating flow run: ")
}

func (x *handlers) labelFlowRun(r *api.Request) (api.Reply, error) {
	var body map[string]any
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	run := x.db.FlowRuns.Get(id)
	if run == nil {
		return api.Reply{}, &api.Error{Status: http.StatusNotFound, Body: map[string]any{"exception_message": "Flow run with id " + id.String() + " not found"}}
	}
	run.Labels = merge(run.Labels, body)
	run.Touch()
	return api.NoContent()
}

func (x *handlers) deleteFlowRun(r *api.Request) (api.Reply, error) {
	run, err := find(r, &x.db.FlowRuns, "Flow run")
	if err != nil {
		return api.Reply{}, err
	}
	concurrency.DeleteFlowRun(x.db, run.ID)
	return api.NoContent()
}
