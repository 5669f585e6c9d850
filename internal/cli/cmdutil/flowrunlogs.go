package cmdutil

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// logsLate is how long after their time lines may still come: from a machine whose clock is behind, or with a request
// that had to be repeated. Lines are read from so long ago again.
const logsLate = 30 * time.Second

// FlowRunLogs reads the lines that Prefect has of flow runs, and gives each once. Make it with [NewFlowRunLogs]. It is for one
// goroutine.
type FlowRunLogs struct {
	client *prefect.Client
	query  prefect.LogQuery
	each   func(prefect.Log) error
	// seen are the lines from query.After on.
	seen map[prefect.ID]time.Time
	// latest is the latest timestamp.
	latest time.Time
}

// NewFlowRunLogs reads nothing yet. each gets the lines, in the order of their time within one read; its error ends that read.
func NewFlowRunLogs(client *prefect.Client, query prefect.LogQuery, each func(prefect.Log) error) *FlowRunLogs {
	return &FlowRunLogs{client: client, query: query, each: each, seen: map[prefect.ID]time.Time{}}
}

// Last gives the last n lines of what is there now, and counts them; 0: all. Call it once, first.
func (l *FlowRunLogs) Last(ctx context.Context, n int) (int, error) {
	if n == 0 {
		return l.Read(ctx)
	}
	query := l.query
	query.Sort, query.Limit = prefect.SortTimestampDesc, n
	lines, err := prefect.Collect(l.client.Logs(ctx, query))
	if err != nil {
		return 0, err
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if err := l.one(lines[i]); err != nil {
			return 0, err
		}
	}
	if len(lines) == 0 {
		return 0, nil
	}
	return len(lines), l.skip(ctx, lines[len(lines)-1].Timestamp.Time)
}

// skip takes the lines up to a time as given, as far back as later reads go.
func (l *FlowRunLogs) skip(ctx context.Context, until time.Time) error {
	l.query.After = l.latest.Add(-logsLate)
	before := l.query
	before.Before = until
	for line, err := range l.client.Logs(ctx, before) {
		if err != nil {
			return err
		}
		l.seen[line.ID] = line.Timestamp.Time
	}
	return nil
}

// Read gives the lines that have come since the last read, and counts them.
func (l *FlowRunLogs) Read(ctx context.Context) (int, error) {
	read := 0
	for line, err := range l.client.Logs(ctx, l.query) {
		if err != nil {
			return read, err
		}
		if _, again := l.seen[line.ID]; again {
			continue
		}
		read++
		if err := l.one(line); err != nil {
			return read, err
		}
	}
	if from := l.latest.Add(-logsLate); from.After(l.query.After) {
		l.query.After = from
		for id, at := range l.seen {
			if at.Before(from) {
				delete(l.seen, id)
			}
		}
	}
	return read, nil
}

func (l *FlowRunLogs) one(line prefect.Log) error {
	l.seen[line.ID] = line.Timestamp.Time
	if line.Timestamp.After(l.latest) {
		l.latest = line.Timestamp.Time
	}
	return l.each(line)
}
