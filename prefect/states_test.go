package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

func TestPropose(t *testing.T) {
	wait := says(200, `{"status":"WAIT","state":{"type":"SCHEDULED"},"details":{"delay_seconds":90,"reason":"later"}}`)
	for name, test := range map[string]struct {
		last  http.HandlerFunc
		state prefect.StateType
		abort bool
	}{
		"accepted": {says(201, `{"status":"ACCEPT","state":{"type":"RUNNING"},"details":{}}`), prefect.StateRunning, false},
		"replaced": {says(201, `{"status":"REJECT","state":{"type":"CANCELLED"},"details":{"reason":"r"}}`), prefect.StateCancelled, false},
		"aborted":  {says(200, `{"status":"ABORT","state":{"type":"COMPLETED","name":"Completed"},"details":{"reason":"r"}}`), prefect.StateCompleted, true},
	} {
		t.Run(name, func(t *testing.T) {
			for what, propose := range map[string]func(context.Context, *prefect.Client) (prefect.State, error){
				"flow run": func(ctx context.Context, c *prefect.Client) (prefect.State, error) {
					return c.ProposeFlowRunState(ctx, "r", prefect.State{Type: prefect.StateRunning})
				},
				"task run": func(ctx context.Context, c *prefect.Client) (prefect.State, error) {
					return c.ProposeTaskRunState(ctx, "r", prefect.State{Type: prefect.StateRunning})
				},
			} {
				synctest.Test(t, func(t *testing.T) {
					c, _ := client(t, answers(wait, wait, test.last))
					began := time.Now()
					state, err := propose(t.Context(), c)
					abort, aborted := errors.AsType[*prefect.AbortError](err)
					if state.Type != test.state || aborted != test.abort || !test.abort && err != nil {
						t.Errorf("%s: got %+v, %v", what, state, err)
					}
					if aborted {
						want(t, "text", abort.Error(), "Prefect says to stop working on this run, which is Completed: r")
					}
					want(t, "time", time.Since(began), 3*time.Minute)
				})
			}
		})
	}
}

// A proposal that is repeated late must not take a run back that others have moved on meanwhile: neither after a fault nor after
// the server has said that it is to wait.
func TestProposeAfter(t *testing.T) {
	proposal := prefect.State{Type: prefect.StatePending, Name: "Submitting"}
	first := map[string]http.HandlerFunc{
		"throttled": says(429, `{}`),
		"waiting":   says(200, `{"status":"WAIT","state":null,"details":{"delay_seconds":30,"reason":"full"}}`),
	}
	calls := map[string]func(*prefect.Client, context.Context, prefect.ID, prefect.ID, prefect.State) (prefect.State, error){
		"propose": (*prefect.Client).ProposeFlowRunStateAfter,
		"force":   (*prefect.Client).ForceFlowRunStateAfter,
	}
	for what, answer := range first {
		for how, call := range calls {
			for now, posts := range map[string]int{"s1": 2, "s2": 1} { // the id of the run's state when the proposal is repeated
				t.Run(what+" "+how+" "+now, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						made := 0
						c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
							switch {
							case r.Method == http.MethodGet:
								says(200, `{"id":"r","state_id":"`+now+`","state":{"id":"`+now+`","type":"CRASHED","name":"Crashed"}}`)(w, r)
								return
							case made == 0:
								answer(w, r)
							default:
								says(201, `{"status":"ACCEPT","state":{"type":"PENDING"},"details":{}}`)(w, r)
							}
							made++
						})
						_, err := call(c, t.Context(), "r", "s1", proposal)
						abort, aborted := errors.AsType[*prefect.AbortError](err)
						if changed := now != "s1"; aborted != changed || changed && abort.State.ID != "s2" || !changed && err != nil {
							t.Errorf("got error %v", err)
						}
						want(t, "proposals", made, posts)
					})
				})
			}
		}
	}
}

// What the server sets must not be in a proposal: 3.x refuses it.
func TestProposalOnTheWire(t *testing.T) {
	var got map[string]any
	c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		got = body(r)
		says(201, `{"status":"ACCEPT","state":null,"details":{}}`)(w, r)
	})
	must(c.ForceFlowRunState(t.Context(), "r", prefect.State{ID: "old", Timestamp: prefect.At(time.Now()), Type: prefect.StateFailed, Message: "m",
		Details: prefect.StateDetails{DeploymentConcurrencyLeaseID: "lease"}}))(t)
	details := got["state"].(map[string]any)["state_details"].(map[string]any)
	if details["transition_id"] == nil {
		t.Errorf("got %v, want a transition id", details)
	}
	delete(details, "transition_id")
	same(t, "proposal", got, map[string]any{"force": true, "state": map[string]any{"type": "FAILED", "message": "m", "state_details": map[string]any{"flow_run_id": "r"}}})
}

