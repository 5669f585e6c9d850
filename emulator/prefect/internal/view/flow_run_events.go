package view

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of the server's.
const (
	maxEventMessage = 100_000
	// tightTiming is how close two changes are that an event names the one before it.
	tightTiming = 5 * time.Minute
)

// Transition is a flow run with its new state and the one before, which is nil for the first.
type Transition struct {
	Run           *db.FlowRun
	Before, After *db.State
}

// EmitState tells of a flow run's new state, under the state's own id.
func EmitState(d *db.DB, t Transition) {
	s := t.After
	about := named("flow-run", t.Run.ID, t.Run.Name)
	about["prefect.run-count"] = strconv.Itoa(t.Run.RunCount)
	about["prefect.state-message"] = cutMessage(s.Message)
	about["prefect.state-name"] = s.Name
	about["prefect.state-timestamp"] = s.Timestamp.Format("2006-01-02T15:04:05.000000+00:00")
	about["prefect.state-type"] = string(s.Type)
	e := db.Event{
		ID: s.ID, Occurred: s.Timestamp, Event: "prefect.flow-run." + s.Name, Resource: about, Related: related(d, t.Run),
		Payload: api.Raw(map[string]any{
			"intended":        map[string]any{"from": typeOrNull(t.Before), "to": typeOrNull(s)},
			"initial_state":   statePayload(t.Before),
			"validated_state": statePayload(s),
		}),
	}
	if t.Before != nil && s.Timestamp.Sub(t.Before.Timestamp.Time).Abs() < tightTiming {
		e.Follows = new(t.Before.ID)
	}
	d.Emit(e)
}

func typeOrNull(s *db.State) any {
	if s == nil {
		return nil
	}
	return s.Type
}

func statePayload(s *db.State) map[string]string {
	if s == nil {
		return nil
	}
	payload := map[string]string{"type": string(s.Type), "name": s.Name}
	if message := cutMessage(s.Message); message != "" {
		payload["message"] = message
	}
	if s.Type == db.Paused {
		payload["pause_reschedule"] = strconv.FormatBool(s.Details.PauseReschedule)
	}
	return payload
}

// cutMessage shortens a message in its middle.
func cutMessage(message *string) string {
	if message == nil {
		return ""
	}
	runes := []rune(*message)
	if len(runes) <= maxEventMessage {
		return *message
	}
	mark := []rune("...<" + strconv.Itoa(len(runes)-maxEventMessage) + " additional characters>...")
	half := (maxEventMessage - len(mark)) / 2
	return string(runes[:half]) + string(mark) + string(runes[len(runes)-half:])
}

// related is what a flow run's events are related to: its flow, deployment, queue, pool, the task run that it is part of,
// all their tags, and who made it.
func related(d *db.DB, run *db.FlowRun) []map[string]string {
	var list []map[string]string
	tags := map[string]bool{}
	add := func(role string, r map[string]string, of []string) {
		list = append(list, in(role, r))
		for _, tag := range of {
			tags[tag] = true
		}
	}
	for _, tag := range run.Tags {
		tags[tag] = true
	}
	if flow := d.Flows.Get(run.FlowID); flow != nil {
		add("flow", named("flow", flow.ID, flow.Name), flow.Tags)
	}
	if p := d.Deployments.Pointed(run.DeploymentID); p != nil {
		add("deployment", named("deployment", p.ID, p.Name), p.Tags)
	}
	if q := d.WorkQueues.Pointed(run.WorkQueueID); q != nil {
		add("work-queue", named("work-queue", q.ID, q.Name), nil)
		if p := d.WorkPools.Get(q.WorkPoolID); p != nil {
			add("work-pool", pool(p), nil)
		}
	}
	if task := d.TaskRuns.Pointed(run.ParentTaskRunID); task != nil {
		add("task-run", named("task-run", task.ID, task.Name), task.Tags)
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, map[string]string{"prefect.resource.id": "prefect.tag." + tag, "prefect.resource.role": "tag"})
	}
	return append(list, creator(run.CreatedBy)...)
}

// creator is who made a run, as far as events name it.
func creator(by json.RawMessage) []map[string]string {
	var who struct {
		ID      uuid.UUID `json:"id"`
		Type    string    `json:"type"`
		Display string    `json:"display_value"`
	}
	if json.Unmarshal(by, &who) != nil || !slices.Contains([]string{"DEPLOYMENT", "AUTOMATION"}, who.Type) {
		return nil
	}
	resource := map[string]string{"prefect.resource.id": "prefect." + strings.ToLower(who.Type) + "." + who.ID.String(), "prefect.resource.role": "creator"}
	if who.Display != "" {
		resource["prefect.resource.name"] = who.Display
	}
	return []map[string]string{resource}
}
