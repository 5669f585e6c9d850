package prefect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// These are writes whose answer was lost: every one must be carried out exactly once.

func TestUnclearCreate(t *testing.T) {
	const pool = `{"id":"p","name":"n","description":"d","base_job_template":{"b":1,"a":2}}`
	create := prefect.WorkPoolCreate{Name: "n", Description: "d", BaseJobTemplate: json.RawMessage(`{"a":2,"b":1}`)}
	for name, test := range map[string]struct {
		read    http.HandlerFunc
		creates []http.HandlerFunc
		posts   int
		kind    error
	}{
		"it was carried out":          {says(200, pool), []http.HandlerFunc{drops}, 1, nil},
		"it was not":                  {says(404, `{"detail":"no"}`), []http.HandlerFunc{drops, says(201, pool)}, 2, nil},
		"somebody else's is there":    {says(200, `{"id":"q","name":"n","description":"other"}`), []http.HandlerFunc{drops, says(409, `{"detail":"exists"}`)}, 2, prefect.ErrConflict},
		"the first was slow":          {answers(says(404, `{"detail":"no"}`), says(200, pool)), []http.HandlerFunc{drops, says(409, `{"detail":"exists"}`)}, 2, nil},
		"refused, so clear":           {says(500, "never asked"), []http.HandlerFunc{says(429, "{}", "Retry-After: 1"), says(409, `{"detail":"exists"}`)}, 2, prefect.ErrConflict},
		"a conflict without unclear":  {says(500, "never asked"), []http.HandlerFunc{says(409, `{"detail":"exists"}`)}, 1, prefect.ErrConflict},
		"what became of it is hidden": {says(401, `{"exception_message":"Unauthorized"}`), []http.HandlerFunc{drops}, 1, prefect.ErrUnauthorised},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				posts := answers(test.creates...)
				c, s := client(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet {
						test.read(w, r)
						return
					}
					posts(w, r)
				})
				got, err := c.CreateWorkPool(t.Context(), create)
				if test.kind != nil {
					wantKind(t, err, test.kind)
				} else if err != nil || got.ID != "p" {
					t.Errorf("got %+v, %v, want pool p", got, err)
				}
				want(t, "creates", s.count("POST /api/work_pools/"), test.posts)
			})
		})
	}
}

func TestUnclearDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := says(404, `{"detail":"Deployment not found"}`)
		c, _ := client(t, answers(drops, gone))
		check(t, c.DeleteDeployment(t.Context(), "d"))
		c, _ = client(t, gone)
		wantKind(t, c.DeleteDeployment(t.Context(), "d"), prefect.ErrNotFound)
	})
}

func TestIdempotencyKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []any
		c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			keys = append(keys, body(r)["idempotency_key"])
			if len(keys)%2 == 1 {
				drops(w, r)
			}
			says(201, `{"id":"r"}`)(w, r)
		})
		for range 2 {
			must(c.CreateDeploymentFlowRun(t.Context(), "d", prefect.DeploymentFlowRunCreate{}))(t)
		}
		must(c.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: "f", IdempotencyKey: "mine"}))(t)
		if len(keys) != 6 || keys[0] == nil || keys[0] != keys[1] || keys[2] == keys[0] || keys[2] != keys[3] || keys[4] != "mine" || keys[5] != "mine" {
			t.Errorf("got keys %v, want one a call, and the caller's own where given", keys)
		}
	})
}

// stateServer keeps one state as a server does, and loses its first answer.
func stateServer(after func(proposed map[string]any) (status, state string)) http.HandlerFunc {
	var current string
	lost := false
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			says(200, `{"id":"r","state":`+current+`}`)(w, r)
			return
		}
		status, state := after(body(r)["state"].(map[string]any))
		current = state
		if !lost {
			lost = true
			drops(w, r)
		}
		says(201, fmt.Sprintf(`{"status":%q,"state":%s,"details":{"type":"x","reason":"because"}}`, status, state))(w, r)
	}
}

