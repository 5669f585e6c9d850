package containers_test

import (
	"testing"
	"testing/synctest"
	"time"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// TestMovedWhileItIsMade: a group that is moved or restarted while it is provisioned has not failed.
func TestMovedWhileItIsMade(t *testing.T) {
	inWorld(t, forever(), `{"latency":{"pull":"20s"}}`, func(t *testing.T, w *world) {
		for _, name := range []string{"moved", "restarted"} {
			if _, err := w.groups.BeginCreateOrUpdate(t.Context(), "rg", name, job("main"), nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		if err := w.server.Event(t.Context(), "restart", w.groupPath("moved")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.groups.BeginRestart(t.Context(), "rg", "restarted", nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.wantState("moved", "Pending/Pending main=Waiting")
		w.wantState("restarted", "Updating/Pending main=Waiting")
		time.Sleep(time.Minute)
		w.wantState("moved", "Succeeded/Running main=Running")
		w.wantState("restarted", "Succeeded/Running main=Running")
	})
}

func TestEvents(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		happen := func(kind, name string) error {
			return w.server.Event(t.Context(), kind, w.groupPath(name))
		}
		w.mustCreate("job", job("main", restart(aci.ContainerGroupRestartPolicyAlways)))

		if err := happen("restart", "job"); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Succeeded/Running main=Runningx1")
		if p := w.get("job").Properties.Containers[0].Properties.InstanceView.PreviousState; p == nil || *p.State != "Terminated" {
			t.Errorf("previous state %+v, want Terminated", p)
		}

		if err := happen("unhealthy", "job"); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Unhealthy/Running main=Runningx1")
		if err := happen("unhealthy", "job"); err != nil {
			t.Errorf("unhealthy twice: %v", err)
		}
		time.Sleep(11 * time.Second)
		w.wantState("job", "Repairing/Running main=Runningx1")
		time.Sleep(11 * time.Second)
		w.wantState("job", "Succeeded/Running main=Runningx1")

		if err := happen("evict", "job"); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Succeeded/Failed main=Terminatedx1")
		g := w.get("job")
		if got, want := *g.Properties.Containers[0].Properties.InstanceView.CurrentState.DetailStatus, "Evicted"; got != want {
			t.Errorf("detailStatus %q, want %q", got, want)
		}
		if got := events(g.Properties.InstanceView.Events); len(got) != 1 || got[0] != "Evicted×1" {
			t.Errorf("events of the group %v", got)
		}
		if err := happen("restart", "job"); err == nil {
			t.Error("nothing happens to a group that has ended")
		}

		w.mustCreate("gone", job("main"))
		if err := happen("vanish", "gone"); err != nil {
			t.Fatal(err)
		}
		_, err := w.groups.Get(t.Context(), "rg", "gone", nil)
		w.wantCode(err, 404, "ResourceNotFound")
		for kind, name := range map[string]string{"restart": "gone", "explode": "job"} {
			if err := happen(kind, name); err == nil {
				t.Errorf("%s of %s must be refused", kind, name)
			}
		}
	})
}

// A group that vanishes while it is being deleted does not hold anybody up.
func TestVanishDuringDeletion(t *testing.T) {
	inWorld(t, forever(), `{"latency":{"delete":"1h"}}`, func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		w.call("DELETE", w.groupPath("job")+"?api-version=2023-05-01", "", 202)
		synctest.Wait()
		begin := time.Now()
		if err := w.server.Event(t.Context(), "vanish", w.groupPath("job")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("it took %s", took)
		}
	})
}
