package orchestration_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

const limits = "/v2/concurrency_limits/"

// TestLimitRoutes is of package concurrency, but here is what asks a real server too. It tries the routes of limits one after the other: each step is a request and a part of its reply.
func TestLimitRoutes(t *testing.T) {
	name := "limit-" + uuid.NewString()[:8]
	type object = map[string]any
	steps := []struct {
		method, path string
		body         any
		status       int
		want         string
	}{
		{"POST", "", object{"name": name, "limit": 2}, 201, `"active_slots":0,"denied_slots":0`},
		{"POST", "", object{"name": name, "limit": 2}, 409, `Data integrity conflict.`},
		{"POST", "", object{"name": name, "limit": -1}, 422, `greater than or equal to 0`},
		{"POST", "", object{"name": name, "limit": 1, "x": 1}, 422, `Extra inputs are not permitted`},
		{"GET", name, nil, 200, `"name":"` + name + `","limit":2,"active_slots":0`},
		{"GET", name + "-none", nil, 404, `{"detail":"Concurrency Limit not found"}`},
		{"GET", uuid.NewString(), nil, 404, `{"detail":"Concurrency Limit not found"}`},
		{"POST", "increment", object{"names": []string{name, name + "-none"}, "slots": 1}, 200, `"name":"` + name + `","limit":2}]`},
		{"POST", "increment", object{"names": []string{name + "-none"}, "slots": 1, "unknown": 1}, 200, `[]`},
		{"POST", "increment", object{"names": []string{}, "slots": 1}, 422, `"msg":"List should have at least 1 item after validation, not 0","input":[],"ctx":{`},
		{"POST", "increment-with-lease", object{"names": []string{}, "slots": 1}, 422, `"type":"too_short","loc":["body","names"]`},
		{"POST", "decrement", object{"names": []string{}, "slots": 1}, 422, `"type":"too_short","loc":["body","names"]`},
		{"POST", "increment", object{"names": []string{name}, "slots": 0}, 422, `"type":"greater_than","loc":["body","slots"]`},
		{"POST", "increment", object{"names": []string{name}, "slots": 3}, 422, `{"detail":"Slots requested is greater than the limit"}`},
		{"POST", "increment", object{"names": []string{name}, "slots": 1, "mode": "rate_limit"}, 422, `do not have a decay configured: '` + name + `'`},
		{"POST", "increment", object{"names": []string{name}, "slots": 1, "mode": "x"}, 422, `"type":"literal_error","loc":["body","mode"],"msg":"Input should be 'concurrency' or 'rate_limit'`},
		{"GET", name, nil, 200, `"active_slots":1`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 1, "lease_duration": 59}, 422, `greater than or equal to 60`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 1, "lease_duration": 86401}, 422, `less than or equal to 86400`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 1, "holder": object{"type": "x", "id": uuid.NewString()}}, 422, `Input should be 'flow_run', 'task_run' or 'deployment'`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 1, "holder": object{"type": "flow_run", "id": uuid.NewString()}}, 200, `"lease_id":`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 1}, 423, `{"detail":"Locked"}`},
		{"POST", "increment", object{"names": []string{name}, "slots": 1}, 423, `{"detail":"Locked"}`},
		{"POST", "leases/" + uuid.NewString() + "/renew", object{"lease_duration": 100}, 410, `{"detail":"Lease not found - it may have expired or been revoked"}`},
		{"POST", "decrement-with-lease", object{"lease_id": uuid.NewString()}, 204, ``},
		{"POST", "decrement-with-lease", object{}, 422, `Field required`},
		{"POST", "decrement-with-lease", object{"lease_id": nil}, 422, `"type":"missing","loc":["body","lease_id"],"msg":"Field required","input":null`},
		{"POST", "decrement", object{"names": []string{name}, "slots": 2, "occupancy_seconds": 5}, 200, `"limit":2}]`},
		{"POST", "decrement", object{"names": []string{name + "-none"}, "slots": 1}, 200, `[]`},
		{"POST", "decrement", object{"names": []string{name}, "slots": 1, "occupancy_seconds": 0}, 422, `"type":"greater_than"`},
		{"GET", name, nil, 200, `"active_slots":0`},
		{"PATCH", name, object{"limit": 5, "active": false}, 204, ``},
		{"PATCH", name + "-none", object{"limit": 5}, 404, `{"detail":"Concurrency Limit not found"}`},
		{"PATCH", name, object{"x": 5}, 422, `Extra inputs are not permitted`},
		{"POST", "increment-with-lease", object{"names": []string{name}, "slots": 9}, 200, `"limit":5}]`}, // one that is off limits nothing
		{"POST", "filter", object{"limit": 200, "offset": nil}, 200, `"active":false,"name":"` + name + `","limit":5`},
		{"DELETE", name, nil, 204, ``},
		{"DELETE", name, nil, 404, `{"detail":"Concurrency Limit not found"}`},
	}
	onBoth(t, func(t *testing.T, on target) {
		for _, s := range steps {
			status, text := on.call(t, s.method, limits+s.path, s.body)
			if status != s.status || !strings.Contains(string(text), s.want) {
				t.Errorf("%s %s %v: got %d %.400s, want %d %s", s.method, s.path, s.body, status, text, s.status, s.want)
			}
		}
	})
}
