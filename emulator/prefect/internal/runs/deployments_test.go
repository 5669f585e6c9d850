package runs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
)

func TestFlows(t *testing.T) {
	s := newServer(t)
	id := s.id("/flows/", `{"name":"f","tags":["a"],"labels":{"n":1}}`)
	same(t, "an older flow of the name", read[object](t, s.want(200, "POST", "/flows/", `{"name":"f"}`))["id"], any(id))
	s.want(204, "PATCH", "/flows/"+id, `{"tags":["b"]}`)
	flow := s.get("/flows/name/f")
	same(t, "tags", flow["tags"], []any{"b"})
	same(t, "labels", flow["labels"], object{"n": 1.0})
	s.refused(422, "String should match pattern", "POST", "/flows/", `{"name":"a/b"}`)
	s.refused(422, "Field required", "POST", "/flows/", `{}`)
	s.refused(422, "labels can be text", "POST", "/flows/", `{"name":"x","labels":{"a":[]}}`)
	s.refused(422, "Extra inputs are not permitted", "POST", "/flows/", `{"name":"x","nope":1}`)
	s.refused(404, "Flow not found", "GET", "/flows/name/none", "")
	s.refused(404, "Flow not found", "PATCH", "/flows/"+uuid.NewString(), `{}`)
	d := s.deployment(id, "")
	run := s.id("/flow_runs/", `{"flow_id":"`+id+`"}`)
	s.want(204, "DELETE", "/flows/"+id, "")
	same(t, "events", s.events, []string{"prefect.flow.created", "prefect.flow.updated", "prefect.deployment.created", "prefect.flow-run.Pending", "prefect.deployment.deleted", "prefect.flow.deleted"})
	for _, path := range []string{"/flows/" + id, "/deployments/" + d, "/flow_runs/" + run} {
		s.refused(404, "not found", "GET", path, "")
	}
	for _, name := range []string{"a", "b", "c"} {
		s.id("/flows/", `{"name":"`+name+`"}`)
	}
	same(t, "sorted", s.names("/flows/filter", `{"sort":"NAME_DESC","unknown":1}`), []string{"c", "b", "a"})
	page := read[object](t, s.want(200, "POST", "/flows/paginate", `{"limit":2,"page":2}`))
	same(t, "pages", []any{page["count"], page["pages"], page["page"], page["limit"], len(page["results"].([]any))}, []any{3.0, 2.0, 2.0, 2.0, 1})
	gone := read[object](t, s.want(200, "POST", "/flows/bulk_delete", `{"flows":{"name":{"any_":["a","b"]}}}`))
	same(t, "deleted", len(gone["deleted"].([]any)), 2)
	same(t, "left", s.count("/flows", `{}`), 1)
	s.refused(422, "less than or equal to 50", "POST", "/flows/bulk_delete", `{"limit":51}`)
	s.refused(422, "CREATED_DESC", "POST", "/flows/filter", `{"sort":"ID_DESC"}`)
}

func TestDeploymentsAreShown(t *testing.T) {
	s := newServer(t)
	s.pool()
	flow := s.flow()
	d := s.get("/deployments/" + s.deployment(flow, `,"work_pool_name":"p","work_queue_name":"high","job_variables":{"cpu":2},"concurrency_limit":3,
		"concurrency_options":{"collision_strategy":"CANCEL_NEW","grace_period_seconds":90},"labels":{"l":true},"worker_pool_name":"old",
		"schedules":[{"schedule":{"cron":"@daily"},"active":false},{"schedule":{"interval":60},"active":false,"max_scheduled_runs":5}],"version_info":{"type":"git","version":"1","sha":"x"}`))
	same(t, "queue", d["work_queue_name"], any("high"))
	same(t, "pool", d["work_pool_name"], any("p"))
	same(t, "variables", d["job_variables"], any(object{"cpu": 2.0}))
	same(t, "limit", d["global_concurrency_limit"].(object)["limit"], any(3.0))
	same(t, "limit of old", d["concurrency_limit"], nil)
	same(t, "strategy", d["concurrency_options"], any(object{"collision_strategy": "CANCEL_NEW", "grace_period_seconds": 90.0}))
	same(t, "labels", d["labels"], any(object{"l": true, "prefect.flow.id": flow}))
	same(t, "what was not said", []any{d["parameters"], d["parameter_openapi_schema"], d["pull_steps"], d["tags"], d["status"], d["enforce_parameter_schema"]},
		[]any{object{}, object{}, []any{}, []any{}, "NOT_READY", true})
	schedules := d["schedules"].([]any)
	same(t, "the newest schedule first", schedules[0].(object)["schedule"].(object)["interval"], any(60.0))
	same(t, "cron", schedules[1].(object)["schedule"], any(object{"cron": "@daily", "timezone": nil, "day_or": true}))
	same(t, "by name", s.get("/deployments/name/f/d")["id"], d["id"])
}

