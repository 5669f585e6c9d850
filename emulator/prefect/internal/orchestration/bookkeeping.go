package orchestration

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// bookkeep notes on the run what the proposed state means for it: the server's global policy. It is called once for each
// state that is written, before the state becomes the run's:
//
//	start_time              the first RUNNING, or the end of a run that never ran
//	end_time                the first terminal state; it goes when the run begins again
//	total_run_time          grows when RUNNING is left; estimated_run_time adds the state that lasts
//	expected_start_time     the first state's scheduled time, else its timestamp; it stays
//	next_scheduled_start    the scheduled time while SCHEDULED
//	run_count               each RUNNING, but of flow runs not the one that resumes a pause
func (t *transition) bookkeep() {
	run, s := t.run, t.proposed
	if t.flow != nil {
		// States of a flow run never share a moment: each is told from the others by its time.
		for slices.ContainsFunc(run.States, func(other *db.State) bool { return other.Timestamp.Equal(s.Timestamp.Time) }) {
			s.Timestamp = api.At(s.Timestamp.Add(time.Microsecond))
		}
	}
	if s.Type == db.Running && run.StartTime.IsZero() {
		run.StartTime = s.Timestamp
	}
	if t.initial != nil && t.initial.Type.Terminal() && !s.Type.Terminal() {
		run.EndTime = api.Time{}
	}
	if s.Type.Terminal() && run.EndTime.IsZero() {
		if run.StartTime.IsZero() {
			run.StartTime = s.Timestamp
		}
		run.EndTime = s.Timestamp
	}
	if t.from == db.Running {
		run.TotalRunSeconds += s.Timestamp.Sub(t.initial.Timestamp.Time).Seconds()
	}
	if run.ExpectedStartTime.IsZero() {
		run.ExpectedStartTime = s.Timestamp
		if s.Type == db.Scheduled {
			run.ExpectedStartTime = s.Details.ScheduledTime
		}
	}
	if t.from == db.Scheduled {
		run.NextScheduledTime = api.Time{}
	}
	if s.Type == db.Scheduled {
		run.NextScheduledTime = s.Details.ScheduledTime
	}
	if t.flow == nil {
		s.Details.FlowRunID, s.Details.TaskRunID = t.task.FlowRunID, new(run.ID)
		if s.Type == db.Running {
			run.RunCount++
		}
		return
	}
	s.Details.FlowRunID = new(run.ID)
	if t.flow.ParentTaskRunID != nil {
		s.Details.TaskRunID = t.flow.ParentTaskRunID
	}
	t.countFlowRun()
}

// countFlowRun counts a flow run's attempts; one that resumes goes on with the same.
func (t *transition) countFlowRun() {
	resuming := t.run.Policy.Resuming != nil && *t.run.Policy.Resuming
	if t.proposed.Type == db.Running && !resuming {
		t.run.RunCount++
	}
	if resuming && (t.proposed.Type == db.Running || t.proposed.Type.Terminal()) {
		t.run.Policy.Resuming = new(false)
	}
}

// persisted reports whether a state's data leads to a result that somebody keeps.
func persisted(data json.RawMessage) bool {
	if text := bytes.TrimSpace(data); len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return false
	}
	var result struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(data, &result) != nil || result.Type != "unpersisted"
}

// reference reports whether data is what the server takes for a result's reference: an object with something in it.
func reference(data json.RawMessage) bool {
	var object map[string]json.RawMessage
	return persisted(data) && json.Unmarshal(data, &object) == nil && len(object) > 0
}
