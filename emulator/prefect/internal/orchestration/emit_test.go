package orchestration_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

func TestEmittedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		d := m.deployment(nil, nil)
		d.Name = "nightly"
		run := m.run(d)
		pool := work.AddPool(m.DB, db.WorkPool{Name: "pool", Type: "azure-container-instance"})
		run.WorkQueueID = &pool.DefaultQueueID
		run.CreatedBy = json.RawMessage(`{"id":"` + d.ID.String() + `","type":"DEPLOYMENT","display_value":"nightly"}`)
		m.propose(t, run, state{"type": "PENDING", "message": "m"}, pendingAccepted)
		got := m.events[len(m.events)-1]
		want := db.Event{
			ID: run.State.ID, Occurred: run.State.Timestamp, Event: "prefect.flow-run.Pending", Follows: &run.States[0].ID,
			Resource: map[string]string{
				"prefect.resource.id": "prefect.flow-run." + run.ID.String(), "prefect.resource.name": "run", "prefect.run-count": "0",
				"prefect.state-message": "m", "prefect.state-name": "Pending", "prefect.state-type": "PENDING",
				"prefect.state-timestamp": run.State.Timestamp.Format("2006-01-02T15:04:05.000000+00:00"),
			},
			Related: []map[string]string{
				{"prefect.resource.id": "prefect.flow." + d.FlowID.String(), "prefect.resource.role": "flow", "prefect.resource.name": "flow"},
				{"prefect.resource.id": "prefect.deployment." + d.ID.String(), "prefect.resource.role": "deployment", "prefect.resource.name": "nightly"},
				{"prefect.resource.id": "prefect.work-queue." + pool.DefaultQueueID.String(), "prefect.resource.role": "work-queue", "prefect.resource.name": "default"},
				{"prefect.resource.id": "prefect.work-pool." + pool.ID.String(), "prefect.resource.role": "work-pool", "prefect.resource.name": "pool", "prefect.work-pool.type": "azure-container-instance"},
				{"prefect.resource.id": "prefect.tag.a", "prefect.resource.role": "tag"},
				{"prefect.resource.id": "prefect.tag.b", "prefect.resource.role": "tag"},
				{"prefect.resource.id": "prefect.deployment." + d.ID.String(), "prefect.resource.role": "creator", "prefect.resource.name": "nightly"},
			},
			Payload: json.RawMessage(`{"initial_state":{"name":"Scheduled","type":"SCHEDULED"},"intended":{"from":"SCHEDULED","to":"PENDING"},"validated_state":{"message":"m","name":"Pending","type":"PENDING"}}`),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		count := len(m.events)
		m.propose(t, run, pending, "ABORT 200 PENDING:Pending This run is in a PENDING state and cannot transition to a PENDING state.")
		if len(m.events) != count {
			t.Error("what was not written was published")
		}
		time.Sleep(6 * time.Minute)
		m.propose(t, run, running, runningAccepted)
		if m.events[count].Follows != nil {
			t.Error("a change long after the one before names it")
		}
	})
}

func TestResume(t *testing.T) {
	m := newMemory()
	resume := func(id string) answer {
		t.Helper()
		status, text := m.call(t, http.MethodPost, "/flow_runs/"+id+"/resume", map[string]any{})
		return read(t, status, text)
	}
	id := m.flowRun(t, runOptions{deployed: true})
	if got := resume(id).String(); got != "ABORT 200 : Cannot resume a flow run that is not paused." {
		t.Errorf("got %q", got)
	}
	set(t, m, "flow_runs", id, running, false)
	set(t, m, "flow_runs", id, state{"type": "PAUSED"}, false)
	if got := resume(id).String(); got != runningAccepted {
		t.Errorf("got %q", got)
	}
	set(t, m, "flow_runs", id, running, false) // what the engine says when it goes on
	if got := m.FlowRuns.Get(uuid.MustParse(id)).RunCount; got != 2 {
		t.Errorf("got run count %d, want 2: the server counts the resumption, and not what the engine says then", got)
	}
	set(t, m, "flow_runs", id, state{"type": "PAUSED", "name": "Suspended", "state_details": state{"pause_reschedule": true}}, false)
	if got := resume(id).String(); got != "ACCEPT 201 SCHEDULED:Resuming" {
		t.Errorf("got %q", got)
	}
	if status, _ := m.call(t, http.MethodPost, "/flow_runs/"+uuid.NewString()+"/resume", map[string]any{}); status != http.StatusNotFound {
		t.Errorf("got %d for a run that is not there", status)
	}
}
