//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// runStates are the states of a flow run that the rules tell apart.
var runStates = []string{
	`{"type":"SCHEDULED"}`,
	`{"type":"SCHEDULED","name":"AwaitingRetry"}`,
	`{"type":"SCHEDULED","name":"Resuming"}`,
	`{"type":"PENDING"}`,
	`{"type":"PENDING","name":"Submitting"}`,
	`{"type":"RUNNING"}`,
	`{"type":"PAUSED","state_details":{"pause_timeout":"$in(1h)","pause_reschedule":false}}`,
	`{"type":"PAUSED","name":"Suspended","state_details":{"pause_timeout":"$in(1h)","pause_reschedule":true}}`,
	`{"type":"COMPLETED"}`,
	`{"type":"COMPLETED","data":{"type":"reference"}}`,
	`{"type":"FAILED"}`,
	`{"type":"CRASHED"}`,
	`{"type":"CANCELLING"}`,
	`{"type":"CANCELLED"}`,
}

// TestPrefectTransitions proposes every state to a run in every state, of a deployment and of none, with an infrastructure
// process and without, to a real server and to the API in memory.
func TestPrefectTransitions(t *testing.T) {
	seconds(t)
	for _, setting := range []struct{ name, create, prepare string }{
		{"without a deployment", `POST /flow_runs/ {"flow_id":"$flow"} => r=id`, ""},
		{"of a deployment", `POST /deployments/$d/create_flow_run {} => r=id`, ""},
		{"with a process", `POST /deployments/$d/create_flow_run {} => r=id`, `PATCH /flow_runs/$r {"infrastructure_pid":"pid"}`},
	} {
		t.Run(setting.name, func(t *testing.T) {
			lines := []string{`POST /flows/ {"name":"$n"} => flow=id`, `POST /deployments/ {"name":"d","flow_id":"$flow"} => d=id`}
			for _, from := range runStates {
				for _, to := range runStates {
					to = strings.TrimSuffix(to, "}")
					to = fmt.Sprintf(`POST /flow_runs/$r/set_state {"state":%s}}`, to)
					lines = append(lines, setting.create, setting.prepare,
						fmt.Sprintf(`POST /flow_runs/$r/set_state {"state":%s,"force":true}`, from), to, `GET /flow_runs/$r`)
				}
			}
			hold(t, lines)
		})
	}
}
