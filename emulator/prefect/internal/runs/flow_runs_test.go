package runs_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
)

func TestFlowRunsAreMade(t *testing.T) {
	s := newServer(t)
	flow := s.id("/flows/", `{"name":"f","labels":{"of":"flow"}}`)
	body := `{"flow_id":"` + flow + `","name":"r","parameters":{"big":12345678901234567890,"f":1.0,"h":"<&>"},"context":{"c":1},"tags":["t"],"labels":{"of":"run"},"idempotency_key":"k",
		"empirical_policy":{"max_retries":2,"retry_delay_seconds":5,"pause_keys":["b","a","b"],"unknown":1},"job_variables":{"cpu":1}}`
	text := s.want(201, "POST", "/flow_runs/", body)
	for _, part := range []string{`"parameters":{"big":12345678901234567890,"f":1.0,"h":"<&>"}`, `"state_name":"Pending"`, `"retry_delay":5`, `"work_pool_name":null`, `"created_by":null`, `"infrastructure_pid":null`} {
		if !strings.Contains(text, part) {
			t.Errorf("got %s, want %s in it", text, part)
		}
	}
	run := read[object](t, text)
	same(t, "labels", run["labels"], any(object{"of": "run", "prefect.flow.id": flow}))
	same(t, "policy", run["empirical_policy"], any(object{"max_retries": 2.0, "retry_delay_seconds": 5.0, "retries": 2.0, "retry_delay": 5.0, "pause_keys": []any{"a", "b"}, "resuming": false, "retry_type": nil}))
	same(t, "the same key again", read[object](t, s.want(200, "POST", "/flow_runs/", body))["id"], run["id"])
	other := s.id("/flows/", `{"name":"other"}`)
	s.id("/flow_runs/", `{"flow_id":"`+other+`","idempotency_key":"k"}`)
	s.want(204, "DELETE", "/flow_runs/"+run["id"].(string), "")
	s.id("/flow_runs/", body)
	if name := s.get("/flow_runs/" + s.id("/flow_runs/", `{"flow_id":"`+flow+`","name":""}`))["name"].(string); strings.Count(name, "-") != 1 {
		t.Errorf("got the name %q, want two words", name)
	}
}

func TestFlowRunsThatAreRefused(t *testing.T) {
	s := newServer(t)
	s.pool()
	flow, none := s.flow(), uuid.NewString()
	s.refused(409, "Data integrity conflict", "POST", "/flow_runs/", `{"flow_id":"`+none+`"}`)
	for more, want := range map[string]string{
		`"parameters":null`:                                         "Input should be a valid dictionary",
		`"state":{"type":"NOPE"}`:                                   "Input should be 'SCHEDULED', 'PENDING'",
		`"empirical_policy":{"retry_type":"x"}`:                     "Input should be 'in_process' or 'reschedule'",
		`"parameters":{"x":"` + strings.Repeat("x", 600_000) + `"}`: "Flow run parameters must be less than 524,288 bytes when serialized (got 600,008 bytes).",
	} {
		s.refused(422, want, "POST", "/flow_runs/", `{"flow_id":"`+flow+`",`+more+`}`)
	}
	s.refused(404, `Work pool \"none\" not found.`, "POST", "/flow_runs/", `{"flow_id":"`+flow+`","work_pool_name":"none"}`)
	s.refused(404, "Work pool queue 'p/none' not found.", "POST", "/flow_runs/", `{"flow_id":"`+flow+`","work_pool_name":"p","work_queue_name":"none"}`)
	s.refused(409, "Data integrity conflict", "POST", "/flow_runs/", `{"flow_id":"`+flow+`","parent_task_run_id":"`+none+`"}`)
	same(t, "runs", s.count("/flow_runs", `{}`), 0)
	run := s.get("/flow_runs/" + s.id("/flow_runs/", `{"flow_id":"`+flow+`","work_pool_name":"p"}`))
	same(t, "queue and pool", []any{run["work_queue_name"], run["work_pool_name"]}, []any{"default", "p"})
}

