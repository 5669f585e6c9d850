package runs_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Parameters with a __prefect_kind are filled in when a run is made by hand or a deployment is changed, but neither when
// it is made nor for the runs of its schedules. The texts are a server's.
func TestParametersAreFilledIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		for name, value := range map[string]string{"v": `{"a":[1,null]}`, "name": `"v"`} {
			id := uuid.New()
			s.db.Variables.Put(id, &db.Variable{Base: db.NewBase(), Name: name, Value: []byte(value)})
		}
		d := s.deployment(s.flow(), `,"parameters":{"p":{"__prefect_kind":"json","value":"[1]"}},"schedules":[{"schedule":{"interval":3600},"parameters":{"z":{"__prefect_kind":"json","value":"1"}}}]`)
		for given, want := range map[string]string{
			`{}`: `{"p":[1]}`,
			`{"a":{"__prefect_kind":"json"},"b":[{"__prefect_kind":"workspace_variable"},1]}`:                                                    `{"b":[1],"p":[1]}`,
			`{"a":{"__prefect_kind":"workspace_variable","variable_name":{"__prefect_kind":"workspace_variable","variable_name":"name"}}}`:       `{"a":{"a":[1,null]},"p":[1]}`,
			`{"a":{"__prefect_kind":"json","value":{"__prefect_kind":"jinja","template":"[{{ 1 + 1 }}]"}}}`:                                      `{"a":[2],"p":[1]}`,
			`{"a":{"__prefect_kind":"none","value":{"b":{"__prefect_kind":"json","value":"1"}}},"c":{"__prefect_kind":"other","value":{"d":1}}}`: `{"a":{"b":1},"c":{"d":1},"p":[1]}`,
			`{"__prefect_kind":"json","value":"{\"q\": 2.50}"}`:                                                                                  `{"q":2.50}`,
			`{"__prefect_kind":"json"}`: `{}`,
		} {
			run := read[object](t, s.want(201, "POST", "/deployments/"+d+"/create_flow_run", `{"parameters":`+given+`}`))
			same(t, given, run["parameters"], read[object](t, want))
		}
		for given, reason := range map[string]string{
			`{"a":{"__prefect_kind":"json","value":"{"}}`:                          "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
			`{"a":{"__prefect_kind":"workspace_variable","variable_name":"none"}}`: "Variable 'none' not found in workspace.",
			`{"a":{"__prefect_kind":"jinja","template":"{{ x"}}`:                   "Invalid jinja: unexpected end of template, expected 'end of print statement'.",
			`{"a":{"__prefect_kind":"jinja","template":"{{ 1/0 }}"}}`:              "Invalid jinja: Failed to render template due to the following error: ZeroDivisionError('division by zero')",
			`{"a":{"__prefect_kind":"jinja"}}`:                                     "Missing 'template' key in __prefect object",
			`{"a":{"__prefect_kind":"none"}}`:                                      "Missing 'value' key in __prefect object",
		} {
			s.refused(400, "Error hydrating flow run parameters: "+reason, "POST", "/deployments/"+d+"/create_flow_run", `{"parameters":`+given+`}`)
			s.refused(400, "Error hydrating deployment parameters: "+reason, "PATCH", "/deployments/"+d, `{"parameters":`+given+`}`)
			bulk := read[object](t, s.want(200, "POST", "/deployments/"+d+"/create_flow_run/bulk", `[{"parameters":`+given+`}]`))
			same(t, "bulk "+given, bulk["results"].([]any)[0].(object)["error"], reason)
		}
		for _, broken := range []string{`{"__prefect_kind":"json","value":"5"}`, `{"a":{"__prefect_kind":"jinja","template":5}}`, `{"a":{"__prefect_kind":[]}}`} {
			s.refused(500, "Internal Server Error", "POST", "/deployments/"+d+"/create_flow_run", `{"parameters":`+broken+`}`)
		}
		scheduled := read[[]object](t, s.want(200, "POST", "/flow_runs/filter", `{"flow_runs":{"tags":{"all_":["auto-scheduled"]}},"limit":1}`))[0]
		same(t, "parameters of a scheduled run", scheduled["parameters"], read[object](t, `{"p":{"__prefect_kind":"json","value":"[1]"},"z":{"__prefect_kind":"json","value":"1"}}`))
		s.want(204, "PATCH", "/deployments/"+d, `{"parameters":{"p":{"__prefect_kind":"workspace_variable","variable_name":"name"}}}`)
		same(t, "changed parameters", s.get("/deployments/" + d)["parameters"], object{"p": "v"})
	})
}
