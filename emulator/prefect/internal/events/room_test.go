package events_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/internal/serve"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/events"
)

// room is this package alone, behind pipes.
type room struct {
	*db.DB
	router *api.Router
	pipes  *serve.InProcess
}

func newRoom(t *testing.T, auth string) *room {
	t.Helper()
	r := &room{DB: db.New()}
	r.router = api.NewRouter(api.Options{Lock: r.DB, AuthString: auth})
	events.Register(r.router, r.DB)
	ctx, cancel := context.WithCancel(context.Background())
	r.pipes = serve.NewInProcess(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx2, cancel2 := context.WithCancel(req.Context())
		defer cancel2()
		defer context.AfterFunc(ctx, cancel2)()
		r.router.ServeHTTP(w, req.WithContext(ctx2))
	}), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		cancel()
		r.pipes.Stop()
		r.pipes.Wait()
	})
	return r
}

// post sends a body and gives the reply.
func (r *room) post(t *testing.T, path string, body any) (int, []byte) {
	t.Helper()
	return post(t, r.router, path, body)
}

func post(t *testing.T, h http.Handler, path string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, api.Prefix+path, bytes.NewReader(text))
	req.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, req)
	return w.Code, w.Body.Bytes()
}

func (r *room) do(req *http.Request) (int, []byte) {
	w := httptest.NewRecorder()
	r.router.ServeHTTP(w, req)
	return w.Code, w.Body.Bytes()
}

// dial opens a websocket; protocols may be empty.
func (r *room) dial(t *testing.T, path string, protocols ...string) (*websocket.Conn, int) {
	t.Helper()
	conn, reply, err := websocket.Dial(t.Context(), "ws://prefect.local"+api.Prefix+path, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: r.pipes.Transport()}, Subprotocols: protocols,
	})
	if err != nil {
		if reply == nil {
			t.Fatal(err)
		}
		return nil, reply.StatusCode
	}
	conn.SetReadLimit(-1)
	return conn, reply.StatusCode
}

// open opens a websocket and signs in.
func (r *room) open(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	conn, status := r.dial(t, path, "prefect")
	if conn == nil {
		t.Fatalf("got %d", status)
	}
	send(t, conn, map[string]any{"type": "auth", "token": nil})
	if got := receive(t, conn)["type"]; got != "auth_success" {
		t.Fatalf("got %v, want auth_success", got)
	}
	return conn
}

func send(t *testing.T, conn *websocket.Conn, message any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, conn *websocket.Conn) map[string]any {
	t.Helper()
	_, text, err := conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var message map[string]any
	if err := json.Unmarshal(text, &message); err != nil {
		t.Fatal(err)
	}
	return message
}

// event is one as clients send it.
func event(name string) map[string]any {
	return map[string]any{"id": uuid.NewString(), "occurred": time.Now().UTC(), "event": name, "resource": map[string]string{"prefect.resource.id": "thing." + name}}
}

// wish asks for events from now on.
func wish(filter map[string]any, backfill bool) map[string]any {
	filter["occurred"] = map[string]any{"until": time.Now().Add(time.Hour).UTC()}
	return map[string]any{"type": "filter", "filter": filter, "backfill": backfill}
}

func nextEvent(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	message := receive(t, conn)
	got, ok := message["event"].(map[string]any)
	if message["type"] != "event" || !ok {
		t.Fatalf("got %v, want an event", message)
	}
	return got["event"].(string)
}

func (r *room) create(t *testing.T, auth string, e ...map[string]any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, api.Prefix+"/events", bytes.NewReader(text))
	if auth != "" {
		req.SetBasicAuth("a", "b")
	}
	return r.do(req)
}

// brokenOff is an end without a close frame.
const brokenOff websocket.StatusCode = 1006

// wantClose reads until the end of a connection.
func wantClose(t *testing.T, conn *websocket.Conn, code websocket.StatusCode, reason string) {
	t.Helper()
	_, _, err := conn.Read(t.Context())
	if code == brokenOff {
		if err == nil || websocket.CloseStatus(err) != -1 {
			t.Errorf("got %v, want the connection broken off", err)
		}
		return
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != code || closed.Reason != reason {
		t.Errorf("got %v, want a close with %d %q", err, code, reason)
	}
}