func TestTaskRunTransition(t *testing.T) {
	at := time.Date(2026, 11, 21, 11, 36, 24, 731079000, time.UTC)
	step := prefect.TaskRunTransition{
		Run:  prefect.TaskRun{ID: "t1", Name: "add-a", TaskKey: "add", DynamicKey: "k", Tags: []string{"z", "b"}, RunCount: 2},
		From: &prefect.State{Type: prefect.StatePending}, Follows: "s0", Related: []prefect.Resource{prefect.FlowRunResource("r1", "run")},
		To: prefect.State{ID: "s1", Type: prefect.StateRunning, Message: "go", Timestamp: prefect.At(at), Details: prefect.StateDetails{FlowRunID: "r1", TaskRunID: "t1", CacheKey: "c"}},
	}
	const wanted = `{"id":"s1","occurred":"2026-11-21T11:36:24.731079Z","event":"prefect.task-run.Running","follows":"s0",
		"resource":{"prefect.resource.id":"prefect.task-run.t1","prefect.resource.name":"add-a","prefect.run-count":"2","prefect.state-message":"go","prefect.state-name":"Running",
			"prefect.state-timestamp":"2026-11-21T11:36:24.731079+00:00","prefect.state-type":"RUNNING","prefect.orchestration":"client"},
		"related":[{"prefect.resource.id":"prefect.flow-run.r1","prefect.resource.name":"run","prefect.resource.role":"flow-run"},
			{"prefect.resource.id":"prefect.tag.b","prefect.resource.role":"tag"},{"prefect.resource.id":"prefect.tag.z","prefect.resource.role":"tag"}],
		"payload":{"intended":{"from":"PENDING","to":"RUNNING"},"initial_state":{"type":"PENDING","name":"Pending","state_details":{}},
			"validated_state":{"type":"RUNNING","name":"Running","message":"go","state_details":{"cache_key":"c"}},
			"task_run":{"name":"add-a","task_key":"add","dynamic_key":"k","empirical_policy":{},"tags":["z","b"],"labels":{},"task_inputs":{},"run_count":2,"flow_run_run_count":0,"total_run_time":0}}}`
	same(t, "event", normal(t, step.Event()), numbers(t, []byte(wanted)))

	first := prefect.TaskRunTransition{Run: step.Run, To: prefect.State{Type: prefect.StatePending}}.Event()
	if first.ID == "" || first.Occurred.IsZero() || first.Payload["initial_state"] != nil || len(step.Related) != 1 {
		t.Errorf("got %+v, want an id, a time and no initial state", first)
	}
}

func TestCreateEvents(t *testing.T) {
	var got []map[string]any
	c, s := client(t, versioned("3.8.8", func(w http.ResponseWriter, r *http.Request) {
		check(t, json.NewDecoder(r.Body).Decode(&got))
		says(204, "")(w, r)
	}))
	check(t, c.CreateEvents(t.Context(), []prefect.Event{{Event: "x", Resource: prefect.NewResource("id", "name")}}))
	if got[0]["id"] == nil || got[0]["occurred"] == nil || got[0]["follows"] != nil {
		t.Errorf("got %v, want an id and a time of our own", got)
	}
	same(t, "empty parts", []any{got[0]["related"], got[0]["payload"]}, []any{[]any{}, map[string]any{}})
	want(t, "requests", s.count("POST /api/events"), 1)
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := http.Header{}
		ahead.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(300 * time.Millisecond)
			says(200, "true", "Date: "+ahead.Get("Date"))(w, r)
		})
		health := must(c.Health(t.Context()))(t)
		want(t, "round trip", health.RoundTrip, 300*time.Millisecond)
		want(t, "clock", health.ClockAhead, time.Hour)
		c, _ = client(t, says(200, `"not a bool"`))
		_, err := c.Health(t.Context())
		wantKind(t, err, prefect.ErrNotPrefect)
		c, s := client(t, says(503, "{}"))
		_, err = c.Health(t.Context())
		wantKind(t, err, prefect.ErrUnavailable)
		want(t, "requests: who asks for health wants to know now", s.count("GET /api/health"), 1)
	})
}
