package events

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of the server's.
const (
	maxMessage = 16 << 20
	// maxBackfill is how far a new listener looks back.
	maxBackfill = 15 * time.Minute
	protocol    = "prefect"
)

// accept makes a websocket of a request and has its client sign in, as the server wants of all that speak its protocol.
// Without the protocol, only a server without sign-in lets a client in. A nil connection is one that is over.
func (s *store) accept(w http.ResponseWriter, r *http.Request) *websocket.Conn {
	speaks := slices.ContainsFunc(strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ","),
		func(p string) bool { return strings.TrimSpace(p) == protocol })
	if !speaks && s.auth != "" {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}})
	if err != nil {
		return nil // it has answered
	}
	conn.SetReadLimit(maxMessage)
	if !speaks {
		return conn
	}
	var message struct {
		Type  string `json:"type"`
		Token any    `json:"token"`
	}
	reason := ""
	err = readJSON(r.Context(), conn, &message)
	token, _ := message.Token.(string)
	switch {
	case err != nil:
		_ = conn.CloseNow() // the server breaks off, too, where it meets what it cannot read
		return nil
	case message.Type != "auth":
		reason = "Expected 'auth' message"
	case s.auth != "" && message.Token == nil, s.auth != "" && message.Token == "":
		reason = "Auth required but no token provided"
	case s.auth != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.auth)) != 1:
		reason = "Invalid token"
	default:
		if writeJSON(r.Context(), conn, map[string]string{"type": "auth_success"}) != nil {
			_ = conn.CloseNow()
			return nil
		}
		return conn
	}
	_ = conn.Close(websocket.StatusPolicyViolation, reason)
	return nil
}

func readJSON(ctx context.Context, conn *websocket.Conn, into any) error {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func writeJSON(ctx context.Context, conn *websocket.Conn, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, text)
}

// socketIn takes events, one in each message. One that is none breaks the connection off.
func (s *store) socketIn(w http.ResponseWriter, r *http.Request) {
	conn := s.accept(w, r)
	if conn == nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		_, text, err := conn.Read(r.Context())
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
	if readJSON(ctx, conn, &message) != nil || message.Type == nil {
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
func (s *store) socketOut(w http.ResponseWriter, r *http.Request) {
	conn := s.accept(w, r)
	if conn == nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	var filter eventFilter
	message, ok := listen(r.Context(), conn, &filter)
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
	ctx := conn.CloseRead(r.Context()) // answers pings, and ends when the client goes
	for _, e := range before {
		if writeJSON(ctx, conn, map[string]any{"type": "event", "event": e}) != nil {
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
			if writeJSON(ctx, conn, map[string]any{"type": kind, kind: item}) != nil {
				return
			}
		}
	}
}

// logsOut gives logs as they come.
func (s *store) logsOut(w http.ResponseWriter, r *http.Request) {
	conn := s.accept(w, r)
	if conn == nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	var filter logFilter
	if _, ok := listen(r.Context(), conn, &filter); !ok {
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
	stream(conn.CloseRead(r.Context()), conn, "log", reader)
}
