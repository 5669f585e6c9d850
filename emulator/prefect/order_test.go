package prefectemulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

// What clients give a server to keep stays in the order in which they wrote it; e2e/testdata/conversations/order.txt holds
// that against a real server.
func TestOrderIsKept(t *testing.T) {
	server := newServer(t, prefectemulator.Options{})
	const written = `{"z":1,"a":{"y":1,"b":[{"q":1,"c":2}]},"é":"<&>","A":12345678901234567890}`
	ids := map[string]string{}
	send := func(method, path, body string) string {
		t.Helper()
		for name, id := range ids {
			path, body = strings.ReplaceAll(path, "$"+name, id), strings.ReplaceAll(body, "$"+name, id)
		}
		status, text := say(t, server, method, path, strings.ReplaceAll(body, "WRITTEN", written))
		if status >= http.StatusBadRequest {
			t.Fatalf("%s %s: %d %s", method, path, status, text)
		}
		return text
	}
	for _, step := range []struct{ method, path, body, id, want string }{
		{"POST", "/work_pools/", `{"name":"p","base_job_template":{"variables":{"x":1},"job_configuration":WRITTEN}}`, "", `"base_job_template":{"variables":{"x":1},"job_configuration":WRITTEN}`},
		{"PATCH", "/work_pools/p", `{"base_job_template":{"variables":{"x":1,"d":WRITTEN},"job_configuration":{"y":1}}}`, "", ""},
		{"GET", "/work_pools/p", "", "", `"base_job_template":{"variables":{"x":1,"d":WRITTEN},"job_configuration":{"y":1}}`},
		{"POST", "/block_types/", `{"name":"t","slug":"t"}`, "type", ""},
		{"POST", "/block_schemas/", `{"block_type_id":"$type","fields":{"title":"T","properties":WRITTEN,"secret_fields":["z"]}}`, "schema", `"fields":{"title":"T","properties":WRITTEN,"secret_fields":["z"]`},
		{"POST", "/block_documents/", `{"name":"d","block_type_id":"$type","block_schema_id":"$schema","data":WRITTEN}`, "doc", `"data":{"z":"********","a":{"y":1,`},
		{"PATCH", "/block_documents/$doc", `{"data":{"y":2,"a":WRITTEN,"b":1}}`, "", ""},
		{"GET", "/block_documents/$doc?include_secrets=true", "", "", `"data":{"z":1,"a":WRITTEN,"é":"<&>","A":12345678901234567890,"y":2,"b":1}`},
		{"POST", "/flows/", `{"name":"f"}`, "flow", ""},
		{"POST", "/deployments/", `{"name":"d","flow_id":"$flow","parameters":WRITTEN,"job_variables":WRITTEN,"pull_steps":[WRITTEN],"parameter_openapi_schema":{"type":"object","properties":WRITTEN},"enforce_parameter_schema":false}`,
			"d", `"job_variables":WRITTEN,"parameters":WRITTEN,`},
		{"GET", "/deployments/$d", "", "", `"parameter_openapi_schema":{"type":"object","properties":WRITTEN},"path":null,"pull_steps":[WRITTEN]`},
		{"POST", "/deployments/$d/create_flow_run", `{"parameters":{"y":1,"a":WRITTEN,"b":2},"context":WRITTEN}`, "run", `"parameters":{"z":1,"a":WRITTEN,"é":"<&>","A":12345678901234567890,"y":1,"b":2}`},
		{"POST", "/flow_runs/$run/set_state", `{"state":{"type":"RUNNING","data":WRITTEN}}`, "", `"data":WRITTEN`},
		{"POST", "/variables/", `{"name":"v","value":WRITTEN}`, "", `"value":WRITTEN`},
	} {
		text := send(step.method, step.path, step.body)
		if want := strings.ReplaceAll(step.want, "WRITTEN", written); !strings.Contains(text, want) {
			t.Errorf("%s %s: got %s, want in it %s", step.method, step.path, text, want)
		}
		if step.id != "" {
			var made struct{ ID string }
			if err := json.Unmarshal([]byte(text), &made); err != nil || made.ID == "" {
				t.Fatalf("%s %s: no id in %s: %v", step.method, step.path, text, err)
			}
			ids[step.id] = made.ID
		}
	}
}
