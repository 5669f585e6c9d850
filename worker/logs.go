package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

const (
	// lastLines is how much of a crashed container's output goes to the run's logs.
	lastLines = 100
	// maxLastBytes bounds the memory for it.
	maxLastBytes = 64 << 10
	// arriveTime is how long the group of a run that has ended is kept for forwarded lines that have not arrived.
	arriveTime = 10 * time.Second
	// maxLine is where a line without an end is cut.
	maxLine = 64 << 10
	// containerLogger and workerLogger name the loggers of what the container printed and of what the worker has to say.
	containerLogger = "prefect.flow_runs.container"
	workerLogger    = "prefect.flow_runs.worker"
	// knownLogs is how many of a run's logs are read to find what has arrived already.
	knownLogs = 2000
)

// errOnTheirWay: lines that are forwarded have not arrived for [arriveTime].
var errOnTheirWay = errors.New("the server has not taken all lines yet")

// outputs is where the containers' output goes: to the worker's own output, and to the logs of the flow runs.
type outputs struct {
	client *prefect.Client
	log    *slog.Logger
	ctx    context.Context
	shown  *printer // nil: nothing is shown

	mu     sync.Mutex
	sender *prefect.LogSender
}

// newOutputs shows output by shown, which may be nil. ctx is for all that is sent to the server, and must outlive the runs.
func newOutputs(ctx context.Context, client *prefect.Client, shown *printer, log *slog.Logger) *outputs {
	return &outputs{client: client, shown: shown, log: log, ctx: ctx}
}

// close shows and sends the lines that are left, as long as ctx allows.
func (o *outputs) close(ctx context.Context) {
	if o.shown != nil {
		defer o.shown.close(ctx)
	}
	o.mu.Lock()
	sender := o.sender
	o.mu.Unlock()
	if sender == nil {
		return
	}
	if err := sender.Close(ctx); err != nil {
		o.log.WarnContext(ctx, "log lines of flow runs were lost", "error", err)
	}
}

// send queues a line for the server. It waits only while 16 MB of them do.
func (o *outputs) send(line prefect.Log) {
	o.lost(1, o.queue().Add(o.ctx, line))
}

// sendNow queues a line for the server without waiting: a run must go on though the output of another fills the queue.
func (o *outputs) sendNow(line prefect.Log) {
	o.lost(1, o.queue().AddNow(line))
}

// lost tells of lines that were not sent, if there is a reason why.
func (o *outputs) lost(lines int, err error) {
	if err != nil {
		o.log.Warn("log lines of flow runs were lost", "lines", lines, "error", err)
	}
}

// queue is the sender, which begins with its first use.
func (o *outputs) queue() *prefect.LogSender {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sender == nil {
		o.sender = o.client.NewLogSender(o.ctx, prefect.LogSenderOptions{Failed: o.lost})
	}
	return o.sender
}

// flush waits until what was sent has arrived.
func (o *outputs) flush(ctx context.Context) error {
	o.mu.Lock()
	sender := o.sender
	o.mu.Unlock()
	if sender == nil {
		return nil
	}
	return sender.Flush(ctx)
}

// outputOptions say where the output of one run goes.
type outputOptions struct {
	// print: to the worker's output (stream_output).
	print bool
	// forward: to the flow run's logs.
	forward bool
}

// runOutput takes what the container of one run prints. Its Write never fails, and is called by one goroutine at a time.
type runOutput struct {
	all  *outputs
	id   prefect.ID
	name string
	opts outputOptions

	mu       sync.Mutex
	partial  []byte
	tail     []string
	tailSize int
	read     bool // the tail is what the container printed last
	records  recordReader
	arrived  map[string]int // lines that an earlier watch has sent, and how often
	last     time.Time
}

// of is the output of one run.
func (o *outputs) of(run prefect.FlowRun, opts outputOptions) *runOutput {
	name := run.Name
	if name == "" {
		name = string(run.ID)
	}
	opts.print = opts.print && o.shown != nil
	return &runOutput{all: o, id: run.ID, name: name, opts: opts}
}

// writer is what the watch writes to; nil if nobody wants the output, which then is not read from Azure.
func (r *runOutput) writer() io.Writer {
	if !r.opts.print && !r.opts.forward {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = true
	return r
}

// resume is called before the output is read from its beginning again, by a worker that takes a run over. Lines that are
// among the run's logs are not sent again.
func (r *runOutput) resume(ctx context.Context) error {
	if !r.opts.forward {
		return nil
	}
	known, newest, err := r.knownLines(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrived, r.last = known, newest
	return nil
}

// Write takes output as it comes; lines may be in pieces.
func (r *runOutput) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partial = append(r.partial, p...)
	defer func() { r.partial = append([]byte(nil), r.partial...) }() // the rest alone is kept
	for {
		end := bytes.IndexByte(r.partial, '\n')
		switch {
		case end >= 0:
			r.line(string(bytes.TrimSuffix(r.partial[:end], []byte("\r"))))
			r.partial = r.partial[end+1:]
		case len(r.partial) >= maxLine:
			r.line(string(r.partial[:maxLine]))
			r.partial = r.partial[maxLine:]
		default:
			return len(p), nil
		}
	}
}

// finish takes what came without an end of line.
func (r *runOutput) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.partial) > 0 {
		r.line(string(r.partial))
		r.partial = nil
	}
}

