package runs

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerTaskRuns(r *api.Router) {
	r.Handle("POST /task_runs/", x.createTaskRun)
	r.Handle("GET /task_runs/{id}", x.readTaskRun)
	r.Handle("PATCH /task_runs/{id}", x.updateTaskRun)
	r.Handle("DELETE /task_runs/{id}", x.deleteTaskRun)
	registerStates(r, "task_run", &x.db.TaskRuns, func(run *db.TaskRun) *db.Run { return &run.Run })
	registerList(r, x.taskRuns(), taskRunSort("ID_DESC"))
}

// taskRunSort is the sort orders of task runs.
type taskRunSort string

// Values lists them.
func (taskRunSort) Values() []string {
	return []string{"ID_DESC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC", "NAME_ASC", "NAME_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"}
}

// taskPolicy is how a request says that a task run is retried.
type taskPolicy struct {
	api.Loose
	MaxRetries        int        `json:"max_retries"`
	RetryDelaySeconds float64    `json:"retry_delay_seconds"`
	Retries           *int       `json:"retries"`
	RetryDelay        retryDelay `json:"retry_delay"`
	RetryJitterFactor *float64   `json:"retry_jitter_factor" min:"0"`
}

// maxDelays is the most delays that a task may have, one for each retry.
const maxDelays = 50

// Check refuses too many delays.
func (p *taskPolicy) Check() string {
	var many []float64
	if json.Unmarshal(p.RetryDelay, &many) == nil && len(many) > maxDelays {
		return "Can not configure more than 50 retry delays per task."
	}
	return ""
}

func (p *taskPolicy) policy() db.Policy {
	out := db.Policy{MaxRetries: p.MaxRetries, RetryDelaySeconds: p.RetryDelaySeconds, Retries: p.Retries, RetryDelay: json.RawMessage(p.RetryDelay)}
	if (p.Retries == nil || *p.Retries == 0) && p.MaxRetries != 0 {
		out.Retries = &p.MaxRetries
	}
	if text := string(p.RetryDelay); (text == "" || text == "null" || text == "0") && p.RetryDelaySeconds != 0 {
		out.RetryDelay = api.Raw(p.RetryDelaySeconds)
	}
	return out
}

// cacheKey has a length that the server's index can hold.
type cacheKey string

// maxCacheKey is PREFECT_SERVER_TASKS_MAX_CACHE_KEY_LENGTH, in characters.
const maxCacheKey = 2000

// Check refuses a longer one.
func (k cacheKey) Check() string {
	if len(k) > maxCacheKey {
		return "Cache key exceeded maximum allowed length of 2000 characters."
	}
	return ""
}

// taskInput is where an input of a task run comes from.
type taskInput struct {
	api.Loose
	InputType inputType  `json:"input_type" req:"true"`
	ID        *uuid.UUID `json:"id"`
	Name      *string    `json:"name"`
	Type      *string    `json:"type"`
}

type inputType string

// Values lists them.
func (inputType) Values() []string { return []string{"task_run", "flow_run", "parameter", "constant"} }

// MarshalJSON writes the field of its kind alone.
func (i taskInput) MarshalJSON() ([]byte, error) {
	out := map[string]any{"input_type": i.InputType}
	switch i.InputType {
	case "parameter":
		out["name"] = i.Name
	case "constant":
		out["type"] = i.Type
	default:
		out["id"] = i.ID
	}
	return json.Marshal(out)
}

func (x *handlers) createTaskRun(r *api.Request) (api.Reply, error) {
	var body struct {
		ID              *uuid.UUID                 `json:"id"`
		State           *orchestration.StateCreate `json:"state"`
		Name            *string                    `json:"name"`
		FlowRunID       *uuid.UUID                 `json:"flow_run_id"`
		TaskKey         string                     `json:"task_key" req:"true"`
		DynamicKey      string                     `json:"dynamic_key" req:"true"`
		CacheKey        *cacheKey                  `json:"cache_key"`
		CacheExpiration *api.Time                  `json:"cache_expiration"`
		TaskVersion     *string                    `json:"task_version"`
		EmpiricalPolicy taskPolicy                 `json:"empirical_policy"`
		Tags            []string                   `json:"tags"`
		Labels          *labels                    `json:"labels"`
		TaskInputs      map[string][]taskInput     `json:"task_inputs"`
	}
	body.Tags, body.TaskInputs = []string{}, map[string][]taskInput{}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if known := x.db.TaskRunByKey(db.TaskKey{FlowRun: body.FlowRunID, TaskKey: body.TaskKey, DynamicKey: body.DynamicKey}); known != nil {
		return api.OK(view.TaskRun(known))
	}
	own := map[string]any{}
	if body.FlowRunID != nil {
		parent := x.db.FlowRuns.Get(*body.FlowRunID)
		if parent == nil {
			return api.Reply{}, api.IntegrityConflict()
		}
		own = merge(parent.Labels, map[string]any{"prefect.flow-run.id": parent.ID.String()})
	}
	own = merge(own, body.Labels.given())
	run := &db.TaskRun{
		Run: db.Run{Base: db.NewRunBase(), Name: runName(body.Name), Tags: body.Tags, Labels: own, Policy: body.EmpiricalPolicy.policy()}, FlowRunID: body.FlowRunID,
		TaskKey: body.TaskKey, DynamicKey: body.DynamicKey, CacheKey: (*string)(body.CacheKey), TaskVersion: body.TaskVersion,
		TaskInputs: api.Raw(body.TaskInputs), RetryJitterFactor: body.EmpiricalPolicy.RetryJitterFactor,
	}
	if body.CacheExpiration != nil {
		run.CacheExpiration = *body.CacheExpiration
	}
	if body.ID != nil {
		if x.db.TaskRuns.Get(*body.ID) != nil {
			return api.Reply{}, api.IntegrityConflict()
		}
		run.ID = *body.ID
	}
	x.db.AddTaskRun(run)
	x.rules.SetTask(run, firstState(body.State, db.Pending), true)
	return api.Created(view.TaskRun(run))
}

func (x *handlers) readTaskRun(r *api.Request) (api.Reply, error) {
	run, err := find(r, &x.db.TaskRuns, "Task")
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(view.TaskRun(run))
}

func (x *handlers) updateTaskRun(r *api.Request) (api.Reply, error) {
	var body struct {
		Name api.Optional[*string] `json:"name"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run, err := find(r, &x.db.TaskRuns, "Task run")
	if err != nil {
		return api.Reply{}, err
	}
	if body.Name.Given {
		run.Name = runName(body.Name.Value)
	}
	run.Touch()
	return api.NoContent()
}

func (x *handlers) deleteTaskRun(r *api.Request) (api.Reply, error) {
	run, err := find(r, &x.db.TaskRuns, "Task")
	if err != nil {
		return api.Reply{}, err
	}
	x.db.DeleteTaskRun(run)
	return api.NoContent()
}
