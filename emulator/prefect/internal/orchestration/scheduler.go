package orchestration

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/schedule"
)

// scheduleLoop is how often the server looks for schedules that need runs.
const scheduleLoop = time.Minute

// The other settings, as a server has them by default: PREFECT_SERVER_SERVICES_SCHEDULER_…. A schedule has at least minRuns
// runs ahead, and runs for minHorizon; none later than maxHorizon, and maxRuns at a time.
const (
	minRuns    = 3
	maxRuns    = 100
	minHorizon = time.Hour
	maxHorizon = 100 * 24 * time.Hour
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

// ScheduleRuns makes the runs of a deployment's active schedules that are not there yet. It wants the records' lock. Where one
// of the schedules has no time to give, as with the 30th of February, it fails and makes no run, as the server does.
func ScheduleRuns(d *db.DB, deployment *db.Deployment, w Window) error {
	type planned struct {
		maker maker
		kind  string
		times []time.Time
	}
	var plans []planned
	for _, s := range deployment.Schedules {
		if !s.Active || w.MaxRuns <= 0 {
			continue
		}
		m := maker{d, deployment, s}
		kind, times, err := m.plan(w)
		if err != nil {
			return fmt.Errorf("computing the times of the schedule %s: %w", s.ID, err)
		}
		plans = append(plans, planned{m, kind, times})
	}
	for _, p := range plans {
		for _, at := range p.times {
			p.maker.makeRun(p.kind, at)
		}
	}
	return nil
}

// maker makes the runs of one schedule.
type maker struct {
	db         *db.DB
	deployment *db.Deployment
	schedule   *db.Schedule
}

// plan gives the times of the runs that the window asks for. All plans of a deployment are made before the first run, so that
// one schedule without a next time leaves the runs of all others unmade too, as on the server.
func (m maker) plan(w Window) (kind string, times []time.Time, err error) {
	var s schedule.Schedule
	if err := json.Unmarshal(m.schedule.Schedule, &s); err != nil {
		return "", nil, err
	}
	for at, err := range s.Times(w.Start, w.End) {
		if err != nil {
			return "", nil, err
		}
		times = append(times, at)
		if len(times) >= w.MaxRuns || len(times) >= w.MinRuns && !at.Before(w.Start.Add(w.MinTime)) {
			break
		}
	}
	return s.Kind(), times, nil
}

// makeRun makes the run of one time, unless there is one. It goes past the rules and makes no event, as in the server.
// The idempotency key names schedule and time, so that a look that is repeated makes nothing twice, and a run that has
// ended early is not made again. Its text is the server's.
func (m maker) makeRun(kind string, due time.Time) {
	d, s, at := m.deployment, m.schedule, api.At(due)
	form := "2006-01-02 15:04:05-07:00" // as Python writes it, in the schedule's zone
	if at.Nanosecond() > 0 {
		form = "2006-01-02 15:04:05.000000-07:00"
	}
	key := "scheduled " + d.ID.String() + " " + s.ID.String() + " " + due.Format(form)
	if m.db.FlowRunByKey(d.FlowID, key) != nil {
		return
	}
	name := kind
	if s.Slug != nil && *s.Slug != "" {
		name = *s.Slug
	}
	labels := maps.Clone(d.Labels)
	if labels == nil {
		labels = map[string]any{}
	}
	labels["prefect.flow.id"], labels["prefect.deployment.id"] = d.FlowID.String(), d.ID.String()
	run := &db.FlowRun{
		Run: db.Run{
			Base: db.NewRunBase(), Name: db.RunName(), Tags: append([]string{"auto-scheduled"}, d.Tags...), Labels: labels,
			Policy: db.Policy{Resuming: new(false)}, ExpectedStartTime: at, NextScheduledTime: at,
		},
		FlowID: d.FlowID, DeploymentID: &d.ID, DeploymentVersion: d.Version,
		WorkQueueID: d.WorkQueueID, WorkQueueName: d.WorkQueueName, Parameters: mergeObjects(d.Parameters, s.Parameters),
		InfrastructureDocumentID: d.InfrastructureDocumentID, IdempotencyKey: &key, AutoScheduled: true,
		CreatedBy: api.Raw(map[string]any{"id": s.ID, "type": "SCHEDULE", "display_value": name}),
	}
	state := NewState(db.Scheduled, "Flow run scheduled")
	state.Details.ScheduledTime = at
	run.State, run.States = &state, []*db.State{&state}
	m.db.AddFlowRun(run)
	wakeFor(m.db, run)
}

// mergeObjects puts one JSON object over another.
func mergeObjects(under, over json.RawMessage) json.RawMessage {
	merged := map[string]json.RawMessage{}
	for _, text := range []json.RawMessage{under, over} {
		var object map[string]json.RawMessage
		_ = json.Unmarshal(text, &object) // objects both, or nothing
		maps.Copy(merged, object)
	}
	return api.InOrder(merged, under, over)
}

// scheduleAll makes the runs of all deployments whose schedules have too few ahead, and reports whether there is any
// schedule to look at again after scheduleLoop. It wants the records' lock.
func scheduleAll(d *db.DB, now time.Time) (again bool) {
	var ahead map[uuid.UUID][]time.Time
	for deployment := range d.Deployments.All() {
		if deployment.Paused || !slices.ContainsFunc(deployment.Schedules, func(s *db.Schedule) bool { return s.Active }) {
			continue
		}
		again = true
		if ahead == nil {
			ahead = runsAhead(d, now)
		}
		if slices.ContainsFunc(deployment.Schedules, func(s *db.Schedule) bool { return s.Active && short(ahead[s.ID], now) }) {
			_ = ScheduleRuns(d, deployment, DefaultWindow(now)) // it fails again whenever it is asked for
		}
	}
	return again
}

// short reports whether a schedule has fewer runs ahead than it should have.
func short(ahead []time.Time, now time.Time) bool {
	return len(ahead) < minRuns || slices.MaxFunc(ahead, time.Time.Compare).Before(now.Add(minHorizon))
}

// runsAhead is when the runs of each schedule are due that have yet to begin. A run names its
// schedule as the one that created it.
func runsAhead(d *db.DB, now time.Time) map[uuid.UUID][]time.Time {
	ahead := map[uuid.UUID][]time.Time{}
	for run := range d.FlowRuns.All() {
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
