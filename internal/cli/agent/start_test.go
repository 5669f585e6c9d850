package agent_test

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// TestWrongFlags: what cannot be meant is refused before anything is sent.
func TestWrongFlags(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.Answers(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	for line, says := range map[string]string{
		"":                              "needs --queue, --match or --pool",
		"-q a -m b":                     "--queue and --match",
		"--queue=":                      "--queue is empty",
		"--match=":                      "--match is empty",
		"-q a --limit 0":                "--limit is 0",
		"-q a --prefetch=-1s":           "--prefetch is -1s",
		"-q a --keyvault=":              "--keyvault is empty",
		"-q a --keyvault k --profile p": "--keyvault and --profile",
	} {
		h.Run(append([]string{"agent", "start"}, strings.Fields(line)...)...).Wants(t, 2, "", says)
	}
}

// TestNoPool: a pool that is not there ends the agent at once.
func TestNoPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		for _, line := range []string{"-p none", "-p none -q armaci"} {
			r := h.Run(append([]string{"agent", "start"}, strings.Fields(line)...)...)
			r.Wants(t, 1, "", "pacific: error: there is no work pool none\npacific: hint: pacific work-pool ls lists them\n")
		}
	})
}

// TestPoolOfAnotherType: a pool that workers serve ends the agent at once, and its runs are left alone.
func TestPoolOfAnotherType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		client := h.Client()
		for _, kind := range []string{"azure-container-instance", "kubernetes"} {
			must(client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "of-" + kind, Type: kind}))(t)
		}
		flow := must(client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t)
		deployment := must(client.CreateDeployment(t.Context(), prefect.DeploymentCreate{
			Name: "nightly", FlowID: flow.ID, WorkPoolName: "of-azure-container-instance",
		}))(t)
		run := must(client.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{Name: "fox"}))(t)
		h.Run("agent", "start", "-p", "of-azure-container-instance", "--run-once").Wants(t, 1, "", "pacific: error: "+
			`work pool "of-azure-container-instance" is of type azure-container-instance, not prefect-agent`+"\n"+
			"pacific: hint: its runs are for a worker: pacific worker start --pool of-azure-container-instance\n")
		h.Run("agent", "start", "-p", "of-kubernetes", "-q", "default").Wants(t, 1, "", "pacific: error: "+
			`work pool "of-kubernetes" is of type kubernetes, not prefect-agent`+"\npacific: hint: pacific work-pool ls lists the pools and their types\n")
		if run = must(client.FlowRun(t.Context(), run.ID))(t); run.StateType != prefect.StateScheduled {
			t.Errorf("the run is %s", run.StateType)
		}
	})
}

// TestStops: an agent serves its queue until a signal, which is an ordinary end.
func TestStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		agent := h.Start("agent", "start", "-q", "armaci")
		time.Sleep(time.Hour)
		agent.Signals <- syscall.SIGTERM
		agent.Ends(t, 0)
		agent.Err.WaitFor(t, "agent stopped")
		if said := agent.Err.String(); !strings.Contains(said, `msg="agent started"`) || !strings.Contains(said, "queues=armaci") || strings.Contains(said, "worker") {
			t.Errorf("it said\n%s", said)
		}
	})
}

// TestRuns: an agent runs a flow run of its queue in the container group that the deployment's block describes, as the demo's
// deployments are made.
func TestRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h *clitest.Harness
		h = clitest.New(t, func(ctx context.Context, c azureemulator.ContainerCall) int {
			id := prefect.ID(c.Getenv("PREFECT__FLOW_RUN_ID"))
			for _, state := range []prefect.StateType{prefect.StateRunning, prefect.StateCompleted} {
				if _, err := h.Client().ProposeFlowRunState(ctx, id, prefect.State{Type: state}); err != nil {
					return 1
				}
			}
			return 0
		})
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		client := h.Client()
		block := prefect.AzureContainerInstanceJob{
			ResourceGroupName: clitest.Group, SubscriptionID: prefect.SecretStr(h.Server.Account().SubscriptionID), Image: "example.com/flows:1",
		}
		document := must(client.SaveBlock(t.Context(), "demo", &block, prefect.SaveBlockOptions{}))(t)
		flow := must(client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t)
		deployment := must(client.CreateDeployment(t.Context(), prefect.DeploymentCreate{
			Name: "nightly", FlowID: flow.ID, WorkQueueName: "armaci", InfrastructureDocumentID: document.ID,
		}))(t)
		run := must(client.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{Name: "fox"}))(t)
		h.RunLong("agent", "start", "-q", "armaci", "--run-once").Wants(t, 0, "", "agent stopped")
		if run = must(client.FlowRun(t.Context(), run.ID))(t); run.StateType != prefect.StateCompleted {
			t.Errorf("the run is %s", run.StateType)
		}
		h.WantsJobs(map[string]string{}, "--all")
	})
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
