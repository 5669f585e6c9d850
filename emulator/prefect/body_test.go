package prefectemulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
)

// bodyRoutes are all routes whose body is one thing. They want one, before they look at what the path names.
var bodyRoutes = []string{
	"POST /artifacts/", "PATCH /artifacts/{id}",
	"POST /block_documents/", "PATCH /block_documents/{id}", "POST /block_schemas/", "POST /block_types/", "PATCH /block_types/{id}",
	"POST /concurrency_limits/", "POST /v2/concurrency_limits/", "PATCH /v2/concurrency_limits/none",
	"POST /deployments/", "PATCH /deployments/{id}", "POST /deployments/{id}/create_flow_run", "POST /deployments/{id}/create_flow_run/bulk",
	"POST /deployments/{id}/schedules", "PATCH /deployments/{id}/schedules/{id}",
	"POST /events", "POST /logs/",
	"POST /flow_runs/", "PATCH /flow_runs/{id}", "PATCH /flow_runs/{id}/labels", "POST /flows/", "PATCH /flows/{id}",
	"POST /task_runs/", "PATCH /task_runs/{id}",
	"POST /variables/", "PATCH /variables/name/none", "PATCH /variables/{id}",
	"POST /work_pools/", "PATCH /work_pools/none", "POST /work_pools/none/queues", "PATCH /work_pools/none/queues/none",
	"POST /work_queues/", "PATCH /work_queues/{id}",
}

// parameterRoutes are routes of single parameters, and those of them that are required: without a body each is missing by
// itself, and a route without any takes its defaults.
var parameterRoutes = map[string][]string{
	"POST /concurrency_limits/increment":               {"names", "task_run_id"},
	"POST /concurrency_limits/decrement":               {"names", "task_run_id"},
	"POST /v2/concurrency_limits/increment":            {"slots", "names"},
	"POST /v2/concurrency_limits/increment-with-lease": {"slots", "names"},
	"POST /v2/concurrency_limits/decrement":            {"slots", "names"},
	"POST /v2/concurrency_limits/decrement-with-lease": {"lease_id"},
	"POST /deployments/get_scheduled_flow_runs":        {"deployment_ids"},
	"POST /flow_runs/{id}/input":                       {"key", "value"},
	"POST /flow_runs/{id}/input/filter":                {"prefix"},
	"POST /flow_runs/{id}/set_state":                   {"state"},
	"POST /task_runs/{id}/set_state":                   {"state"},
	"POST /work_pools/none/workers/heartbeat":          {"name"},
	"POST /flows/filter":                               nil,
	"POST /flow_runs/count":                            nil,
	"POST /logs/filter":                                nil,
	"POST /work_pools/filter":                          nil,
}

func TestContractNoBody(t *testing.T) {
	apitest.Both(t, newServer(t, prefectemulator.Options{}), noBody)
}

func noBody(t *testing.T, h http.Handler) {
	c := apitest.New(t, h)
	send := func(status int, route, body string) apitest.Reply {
		t.Helper()
		return c.Want(status, strings.ReplaceAll(route, "{id}", uuid.NewString()), body)
	}
	for _, route := range bodyRoutes {
		for _, body := range []string{"", "null", " null\n"} {
			reply := send(422, route, body)
			reply.Is(`[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]`, "exception_detail")
			reply.Is(`null`, "request_body")
		}
		blank := send(422, route, "  ")
		blank.Is(`[{"type":"json_invalid","loc":["body",2],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}]`, "exception_detail")
		blank.Is(`"  "`, "request_body")
	}
	for route, required := range parameterRoutes {
		var missing []string
		for _, name := range required {
			missing = append(missing, `{"type":"missing","loc":["body","`+name+`"],"msg":"Field required","input":null}`)
		}
		for _, body := range []string{"", "null", "{}"} {
			if required == nil {
				send(200, route, body)
				continue
			}
			send(422, route, body).Is("["+strings.Join(missing, ",")+"]", "exception_detail")
		}
		send(422, route, "  ").Is(`"json_invalid"`, "exception_detail", 0, "type")
	}
	send(204, "POST /templates/validate", "null")
	send(422, "POST /concurrency_limits/tag/"+uuid.NewString()+"/reset", "  ").Is(`"json_invalid"`, "exception_detail", 0, "type")
}
