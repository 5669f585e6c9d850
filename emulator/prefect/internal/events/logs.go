package events

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// maxLoose is how many lines without a flow run are remembered; the oldest are forgotten. The others go with their runs.
const maxLoose = 20_000

// logBatch is the body of a request with new logs.
type logBatch []struct {
	Name      string     `json:"name" req:"true"`
	Level     int        `json:"level" req:"true"`
	Message   string     `json:"message" req:"true"`
	Timestamp api.Time   `json:"timestamp" req:"true"`
	FlowRunID *uuid.UUID `json:"flow_run_id"`
	TaskRunID *uuid.UUID `json:"task_run_id"`
}

// IsSequence makes it what it is for the server.
func (logBatch) IsSequence() {}

func (s *store) createLogs(r *api.Request) (api.Reply, error) {
	var body logBatch
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	now := api.Now()
	byRun := map[uuid.UUID][]*db.Log{}
	for _, l := range body {
		// A database of the server's takes no zero bytes, so it drops them.
		kept := &db.Log{
			Base: db.Base{ID: uuid.New(), Created: now, Updated: now}, Name: strings.ReplaceAll(l.Name, "\x00", ""), Level: l.Level,
			Message: strings.ReplaceAll(l.Message, "\x00", ""), Timestamp: l.Timestamp, FlowRunID: l.FlowRunID, TaskRunID: l.TaskRunID, Number: s.lines,
		}
		s.lines++
		var run uuid.UUID
		if l.FlowRunID != nil {
			run = *l.FlowRunID
		}
		byRun[run] = append(byRun[run], kept)
		s.logFeed.publish(kept)
	}
	for run, lines := range byRun {
		s.db.Logs[run] = keep(s.db.Logs[run], lines)
	}
	if loose := s.db.Logs[uuid.UUID{}]; len(loose) > maxLoose+maxLoose/4 {
		s.db.Logs[uuid.UUID{}] = slices.Clone(loose[len(loose)-maxLoose:])
	}
	return api.Created(nil)
}

// keep puts lines where their times say, behind those of the same time. They come nearly in order, so only the end that
// is not older than all of them is looked at; but a batch may as well be backwards.
func keep(old, lines []*db.Log) []*db.Log {
	first := slices.MinFunc(lines, byTime)
	at, _ := slices.BinarySearchFunc(old, first, byTime)
	old = append(old, lines...)
	slices.SortFunc(old[at:], byTime)
	return old
}

// byTime orders lines by their time, and those of the same time as they came.
func byTime(a, b *db.Log) int {
	return cmp.Or(a.Timestamp.Compare(b.Timestamp.Time), a.Number-b.Number)
}

// logFilter is the criteria for logs.
type logFilter struct {
	Operator api.Operator `json:"operator"`
	Level    *struct {
		AtLeast *int `json:"ge_"`
		AtMost  *int `json:"le_"`
	} `json:"level"`
	Timestamp *struct {
		Before api.Time `json:"before_"`
		After  api.Time `json:"after_"`
	} `json:"timestamp"`
	FlowRunID *struct {
		Any *[]uuid.UUID `json:"any_"`
	} `json:"flow_run_id"`
	TaskRunID *struct {
		Any    *[]uuid.UUID `json:"any_"`
		IsNull *bool        `json:"is_null_"`
	} `json:"task_run_id"`
	Text *textFilter `json:"text"`
}

// criteria tells of each criterion that is given whether a line meets it; the text is apart.
func (f *logFilter) criteria(l *db.Log) []bool {
	var met []bool
	if f.Level != nil {
		met = append(met, (f.Level.AtLeast == nil || l.Level >= *f.Level.AtLeast) && (f.Level.AtMost == nil || l.Level <= *f.Level.AtMost))
	}
	if t := f.Timestamp; t != nil {
		met = append(met, (t.Before.IsZero() || !l.Timestamp.After(t.Before.Time)) && (t.After.IsZero() || !l.Timestamp.Before(t.After.Time)))
	}
	if f.FlowRunID != nil && f.FlowRunID.Any != nil {
		met = append(met, l.FlowRunID != nil && slices.Contains(*f.FlowRunID.Any, *l.FlowRunID))
	}
	if t := f.TaskRunID; t != nil {
		met = append(met, (t.Any == nil || l.TaskRunID != nil && slices.Contains(*t.Any, *l.TaskRunID)) && (t.IsNull == nil || *t.IsNull == (l.TaskRunID == nil)))
	}
	return met
}

// match reports whether a line of before passes.
func (f *logFilter) match(l *db.Log) bool {
	met := f.criteria(l)
	if f.Text != nil {
		met = append(met, f.Text.match(l.Message+" "+l.Name))
	}
	return f.Operator.Join(met)
}

// live reports whether a line that just came is for a listener. The server looks at neither operator nor text here.
func (f *logFilter) live(l *db.Log) bool { return !slices.Contains(f.criteria(l), false) }

// logSort is an order of lines.
type logSort string

// Values lists them.
func (logSort) Values() []string { return []string{"TIMESTAMP_ASC", "TIMESTAMP_DESC"} }

func (s *store) filterLogs(r *api.Request) (api.Reply, error) {
	body := struct {
		api.Loose
		api.Page
		Logs *logFilter `json:"logs"`
		Sort logSort    `json:"sort"`
	}{Sort: "TIMESTAMP_ASC"}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if body.Logs == nil {
		body.Logs = &logFilter{}
	}
	found := s.findLogs(body.Logs)
	if body.Sort == "TIMESTAMP_DESC" {
		slices.Reverse(found)
	}
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(part)
}

// findLogs gives the lines that pass, by time. Most ask for one flow run's.
func (s *store) findLogs(f *logFilter) []*db.Log {
	var found []*db.Log
	take := func(lines []*db.Log) {
		for _, l := range lines {
			if f.match(l) {
				found = append(found, l)
			}
		}
	}
	if f.FlowRunID != nil && f.FlowRunID.Any != nil && f.Operator != "or_" {
		for _, id := range slices.Compact(slices.SortedFunc(slices.Values(*f.FlowRunID.Any), compareIDs)) {
			take(s.db.Logs[id])
		}
		if len(*f.FlowRunID.Any) == 1 {
			return found
		}
	} else {
		for _, lines := range s.db.Logs {
			take(lines)
		}
	}
	slices.SortFunc(found, byTime)
	return found
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
