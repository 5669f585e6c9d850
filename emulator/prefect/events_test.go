package prefectemulator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

// create makes something and gives its id.
func create(t *testing.T, server *prefectemulator.Server, path, body string) string {
	t.Helper()
	status, text := say(t, server, http.MethodPost, path, body)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated {
		t.Fatalf("%s: got %d %s", path, status, text)
	}
	return made.ID
}

// TestEventsOfItsOwn shows that all rooms tell what happens, in one list.
func TestEventsOfItsOwn(t *testing.T) {
	server := newServer(t, prefectemulator.Options{})
	flow := create(t, server, "/flows/", `{"name":"f"}`)
	create(t, server, "/work_pools/", `{"name":"p","type":"docker"}`)
	deployment := create(t, server, "/deployments/", `{"name":"d","flow_id":"`+flow+`","work_pool_name":"p","concurrency_limit":1}`)
	run := create(t, server, "/deployments/"+deployment+"/create_flow_run", `{}`)
	say(t, server, http.MethodPost, "/flow_runs/"+run+"/set_state", `{"state":{"type":"PENDING"}}`)
	say(t, server, http.MethodPost, "/logs/", `[{"name":"n","level":20,"message":"m","timestamp":"2026-01-01","flow_run_id":"`+run+`"}]`)
	say(t, server, http.MethodPatch, "/flows/"+flow, `{"tags":["a"]}`)
	say(t, server, http.MethodDelete, "/flows/"+flow, "")
	_, text := say(t, server, http.MethodPost, "/events/filter", `{"filter":{"order":"ASC"}}`)
	var got struct{ Events []struct{ Event string } }
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range got.Events {
		names = append(names, e.Event)
	}
	for _, want := range []string{
		"prefect.flow.created", "prefect.work-pool.created", "prefect.deployment.created", "prefect.flow-run.Scheduled",
		"prefect.flow-run.Pending", "prefect.flow.updated", "prefect.flow.deleted",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("got events %v, want %s among them", names, want)
		}
	}
	if _, text := say(t, server, http.MethodPost, "/logs/filter", `{}`); text != "[]" {
		t.Errorf("got logs %s of a run that is gone", text)
	}
}
