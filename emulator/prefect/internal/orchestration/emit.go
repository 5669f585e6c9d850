package orchestration

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of the server's.
const (
	maxEventMessage = 100_000
	// tightTiming is how close two changes are that an event names the one before it.
	tightTiming = 5 * time.Minute
)

// emitChange publishes the event of a flow run's new state, under the state's own id.
func emitChange(t *transition) (after, undo func()) {
	return func() {
		if t.stored == nil {
			return
		}
		s := t.stored
		event := db.Event{
			ID: s.ID, Occurred: s.Timestamp, Event: "prefect.flow-run." + s.Name,
			Resource: map[string]string{
				"prefect.resource.id":     "prefect.flow-run." + t.run.ID.String(),
				"prefect.resource.name":   t.run.Name,
				"prefect.run-count":       strconv.Itoa(t.run.RunCount),
				"prefect.state-message":   cutMessage(s.Message),
				"prefect.state-name":      s.Name,
				"prefect.state-timestamp": s.Timestamp.Format("2006-01-02T15:04:05.000000+00:00"),
				"prefect.state-type":      string(s.Type),
			},
			Related: t.o.Related(t.flow),
		}
		if t.initial != nil && s.Timestamp.Sub(t.initial.Timestamp.Time).Abs() < tightTiming {
			event.Follows = new(t.initial.ID)
		}
		event.Payload, _ = json.Marshal(map[string]any{ // strings alone
			"intended":        map[string]any{"from": typeOrNull(t.initial), "to": typeOrNull(s)},
			"initial_state":   statePayload(t.initial),
			"validated_state": statePayload(s),
		})
		t.o.db.Emit(event)
	}, nil
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

// Related is what a flow run's events are related to: its flow, deployment, queue, pool, the task run that it is part of,
// all their tags, and who made it.
func (o *Rules) Related(run *db.FlowRun) []map[string]string {
	related := []map[string]string{}
	tags := map[string]bool{}
	add := func(kind string, id uuid.UUID, name string, of []string) map[string]string {
		for _, tag := range of {
			tags[tag] = true
		}
		resource := map[string]string{"prefect.resource.id": "prefect." + kind + "." + id.String(), "prefect.resource.role": kind, "prefect.resource.name": name}
		related = append(related, resource)
		return resource
	}
	for _, tag := range run.Tags {
		tags[tag] = true
	}
	if flow := o.db.Flows.Get(run.FlowID); flow != nil {
		add("flow", flow.ID, flow.Name, flow.Tags)
	}
	if d := pointed(&o.db.Deployments, run.DeploymentID); d != nil {
		add("deployment", d.ID, d.Name, d.Tags)
	}
	if q := pointed(&o.db.WorkQueues, run.WorkQueueID); q != nil {
		add("work-queue", q.ID, q.Name, nil)
		if p := o.db.WorkPools.Get(q.WorkPoolID); p != nil {
			add("work-pool", p.ID, p.Name, nil)["prefect.work-pool.type"] = p.Type
		}
	}
	if task := pointed(&o.db.TaskRuns, run.ParentTaskRunID); task != nil {
		add("task-run", task.ID, task.Name, task.Tags)
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		related = append(related, map[string]string{"prefect.resource.id": "prefect.tag." + tag, "prefect.resource.role": "tag"})
	}
	return append(related, creator(run.CreatedBy)...)
}

// pointed is the record that an id names, nil for none.
func pointed[T any](table *db.Table[T], id *uuid.UUID) *T {
	if id == nil {
		return nil
	}
	return table.Get(*id)
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
