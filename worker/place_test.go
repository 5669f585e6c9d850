package worker_test

import (
	"testing"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestRunInTheWorkersPlace runs what names no resource group and no subscription, on a pool that the worker made.
func TestRunInTheWorkersPlace(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) {
			c.Pool, c.CreatePool = "new", true
			c.ResourceGroupID = "/subscriptions/" + t.azure.Account().SubscriptionID + "/resourceGroups/" + worldGroup
		})
		t.until("the pool exists", func() bool {
			_, err := t.prefect.WorkPool(t.Context(), "new")
			return err == nil
		})
		pool := must(t.prefect.WorkPool(t.Context(), "new"))(t)
		if missing := must(jobtemplate.ReadTemplate(pool.BaseJobTemplate))(t).Missing(); len(missing) != 0 {
			t.Errorf("the pool's template asks for %v", missing)
		}
		deployment := must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "new", FlowID: t.flow.ID, WorkPoolName: "new"}))(t)
		run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"cpu": 2}}))(t)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if got := len(t.containersOf(run.ID)); got != 1 {
			t.Errorf("got %d containers, want 1", got)
		}
	})
}
