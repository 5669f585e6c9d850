package orchestration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

const limits = "/v2/concurrency_limits/"

// TestLimitRoutes tries the routes of limits one after the other: each step is a request and a part of its reply.
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
		{"POST", "increment", object{"names": []string{}, "slots": 1, "unknown": 1}, 200, `[]`},
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

func TestLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		limit := m.AddLimit(db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1})
		take := func(want int) string {
			t.Helper()
			status, text := m.call(t, http.MethodPost, limits+"increment-with-lease", map[string]any{"names": []string{"x"}, "slots": 1, "lease_duration": 60})
			var got struct {
				ID string `json:"lease_id"`
			}
			if err := json.Unmarshal(text, &got); err != nil || status != want {
				t.Fatalf("got %d %s, want %d", status, text, want)
			}
			return got.ID
		}
		renew := func(id string, seconds, want int) {
			t.Helper()
			if status, text := m.call(t, http.MethodPost, limits+"leases/"+id+"/renew", map[string]any{"lease_duration": seconds}); status != want {
				t.Errorf("got %d %s, want %d", status, text, want)
			}
		}
		lease := take(http.StatusOK)
		time.Sleep(59 * time.Second)
		renew(lease, 120, http.StatusNoContent)
		time.Sleep(119 * time.Second)
		take(http.StatusLocked)
		time.Sleep(time.Second)
		renew(lease, 60, http.StatusGone) // to the moment
		second := take(http.StatusOK)
		for range 2 { // a second time does nothing
			if status, _ := m.call(t, http.MethodPost, limits+"decrement-with-lease", map[string]any{"lease_id": second}); status != http.StatusNoContent {
				t.Errorf("got %d", status)
			}
		}
		if limit.SlotsNow() != 0 || m.Leases.Len() != 0 {
			t.Errorf("got %d slots and %d leases at the end", limit.SlotsNow(), m.Leases.Len())
		}
		if limit.AvgSlotOccupancySeconds <= 2 {
			t.Errorf("a slot is held for %v s on average, want that to have risen", limit.AvgSlotOccupancySeconds)
		}
	})
}

// TestWakes shows that the end of each lease is told to whoever looks at what time makes due.
func TestWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var wakes []time.Duration
		m.Wake = func(at time.Time) { wakes = append(wakes, time.Until(at)) }
		limit := m.AddLimit(db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1})
		lease := m.AddLease(db.Lease{Limits: []uuid.UUID{limit.ID}, Slots: 1}, time.Minute)
		m.RenewLease(lease.ID, time.Hour)
		if len(wakes) != 2 || wakes[0] != time.Minute || wakes[1] != time.Hour {
			t.Errorf("got wakes %v, want one minute and one hour", wakes)
		}
		if next := m.ExpireLeases(); time.Until(next) != time.Hour {
			t.Errorf("the next one ends in %v, want an hour", time.Until(next))
		}
		time.Sleep(time.Hour)
		if next := m.ExpireLeases(); !next.IsZero() {
			t.Errorf("got %v when there is none", next)
		}
	})
}

// TestRetryAfter shows how long clients are told to wait: longer the more of them there are, and never for ever.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		limit := m.AddLimit(db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1, ActiveSlots: 1})
		ask := func() float64 {
			t.Helper()
			w := httptest.NewRecorder()
			m.router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, api.Prefix+limits+"increment", strings.NewReader(`{"names":["x"],"slots":1}`)))
			seconds, err := strconv.ParseFloat(w.Header().Get("Retry-After"), 64)
			if err != nil || w.Code != http.StatusLocked {
				t.Fatalf("got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			return seconds
		}
		for _, want := range []float64{2, 4, 6} {
			if got := ask(); got < want*0.7 || got > want*1.3 {
				t.Errorf("got %v s, want %v and up to 30%% more or less", got, want)
			}
		}
		for range 100 {
			if got := ask(); got > 30*1.3 {
				t.Fatalf("got %v s, want at most 39", got)
			}
		}
		if limit.DeniedNow() < 100 {
			t.Errorf("got %d denied, want all", limit.DeniedNow())
		}
		time.Sleep(10 * time.Minute)
		if limit.DeniedNow() != 0 {
			t.Errorf("got %d denied long after", limit.DeniedNow())
		}
		limit.SlotDecayPerSecond, limit.ActiveSlots, limit.DeniedSlots = 0.5, 1, 0
		limit.Touch()
		if got := ask(); got < 2*0.7 || got > 2*1.3 {
			t.Errorf("got %v s for a limit that decays, want 2 and up to 30%% more or less", got)
		}
		time.Sleep(2 * time.Second)
		if status, text := m.call(t, http.MethodPost, limits+"increment", map[string]any{"names": []string{"x"}, "slots": 1, "mode": "rate_limit"}); status != http.StatusOK {
			t.Errorf("got %d %s when the slot has decayed", status, text)
		}
	})
}

func TestLimitDeployment(t *testing.T) {
	m := newMemory()
	d := m.deployment(new(2), nil)
	limit := m.DeploymentLimit(d)
	if limit == nil || limit.Name != "deployment:"+d.ID.String() || limit.Limit != 2 || *d.ConcurrencyLimit != 2 {
		t.Fatalf("got %+v", limit)
	}
	m.LimitDeployment(d, new(3))
	if got := m.DeploymentLimit(d); got != limit || got.Limit != 3 {
		t.Errorf("got %+v, want the same record with 3", got)
	}
	m.LimitDeployment(d, nil)
	if m.DeploymentLimit(d) != nil || m.ConcurrencyLimits.Len() != 0 {
		t.Error("the limit is still there")
	}
	m.LimitDeployment(d, nil)
	m.LimitDeployment(d, new(1))
	if status, _ := m.call(t, http.MethodDelete, limits+"deployment:"+d.ID.String(), nil); status != http.StatusNoContent || d.ConcurrencyLimitID != nil {
		t.Errorf("got %d; the deployment still names a limit that was deleted", status)
	}
}
