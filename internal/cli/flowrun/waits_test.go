package flowrun_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// pending is a state that a worker has put a claimed run in.
func pending(name, message string) *prefect.State {
	return &prefect.State{Type: prefect.StatePending, Name: name, Message: `Claimed by Pacific worker "one". ` + message}
}

// TestWaits: ls and wait say what a run waits for that is due and has not begun, and nothing once it goes on.
func TestWaits(t *testing.T) {
	pool := func(u prefect.WorkPoolUpdate) func(*testing.T, world) {
		return func(t *testing.T, w world) {
			if err := w.UpdateWorkPool(t.Context(), "aci", u); err != nil {
				t.Fatal(err)
			}
		}
	}
	queue := func(u prefect.WorkQueueUpdate) func(*testing.T, world) {
		return func(t *testing.T, w world) {
			if err := w.WorkerHeartbeat(t.Context(), "aci", "one", time.Hour); err != nil {
				t.Fatal(err)
			}
			if err := w.UpdateWorkQueue(t.Context(), "aci", "default", u); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		busy  bool // another run of the pool's is under way
		do    func(*testing.T, world)
		state *prefect.State // that the run is put in; nil: none
		want  string
	}{
		"paused pool":  {do: pool(prefect.WorkPoolUpdate{IsPaused: prefect.Set(true)}), want: "the work pool aci is paused"},
		"pool's limit": {busy: true, do: pool(prefect.WorkPoolUpdate{ConcurrencyLimit: prefect.Set(1)}), want: "the work pool aci has reached its concurrency limit of 1"},
		"no worker":    {do: pool(prefect.WorkPoolUpdate{ConcurrencyLimit: prefect.Set(1)}), want: "no worker of the work pool aci is online"},
		"paused queue": {do: queue(prefect.WorkQueueUpdate{IsPaused: prefect.Set(true)}), want: "the work queue default of the work pool aci is paused"},
		"queue's limit": {busy: true, do: queue(prefect.WorkQueueUpdate{ConcurrencyLimit: prefect.Set(1)}),
			want: "the work queue default of the work pool aci has reached its concurrency limit of 1"},
		"nothing known": {do: queue(prefect.WorkQueueUpdate{ConcurrencyLimit: prefect.Set(1)})},
		"deployment's limit": {state: &prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingConcurrencySlot},
			want: "the concurrency limit of its deployment is reached"},
		"Azure's quota": {state: pending("AwaitingQuota", "Waiting for room in Azure, position 2: StandardCores: 10 of 10 used."),
			want: "room in Azure, position 2: StandardCores: 10 of 10 used"},
		"Azure is away":  {state: pending("AwaitingAzure", "Azure takes no container group for now: busy."), want: "Azure takes no container group for now: busy"},
		"it is starting": {state: pending("InfrastructurePending", "")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w world) {
				if test.busy {
					w.put(w.run("busy-bee", nil), prefect.StatePending, prefect.StateRunning)
				}
				if test.do != nil {
					test.do(t, w)
				}
				run := w.run("fox", nil)
				if r := w.Must("flow-run", "ls"); strings.Contains(r.Stderr, "waits") {
					t.Errorf("ls says of a run that is due now: %s", r.Stderr)
				}
				if test.state != nil {
					must(w.ForceFlowRunState(t.Context(), run.ID, *test.state))(t)
				}
				time.Sleep(time.Minute)
				said := ""
				if test.want != "" {
					said = "pacific: fox waits: " + test.want + "\n"
				}
				if r := w.Must("flow-run", "ls"); r.Stderr != said {
					t.Errorf("ls says %q, want %q", r.Stderr, said)
				}
				var views []struct{ Name, Waits string }
				w.JSON(w.Must("flow-run", "ls", "--name", "fox", "--output", "json"), &views)
				if len(views) != 1 || views[0].Waits != test.want {
					t.Errorf("got %+v, want %q", views, test.want)
				}
				wait := w.Start("flow-run", "wait", "fox")
				time.Sleep(10 * time.Minute)
				w.put(run, prefect.StatePending, prefect.StateRunning, prefect.StateCompleted)
				wait.Ends(t, 0)
				if test.state != nil && test.state.Message != "" { // the state's own words say it
					said = ""
				}
				if err := wait.Err.String(); strings.Count(err, " waits: ") != strings.Count(said, "\n") || !strings.Contains(err, said) {
					t.Errorf("wait says\n%swant %q in it, once", err, said)
				}
			})
		})
	}
}

// TestWaitsWithoutAPool: nobody starts a run whose pool was deleted, or whose deployment never had one. The run of a process that
// keeps it for itself waits for nobody.
func TestWaitsWithoutAPool(t *testing.T) {
	const reason = "so only a program that serves "
	inBubble(t, func(t *testing.T, w world) {
		must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "served", FlowID: w.flow}))(t)
		w.Run("flow-run", "create", "etl/served", "--name", "fox").Wants(t, 0, "", "pacific: warning: the deployment has no work pool, "+reason+"it starts the run\n")
		w.run("owl", nil)
		must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "ape", State: &prefect.State{Type: prefect.StateScheduled}}))(t)
		if err := w.DeleteWorkPool(t.Context(), "aci"); err != nil {
			t.Fatal(err)
		}
		w.Run("flow-run", "create", "etl/nightly", "--name", "elk").Wants(t, 0, "", reason+"it starts the run\n")
		time.Sleep(time.Minute)
		for name, says := range map[string]int{"fox": 1, "owl": 1, "elk": 1, "ape": 0} {
			if r := w.Must("flow-run", "ls", "--name", name); strings.Count(r.Stderr, "it has no work pool, "+reason+"its deployment starts it\n") != says {
				t.Errorf("ls says of %s: %q", name, r.Stderr)
			}
		}
	})
}

// TestWaitsOfMany: one reason of several runs is said once.
func TestWaitsOfMany(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		for _, name := range []string{"ant", "bee", "cat"} {
			w.run(name, nil)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if r := w.Must("flow-run", "ls"); r.Stderr != "pacific: cat and 2 more wait: no worker of the work pool aci is online\n" {
			t.Errorf("got %s", r.Stderr)
		}
	})
}

// TestWaitsForNobody: a cancellation that nobody carries out, and logs that nobody writes, are explained too.
func TestWaitsForNobody(t *testing.T) {
	const none = "waits: no worker of the work pool aci is online"
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		w.put(run, prefect.StatePending, prefect.StateRunning)
		cancel := w.Start("flow-run", "cancel", "--wait", "fox")
		cancel.Err.WaitFor(t, "fox "+none)
		w.put(run, prefect.StateCancelled)
		cancel.Ends(t, 0)

		run = w.run("owl", nil)
		logs := w.Start("flow-run", "logs", "-f", "owl")
		logs.Err.WaitFor(t, "owl "+none)
		w.put(run, prefect.StateCancelled)
		logs.Ends(t, 0)
	})
}
