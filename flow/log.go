package flow

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// sentKey marks a context whose record is on its way to the server, so that two handlers do not send it twice.
type sentKey struct{}

// NewHandler returns a handler that passes records on to next and, for those whose context belongs to a run on a server,
// sends them there too, from level Info up. They are sent in batches, and the rest when the flow run ends. [Main] makes it
// the default, so that slog.InfoContext(ctx, …) is all that a flow needs.
//
// next must not be the handler of slog.Default as the program began with it, which calls itself when it is the default's own next.
func NewHandler(next slog.Handler) slog.Handler {
	return &handler{next: next, text: func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }}
}

// Logger returns a logger for the run that ctx belongs to. It needs neither [Main] nor a context with each record.
func Logger(ctx context.Context) *slog.Logger {
	next := slog.Default().Handler()
	if flowOf(ctx) == nil {
		return slog.New(next)
	}
	return slog.New(&bound{handler: NewHandler(next), scope: scopeOf(ctx)})
}

// bound gives every record the run that its context lacks.
type bound struct {
	handler slog.Handler
	scope   scope
}

func (b *bound) in(ctx context.Context) context.Context {
	if flowOf(ctx) != nil {
		return ctx
	}
	return withScope(ctx, b.scope)
}

// Enabled asks as for a record of the run.
func (b *bound) Enabled(ctx context.Context, level slog.Level) bool {
	return b.handler.Enabled(b.in(ctx), level)
}

// Handle handles a record of the run.
func (b *bound) Handle(ctx context.Context, record slog.Record) error {
	return b.handler.Handle(b.in(ctx), record)
}

// WithAttrs keeps the run.
func (b *bound) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &bound{b.handler.WithAttrs(attrs), b.scope}
}

// WithGroup keeps the run.
func (b *bound) WithGroup(name string) slog.Handler {
	return &bound{b.handler.WithGroup(name), b.scope}
}

// handler is what NewHandler makes.
type handler struct {
	next slog.Handler
	// text makes a handler that writes a record's attributes after emptyRecord, those of With among them.
	text func(io.Writer) slog.Handler
}

// emptyRecord is what slog's text handler writes for a record without time, message and attributes.
const emptyRecord = `level=INFO msg=""`

// toServer is the run's session if the record is to be sent.
func toServer(ctx context.Context, level slog.Level) *session {
	run := flowOf(ctx)
	if run == nil || level < slog.LevelInfo || ctx.Value(sentKey{}) != nil {
		return nil
	}
	return run.session
}

// Enabled reports whether next or the server wants such records.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return toServer(ctx, level) != nil || h.next.Enabled(ctx, level)
}

// Handle sends the record and passes it on.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	if session := toServer(ctx, record.Level); session != nil {
		h.send(ctx, session, record)
		ctx = context.WithValue(ctx, sentKey{}, true)
	}
	if !h.next.Enabled(ctx, record.Level) {
		return nil
	}
	return h.next.Handle(ctx, record)
}

// send hands the record to the log sender. That waits only while 16 MB are on their way, and gives up what the server does
// not take: a flow does not fail because of its log.
func (h *handler) send(ctx context.Context, session *session, record slog.Record) {
	var text bytes.Buffer
	bare := slog.Record{Level: slog.LevelInfo}
	record.Attrs(func(a slog.Attr) bool {
		bare.AddAttrs(a)
		return true
	})
	message := record.Message
	if err := h.text(&text).Handle(ctx, bare); err == nil {
		message += strings.TrimSuffix(strings.TrimPrefix(text.String(), emptyRecord), "\n")
	}
	scope := scopeOf(ctx)
	line := prefect.Log{
		Name: "prefect.flow_runs", Level: prefect.LogLevel(record.Level), Message: message, Timestamp: prefect.At(record.Time), FlowRunID: scope.flow.id,
	}
	if scope.task != nil {
		line.Name, line.TaskRunID = "prefect.task_runs", scope.task.run.ID
	}
	_ = session.logs.Add(context.WithoutCancel(ctx), line) // closed: the run has ended, and its log with it
}

// WithAttrs adds attributes to what is sent and to next.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	text := h.text
	return &handler{h.next.WithAttrs(attrs), func(w io.Writer) slog.Handler { return text(w).WithAttrs(attrs) }}
}

// WithGroup opens a group in what is sent and in next.
func (h *handler) WithGroup(name string) slog.Handler {
	text := h.text
	return &handler{h.next.WithGroup(name), func(w io.Writer) slog.Handler { return text(w).WithGroup(name) }}
}
