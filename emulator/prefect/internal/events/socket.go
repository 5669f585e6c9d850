package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// maxBackfill is how far a new listener looks back: a figure of the server's.
const maxBackfill = 15 * time.Minute

// socketIn takes events, one in each message. One that is none breaks the connection off.
func (s *store) socketIn(ctx context.Context, conn *websocket.Conn) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var body eventBody
		if api.Parse(text, &body) != nil {
			return
		}
		s.take(body.record())
	}
}

// take receives an event under the lock, and gives the lock back whatever happens.
func (s *store) take(e *db.Event) {
	s.db.Lock()
	defer s.db.Unlock()
	s.receive(e)
}

// wish is a listener's first message.
type wish struct {
	Type     *string         `json:"type"`
	Filter   json.RawMessage `json:"filter"`
	Backfill *bool           `json:"backfill"`
}

// listen reads a listener's wish into a filter. False is for one that is refused. What cannot be read breaks the
// connection off, a bad filter too: its reason is too long for the server's close frame.
func listen(ctx context.Context, conn *websocket.Conn, filter any) (wish, bool) {
	var message wish
	if api.ReadMessage(ctx, conn, &message) != nil || message.Type == nil {
		return message, false
	}
	if *message.Type != "filter" {
		_ = conn.Close(websocket.StatusProtocolError, "Expected 'filter' message")
		return message, false
	}
	if message.Filter == nil {
		_ = conn.Close(websocket.StatusProtocolError, "Invalid filter: 'filter'")
		return message, false
	}
	return message, api.Parse(message.Filter, filter) == nil
}

// socketOut gives events as they come, and before them those of the last minutes, unless it is not asked for.
func (s *store) socketOut(ctx context.Context, conn *websocket.Conn) {
	var filter eventFilter
	message, ok := listen(ctx, conn, &filter)
	if !ok || filter.prepare() != nil {
		return
	}
	if earliest := time.Now().Add(-maxBackfill); filter.Occurred.Since.Before(earliest) {
		filter.Occurred.Since = api.At(earliest)
	}
	filter.Order = "ASC"
	// Both under one lock: nothing is missed, and nothing comes twice.
	s.db.Lock()
	reader := s.feed.join(filter.live)
	var before []*db.Event
	if message.Backfill == nil || *message.Backfill {
		before = s.find(&filter)
	}
	s.db.Unlock()
	defer func() {
		s.db.Lock()
		defer s.db.Unlock()
		s.feed.leave(reader)
	}()
	ctx = conn.CloseRead(ctx) // answers pings, and ends when the client goes
	for _, e := range before {
		if api.WriteMessage(ctx, conn, map[string]any{"type": "event", "event": e}) != nil {
			return
		}
	}
	stream(ctx, conn, "event", reader)
}

// stream sends what a listener gets until its client goes.
func stream[T any](ctx context.Context, conn *websocket.Conn, kind string, reader *reader[T]) {
	for {
		select {
		case <-ctx.Done():
			return
		case item := <-reader.items:
			if api.WriteMessage(ctx, conn, map[string]any{"type": kind, kind: item}) != nil {
				return
			}
		}
	}
}

// logsOut gives logs as they come.
func (s *store) logsOut(ctx context.Context, conn *websocket.Conn) {
	var filter logFilter
	if _, ok := listen(ctx, conn, &filter); !ok {
		return
	}
	s.db.Lock()
	reader := s.logFeed.join(filter.live)
	s.db.Unlock()
	defer func() {
		s.db.Lock()
		defer s.db.Unlock()
		s.logFeed.leave(reader)
	}()
	stream(conn.CloseRead(ctx), conn, "log", reader)
}
