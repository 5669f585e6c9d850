package flowrun_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
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
				r := azure.RunLong("flow-run", "run", "--output", "json", "fox")
				r.Wants(t, code, `"name":"fox"`, "pacific: fox: ")
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

func TestRunRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		own := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "ape"}))(t)
		w.Run("flow-run", "run", "ape").Wants(t, 125, "", "flow run "+string(own.ID)+" has no work pool")
		w.Run("flow-run", "run", "--engine", "docker", "ape").Wants(t, 125, "", "--engine is for --local")
	})
}
