package prefectemulator_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/prefect"
)

// subscribe connects as a task worker does.
func subscribe(t *testing.T, server *prefectemulator.Server, message any) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws://prefect.local/api/task_runs/subscriptions/scheduled", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: server.Transport()}, Subprotocols: []string{"prefect"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	write(t, conn, map[string]any{"type": "auth", "token": nil})
	if got := read(t, conn)["type"]; got != "auth_success" {
		t.Fatalf("got %v, want auth_success", got)
	}
	write(t, conn, message)
	return conn
}

func write(t *testing.T, conn *websocket.Conn, message any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn *websocket.Conn) map[string]any {
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

// deferred makes a task run as task.delay does.
func deferred(t *testing.T, server *prefectemulator.Server, name string) string {
	return create(t, server, "/task_runs/", `{"name":"`+name+`","task_key":"add-1","dynamic_key":"`+name+`",
		"state":{"type":"SCHEDULED","state_details":{"deferred":true,"task_parameters_id":"2c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10"}}}`)
}

var worker = map[string]any{"type": "subscribe", "keys": []string{"other-1", "add-1"}, "client_id": "host-1"}

// TestTaskWorkers shows that deferred task runs wait for a worker, come one at a time and in order, and are another worker's
// if they are not acknowledged.
func TestTaskWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, prefectemulator.Options{})
		deferred(t, server, "first")
		create(t, server, "/task_runs/", `{"task_key":"add-1","dynamic_key":"not deferred","state":{"type":"SCHEDULED"}}`)
		conn := subscribe(t, server, worker)
		got := read(t, conn)
		state, _ := got["state"].(map[string]any)
		details, _ := state["state_details"].(map[string]any)
		if got["name"] != "first" || state["name"] != "Scheduled" || details["task_parameters_id"] != "2c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10" {
			t.Errorf("got %v, want the first run with its state", got)
		}
		write(t, conn, map[string]string{"type": "ack"})
		synctest.Wait()
		deferred(t, server, "second")
		deferred(t, server, "third")
		if got := read(t, conn)["name"]; got != "second" {
			t.Errorf("got %v, want the second run", got)
		}
		_ = conn.CloseNow() // without an acknowledgement
		synctest.Wait()
		other := subscribe(t, server, worker)
		for _, want := range []string{"second", "third"} {
			if got := read(t, other)["name"]; got != want {
				t.Errorf("got %v, want %s", got, want)
			}
			write(t, other, map[string]string{"type": "ack"})
		}
	})
}

func TestTaskWorkersAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, prefectemulator.Options{})
		list := func(body, want string) {
			t.Helper()
			synctest.Wait()
			_, text := say(t, server, http.MethodPost, "/task_workers/filter", body)
			var workers []struct {
				Identifier string
				TaskKeys   []string `json:"task_keys"`
			}
			if err := json.Unmarshal([]byte(text), &workers); err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(workers); string(got) != want {
				t.Errorf("%s: got %s, want %s", body, got, want)
			}
		}
		list(`{}`, `[]`)
		conn := subscribe(t, server, worker)
		list(`{}`, `[{"Identifier":"host-1","task_keys":["add-1","other-1"]}]`)
		list(`{"task_worker_filter":{"task_keys":["add-1"]}}`, `[{"Identifier":"host-1","task_keys":["add-1","other-1"]}]`)
		list(`{"task_worker_filter":{"task_keys":["none"]}}`, `[]`)
		_ = conn.CloseNow()
		list(`{}`, `[]`)
	})
}

func TestBadSubscriptions(t *testing.T) {
	for name, tt := range map[string]struct {
		message any
		reason  string
	}{
		"another message": {map[string]any{"type": "filter"}, "Protocol violation: expected 'subscribe' message"},
		"no keys":         {map[string]any{"type": "subscribe", "client_id": "x"}, "Protocol violation: expected 'keys' in subscribe message"},
		"no client":       {map[string]any{"type": "subscribe", "keys": []string{"k"}}, "Protocol violation: expected 'client_id' in subscribe message"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := subscribe(t, newServer(t, prefectemulator.Options{}), tt.message)
				_, _, err := conn.Read(t.Context())
				if closed, _ := errors.AsType[websocket.CloseError](err); closed.Code != 4001 || closed.Reason != tt.reason {
					t.Errorf("got %v, want 4001 %s", err, tt.reason)
				}
			})
		})
	}
}

// TestTaskWorkerQuits shows a server's habit: the run that a worker had when it quit is nobody's.
func TestTaskWorkerQuits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, prefectemulator.Options{})
		deferred(t, server, "first")
		conn := subscribe(t, server, worker)
		read(t, conn)
		write(t, conn, map[string]string{"type": "quit"})
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("got %v, want a normal end", err)
		}
		deferred(t, server, "second")
		if got := read(t, subscribe(t, server, worker))["name"]; got != "second" {
			t.Errorf("got %v, want the second run alone", got)
		}
	})
}
