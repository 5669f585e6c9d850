package prefect

import (
	"context"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// eventOverlap is read again after a lost connection, for events that came late or out of order.
	eventOverlap = time.Minute
	// seenEvents bounds the memory of what was given already: what one overlap of a busy server may hold.
	seenEvents = 5000
	// steadyConnection is how long a connection must last for the pauses between attempts to begin anew: a server that sends
	// one event and hangs up is no server to be asked without a pause.
	steadyConnection = 10 * time.Second
)

// SubscribeEvents gives events as they happen, those of the last minute first. A lost connection is opened again, with what
// was missed in between up to 15 minutes, and no event is given twice. (The server itself drops
// some for a subscriber who is more than 256 behind.) The sequence ends with the first error that trying again
// does not mend, such as [ErrUnauthorised] or, for 2.20, [ErrUnsupported]; when the server cannot be reached at all to begin with;
// or with the context's cause.
func (c *Client) SubscribeEvents(ctx context.Context, filter EventFilter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := &eventStream{client: c, filter: filter, seen: recent{ids: map[ID]bool{}}}
		s.since = filter.Occurred.Since.Time
		if s.since.IsZero() {
			s.since = time.Now().Add(-eventOverlap)
		}
		if err := s.run(ctx, yield); err != nil {
			yield(Event{}, err)
		}
	}
}

// eventStream is one subscription over its connections.
type eventStream struct {
	client *Client
	filter EventFilter
	since  time.Time
	seen   recent
	failed int
	opened bool
	// since when the present connection is open, or the last one was
	connected time.Time
}

const subscribing = "subscribing to events"

// run gives nil when the consumer has had enough.
func (s *eventStream) run(ctx context.Context, yield func(Event, error) bool) error {
	if _, err := encodeJSON(s.filter); err != nil {
		return asError(err).during(subscribing)
	}
	if err := s.client.needs3(ctx, subscribing, "the events API"); err != nil {
		return err
	}
	for {
		more, err := s.connection(ctx, yield)
		if err == nil && !more {
			return nil
		}
		fault := asError(err)
		if ctx.Err() != nil || lasting(fault) {
			return fault
		}
		if !s.connected.IsZero() && time.Since(s.connected) > steadyConnection {
			s.failed = 0
		}
		s.failed++
		if !s.opened && (fault.noConnection && !s.client.reached.Load() || s.failed > s.client.retry.most) {
			return fault
		}
		s.client.log.DebugContext(ctx, "the events websocket is lost", "error", fault, "failures", s.failed)
		if err := sleep(ctx, s.client.retry.reconnectPause(s.failed)); err != nil {
			return fault.ended(err)
		}
	}
}

// connection reads one websocket until it is lost (an error) or the consumer stops (no more).
func (s *eventStream) connection(ctx context.Context, yield func(Event, error) bool) (more bool, _ error) {
	s.connected = time.Time{}
	conn, err := s.client.dial(ctx, subscribing, "/events/out", true)
	if err != nil {
		return true, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	defer conn.CloseNow()
	call := &call{doing: subscribing, method: http.MethodGet}
	filter := s.filter
	filter.Occurred.Since = At(s.since)
	if filter.Occurred.Until.IsZero() {
		filter.Occurred.Until = At(time.Now().AddDate(1, 0, 0)) // the server's own default is now
	}
	if err := writeJSON(ctx, conn, map[string]any{"type": "filter", "filter": filter, "backfill": true}); err != nil {
		return true, s.client.dropped(ctx, call, err)
	}
	s.opened, s.connected = true, time.Now()
	wg.Go(func() { keepAlive(ctx, conn) })
	for {
		var message eventMessage
		if err := readJSON(ctx, conn, &message); err != nil {
			return true, s.client.dropped(ctx, call, err)
		}
		event, ok := s.accept(message)
		if ok && !yield(event, nil) {
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return false, nil
		}
	}
}

// accept reads an event that was not given before; anything else on the line is passed over, as newer servers may say more.
func (s *eventStream) accept(message eventMessage) (Event, bool) {
	var event Event
	if message.Type != "event" || decodeNumbers(message.Event, &event) != nil || event.ID == "" || !s.seen.add(event.ID) {
		return Event{}, false
	}
	if again := event.Occurred.Add(-eventOverlap); again.After(s.since) {
		s.since = again
	}
	return event, true
}

// keepAlive closes a connection that no longer answers, which ends the read on it.
func keepAlive(ctx context.Context, conn *websocket.Conn) {
	ticker := time.NewTicker(socketPing)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(ctx, socketPing)
		err := conn.Ping(limited)
		cancel()
		if err != nil {
			_ = conn.CloseNow()
			return
		}
	}
}

// recent remembers the last ids.
type recent struct {
	ids   map[ID]bool
	order []ID
}

// add reports whether the id is new.
func (r *recent) add(id ID) bool {
	if r.ids[id] {
		return false
	}
	if len(r.order) == seenEvents {
		delete(r.ids, r.order[0])
		r.order = append(r.order[:0], r.order[1:]...)
	}
	r.ids[id] = true
	r.order = append(r.order, id)
	return true
}
