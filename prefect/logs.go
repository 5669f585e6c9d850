package prefect

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Log is one line of a flow or task run's log.
type Log struct {
	ID      ID   `json:"id,omitzero"`
	Created Time `json:"created,omitzero"`
	// Name is the logger's, such as prefect.flow_runs.
	Name string `json:"name"`
	// Level is Python's: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
	Level int `json:"level"`
	// Message is text. In what is sent, bytes that are not UTF-8 become U+FFFD.
	Message string `json:"message"`
	// Timestamp is cut to microseconds. Lines are read in its order.
	Timestamp Time `json:"timestamp"`
	FlowRunID ID   `json:"flow_run_id,omitzero"`
	TaskRunID ID   `json:"task_run_id,omitzero"`
}

// LogLevel is Python's number for a level of slog: -4 is 10, 0 is 20, 4 is 30, 8 is 40, and so on between.
func LogLevel(level slog.Level) int { return max(0, 20+int(level)*10/4) }

// The sizes that Prefect's client keeps to (PREFECT_LOGGING_TO_API_MAX_LOG_SIZE and _BATCH_SIZE, PREFECT_CLOUD_MAX_LOG_SIZE), in
// bytes of JSON.
const (
	maxLogSize      = 1_000_000
	maxCloudLogSize = 25_000
	maxLogBatch     = 4_000_000
	// fullLogBatch is sent without waiting: one more line of the greatest size would be too much.
	fullLogBatch = maxLogBatch - maxLogSize
	// maxLogLines is Pacific's own: a server that writes some hundred lines a second answers before anybody gives up, and what it
	// has taken need not be sent again.
	maxLogLines = 1000
	// truncatedMark ends a message that was too long.
	truncatedMark = "... [truncated]"
)

// LogQuery chooses log lines; zero: all, oldest first.
type LogQuery struct {
	FlowRunIDs, TaskRunIDs []ID
	// MinLevel is the least level. 0: all.
	MinLevel int
	// After and Before bound the timestamps, ends included. Zero: not bounded.
	After, Before time.Time
	// Sort is [SortTimestampAsc] (also if empty) or [SortTimestampDesc].
	Sort string
	// Limit ends the list after so many lines. 0: all.
	Limit int
}

type logFilter struct {
	Level struct {
		GE int `json:"ge_,omitempty"`
	} `json:"level,omitzero"`
	Timestamp TimeRange `json:"timestamp,omitzero"`
	FlowRunID Match     `json:"flow_run_id,omitzero"`
	TaskRunID Match     `json:"task_run_id,omitzero"`
}

// Logs lists log lines.
func (c *Client) Logs(ctx context.Context, q LogQuery) iter.Seq2[Log, error] {
	filter := logFilter{
		Timestamp: TimeRange{After: At(q.After), Before: At(q.Before)},
		FlowRunID: Match{Any: texts(q.FlowRunIDs)}, TaskRunID: Match{Any: texts(q.TaskRunIDs)},
	}
	filter.Level.GE = q.MinLevel
	if q.Sort == "" {
		q.Sort = SortTimestampAsc
	}
	body := map[string]any{"logs": filter, "sort": q.Sort}
	return pages(ctx, c, list{doing: "listing logs", path: "/logs/filter", body: body, limit: q.Limit}, func(l *Log) ID { return l.ID })
}

func texts(ids []ID) []string {
	var all []string
	for _, id := range ids {
		all = append(all, string(id))
	}
	return all
}

// CreateLogs sends log lines, in as many requests as their size needs; too long messages are cut. It blocks: use
// [Client.NewLogSender] for a program's own log.
func (c *Client) CreateLogs(ctx context.Context, logs []Log) error {
	var b logBatch
	for _, log := range logs {
		b.add(c.encodeLog(log))
		if b.full() {
			if err := c.sendLogs(ctx, &b); err != nil {
				return err
			}
		}
	}
	return c.sendLogs(ctx, &b)
}

// encodedLog is a line as it is sent, and as it will be found again.
type encodedLog struct {
	json []byte
	log  Log
}

