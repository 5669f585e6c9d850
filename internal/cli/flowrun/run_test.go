package flowrun_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// TestRun: the container of a run reports to Prefect by itself, as a flow does, and is gone afterwards.
func TestRun(t *testing.T) {
	for end, code := range map[prefect.StateType]int{prefect.StateCompleted: 0, prefect.StateFailed: 1, "": 1} {
		t.Run("ends "+string(end), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				flow := func(ctx context.Context, c azureemulator.ContainerCall) int {
					if end == "" {
						return 137 // without a word
					}
					var id prefect.ID
					for _, variable := range c.Spec.Env {
						if value, ok := strings.CutPrefix(variable, "PREFECT__FLOW_RUN_ID="); ok {
							id = prefect.ID(value)
						}
					}
					for _, state := range []prefect.StateType{prefect.StateRunning, end} {
						if result, err := w.SetFlowRunState(ctx, id, prefect.State{Type: state}); err != nil || !result.Accepted() {
							t.Errorf("%s: got %+v, %v", state, result, err)
						}
					}
					return 0
				}
				azure := clitest.New(t, flow)
				azure.Prefect, azure.Vars["PREFECT_API_URL"] = w.Prefect, clitest.PrefectURL
				azure.Vars["AZURE_SUBSCRIPTION_ID"] = azure.Server.Account().SubscriptionID
				run := w.run("fox", map[string]any{"resource_group_name": clitest.Group, "subscription_id": azure.Server.Account().SubscriptionID})
				if err := w.UpdateWorkPool(t.Context(), "aci", prefect.WorkPoolUpdate{IsPaused: prefect.Set(true)}); err != nil {
					t.Fatal(err)
				}
				r := azure.RunLong("flow-run", "run", "--output", "json", "fox")
				r.Wants(t, code, `"name":"fox"`, "pacific: fox: ")
				if strings.Contains(r.Stderr, "worker started") || strings.Contains(r.Stderr, "paused") {
					t.Errorf("it says that a worker started, or that the pool keeps the run back:\n%s", r.Stderr)
				}
				want := end
				if end == "" {
					want = prefect.StateCrashed
				}
				if got := must(w.FlowRun(t.Context(), run.ID))(t); got.StateType != want {
					t.Errorf("the run is %s, want %s", got.StateType, want)
				}
				azure.WantsJobs(map[string]string{}, "--all")
				azure.Run("flow-run", "run", "fox").Wants(t, 125, "", "hint: to run it once more, schedule it first: pacific flow-run retry fox")
			})
		})
	}
}

// TestRunInAFolder runs a container as an ordinary process in the folder of --mount, all for real.
func TestRunInAFolder(t *testing.T) {
	server, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client := must(prefect.NewClient(prefect.Options{URL: server.URL()}))(t)
	template := must(jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, must(client.ServerVersion(t.Context()))(t)))(t)
	must(client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "aci", Type: jobtemplate.TypeWorker, BaseJobTemplate: template}))(t)
	flow := must(client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t)
	run := must(client.CreateFlowRun(t.Context(), prefect.FlowRunCreate{
		Name: "fox", FlowID: flow.ID, WorkPoolName: "aci", State: &prefect.State{Type: prefect.StateScheduled},
		JobVariables: map[string]any{"resource_group_name": "g", "subscription_id": "s", "command": "sh -c 'cat given; exit 3'", "stream_output": true},
	}))(t)
	h := clitest.NewBare(t)
	if err := os.Mkdir(filepath.Join(h.Dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.Write("folder/given", "from the folder\n")
	h.Vars["PREFECT_API_URL"], h.Vars["PATH"] = server.URL(), os.Getenv("PATH")
	r := h.StartReal("flow-run", "run", "--local", "--mount", "folder", "fox")
	r.Ends(t, 1)
	if !strings.Contains(r.Out.String(), "fox | from the folder\n") {
		t.Errorf("got %q and %q", r.Out, r.Err)
	}
	if got := must(client.FlowRun(t.Context(), run.ID))(t); !strings.Contains(got.State.Message, "exit code 3") {
		t.Errorf("the run is %s: %s", got.State.Name, got.State.Message)
	}
}

func TestRunRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		own := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "ape"}))(t)
		w.Run("flow-run", "run", "ape").Wants(t, 125, "", "flow run "+string(own.ID)+" has no work pool")
		w.put(w.run("bee", nil), prefect.StatePending, prefect.StateRunning)
		w.Run("flow-run", "run", "bee").Wants(t, 125, "", "pacific: error: bee is not scheduled: it is Running\npacific: hint: to see how it goes: pacific flow-run wait bee\n")
		must(w.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "agents", Type: "prefect-agent"}))(t)
		agents := must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "agents", FlowID: w.flow, WorkPoolName: "agents"}))(t)
		must(w.CreateDeploymentFlowRun(t.Context(), agents.ID, prefect.DeploymentFlowRunCreate{Name: "emu"}))(t)
		w.Run("flow-run", "run", "--local", "emu").Wants(t, 125, "", "hint: an agent starts it: pacific agent start --pool agents\n")
		for line, says := range map[string]string{
			"--engine docker":             "--engine is for --local",
			"--mount .":                   "--mount is for --local",
			"--engine-network host":       "--engine-network is for --local",
			"--local --mount none":        "--mount none",
			"--local --subscription s":    "--local and --subscription",
			"--local --mount= --engine x": "--mount is empty",
		} {
			w.Run(append([]string{"flow-run", "run", "ape"}, strings.Fields(line)...)...).Wants(t, 125, "", says)
		}
	})
}
