package worker

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// TestKeptGroupThatIsGone: what a kept group took of Azure's limits is given back when somebody has deleted it.
func TestKeptGroupThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		client := newContainers(t, until)
		w, err := New(Config{Prefect: s.client, Containers: client, Pool: "aci"})
		if err != nil {
			t.Fatal(err)
		}
		f := &flight{client: client, group: "one", grant: w.ledger(client).Adopt(quota.Need{Name: "run", Location: "westeurope", Takes: map[string]float64{"ContainerGroups": 1}})}
		w.leaveKept(f, keptGroup{})
		f.free()
		deleted := func() int { return w.ledger(client).Status().Regions[0].Deletes }
		w.forgetKept([]placed{{Group: aci.Group{Name: "one"}, in: client}})
		if !w.keeps("one") || deleted() != 0 {
			t.Errorf("a group that is there is forgotten, or its room given back")
		}
		w.forgetKept(nil)
		if w.keeps("one") || deleted() != 1 {
			t.Errorf("a group that is gone is kept, or its room not given back")
		}
	})
}

// TestStopWaitsForItsTurn: the group of a run that was cancelled or deleted is stopped at once and deleted when Azure takes one more
// delete. A cancellation is reported before that, and the container's cores are another run's.
func TestStopWaitsForItsTurn(t *testing.T) {
	for _, why := range []error{errDeleted, errCancelled} {
		t.Run(why.Error(), func(t *testing.T) { synctest.Test(t, func(t *testing.T) { stopsInTurn(t, why) }) })
	}
}

func stopsInTurn(t *testing.T, why error) {
	s := newSide(t)
	var stopped time.Time
	client := newContainers(t, func(ctx context.Context, call azureemulator.ContainerCall) int {
		<-ctx.Done()
		stopped = time.Now()
		return 143
	})
	w, err := New(Config{Prefect: s.client, Containers: client, Pool: "aci"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), aci.Job{Name: "one", Image: "example.com/x:1"}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	ledger := w.ledger(client)
	if _, err := ledger.Acquire(t.Context(), quota.Need{Location: "westeurope"}, nil); err != nil { // it reads the limits
		t.Fatal(err)
	}
	for range 100 {
		if err := ledger.Delete(t.Context(), "westeurope"); err != nil {
			t.Fatal(err)
		}
	}
	run := s.newRun("cancelled")
	if _, err := s.client.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}); err != nil {
		t.Fatal(err)
	}
	f := w.newFlight(run)
	f.group, f.grant = "one", ledger.Adopt(quota.Need{Location: "westeurope", Takes: map[string]float64{"ContainerGroups": 1, "StandardCores": 1}})
	cores := func() int {
		limits := ledger.Status().Regions[0].Limits
		return limits[slices.IndexFunc(limits, func(l aci.Usage) bool { return l.Name == "StandardCores" })].Used
	}
	if n := cores(); n != 1 {
		t.Fatalf("it takes %d cores, want 1", n)
	}
	live, halt := context.WithCancelCause(t.Context())
	f.live = live
	halt(why)
	began := time.Now()
	time.AfterFunc(2*time.Minute, func() {
		if n := cores(); n != 0 {
			t.Errorf("while it waits to be deleted it takes %d cores", n)
		}
	})
	w.stop(t.Context(), t.Context(), f)
	if took := time.Since(began); took < 5*time.Minute || took > 6*time.Minute || stopped.Sub(began) > time.Minute {
		t.Errorf("it was stopped after %v and gone after %v", stopped.Sub(began), took)
	}
	if left, err := client.List(t.Context(), aci.ListOptions{}); err != nil || len(left) != 0 {
		t.Errorf("got groups %v and error %v", left, err)
	}
	now, err := s.client.FlowRun(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if took := now.State.Timestamp.Sub(began); why == errCancelled && (now.StateType != prefect.StateCancelled || took > time.Minute) {
		t.Errorf("the run was %s after %v", now.StateName, took)
	}
}

// TestForbiddenGroupGoesWithItsResourceGroup: what Azure forbade to delete counts no more once its resource group is gone, and not
// after a single answer that says so.
func TestForbiddenGroupGoesWithItsResourceGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		client := newContainers(t, func(context.Context, azureemulator.ContainerCall) int { return 0 })
		w, err := New(Config{Prefect: s.client, Containers: client, Pool: "aci"})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere, err := client.In("gone")
		if err != nil {
			t.Fatal(err)
		}
		missing := elsewhere.Kill(t.Context(), "one", aci.KillOptions{})
		refusal := &azure.Error{Status: 403, Class: azure.ClassAuthorisation, Code: "AuthorizationFailed"}
		var answer error
		w.kept["one"] = keptGroup{again: func(context.Context) error { return answer }}
		for i, one := range []error{missing, refusal, missing, missing} {
			if !w.keeps("one") {
				t.Fatalf("the group is forgotten after answer %d", i)
			}
			answer = one
			w.retryForbidden(t.Context())
		}
		if w.keeps("one") {
			t.Error("the group is kept though its resource group is gone")
		}
	})
}

// TestForbiddenGroupsHoldUpNobody: what Azure forbids is tried again a few groups at a time, and a look for runs to take over does not
// wait for it.
func TestForbiddenGroupsHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		client := newContainers(t, func(context.Context, azureemulator.ContainerCall) int { return 0 })
		w, err := New(Config{Prefect: s.client, Containers: client, Pool: "pool"})
		if err != nil {
			t.Fatal(err)
		}
		refusal := &azure.Error{Status: 403, Class: azure.ClassAuthorisation, Code: "AuthorizationFailed"}
		var tried atomic.Int32
		for i := range 100 {
			w.kept[fmt.Sprint(i)] = keptGroup{again: func(context.Context) error {
				tried.Add(1)
				time.Sleep(time.Minute)
				return refusal
			}}
		}
		began := time.Now()
		w.adopt(t.Context(), t.Context())
		if took := time.Since(began); took >= time.Minute {
			t.Errorf("looking for runs to take over took %v", took)
		}
		began = time.Now()
		w.retryForbidden(t.Context())
		if took := time.Since(began); tried.Load() != 100 || took > 10*time.Minute || took < 5*time.Minute {
			t.Errorf("%d of 100 groups were tried again, in %v, want all in 5 to 10 minutes", tried.Load(), took)
		}
	})
}
