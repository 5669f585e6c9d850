package flowrun_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	r := w.Must("flow-run", "create", "etl/nightly", "--name", "by-hand", "--tag", "x", "--param", "count=3", "--param", "day=monday", "--param", `deep={"a":[1]}`, "--job-variable", "memory=4")
	run, err := w.FlowRun(t.Context(), prefect.ID(strings.TrimSpace(r.Stdout)))
	if err != nil || run.Name != "by-hand" || run.StateType != prefect.StateScheduled || run.DeploymentID != w.deployment || len(run.Tags) == 0 || run.Tags[0] != "x" {
		t.Errorf("%+v, %v", run, err)
	}
	if got := fmt.Sprint(run.Parameters["count"], run.Parameters["day"], run.Parameters["deep"], run.JobVariables["memory"]); got != "3mondaymap[a:[1]]4" {
		t.Errorf("values: %s", got)
	}
	if !strings.Contains(r.Stderr, "pacific worker start --pool aci") {
		t.Errorf("no word of the worker: %s", r.Stderr)
	}
	var view struct{ Name, DeploymentID, WorkPool string }
	if err := json.Unmarshal([]byte(w.Must("flow-run", "create", string(w.deployment), "--name", "second", "--output", "json").Stdout), &view); err != nil ||
		view.Name != "second" || view.DeploymentID != string(w.deployment) || view.WorkPool != "aci" {
		t.Errorf("%+v, %v", view, err)
	}
	for _, test := range []struct {
		code int
		says string
		args []string
	}{
		{1, "there is no deployment etl/weekly", []string{"etl/weekly"}},
		{1, "did you mean etl/nightly?", []string{"Etl/nightl"}},
		{1, "deployments: etl/", []string{"sales/report"}},
		{2, `"nightly" is not the name of a deployment`, []string{"nightly"}},
		{2, "needs one deployment", nil},
		{2, `--param "count" is not K=V`, []string{"etl/nightly", "--param", "count"}},
		{2, "--param a is given twice", []string{"etl/nightly", "--param", "a=1", "--param", "a=2"}},
	} {
		w.Run(append([]string{"flow-run", "create"}, test.args...)...).Wants(t, test.code, "", test.says)
	}
}

// TestCreateForAgent makes a run that no worker starts: its deployment has an infrastructure block.
func TestCreateForAgent(t *testing.T) {
	w := newWorld(t)
	block := must(w.SaveBlock(t.Context(), "aci", &prefect.AzureContainerInstanceJob{ResourceGroupName: "jobs", SubscriptionID: "sub"}, prefect.SaveBlockOptions{}))(t)
	must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "by-agent", FlowID: w.flow, WorkQueueName: "armaci", InfrastructureDocumentID: block.ID}))(t)
	if said := w.Must("flow-run", "create", "etl/by-agent").Stderr; !strings.Contains(said, "pacific agent start --queue armaci") || strings.Contains(said, "worker") {
		t.Errorf("no word of the agent, or one of a worker: %s", said)
	}
}

// TestCreateRefusesUnknownNames gives what the server takes in silence: the run would fail, or run without it.
func TestCreateRefusesUnknownNames(t *testing.T) {
	w := newWorld(t)
	schema := json.RawMessage(`{"type":"object","properties":{"day":{"type":"string"},"count":{"type":"integer"}}}`)
	must(w.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "typed", FlowID: w.flow, WorkPoolName: "aci", ParameterOpenAPISchema: schema,
		JobVariables: map[string]any{"resource_group_name": "jobs", "subscription_id": "sub"}}))(t)
	for _, test := range []struct{ flag, value, says string }{
		{"--param", "dya=monday", `the flow has no parameter "dya"`},
		{"--job-variable", "imag=x", "did you mean image?"},
	} {
		w.Run("flow-run", "create", "etl/typed", test.flag, test.value).Wants(t, 2, "", test.says)
	}
	w.Must("flow-run", "create", "etl/typed", "--param", "day=monday", "--job-variable", "image=x")
}