func TestRunsOfDeployments(t *testing.T) {
	s := newServer(t)
	s.pool()
	flow := s.flow()
	d := s.deployment(flow, `,"version":"7","work_pool_name":"p","job_variables":{"command":"true"},"tags":["b","a"],"labels":{"l":1},"parameters":{"n":"x","m":"y"},
		"parameter_openapi_schema":{"type":"object","required":["n"],"properties":{"n":{"type":"string"},"m":{"type":"string"}}}`)
	path := "/deployments/" + d + "/create_flow_run"
	text := s.want(201, "POST", path, `{"parameters":{"n":"z"},"tags":["a","c"],"idempotency_key":"k","state":{"type":"SCHEDULED","message":"by hand"}}`)
	run := read[object](t, text)
	same(t, "fields", []any{run["deployment_id"], run["deployment_version"], run["parameters"], run["tags"], run["work_queue_name"], run["work_pool_name"], run["state_name"], run["job_variables"]},
		[]any{d, "7", object{"n": "z", "m": "y"}, []any{"b", "a", "c"}, "default", "p", "Scheduled", object{}})
	same(t, "labels", run["labels"], any(object{"l": 1.0, "prefect.flow.id": flow, "prefect.deployment.id": d}))
	same(t, "the same key again", read[object](t, s.want(200, "POST", path, `{"idempotency_key":"k"}`))["id"], run["id"])
	same(t, "another queue", read[object](t, s.want(201, "POST", path, `{"work_queue_name":"high"}`))["work_queue_name"], any("high"))
	s.refused(409, "Error creating flow run: Validation failed for field 'n'. Failure reason: 5 is not of type 'string'", "POST", path, `{"parameters":{"n":5}}`)
	s.want(201, "POST", path, `{"parameters":{"n":5},"enforce_parameter_schema":false}`)
	s.refused(422, "Error creating flow run: Validation failed for field 'cpu'", "POST", path, `{"job_variables":{"cpu":"lots"}}`)
	s.refused(404, "Deployment not found", "POST", "/deployments/"+uuid.NewString()+"/create_flow_run", `{}`)

	results := read[object](t, s.want(200, "POST", path+"/bulk", `[{"name":"one"},{"parameters":{"n":5}},{"idempotency_key":"k"}]`))["results"].([]any)
	same(t, "second", results[1], any(object{"flow_run_id": nil, "status": "FAILED", "error": "Parameter validation failed: Validation failed for field 'n'. Failure reason: 5 is not of type 'string'"}))
	same(t, "third", results[2].(object)["flow_run_id"], run["id"])
	same(t, "first", s.get("/flow_runs/" + results[0].(object)["flow_run_id"].(string))["name"], any("one"))
	s.refused(400, "Cannot create more than 100 flow runs at once.", "POST", path+"/bulk", `[`+strings.Repeat(`{},`, 100)+`{}]`)

	bare := s.id("/deployments/", `{"name":"bare","flow_id":"`+flow+`"}`)
	s.refused(400, "Cannot create flow run in work queue q because deployment "+bare, "POST", "/deployments/"+bare+"/create_flow_run", `{"work_queue_name":"q"}`)
	s.want(204, "PATCH", "/deployments/"+d, `{"job_variables":{}}`)
	s.refused(422, "Failure reason: 'command' is a required property", "POST", path, `{}`)
	s.want(204, "PATCH", "/deployments/"+d, `{"parameter_openapi_schema":null,"enforce_parameter_schema":false}`)
	s.refused(409, "does not have a valid parameter schema", "POST", path, `{"enforce_parameter_schema":true}`)
}

