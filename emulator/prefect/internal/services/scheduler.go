package services

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/schedule"
)

// The scheduler's settings, as a server has them by default: PREFECT_SERVER_SERVICES_SCHEDULER_….
const (
	schedulerLoop = time.Minute
	minRuns       = 3
	maxRuns       = 100
	minHorizon    = time.Hour
	maxHorizon    = 100 * 24 * time.Hour
)

// Window says which runs of a schedule are made: from Start until both MinRuns and MinTime after Start are reached, but
// never more than MaxRuns of them nor any after End.
type Window struct {
	Start, End       time.Time
	MinTime          time.Duration
	MinRuns, MaxRuns int
}

// DefaultWindow is the scheduler's own.
func DefaultWindow(start time.Time) Window {
	return Window{Start: start, End: start.Add(maxHorizon), MinTime: minHorizon, MinRuns: minRuns, MaxRuns: maxRuns}
}

// ScheduleRuns makes the runs of a deployment's active schedules that are not there yet, and tells how many.
func ScheduleRuns(d *db.DB, deployment *db.Deployment, w Window) int {
	made := 0
	for _, s := range deployment.Schedules {
		if s.Active {
			made += scheduleOne(d, deployment, s, w)
		}
	}
	return made
}

func scheduleOne(d *db.DB, deployment *db.Deployment, s *db.Schedule, w Window) int {
	var times schedule.Schedule
	if err := json.Unmarshal(s.Schedule, &times); err != nil || w.MaxRuns <= 0 {
		return 0 // we wrote it ourselves
	}
	made, seen := 0, 0
	for at := range times.Times(w.Start) {
		if at.After(w.End) {
			break
		}
		if addRun(d, deployment, s, scheduled{times.Kind(), api.At(at)}) {
			made++
		}
		if seen++; seen >= w.MaxRuns || seen >= w.MinRuns && !at.Before(w.Start.Add(w.MinTime)) {
			break
		}
	}
	return made
}

type scheduled struct {
	kind string
	at   api.Time
}

// addRun makes the run of one time, unless there is one. It goes past the rules and makes no event, as in the server.
func addRun(d *db.DB, deployment *db.Deployment, s *db.Schedule, when scheduled) bool {
	key := "scheduled " + deployment.ID.String() + " " + s.ID.String() + " " + when.at.Format("2006-01-02 15:04:05.999999+00:00")
	if d.FlowRunByKey(deployment.FlowID, key) != nil {
		return false
	}
	name := when.kind
	if s.Slug != nil && *s.Slug != "" {
		name = *s.Slug
	}
	labels := maps.Clone(deployment.Labels)
	if labels == nil {
		labels = map[string]any{}
	}
	labels["prefect.flow.id"], labels["prefect.deployment.id"] = deployment.FlowID.String(), deployment.ID.String()
	run := &db.FlowRun{
		Run: db.Run{
			Base: db.NewRunBase(), Name: db.RunName(), Tags: append([]string{"auto-scheduled"}, deployment.Tags...), Labels: labels,
			Policy: db.Policy{Resuming: new(false)}, ExpectedStartTime: when.at, NextScheduledTime: when.at,
		},
		FlowID: deployment.FlowID, DeploymentID: &deployment.ID, DeploymentVersion: deployment.Version,
		WorkQueueID: deployment.WorkQueueID, WorkQueueName: deployment.WorkQueueName, Parameters: mergeObjects(deployment.Parameters, s.Parameters),
		InfrastructureDocumentID: deployment.InfrastructureDocumentID, IdempotencyKey: &key, AutoScheduled: true,
		CreatedBy: api.Raw(map[string]any{"id": s.ID, "type": "SCHEDULE", "display_value": name}),
	}
	state := orchestration.NewState(db.Scheduled, "Flow run scheduled")
	state.Details.ScheduledTime, state.Details.FlowRunID = when.at, &run.ID
	run.State, run.States = &state, []*db.State{&state}
	d.AddFlowRun(run)
	d.WakeFor(run)
	return true
}

// mergeObjects puts one JSON object over another.
func mergeObjects(under, over json.RawMessage) json.RawMessage {
	merged := map[string]json.RawMessage{}
	for _, text := range []json.RawMessage{under, over} {
		var object map[string]json.RawMessage
		_ = json.Unmarshal(text, &object) // objects both, or nothing
		maps.Copy(merged, object)
	}
	return api.Raw(merged)
}

// schedule makes the runs of all deployments whose schedules have too few ahead, and tells whether there is any schedule
// to look at again.
func (s *Services) schedule(now time.Time) (again bool) {
	var ahead map[uuid.UUID][]time.Time
	for deployment := range s.db.Deployments.All() {
		if deployment.Paused || !slices.ContainsFunc(deployment.Schedules, func(s *db.Schedule) bool { return s.Active }) {
			continue
		}
		again = true
		if ahead == nil {
			ahead = s.ahead(now)
		}
		if slices.ContainsFunc(deployment.Schedules, func(one *db.Schedule) bool { return one.Active && short(ahead[one.ID], now) }) {
			ScheduleRuns(s.db, deployment, DefaultWindow(now))
		}
	}
	return again
}

// short tells whether a schedule has fewer runs ahead than it should have.
func short(ahead []time.Time, now time.Time) bool {
	return len(ahead) < minRuns || slices.MaxFunc(ahead, time.Time.Compare).Before(now.Add(minHorizon))
}

// ahead is when the runs of each schedule are due that have yet to begin.
func (s *Services) ahead(now time.Time) map[uuid.UUID][]time.Time {
	ahead := map[uuid.UUID][]time.Time{}
	for run := range s.db.FlowRuns.All() {
		if !run.AutoScheduled || run.State == nil || run.State.Type != db.Scheduled || run.NextScheduledTime.Before(now) {
			continue
		}
		var by struct {
			ID uuid.UUID `json:"id"`
		}
		if json.Unmarshal(run.CreatedBy, &by) == nil {
			ahead[by.ID] = append(ahead[by.ID], run.NextScheduledTime.Time)
		}
	}
	return ahead
}
