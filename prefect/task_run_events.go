package prefect

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// TaskRunTransition is a step of a task run on 3.x, where the client decides and the server only records the event.
type TaskRunTransition struct {
	// Run is the task run as it is after the step. ID (a UUID that the caller made), TaskKey, DynamicKey, Name, Tags, TaskInputs and RunCount
	// are recorded. Its flow run is told by Related.
	Run TaskRun
	// From is nil for the first step.
	From *State
	// To is the new state. Its ID becomes the event's id (empty: a new one), its Timestamp when it occurred (zero: now); the
	// timestamps of one task run must grow, or the older step is not recorded.
	To State
	// Follows is the id of the step before.
	Follows ID
	// Related must have the flow run in the role flow-run ([FlowRunResource]), and may have the flow, deployment and more.
	Related []Resource
}

// FlowRunResource is a flow run for [TaskRunTransition.Related].
func FlowRunResource(id ID, name string) Resource {
	return NewResource("prefect.flow-run."+string(id), name).As("flow-run")
}

// maxStateMessage is where Prefect's client cuts messages in these events, in characters.
const maxStateMessage = 100_000

// taskRunState is a state as the server reads it out of the event.
type taskRunState struct {
	Type    StateType       `json:"type"`
	Name    string          `json:"name"`
	Message string          `json:"message,omitempty"`
	Details StateDetails    `json:"state_details"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func newTaskRunState(s State) taskRunState {
	s.Details.FlowRunID, s.Details.TaskRunID = "", "" // the server takes them from the resources
	return taskRunState{Type: s.Type, Name: s.label(), Message: shorten(s.Message, maxStateMessage), Details: s.Details, Data: s.Data}
}

// recordedTaskRun are the fields of a task run that the event sets.
type recordedTaskRun struct {
	Name              string         `json:"name"`
	TaskKey           string         `json:"task_key"`
	DynamicKey        string         `json:"dynamic_key"`
	TaskVersion       string         `json:"task_version,omitempty"`
	EmpiricalPolicy   TaskRunPolicy  `json:"empirical_policy"`
	Tags              []string       `json:"tags"`
	Labels            map[string]any `json:"labels"`
	TaskInputs        TaskInputs     `json:"task_inputs"`
	RunCount          int            `json:"run_count"`
	FlowRunRunCount   int            `json:"flow_run_run_count"`
	ExpectedStartTime Time           `json:"expected_start_time,omitzero"`
	StartTime         Time           `json:"start_time,omitzero"`
	EndTime           Time           `json:"end_time,omitzero"`
	TotalRunTime      Seconds        `json:"total_run_time"`
}

// Event is the step as an event for an [EventPublisher].
func (t TaskRunTransition) Event() Event {
	if t.To.ID == "" {
		t.To.ID = ID(uuid.NewString())
	}
	if t.To.Timestamp.IsZero() {
		t.To.Timestamp = At(time.Now())
	}
	var from, initial any
	if t.From != nil {
		from, initial = t.From.Type, newTaskRunState(*t.From)
	}
	to := newTaskRunState(t.To)
	resource := NewResource("prefect.task-run."+string(t.Run.ID), t.Run.Name)
	maps.Copy(resource, Resource{
		"prefect.run-count":       strconv.Itoa(t.Run.RunCount),
		"prefect.state-message":   to.Message,
		"prefect.state-name":      to.Name,
		"prefect.state-timestamp": t.To.Timestamp.UTC().Format("2006-01-02T15:04:05.000000-07:00"),
		"prefect.state-type":      string(to.Type),
		"prefect.orchestration":   "client", // without it the server does not record the run
	})
	related := slices.Clone(t.Related)
	for _, tag := range slices.Sorted(slices.Values(t.Run.Tags)) {
		related = append(related, NewResource("prefect.tag."+tag, "").As("tag"))
	}
	return Event{
		ID: t.To.ID, Occurred: t.To.Timestamp, Event: "prefect.task-run." + to.Name, Follows: t.Follows,
		Resource: resource, Related: related,
		Payload: map[string]any{
			"intended":        map[string]any{"from": from, "to": to.Type},
			"initial_state":   initial,
			"validated_state": to,
			"task_run":        t.Run.recorded(),
		},
	}
}

func (r TaskRun) recorded() recordedTaskRun {
	recorded := recordedTaskRun{
		Name: r.Name, TaskKey: r.TaskKey, DynamicKey: r.DynamicKey, TaskVersion: r.TaskVersion, EmpiricalPolicy: r.EmpiricalPolicy,
		Tags: r.Tags, Labels: r.Labels, TaskInputs: r.TaskInputs, RunCount: r.RunCount, FlowRunRunCount: r.FlowRunRunCount,
		ExpectedStartTime: r.ExpectedStartTime, StartTime: r.StartTime, EndTime: r.EndTime, TotalRunTime: r.TotalRunTime,
	}
	// Lists and maps, not null.
	if recorded.Tags == nil {
		recorded.Tags = []string{}
	}
	if recorded.Labels == nil {
		recorded.Labels = map[string]any{}
	}
	if recorded.TaskInputs == nil {
		recorded.TaskInputs = TaskInputs{}
	}
	return recorded
}