func TestFlowRunsAreChanged(t *testing.T) {
	s := newServer(t)
	s.pool()
	flow := s.flow()
	d := s.deployment(flow, `,"work_pool_name":"p","job_variables":{"command":"true"}`)
	run := s.id("/deployments/"+d+"/create_flow_run", `{"name":"r"}`)
	path := "/flow_runs/" + run
	s.want(204, "PATCH", path, `{"infrastructure_pid":"a:b","tags":["z"],"job_variables":{"cpu":3},"parameters":{"x":1},"flow_version":"2","empirical_policy":{"retries":1}}`)
	got := s.get(path)
	same(t, "fields", []any{got["name"], got["infrastructure_pid"], got["tags"], got["job_variables"], got["parameters"], got["flow_version"], got["empirical_policy"].(object)["retries"]},
		[]any{"r", "a:b", []any{"z"}, object{"cpu": 3.0}, object{"x": 1.0}, "2", 1.0})
	s.want(204, "PATCH", path, `{"name":"other","infrastructure_pid":null}`)
	same(t, "pid", s.get(path)["infrastructure_pid"], nil)
	s.refused(422, "Error updating flow run: Validation failed for field 'cpu'", "PATCH", path, `{"job_variables":{"cpu":"lots"}}`)
	s.want(204, "PATCH", path+"/labels", `{"w":"x","n":3}`)
	s.want(204, "PATCH", path+"/labels", `{"w":"y"}`)
	labels := s.get(path)["labels"].(object)
	same(t, "labels", []any{labels["w"], labels["n"]}, []any{"y", 3.0})
	s.want(201, "POST", path+"/set_state", `{"state":{"type":"PENDING"}}`)
	s.refused(400, "Job variables for a flow run in state PENDING cannot be updated", "PATCH", path, `{"job_variables":{}}`)
	own := s.id("/flow_runs/", `{"flow_id":"`+flow+`","state":{"type":"SCHEDULED"}}`)
	s.refused(400, "A deployment for the flow run could not be found", "PATCH", "/flow_runs/"+own, `{"job_variables":{}}`)
	none := uuid.NewString()
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		s.refused(404, "Flow run not found", method, "/flow_runs/"+none, `{}`)
	}
	s.refused(404, `{"exception_message":"Flow run with id `+none+` not found"}`, "PATCH", "/flow_runs/"+none+"/labels", `{}`)
}

func TestStatesOfRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		run := s.id("/flow_runs/", `{"flow_id":"`+s.flow()+`"}`)
		for _, state := range []string{"RUNNING", "COMPLETED"} {
			time.Sleep(time.Second)
			s.want(201, "POST", "/flow_runs/"+run+"/set_state", `{"state":{"type":"`+state+`"}}`)
		}
		states := read[[]object](t, s.want(200, "GET", "/flow_run_states/?flow_run_id="+run, ""))
		same(t, "states", []any{states[0]["name"], states[1]["name"], states[2]["name"]}, []any{"Pending", "Running", "Completed"})
		same(t, "one", s.get("/flow_run_states/" + states[1]["id"].(string))["type"], any("RUNNING"))
		got := s.get("/flow_runs/" + run)
		same(t, "times", []any{got["total_run_time"], got["estimated_run_time"], got["estimated_start_time_delta"], got["run_count"]}, []any{1.0, 1.0, 1.0, 1.0})
		s.refused(422, "Field required", "GET", "/flow_run_states/", "")
		s.refused(404, "Flow run state not found", "GET", "/flow_run_states/"+uuid.NewString(), "")
		same(t, "of no run", s.want(200, "GET", "/flow_run_states/?flow_run_id="+uuid.NewString(), ""), "[]")
	})
}