func TestDeploymentsAreUpserted(t *testing.T) {
	s := newServer(t)
	flow := s.flow()
	id := s.deployment(flow, `,"description":"x","parameters":{"a":1},"tags":["t"],"concurrency_limit":1`)
	again := read[object](t, s.want(200, "POST", "/deployments/", `{"name":"d","flow_id":"`+flow+`","version":"2","concurrency_limit":null}`))
	same(t, "id", again["id"], any(id))
	same(t, "what the second said nothing of", []any{again["description"], again["tags"]}, []any{"x", []any{"t"}})
	same(t, "parameters, which the server forgets", again["parameters"], any(object{}))
	same(t, "limit", again["global_concurrency_limit"], nil)
	same(t, "version", again["version"], any("2"))
}

func TestDeploymentsThatAreRefused(t *testing.T) {
	s := newServer(t)
	s.pool()
	flow := s.flow()
	none := uuid.NewString()
	for more, want := range map[string]string{
		`,"work_pool_name":"default-agent-pool"`:                                                       `404 {"detail":"Work pool \"default-agent-pool\" not found."}`,
		`,"work_pool_name":"none"`:                                                                     `404 {"detail":"Work pool \"none\" not found."}`,
		`,"work_pool_name":"p","job_variables":{"cpu":"lots"}`:                                         `422 {"detail":"Error creating deployment: Validation failed for field 'cpu'. Failure reason: 'lots' is not`,
		`,"infrastructure_document_id":"` + none + `"`:                                                 `409 {"detail":"Error creating deployment. Could not find infrastructure block with id: ` + none,
		`,"storage_document_id":"` + none + `"`:                                                        `409 {"detail":"Error creating deployment. Could not find storage block with id: ` + none,
		`,"global_concurrency_limit_id":"` + none + `"`:                                                `404 {"detail":"Concurrency limit not found"}`,
		`,"global_concurrency_limit_id":"` + none + `","concurrency_limit":1`:                          `422 {"exception_message"`,
		`,"concurrency_limit":0`:                                                                       `422 {"exception_message"`,
		`,"infra_overrides":{}`:                                                                        `422 {"exception_message"`,
		`,"schedules":[{"schedule":{"cron":"nope"}}]`:                                                  `422 {"exception_message":"Invalid request received.","exception_detail":[{"type":"missing","loc":["body","schedules",0,"schedule","function-after[validate_timezone(), IntervalSchedule]","interval"],"msg":"Field required","input":{"cron":"nope"}},{"type":"extra_forbidden"`,
		`,"schedules":[{"schedule":{"rrule":"COUNT=3"}}]`:                                              `500 {"exception_message":"Internal Server Error"}`,
		`,"schedules":[{"schedule":null}]`:                                                             `422 {"exception_message"`,
		`,"schedules":[{"schedule":{"interval":1},"max_scheduled_runs":101}]`:                          `422 {"exception_message"`,
		`,"schedules":[{"schedule":{"interval":1},"slug":"s"},{"schedule":{"interval":2},"slug":"s"}]`: `409 {"detail":"Data integrity conflict`,
		`,"enforce_parameter_schema":true,"parameters":{"a":"x"},"parameter_openapi_schema":{"type":"object","properties":{"a":{"type":"integer"}}}`: `422 {"exception_message":"Invalid request received.","exception_detail":[{"type":"value_error","loc":["body"],"msg":"Value error, Validation failed for field 'a'. Failure reason: 'x' is not of type 'integer'"`,
		`,"enforce_parameter_schema":true,"parameter_openapi_schema":{"type":"objet"}`:                                                               `422 {"exception_message":"Invalid request received.","exception_detail":[{"type":"value_error","loc":["body"],"msg":"Value error, The provided schema is not a valid json schema. Schema error: `,
	} {
		status, text := s.say("POST", "/deployments/", `{"name":"d","flow_id":"`+flow+`"`+more+`}`)
		if got := string(mustMarshal(t, status)) + " " + text; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", more, got, want)
		}
	}
	s.refused(409, "Data integrity conflict", "POST", "/deployments/", `{"name":"d","flow_id":"`+none+`"}`)
	same(t, "deployments", s.count("/deployments", `{}`), 0)
	same(t, "limits", s.db.ConcurrencyLimits.Len(), 0)
}

func mustMarshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDeploymentsAreChanged(t *testing.T) {
	s := newServer(t)
	s.pool()
	id := s.deployment(s.flow(), `,"work_pool_name":"p","parameter_openapi_schema":{"type":"object","properties":{"a":{"type":"integer"}}},"job_variables":{"cpu":2}`)
	path := "/deployments/" + id
	s.want(204, "PATCH", path, `{"description":"x","paused":true,"parameters":{"a":1},"work_queue_name":"own","job_variables":null}`)
	d := s.get(path)
	same(t, "fields", []any{d["description"], d["paused"], d["parameters"], d["work_queue_name"], d["work_pool_name"], d["job_variables"]},
		[]any{"x", true, object{"a": 1.0}, "own", "default-agent-pool", object{"cpu": 2.0}})
	s.want(204, "PATCH", path, `{"work_pool_name":null,"description":null}`)
	same(t, "pool", s.get(path)["work_pool_name"], nil)
	s.want(204, "PATCH", path, `{"work_pool_name":"p"}`)
	same(t, "queue", s.get(path)["work_queue_name"], any("default"))
	s.refused(409, "Error updating deployment: Validation failed for field 'a'", "PATCH", path, `{"parameters":{"a":"x"}}`)
	s.want(204, "PATCH", path, `{"parameters":{"a":"x"},"enforce_parameter_schema":false}`)
	s.refused(409, `Error creating deployment: <ValidationError: \"'lots' is not of type 'number'\">`, "PATCH", path, `{"work_pool_name":"p","job_variables":{"cpu":"lots"}}`)
	s.refused(500, "Internal Server Error", "PATCH", path, `{"work_pool_name":"none"}`)
	for _, body := range []string{`{"parameters":null}`, `{"enforce_parameter_schema":null}`, `{"storage_document_id":"` + uuid.NewString() + `"}`} {
		s.refused(409, "Data integrity conflict", "PATCH", path, body)
	}
	s.refused(422, "Input should be a valid boolean", "POST", path+"/schedules", `[{"schedule":{"interval":60},"active":null}]`)
	s.refused(404, "Deployment not found.", "PATCH", "/deployments/"+uuid.NewString(), `{}`)
	s.refused(422, "Extra inputs", "PATCH", path, `{"name":"other"}`)
	s.want(204, "PATCH", path, `{"parameter_openapi_schema":null}`)
	s.refused(409, "does not have a valid parameter schema", "PATCH", path, `{"enforce_parameter_schema":true}`)
	gone := read[object](t, s.want(200, "POST", "/deployments/bulk_delete", `{"deployments":{"paused":{"eq_":true}}}`))
	same(t, "deleted", gone["deleted"], any([]any{id}))
}

func TestSchedulesAreChanged(t *testing.T) { synctest.Test(t, changeSchedules) }

func changeSchedules(t *testing.T) {
	s := newServer(t)
	id := s.deployment(s.flow(), `,"paused":true,"schedules":[{"schedule":{"interval":60},"slug":"a","parameters":{"x":1}},{"schedule":{"interval":60},"slug":"b"}]`)
	path := "/deployments/" + id
	slugs := func() (out []any) {
		for _, one := range s.get(path)["schedules"].([]any) {
			one := one.(object)
			out = append(out, one["slug"], one["schedule"].(object)["interval"], one["active"])
		}
		return out
	}
	time.Sleep(time.Second)
	s.want(204, "PATCH", path, `{"schedules":[{"slug":"a","active":false},{"slug":"c","schedule":{"interval":5}}]}`)
	same(t, "by slug", slugs(), []any{"c", 5.0, true, "a", 60.0, false, "b", 60.0, true})
	time.Sleep(time.Second)
	s.want(204, "PATCH", path, `{"schedules":[{"slug":"z","replaces":"a"}]}`)
	same(t, "renamed", slugs()[0], any("z"))
	for body, want := range map[string]string{
		`[{"schedule":{"interval":1}}]`:                             "Please provide a slug for each schedule",
		`[{"slug":"new"}]`:                                          "Unable to create new deployment schedules without a schedule configuration",
		`[{"slug":"q","replaces":"b"},{"slug":"r","replaces":"b"}]`: "targeting the same slug: b",
		`[{"slug":"z","replaces":"b"}]`:                             "Cannot rename schedule from 'b' to 'z'",
	} {
		s.refused(422, want, "PATCH", path, `{"schedules":`+body+`}`)
	}
	made := read[[]object](t, s.want(201, "POST", path+"/schedules", `[{"schedule":{"cron":"@daily"}}]`))
	same(t, "made", len(made), 1)
	s.refused(409, "Data integrity conflict", "POST", path+"/schedules", `[{"schedule":{"cron":"@daily"},"slug":"b"}]`)
	time.Sleep(time.Second)
	one := path + "/schedules/" + made[0]["id"].(string)
	s.want(204, "PATCH", one, `{"max_scheduled_runs":2,"slug":"s","parameters":{"p":1}}`)
	latest := read[[]object](t, s.want(200, "GET", path+"/schedules", ""))[0]
	same(t, "changed", []any{latest["slug"], latest["max_scheduled_runs"], latest["parameters"]}, []any{"s", 2.0, object{"p": 1.0}})
	s.want(204, "DELETE", one, "")
	s.refused(404, "Schedule not found.", "DELETE", one, "")
	s.refused(404, "Deployment not found.", "GET", "/deployments/"+uuid.NewString()+"/schedules", "")
	s.want(204, "PATCH", path, `{"schedules":[]}`)
	same(t, "none given, all stay", len(slugs()), 9)
}

// TestNoAutomations shows that clients, which remove a deployment's automations whenever they register it, can go on.
func TestNoAutomations(t *testing.T) {
	s := newServer(t)
	d := s.deployment(s.flow(), "")
	same(t, "owned", s.want(202, "DELETE", "/automations/owned-by/prefect.deployment."+d, ""), "null")
	same(t, "related", s.want(200, "GET", "/automations/related-to/prefect.deployment."+d, ""), "[]")
	same(t, "found", s.want(200, "POST", "/automations/filter", "{}"), "[]")
	s.refused(501, "no automations", "POST", "/automations/", "{}")
}