// encodeLog writes a line, cut to the greatest size. What the server sets is left out.
func (c *Client) encodeLog(log Log) encodedLog {
	log.ID, log.Created = "", Time{}
	// A program's output need not be text, and a line must not be lost for that. It is looked for as it will be stored.
	log.Name, log.Message = strings.ToValidUTF8(log.Name, "\uFFFD"), strings.ToValidUTF8(log.Message, "\uFFFD")
	log.Message = strings.ReplaceAll(log.Message, "\x00", "") // 3.x drops it, and PostgreSQL behind a 2.20 refuses it
	log.Timestamp.Time = log.Timestamp.UTC().Truncate(time.Microsecond)
	if log.Timestamp.IsZero() {
		log.Timestamp = At(time.Now().UTC().Truncate(time.Microsecond))
	}
	most := maxLogSize
	if c.cloud {
		most = maxCloudLogSize
	}
	encoded, err := json.Marshal(log)
	for cut := len(log.Message); err == nil && len(encoded) > most && cut > 0; {
		// As if all of the message needed escaping equally: right at once for most, and always shorter.
		cut = max(0, int(float64(cut)*float64(most)/float64(len(encoded)))-len(truncatedMark)-overhead)
		for cut > 0 && !utf8.RuneStart(log.Message[cut]) {
			cut--
		}
		short := log
		short.Message = log.Message[:cut] + truncatedMark
		encoded, err = json.Marshal(short)
		if len(encoded) <= most {
			log = short
		}
	}
	if err != nil {
		// Text, numbers and a time cannot fail, but a year past 9999 would.
		encoded = []byte("null")
	}
	return encodedLog{json: encoded, log: log}
}

// overhead is about what a line needs beside its message.
const overhead = 300

// logBatch is the body of one request under construction.
type logBatch struct {
	lines []encodedLog
	size  int
	// patient: it is sent in the background, see request.
	patient bool
}

func (b *logBatch) add(line encodedLog) {
	b.lines = append(b.lines, line)
	b.size += len(line.json) + 1
}

func (b *logBatch) full() bool { return b.size > fullLogBatch || len(b.lines) >= maxLogLines }

// body is the batch as a JSON list.
func (b *logBatch) body() json.RawMessage {
	body := make([]byte, 0, b.size+1)
	for i, line := range b.lines {
		body = append(body, "[,"[min(i, 1)])
		body = append(body, line.json...)
	}
	return append(body, ']')
}

// sendLogs sends a batch and empties it. On an error it stays as it was.
func (c *Client) sendLogs(ctx context.Context, b *logBatch) error {
	if len(b.lines) == 0 {
		return nil
	}
	_, err := do(ctx, c, request[none]{
		doing: "sending logs", method: http.MethodPost, path: "/logs/", body: b.body(), patient: b.patient,
		settled: func(ctx context.Context) (none, bool, error) { return none{}, true, c.sendMissing(ctx, b) },
	})
	if err == nil {
		*b = logBatch{}
	}
	return err
}

// sendMissing finishes a batch of which an unknown part arrived: a server writes a large one in several transactions, and
// Prefect's own client would send it all twice.
func (c *Client) sendMissing(ctx context.Context, b *logBatch) error {
	q := LogQuery{After: b.lines[0].log.Timestamp.Time, Before: b.lines[0].log.Timestamp.Time}
	runs := map[ID]bool{}
	for _, line := range b.lines {
		at := line.log.Timestamp.Time
		if at.Before(q.After) {
			q.After = at
		}
		if at.After(q.Before) {
			q.Before = at
		}
		if run := line.log.FlowRunID; !runs[run] {
			runs[run] = true
			q.FlowRunIDs = append(q.FlowRunIDs, run)
		}
	}
	if runs[""] {
		q.FlowRunIDs = nil // lines without a run can only be found by their time
	}
	stored := map[Log]int{}
	for log, err := range c.Logs(ctx, q) {
		if err != nil {
			return err
		}
		stored[log.key()]++
	}
	missing := &logBatch{patient: b.patient}
	for _, line := range b.lines {
		if key := line.log.key(); stored[key] > 0 {
			stored[key]--
			continue
		}
		missing.add(line)
	}
	return c.sendLogs(ctx, missing)
}

// key is what two equal lines have in common: the server's own fields left out.
func (l Log) key() Log {
	l.ID, l.Created = "", Time{}
	l.Timestamp.Time = time.UnixMicro(l.Timestamp.UnixMicro()).UTC()
	return l
}