// arrive waits until the lines that are forwarded have arrived, for a while: a worker that is killed afterwards loses none. Its error
// is errOnTheirWay if they have not.
func (r *runOutput) arrive(ctx context.Context) error {
	if !r.opts.forward {
		return nil
	}
	soon, cancel := context.WithTimeoutCause(ctx, arriveTime, errOnTheirWay)
	defer cancel()
	return r.all.flush(soon)
}

func (r *runOutput) line(line string) {
	r.tail = append(r.tail, line)
	r.tailSize += len(line)
	for len(r.tail) > lastLines || r.tailSize > maxLastBytes && len(r.tail) > 1 {
		r.tailSize -= len(r.tail[0])
		r.tail = append(r.tail[:0], r.tail[1:]...)
	}
	if r.opts.print {
		r.all.shown.print(r.name + " | " + line)
	}
	if !r.opts.forward {
		return
	}
	log, own := r.records.read(line)
	if own {
		return
	}
	if r.arrived[log.Message] > 0 {
		r.arrived[log.Message]--
		return
	}
	r.all.send(r.stamp(log))
}

// stamp makes a line one of the run's, later than all before it: logs are read in the order of their times.
func (r *runOutput) stamp(log prefect.Log) prefect.Log {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(r.last) {
		now = r.last.Add(time.Microsecond)
	}
	r.last = now
	log.FlowRunID, log.Timestamp = r.id, prefect.At(now)
	return log
}

// note puts the worker's own words among the run's logs.
func (r *runOutput) note(level slog.Level, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all.sendNow(r.stamp(prefect.Log{Name: workerLogger, Level: prefect.LogLevel(level), Message: fmt.Sprintf(format, args...)}))
}

// gap says among the run's logs that some of what was to be forwarded is lost. It is told beside the output, so it may stand some lines
// too early or too late.
func (r *runOutput) gap(what, reason string) {
	if r.opts.forward {
		r.note(slog.LevelWarn, "The container's output has a gap (%s): %s.", what, strings.TrimSuffix(reason, "."))
	}
}

// lost says how much is missing in a gap.
func lost(g aci.Gap) string {
	switch g.Lines {
	case 0:
		return "nobody knows how much"
	case 1:
		return "1 line"
	}
	return fmt.Sprintf("%d lines", g.Lines)
}

// crashed sends the last lines of the container to the run's logs, without those that are there. Where the output was not
// read, it is read from the group, which must still exist. Lines that are forwarded and have not arrived are on their way, and the
// report of a crash does not wait for them: the output of other runs may be before them.
func (r *runOutput) crashed(ctx context.Context, containers *aci.Client, group string) error {
	r.finish()
	lines, err := r.ending(ctx, containers, group)
	if err != nil || len(lines) == 0 {
		return err
	}
	switch err := r.arrive(ctx); {
	case errors.Is(err, errOnTheirWay):
		return nil
	case err != nil:
		return err
	}
	known, _, err := r.knownLines(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var records recordReader
	var logs []prefect.Log
	for _, line := range lines {
		log, _ := records.read(line)
		if known[log.Message] == 0 && known[line] == 0 && strings.TrimSpace(line) != "" {
			logs = append(logs, r.stamp(log))
		}
	}
	if len(logs) == 0 {
		return nil
	}
	return r.all.client.CreateLogs(ctx, logs)
}

// ending is the last lines of the container.
func (r *runOutput) ending(ctx context.Context, containers *aci.Client, group string) ([]string, error) {
	r.mu.Lock()
	lines := append([]string(nil), r.tail...)
	read := r.read
	r.mu.Unlock()
	if read && len(lines) > 0 || group == "" {
		return lines, nil
	}
	var out bytes.Buffer
	if err := containers.Logs(ctx, group, aci.LogOptions{Output: &out, Tail: lastLines}); err != nil {
		return nil, err
	}
	text := strings.TrimRight(out.String(), "\r\n")
	if text == "" {
		return nil, nil
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), nil
}

// knownLines are the lines of the run's newest logs, how often each is there, and when the newest was written.
func (r *runOutput) knownLines(ctx context.Context) (known map[string]int, newest time.Time, _ error) {
	known = map[string]int{}
	query := prefect.LogQuery{FlowRunIDs: []prefect.ID{r.id}, Sort: prefect.SortTimestampDesc, Limit: knownLogs}
	for log, err := range r.all.client.Logs(ctx, query) {
		if err != nil {
			return nil, time.Time{}, err
		}
		if newest.IsZero() {
			newest = log.Timestamp.Time
		}
		for line := range strings.Lines(log.Message) {
			known[strings.TrimRight(line, "\r\n")]++
		}
	}
	return known, newest, nil
}