func TestManyRunsAtOnce(t *testing.T) {
	s := newServer(t)
	flow := s.flow()
	for i := range 3 {
		s.id("/flow_runs/", fmt.Sprintf(`{"flow_id":%q,"name":"r%d"}`, flow, i))
	}
	results := read[object](t, s.want(200, "POST", "/flow_runs/bulk_set_state", `{"flow_runs":{"name":{"any_":["r0","r1"]}},"state":{"type":"CANCELLED"},"force":true}`))["results"].([]any)
	same(t, "results", []any{len(results), results[0].(object)["status"], results[0].(object)["state"].(object)["name"], results[0].(object)["details"]},
		[]any{2, "ACCEPT", "Cancelled", object{"type": "accept_details"}})
	gone := read[object](t, s.want(200, "POST", "/flow_runs/bulk_delete", `{"flow_runs":{"state":{"type":{"any_":["CANCELLED"]}}},"limit":1}`))
	same(t, "deleted", len(gone["deleted"].([]any)), 1)
	same(t, "left", s.count("/flow_runs", `{}`), 2)
	same(t, "nothing to delete", s.want(200, "POST", "/flow_runs/bulk_delete", `{"flow_runs":{"name":{"any_":[]}}}`), `{"deleted":[]}`)
}

// Deleting a run takes its task runs with it, and gives its deployment's slot back.
func TestDeletedRuns(t *testing.T) {
	s := newServer(t)
	d := s.deployment(s.flow(), `,"concurrency_limit":1`)
	run := s.id("/deployments/"+d+"/create_flow_run", `{}`)
	s.want(201, "POST", "/flow_runs/"+run+"/set_state", `{"state":{"type":"PENDING"}}`)
	s.id("/task_runs/", `{"flow_run_id":"`+run+`","task_key":"k","dynamic_key":"0"}`)
	same(t, "slots", s.get("/deployments/" + d)["global_concurrency_limit"].(object)["active_slots"], any(1.0))
	s.want(204, "DELETE", "/flow_runs/"+run, "")
	same(t, "slots", s.get("/deployments/" + d)["global_concurrency_limit"].(object)["active_slots"], any(0.0))
	same(t, "task runs", s.count("/task_runs", `{}`), 0)
}

func TestSorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		flow := s.flow()
		for _, name := range []string{"b", "a", "c"} {
			time.Sleep(time.Second)
			s.id("/flow_runs/", `{"flow_id":"`+flow+`","name":"`+name+`","state":{"type":"SCHEDULED"}}`)
		}
		for sort, want := range map[string]string{
			"ID_DESC": "c a b", "START_TIME_ASC": "b a c", "START_TIME_DESC": "c a b", "EXPECTED_START_TIME_ASC": "b a c", "EXPECTED_START_TIME_DESC": "c a b",
			"NAME_ASC": "a b c", "NAME_DESC": "c b a", "NEXT_SCHEDULED_START_TIME_ASC": "b a c", "END_TIME_DESC": "b a c",
		} {
			same(t, sort, strings.Join(s.names("/flow_runs/filter", `{"sort":"`+sort+`"}`), " "), want)
		}
		same(t, "a page", s.names("/flow_runs/filter", `{"limit":1,"offset":1}`), []string{"a"})
		same(t, "none", s.names("/flow_runs/filter", `{"limit":0}`), []string{})
		same(t, "beyond", s.names("/flow_runs/filter", `{"offset":9}`), []string{})
		page := read[object](t, s.want(200, "POST", "/flow_runs/paginate", `{"limit":2,"page":2}`))
		same(t, "pages", []any{page["count"], page["pages"], len(page["results"].([]any))}, []any{3.0, 2.0, 1})
		s.refused(422, "Invalid limit: must be less than or equal to 200.", "POST", "/flow_runs/filter", `{"limit":201}`)
		s.refused(422, "greater than or equal to 0", "POST", "/flow_runs/filter", `{"offset":-1}`)
		s.refused(422, "Input should be 'ID_DESC'", "POST", "/flow_runs/filter", `{"sort":"NOPE"}`)
		s.refused(422, "Extra inputs are not permitted", "POST", "/flow_runs/filter", `{"flow_runs":{"nope":1}}`)
	})
}
