package events_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

func TestSignIn(t *testing.T) {
	tests := map[string]struct {
		auth      string
		protocols []string
		first     any
		want      websocket.StatusCode // 0: it is let in
		reason    string
		status    int
	}{
		"without sign-in":            {"", []string{"prefect"}, map[string]any{"type": "auth"}, 0, "", 101},
		"any token without sign-in":  {"", []string{"prefect"}, map[string]any{"type": "auth", "token": "x"}, 0, "", 101},
		"the token":                  {"a:b", []string{"prefect"}, map[string]any{"type": "auth", "token": "a:b"}, 0, "", 101},
		"another token":              {"a:b", []string{"prefect"}, map[string]any{"type": "auth", "token": "a:c"}, 1008, "Invalid token", 101},
		"no token":                   {"a:b", []string{"prefect"}, map[string]any{"type": "auth"}, 1008, "Auth required but no token provided", 101},
		"another message":            {"", []string{"prefect"}, map[string]any{"type": "filter"}, 1008, "Expected 'auth' message", 101},
		"no message":                 {"", []string{"prefect"}, "x", brokenOff, "", 101},
		"a token that is none":       {"a:b", []string{"prefect"}, map[string]any{"type": "auth", "token": 5}, 1008, "Invalid token", 101},
		"an old client":              {"", nil, nil, 0, "", 101},
		"an old client with sign-in": {"a:b", nil, nil, 0, "", 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, tt.auth)
				conn, status := r.dial(t, "/events/out", tt.protocols...)
				if status != tt.status {
					t.Fatalf("got status %d, want %d", status, tt.status)
				}
				if conn == nil {
					return
				}
				defer func() { _ = conn.CloseNow() }()
				if tt.first != nil {
					send(t, conn, tt.first)
				}
				if tt.want != 0 {
					wantClose(t, conn, tt.want, tt.reason)
					return
				}
				if tt.first != nil {
					receive(t, conn)
				}
				send(t, conn, wish(map[string]any{}, false))
				synctest.Wait()
				if status, text := r.create(t, tt.auth, event("x")); status != http.StatusNoContent {
					t.Fatalf("got %d %s", status, text)
				}
				if got := nextEvent(t, conn); got != "x" {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestBadWishes(t *testing.T) {
	for name, tt := range map[string]struct {
		path   string
		wish   any
		code   websocket.StatusCode
		reason string
	}{
		"another message":    {"/events/out", map[string]any{"type": "x"}, 1002, "Expected 'filter' message"},
		"no filter":          {"/events/out", map[string]any{"type": "filter"}, 1002, "Invalid filter: 'filter'"},
		"no type":            {"/events/out", map[string]any{}, brokenOff, ""},
		"no message":         {"/events/out", "x", brokenOff, ""},
		"null":               {"/events/out", map[string]any{"type": "filter", "filter": nil}, brokenOff, ""},
		"an unknown field":   {"/events/out", map[string]any{"type": "filter", "filter": map[string]any{"x": 1}}, brokenOff, ""},
		"in a part":          {"/events/out", map[string]any{"type": "filter", "filter": map[string]any{"related": map[string]any{"x": 1}}}, brokenOff, ""},
		"of logs":            {"/logs/out", map[string]any{"type": "filter", "filter": map[string]any{"x": 1}}, brokenOff, ""},
		"another about logs": {"/logs/out", map[string]any{"type": "x"}, 1002, "Expected 'filter' message"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := newRoom(t, "").open(t, tt.path)
				send(t, conn, tt.wish)
				wantClose(t, conn, tt.code, tt.reason)
			})
		})
	}
}

// TestLiveFilters shows two of the server's habits: who does not say until when gets nothing that is new, and related
// resources are looked at only in events of before.
func TestLiveFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		limited, open := r.open(t, "/events/out"), r.open(t, "/events/out")
		send(t, limited, map[string]any{"type": "filter", "filter": map[string]any{}})
		send(t, open, wish(map[string]any{"related": map[string]any{"id": []string{"none"}}}, true))
		synctest.Wait()
		time.Sleep(time.Second)
		r.create(t, "", event("x"))
		if got := nextEvent(t, open); got != "x" {
			t.Errorf("got %q", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, text, err := limited.Read(ctx); err == nil {
			t.Errorf("got %s", text)
		}
	})
}

func TestEventsInAndOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		in := r.open(t, "/events/in")
		send(t, in, event("early"))
		send(t, in, event("other"))
		synctest.Wait()
		out := r.open(t, "/events/out")
		send(t, out, wish(map[string]any{"event": map[string]any{"name": []string{"early", "late"}}}, true))
		if got := nextEvent(t, out); got != "early" {
			t.Errorf("got %q first, want the one of before", got)
		}
		twice := event("late")
		send(t, in, twice)
		send(t, in, twice)
		send(t, in, event("other"))
		send(t, in, event("late"))
		first, second := receive(t, out), receive(t, out)
		if first["event"].(map[string]any)["id"] != twice["id"] || second["event"].(map[string]any)["id"] == twice["id"] {
			t.Error("an event that was sent twice was given twice")
		}
		send(t, in, map[string]any{"event": "x"})
		wantClose(t, in, brokenOff, "")
	})
}

func TestBackfillIsOfTheLastMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		r.create(t, "", event("old"))
		time.Sleep(16 * time.Minute)
		r.create(t, "", event("new"))
		out := r.open(t, "/events/out")
		send(t, out, wish(map[string]any{}, true))
		if got := nextEvent(t, out); got != "new" {
			t.Errorf("got %q, want nothing older than 15 minutes", got)
		}
		without := r.open(t, "/events/out")
		send(t, without, wish(map[string]any{}, false))
		synctest.Wait()
		r.create(t, "", event("newest"))
		if got := nextEvent(t, without); got != "newest" {
			t.Errorf("got %q, want nothing of before", got)
		}
	})
}

// TestSlowReaders shows that nobody waits for a listener that does not read, and what it gets when it does.
func TestSlowReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		slow := r.open(t, "/events/out")
		send(t, slow, wish(map[string]any{}, false))
		synctest.Wait()
		const waiting, n = 10_000, 10_500
		begin := time.Now()
		for i := range n {
			r.create(t, "", event(fmt.Sprint(i)))
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("publishing waited %v", took)
		}
		got := 0
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := slow.Read(ctx)
			cancel()
			if err != nil {
				break
			}
			got++
		}
		if got < waiting || got > waiting+4 {
			t.Errorf("got %d of %d, want the %d that may wait and those on their way", got, n, waiting)
		}
	})
}

func TestLogsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		run := uuid.NewString()
		out := r.open(t, "/logs/out")
		send(t, out, map[string]any{"type": "filter", "filter": map[string]any{"level": map[string]any{"ge_": 30}, "flow_run_id": map[string]any{"any_": []string{run}}}})
		synctest.Wait()
		for i, level := range []int{20, 30, 40} {
			r.post(t, "/logs/", []any{
				map[string]any{"name": "n", "level": level, "message": fmt.Sprint(i), "timestamp": time.Now().UTC(), "flow_run_id": run},
				map[string]any{"name": "n", "level": 50, "message": "another run's", "timestamp": time.Now().UTC(), "flow_run_id": uuid.NewString()},
			})
		}
		for _, want := range []string{"1", "2"} {
			message := receive(t, out)
			if got := message["log"].(map[string]any)["message"]; message["type"] != "log" || got != want {
				t.Errorf("got %v, want the line %s", message, want)
			}
		}
	})
}

// TestOpenSocketsEnd leaves all kinds of websockets open: the room's end must end them, or the bubble never does.
func TestOpenSocketsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		r.open(t, "/events/in")
		r.open(t, "/events/out")
		r.dial(t, "/events/out", "prefect")
		out := r.open(t, "/events/out")
		send(t, out, wish(map[string]any{}, false))
		logs := r.open(t, "/logs/out")
		send(t, logs, map[string]any{"type": "filter", "filter": map[string]any{}})
		synctest.Wait()
		for i := range 300 { // one is stuck in writing
			r.create(t, "", event(fmt.Sprint(i)))
		}
	})
}
