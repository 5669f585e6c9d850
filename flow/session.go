package flow

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// closing is how long what is still to be sent may take when a flow run ends. Prefect's client gives its logs as long.
const closing = 5 * time.Second

// session is what a flow run and all its subflows share of a server.
type session struct {
	client  *prefect.Client
	version prefect.Version
	logs    *prefect.LogSender
	// events carries the states of task runs; nil on 2.20, which wants to be asked for each of them.
	events *prefect.EventPublisher
}

// openSession asks the server for its version. What is sent later outlives ctx: the end of a run is told too.
func openSession(ctx context.Context, client *prefect.Client) (*session, error) {
	version, err := client.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	lasting := context.WithoutCancel(ctx)
	s := &session{client: client, version: version, logs: client.NewLogSender(lasting, prefect.LogSenderOptions{})}
	if version.TaskRunsByEvents() {
		s.events = client.NewEventPublisher(lasting)
	}
	return s, nil
}

// close sends what is left. What is lost is said in the local log alone: the run has ended as it has.
func (s *session) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	var events error
	if s.events != nil {
		events = s.events.Close(ctx)
	}
	if err := errors.Join(events, s.logs.Close(ctx)); err != nil {
		slog.WarnContext(ctx, "the server has not got all of the flow run", "error", err)
	}
}
