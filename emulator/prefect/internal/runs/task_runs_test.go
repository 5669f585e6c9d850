package runs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
)

func TestTaskRuns(t *testing.T) {
	s := newServer(t)
	flowRun := s.id("/flow_runs/", `{"flow_id":"`+s.flow()+`","labels":{"of":"flow run"}}`)
	id := uuid.NewString()
	body := `{"id":"` + id + `","name":"t","flow_run_id":"` + flowRun + `","task_key":"k","dynamic_key":"0","tags":["x"],"task_version":"1","cache_key":"c","cache_expiration":"2030-01-01T00:00:00Z",
		"empirical_policy":{"retries":2,"retry_delay":[1,2.5],"retry_jitter_factor":0.5},"state":{"type":"RUNNING"},
		"task_inputs":{"a":[{"input_type":"parameter","name":"p"},{"input_type":"constant","type":"int"},{"input_type":"task_run","id":"` + id + `"}]}}`
	s.want(201, "POST", "/task_runs/", body)
	run := s.get("/task_runs/" + id)
	same(t, "fields", []any{run["name"], run["state_type"], run["flow_run_id"], run["task_version"], run["cache_key"], run["run_count"]}, []any{"t", "RUNNING", flowRun, "1", "c", 1.0})
	same(t, "policy", run["empirical_policy"], any(object{"max_retries": 0.0, "retry_delay_seconds": 0.0, "retries": 2.0, "retry_delay": []any{1.0, 2.5}, "retry_jitter_factor": 0.5}))
	same(t, "inputs", run["task_inputs"], any(object{"a": []any{object{"input_type": "parameter", "name": "p"}, object{"input_type": "constant", "type": "int"}, object{"input_type": "task_run", "id": id}}}))
	labels := run["labels"].(object)
	same(t, "labels", []any{labels["of"], labels["prefect.flow-run.id"]}, []any{"flow run", flowRun})
	same(t, "the same keys again", read[object](t, s.want(200, "POST", "/task_runs/", body))["id"], any(id))
	s.want(204, "PATCH", "/task_runs/"+id, `{"name":"other"}`)
	same(t, "name", s.get("/task_runs/" + id)["name"], any("other"))
	states := read[[]object](t, s.want(200, "GET", "/task_run_states/?task_run_id="+id, ""))
	same(t, "states", len(states), 1)
	same(t, "state", s.get("/task_run_states/" + states[0]["id"].(string))["name"], any("Running"))

	alone := s.id("/task_runs/", `{"task_key":"k","dynamic_key":"0"}`)
	same(t, "the same keys again", read[object](t, s.want(200, "POST", "/task_runs/", `{"task_key":"k","dynamic_key":"0"}`))["id"], any(alone))
	same(t, "of old", s.get("/task_runs/" + s.id("/task_runs/", `{"task_key":"k","dynamic_key":"1","empirical_policy":{"max_retries":1,"retry_delay_seconds":3}}`))["empirical_policy"].(object)["retry_delay"], any(3.0))
	same(t, "all", s.count("/task_runs", `{}`), 3)
	for sort, want := range map[string]string{"NAME_ASC": "a other", "NAME_DESC": "other a"} {
		s.want(204, "PATCH", "/task_runs/"+alone, `{"name":"a"}`)
		same(t, sort, strings.Join(s.names("/task_runs/filter", `{"sort":"`+sort+`","task_runs":{"name":{"any_":["a","other"]}}}`), " "), want)
	}
	s.want(204, "DELETE", "/task_runs/"+id, "")
	for _, method := range []string{"GET", "DELETE"} {
		s.refused(404, "Task not found", method, "/task_runs/"+id, "")
	}
	s.refused(404, "Task run not found", "PATCH", "/task_runs/"+id, `{}`)
	s.refused(404, "Flow run state not found", "GET", "/task_run_states/"+id, "")
	s.refused(422, "task_run_id", "GET", "/task_run_states/", "")
	same(t, "states of a run that is gone", s.want(200, "GET", "/task_run_states/?task_run_id="+id, ""), "[]")
}

func TestContractTaskRunRefusals(t *testing.T) {
	apitest.Both(t, newServer(t).handler, taskRunsThatAreRefused)
}

func taskRunsThatAreRefused(t *testing.T, h http.Handler) {
	s := &server{t: t, handler: h}
	key := uuid.NewString() // of this run of the test
	before := s.count("/task_runs", `{}`)
	id := s.id("/task_runs/", `{"task_key":"k","dynamic_key":"`+key+`"}`)
	for body, want := range map[string]string{
		`{"dynamic_key":"0"}`: "Field required",
		`{"task_key":"k","dynamic_key":"1","cache_key":"` + strings.Repeat("x", 2001) + `"}`:                        "Cache key exceeded maximum allowed length of 2000 characters.",
		`{"task_key":"k","dynamic_key":"1","empirical_policy":{"retry_delay":[` + strings.Repeat("1,", 50) + `1]}}`: "Can not configure more than 50 retry delays per task.",
		`{"task_key":"k","dynamic_key":"1","empirical_policy":{"retry_delay":"x"}}`:                                 `{"type":"int_parsing","loc":["body","empirical_policy","retry_delay","int"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"},{"type":"float_parsing","loc":["body","empirical_policy","retry_delay","float"],"msg":"Input should be a valid number, unable to parse string as a number","input":"x"},{"type":"list_type","loc":["body","empirical_policy","retry_delay","list[int]"],"msg":"Input should be a valid list","input":"x"}`,
		`{"task_key":"k","dynamic_key":"1","empirical_policy":{"retry_delay":[1,"x"]}}`:                             `{"type":"float_parsing","loc":["body","empirical_policy","retry_delay","list[float]",1],"msg"`,
		`{"task_key":"k","dynamic_key":"1","task_inputs":{"a":[{"input_type":"nope"}]}}`:                            "Input should be 'task_run'",
	} {
		s.refused(422, want, "POST", "/task_runs/", body)
	}
	s.refused(409, "Data integrity conflict", "POST", "/task_runs/", `{"task_key":"k","dynamic_key":"1","flow_run_id":"`+uuid.NewString()+`"}`)
	s.refused(409, "Data integrity conflict", "POST", "/task_runs/", `{"task_key":"k","dynamic_key":"1","id":"`+id+`"}`)
	same(t, "task runs", s.count("/task_runs", `{}`), before+1)
}
