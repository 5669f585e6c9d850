package events

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// transition is the payload of the event by which a client of 3.x tells of a task run's new state.
type transition struct {
	api.Loose
	TaskRun taskRunPart `json:"task_run" req:"true"`
	State   struct {
		api.Loose
		Type    db.StateType    `json:"type" req:"true"`
		Name    *string         `json:"name"`
		Message *string         `json:"message"`
		Data    json.RawMessage `json:"data"`
		Details db.StateDetails `json:"state_details"`
	} `json:"validated_state" req:"true"`
}

// taskRunPart is what the event says of the task run; what it does not say stays as it was.
type taskRunPart struct {
	api.Loose
	Name              *string                       `json:"name"`
	TaskKey           string                        `json:"task_key" req:"true"`
	DynamicKey        string                        `json:"dynamic_key" req:"true"`
	CacheKey          api.Optional[*string]         `json:"cache_key"`
	CacheExpiration   api.Optional[api.Time]        `json:"cache_expiration"`
	TaskVersion       api.Optional[*string]         `json:"task_version"`
	EmpiricalPolicy   api.Optional[policy]          `json:"empirical_policy"`
	Tags              api.Optional[[]string]        `json:"tags"`
	Labels            api.Optional[map[string]any]  `json:"labels"`
	TaskInputs        api.Optional[json.RawMessage] `json:"task_inputs"`
	RunCount          api.Optional[int]             `json:"run_count"`
	FlowRunRunCount   api.Optional[int]             `json:"flow_run_run_count"`
	ExpectedStartTime api.Optional[api.Time]        `json:"expected_start_time"`
	NextScheduled     api.Optional[api.Time]        `json:"next_scheduled_start_time"`
	StartTime         api.Optional[api.Time]        `json:"start_time"`
	EndTime           api.Optional[api.Time]        `json:"end_time"`
	TotalRunTime      api.Optional[float64]         `json:"total_run_time"`
}

type policy struct {
	api.Loose
	MaxRetries        int             `json:"max_retries"`
	RetryDelaySeconds float64         `json:"retry_delay_seconds"`
	Retries           *int            `json:"retries"`
	RetryDelay        json.RawMessage `json:"retry_delay"`
	RetryJitterFactor *float64        `json:"retry_jitter_factor"`
}

// record keeps the task run that an event tells of, if it does: in 3.x clients decide themselves what becomes of task runs.
// The server does this a second later; an event that does not fit is left out, there too.
func (s *store) record(e *db.Event) {
	if !strings.HasPrefix(e.Event, "prefect.task-run") || e.Resource["prefect.orchestration"] != "client" {
		return
	}
	id, err := objectID(e.Resource, "prefect.task-run.")
	var t transition
	if err != nil || api.Parse(e.Payload, &t) != nil {
		return
	}
	var flowRun *uuid.UUID
	for _, r := range e.Related {
		if r["prefect.resource.role"] == "flow-run" {
			if found, err := objectID(r, "prefect.flow-run."); err == nil {
				flowRun = &found
			}
			break
		}
	}
	run := s.taskRun(id, flowRun, t.TaskRun)
	// An event has its state's id. A background task's first state is here already: the client tells of it once more.
	if slices.ContainsFunc(run.States, func(s *db.State) bool { return s.ID == e.ID }) {
		return
	}
	state := &db.State{ID: e.ID, Type: t.State.Type, Timestamp: e.Occurred, Message: t.State.Message, Data: t.State.Data, Details: t.State.Details}
	state.Name = t.State.Type.DefaultName()
	if t.State.Name != nil {
		state.Name = *t.State.Name
	}
	if state.Details.Deferred == nil {
		state.Details.Deferred = new(false)
	}
	state.Details.TaskRunID, state.Details.FlowRunID = &run.ID, flowRun
	// Events may come in any order: the newest state is the run's.
	newest := run.State == nil || run.State.Timestamp.Before(e.Occurred.Time)
	at, _ := slices.BinarySearchFunc(run.States, state, func(a, b *db.State) int {
		if a.Timestamp.After(b.Timestamp.Time) {
			return 1
		}
		return -1
	})
	run.States = slices.Insert(run.States, at, state)
	if newest {
		run.State = state
		s.db.MoveTaskRun(run, db.TaskKey{FlowRun: flowRun, TaskKey: t.TaskRun.TaskKey, DynamicKey: t.TaskRun.DynamicKey})
		t.TaskRun.apply(run)
		run.Touch()
	}
}

// objectID is the id at the end of a resource's.
func objectID(r map[string]string, prefix string) (uuid.UUID, error) {
	return uuid.Parse(strings.TrimPrefix(r["prefect.resource.id"], prefix))
}

// taskRun finds a task run by its id or by its keys in its flow run, or makes it.
func (s *store) taskRun(id uuid.UUID, flowRun *uuid.UUID, part taskRunPart) *db.TaskRun {
	if run := s.db.TaskRuns.Get(id); run != nil {
		return run
	}
	if flowRun != nil {
		if run := s.db.TaskRunByKey(db.TaskKey{FlowRun: flowRun, TaskKey: part.TaskKey, DynamicKey: part.DynamicKey}); run != nil {
			return run
		}
	}
	run := &db.TaskRun{Run: db.Run{Base: db.NewBase(), Name: part.TaskKey}}
	run.ID = id
	s.db.AddTaskRun(run)
	return run
}

// apply writes what the event says, but for the keys.
func (p *taskRunPart) apply(run *db.TaskRun) {
	if p.Name != nil {
		run.Name = *p.Name
	}
	p.CacheKey.Apply(&run.CacheKey)
	p.CacheExpiration.Apply(&run.CacheExpiration)
	p.TaskVersion.Apply(&run.TaskVersion)
	if p.EmpiricalPolicy.Given {
		given := p.EmpiricalPolicy.Value
		run.Policy = db.Policy{MaxRetries: given.MaxRetries, RetryDelaySeconds: given.RetryDelaySeconds, Retries: given.Retries, RetryDelay: given.RetryDelay}
		run.RetryJitterFactor = given.RetryJitterFactor
	}
	p.Tags.Apply(&run.Tags)
	p.Labels.Apply(&run.Labels)
	p.TaskInputs.Apply(&run.TaskInputs)
	p.RunCount.Apply(&run.RunCount)
	p.FlowRunRunCount.Apply(&run.FlowRunRunCount)
	p.ExpectedStartTime.Apply(&run.ExpectedStartTime)
	p.NextScheduled.Apply(&run.NextScheduledTime)
	p.StartTime.Apply(&run.StartTime)
	p.EndTime.Apply(&run.EndTime)
	p.TotalRunTime.Apply(&run.TotalRunSeconds)
}
