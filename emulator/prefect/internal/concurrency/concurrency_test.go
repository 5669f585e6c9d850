package concurrency_test

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
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

const limits = "/v2/concurrency_limits/"

// room is this package alone. Its routes are also tried by package orchestration, with those of a real server.
type room struct {
	*db.DB
	t      *testing.T
	router *api.Router
}

func newRoom(t *testing.T) *room {
	m := &room{DB: db.New(), t: t}
	m.router = api.NewRouter(api.Options{Lock: m.DB, Before: func() { concurrency.ExpireLeases(m.DB) }})
	concurrency.Register(m.router, m.DB)
	return m
}

func (m *room) call(method, path string, body any) (int, []byte) {
	m.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.router.ServeHTTP(w, httptest.NewRequestWithContext(m.t.Context(), method, api.Prefix+path, strings.NewReader(string(text))))
	return w.Code, w.Body.Bytes()
}

func TestLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newRoom(t)
		limit := concurrency.Add(m.DB, db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1})
		take := func(want int) string {
			t.Helper()
			status, text := m.call(http.MethodPost, limits+"increment-with-lease", map[string]any{"names": []string{"x"}, "slots": 1, "lease_duration": 60})
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
			if status, text := m.call(http.MethodPost, limits+"leases/"+id+"/renew", map[string]any{"lease_duration": seconds}); status != want {
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
			if status, _ := m.call(http.MethodPost, limits+"decrement-with-lease", map[string]any{"lease_id": second}); status != http.StatusNoContent {
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
		m := newRoom(t)
		var wakes []time.Duration
		m.Wake = func(at time.Time) { wakes = append(wakes, time.Until(at)) }
		limit := concurrency.Add(m.DB, db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1})
		lease := concurrency.AddLease(m.DB, db.Lease{Limits: []uuid.UUID{limit.ID}, Slots: 1}, time.Minute)
		concurrency.RenewLease(m.DB, lease.ID, time.Hour)
		if len(wakes) != 2 || wakes[0] != time.Minute || wakes[1] != time.Hour {
			t.Errorf("got wakes %v, want one minute and one hour", wakes)
		}
		if next := concurrency.ExpireLeases(m.DB); time.Until(next) != time.Hour {
			t.Errorf("the next one ends in %v, want an hour", time.Until(next))
		}
		time.Sleep(time.Hour)
		if next := concurrency.ExpireLeases(m.DB); !next.IsZero() {
			t.Errorf("got %v when there is none", next)
		}
	})
}

// TestRetryAfter shows how long clients are told to wait: longer the more of them there are, and never for ever.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newRoom(t)
		limit := concurrency.Add(m.DB, db.ConcurrencyLimit{Active: true, Name: "x", Limit: 1, ActiveSlots: 1})
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
		if limit.DeniedSlots < 100 {
			t.Errorf("got %d denied, want all", limit.DeniedSlots)
		}
		time.Sleep(10 * time.Minute)
		if ask(); limit.DeniedSlots != 1 {
			t.Errorf("got %d denied long after, want the last one alone", limit.DeniedSlots)
		}
		limit.SlotDecayPerSecond, limit.ActiveSlots, limit.DeniedSlots = 0.5, 1, 0
		limit.Touch()
		if got := ask(); got < 2*0.7 || got > 2*1.3 {
			t.Errorf("got %v s for a limit that decays, want 2 and up to 30%% more or less", got)
		}
		time.Sleep(2 * time.Second)
		if status, text := m.call(http.MethodPost, limits+"increment", map[string]any{"names": []string{"x"}, "slots": 1, "mode": "rate_limit"}); status != http.StatusOK {
			t.Errorf("got %d %s when the slot has decayed", status, text)
		}
	})
}

func TestLimitDeployment(t *testing.T) {
	m := newRoom(t)
	d := &db.Deployment{Base: db.NewBase()}
	m.Deployments.Put(d.ID, d)
	concurrency.LimitDeployment(m.DB, d, new(2))
	limit := m.DeploymentLimit(d)
	if limit == nil || limit.Name != "deployment:"+d.ID.String() || limit.Limit != 2 || *d.ConcurrencyLimit != 2 {
		t.Fatalf("got %+v", limit)
	}
	concurrency.LimitDeployment(m.DB, d, new(3))
	if got := m.DeploymentLimit(d); got != limit || got.Limit != 3 {
		t.Errorf("got %+v, want the same record with 3", got)
	}
	concurrency.LimitDeployment(m.DB, d, nil)
	if m.DeploymentLimit(d) != nil || m.ConcurrencyLimits.Len() != 0 {
		t.Error("the limit is still there")
	}
	concurrency.LimitDeployment(m.DB, d, nil)
	concurrency.LimitDeployment(m.DB, d, new(1))
	if status, _ := m.call(http.MethodDelete, limits+"deployment:"+d.ID.String(), nil); status != http.StatusNoContent || d.ConcurrencyLimitID != nil {
		t.Errorf("got %d; the deployment still names a limit that was deleted", status)
	}
}

// A run that is deleted while it holds a slot gives it back, by its lease or without one; one that holds none gives none.
func TestDeletedFlowRunGivesItsSlotBack(t *testing.T) {
	m := newRoom(t)
	d := &db.Deployment{Base: db.NewBase()}
	m.Deployments.Put(d.ID, d)
	concurrency.LimitDeployment(m.DB, d, new(5))
	limit := m.DeploymentLimit(d)
	add := func(state db.StateType, lease *uuid.UUID) *db.FlowRun {
		run := &db.FlowRun{Run: db.Run{Base: db.NewRunBase(), State: &db.State{Type: state}}, DeploymentID: &d.ID}
		run.State.Details.DeploymentConcurrencyLeaseID = lease
		m.AddFlowRun(run)
		return run
	}
	concurrency.Take([]*db.ConcurrencyLimit{limit}, 3)
	lease := concurrency.AddLease(m.DB, db.Lease{Limits: []uuid.UUID{limit.ID}, Slots: 1}, time.Minute)
	for _, test := range []struct {
		run  *db.FlowRun
		want int
	}{{add(db.Completed, nil), 3}, {add(db.Running, &lease.ID), 2}, {add(db.Pending, nil), 1}} {
		if !concurrency.DeleteFlowRun(m.DB, test.run.ID) || concurrency.DeleteFlowRun(m.DB, test.run.ID) {
			t.Errorf("the run in state %s was not deleted, or twice", test.run.State.Type)
		}
		if got := limit.SlotsNow(); got != test.want {
			t.Errorf("after the run in state %s was deleted: got %d slots taken, want %d", test.run.State.Type, got, test.want)
		}
	}
	if m.Leases.Len() != 0 {
		t.Error("the lease of a deleted run is still there")
	}
}