func TestUnclearState(t *testing.T) {
	stored := func(s map[string]any) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	for name, test := range map[string]struct {
		propose prefect.StateType
		after   func(map[string]any) (string, string)
		posts   int
		status  prefect.SetStateStatus
		state   string
	}{
		"it was accepted":          {prefect.StatePending, func(s map[string]any) (string, string) { return "ACCEPT", stored(s) }, 1, prefect.Accept, ""},
		"it was aborted":           {prefect.StatePending, func(map[string]any) (string, string) { return "ABORT", `{"type":"CANCELLED","name":"Cancelled"}` }, 2, prefect.Abort, "Cancelled"},
		"a failure became a retry": {prefect.StateFailed, func(map[string]any) (string, string) { return "REJECT", `{"type":"SCHEDULED","name":"AwaitingRetry"}` }, 1, prefect.Reject, "AwaitingRetry"},
		"somebody else's retry":    {prefect.StateCrashed, func(map[string]any) (string, string) { return "REJECT", `{"type":"SCHEDULED","name":"AwaitingRetry"}` }, 2, prefect.Reject, "AwaitingRetry"},
		"nothing was ever in it":   {prefect.StateRunning, func(map[string]any) (string, string) { return "WAIT", "null" }, 2, prefect.Wait, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := client(t, stateServer(test.after))
				got := must(c.SetFlowRunState(t.Context(), "r", prefect.State{Type: test.propose}))(t)
				want(t, "status", got.Status, test.status)
				want(t, "state", got.State.Name, test.state)
				want(t, "proposals", s.count("POST /api/flow_runs/r/set_state"), test.posts)
			})
		})
	}
}

// A server that repeats our own transition back at us, with whatever verdict, has accepted it.
func TestRepeatedTransition(t *testing.T) {
	for _, verdict := range []string{"REJECT", "ABORT"} {
		c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			state, _ := json.Marshal(body(r)["state"])
			says(200, fmt.Sprintf(`{"status":%q,"state":%s,"details":{"type":"x","reason":"This run has already made this state transition."}}`, verdict, state))(w, r)
		})
		got := must(c.SetFlowRunState(t.Context(), "r", prefect.State{Type: prefect.StateRunning}))(t)
		if !got.Accepted() || got.Reason != "" {
			t.Errorf("%s with our transition id: got %+v, want it accepted", verdict, got)
		}
	}
}

// Of three lines the server stored one before the connection was lost; the same line twice counts twice.
func TestUnclearLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Date(2026, 11, 21, 1, 2, 3, 456789000, time.UTC)
		var sent [][]string
		c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/logs/filter" {
				filter := body(r)["logs"].(map[string]any)
				same(t, "window", filter["timestamp"], any(map[string]any{"after_": "2026-11-21T01:02:03.456789Z", "before_": "2026-11-21T01:02:04.456789Z"}))
				says(200, page([]string{`{"id":"1","created":"2026-11-21T01:02:09Z","name":"n","level":20,"message":"twice","timestamp":"2026-11-21T01:02:03.456789+00:00","flow_run_id":"r","task_run_id":null}`}))(w, r)
				return
			}
			var lines []prefect.Log
			check(t, json.NewDecoder(r.Body).Decode(&lines))
			var messages []string
			for _, l := range lines {
				messages = append(messages, l.Message)
			}
			sent = append(sent, messages)
			if len(sent) == 1 {
				drops(w, r)
			}
			says(201, "null")(w, r)
		})
		line := func(message string, at time.Time) prefect.Log {
			return prefect.Log{Name: "n", Level: 20, Message: message, Timestamp: prefect.At(at), FlowRunID: "r"}
		}
		check(t, c.CreateLogs(t.Context(), []prefect.Log{line("twice", at), line("twice", at.Add(200*time.Nanosecond)), line("last", at.Add(time.Second))}))
		if len(sent) != 2 || !slices.Equal(sent[1], []string{"twice", "last"}) {
			t.Errorf("got %v, want the two missing lines sent again", sent)
		}
	})
}
