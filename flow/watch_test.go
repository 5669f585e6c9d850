package flow_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		began := time.Now()
		f := flow.New("long", func(context.Context, flow.None) (flow.None, error) {
			time.Sleep(10 * time.Minute)
			return flow.None{}, nil
		})
		if _, err := f.Run(ctx, flow.None{}); err != nil {
			t.Fatal(err)
		}
		run := theRun(t, client, "long")
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		filter := prefect.EventFilter{
			Event:    prefect.EventNameFilter{Name: []string{"prefect.flow-run.heartbeat"}},
			Resource: prefect.EventResourceFilter{ID: []string{"prefect.flow-run." + string(run.ID)}},
			Occurred: prefect.EventOccurredFilter{Since: prefect.At(began)},
		}
		beats := 0
		for _, err := range client.SubscribeEvents(ctx, filter) {
			if err != nil {
				t.Fatalf("%v after %d heartbeats, want 3", err, beats)
			}
			if beats++; beats == 3 {
				break
			}
		}
	})
}

// limited makes a deployment that may have one run at a time. What it returns makes a run of it, as a worker takes it, and gives
// its state.
func limited(t *testing.T, client *prefect.Client) (claim func() (prefect.ID, string)) {
	t.Helper()
	made, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "limited"})
	if err != nil {
		t.Fatal(err)
	}
	deployment, err := client.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "d", FlowID: made.ID, ConcurrencyLimit: new(1)})
	if err != nil {
		t.Fatal(err)
	}
	return func() (prefect.ID, string) {
		run, err := client.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{})
		if err != nil {
			t.Fatal(err)
		}
		state, err := client.ProposeFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StatePending})
		if err != nil {
			t.Fatal(err)
		}
		return run.ID, state.Name
	}
}

// A run that holds the only slot of its deployment keeps it for longer than one lease lasts.
func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		claim := limited(t, client)
		first, state := claim()
		if state != "Pending" {
			t.Fatalf("the first run is %s", state)
		}
		f := flow.New("limited", func(context.Context, flow.None) (flow.None, error) {
			time.Sleep(prefect.ConcurrencyLease * 5 / 2)
			if _, state = claim(); state != prefect.StateNameAwaitingConcurrencySlot {
				t.Errorf("a second run is %s while the first one runs", state)
			}
			return flow.None{}, nil
		})
		if _, err := flow.Execute(ctx, first, f); err != nil {
			t.Fatal(err)
		}
		if _, state = claim(); state != "Pending" {
			t.Errorf("a run after the first one is %s", state)
		}
	})
}

// A slot that is lost for good is told once, however long the run goes on.
func TestLostLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		run, state := limited(t, client)()
		if state != "Pending" {
			t.Fatalf("the run is %s", state)
		}
		f := flow.New("limited", func(context.Context, flow.None) (flow.None, error) {
			now, err := client.FlowRun(ctx, run)
			if err != nil {
				return flow.None{}, err
			}
			if err := client.ReleaseConcurrencyLease(ctx, now.State.Details.DeploymentConcurrencyLeaseID); err != nil {
				return flow.None{}, err
			}
			time.Sleep(prefect.ConcurrencyLease * 5)
			return flow.None{}, nil
		})
		if _, err := flow.Execute(ctx, run, f); err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, line := range messages(t, client, run) {
			if strings.Contains(line, "concurrency limit") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the loss of the slot is told %d times", told)
		}
	})
}
