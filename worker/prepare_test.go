package worker_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// must fails the test on an error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// preparing is a Prefect with a pool "aci" and a deployment "nightly" of the flow "etl" in it.
type preparing struct {
	*prefect.Client
	deployment prefect.ID
}

func newPreparing(t *testing.T, variables map[string]any) preparing {
	t.Helper()
	server := must(prefectemulator.NewServer(prefectemulator.Options{AuthString: "me:secret"}))(t)
	t.Cleanup(func() { _ = server.Close() })
	client := must(prefect.NewClient(prefect.Options{URL: prefectemulator.URL, AuthString: "me:secret", Transport: server.Transport()}))(t)
	version := must(client.ServerVersion(t.Context()))(t)
	template := must(jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version))(t)
	must(client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "aci", Type: jobtemplate.TypeWorker, BaseJobTemplate: template}))(t)
	flow := must(client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t)
	given := map[string]any{"resource_group_name": "jobs", "subscription_id": "sub"}
	maps.Copy(given, variables)
	deployment := must(client.CreateDeployment(t.Context(), prefect.DeploymentCreate{
		Name: "nightly", FlowID: flow.ID, WorkPoolName: "aci", JobVariables: given,
	}))(t)
	return preparing{client, deployment.ID}
}

func (p preparing) load(t *testing.T, variables map[string]any) *worker.Work {
	t.Helper()
	run := must(p.CreateDeploymentFlowRun(t.Context(), p.deployment, prefect.DeploymentFlowRunCreate{JobVariables: variables}))(t)
	return must(worker.Load(t.Context(), p.Client, run))(t)
}

func TestPrepare(t *testing.T) {
	p := newPreparing(t, map[string]any{
		"image": "{{ prefect.variables.image }}", "cpu": 2,
		"env": map[string]any{"PASSWORD": "{{ prefect.blocks.secret.db }}"},
	})
	must(p.CreateVariable(t.Context(), prefect.VariableCreate{Name: "image", Value: "example.azurecr.io/etl:1"}))(t)
	must(p.SaveBlock(t.Context(), "db", &prefect.SecretBlock{Value: "hunter2"}, prefect.SaveBlockOptions{}))(t)
	work := p.load(t, map[string]any{"env": map[string]any{"MORE": "1"}})
	options := worker.PrepareOptions{Attempt: 2, WorkerName: "w1"}
	prepared, origins, err := work.Explain(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if same := must(work.Prepare(t.Context(), options))(t); !cmp.Equal(same, prepared) {
		t.Errorf("Prepare and Explain differ:\n%s", cmp.Diff(same, prepared))
	}
	job := prepared.Job
	if job.Image != "example.azurecr.io/etl:1" || job.CPU != 2 {
		t.Errorf("got image %q and %g CPUs, want those of the deployment", job.Image, job.CPU)
	}
	wantEnv := map[string]string{
		"PREFECT_API_URL": prefectemulator.URL, "PREFECT_API_AUTH_STRING": "me:secret", "PREFECT__FLOW_RUN_ID": string(work.Run.ID),
		"PREFECT__WORKER_NAME": "w1", "PREFECT__FLOW_ID": string(work.Flow.ID), "PREFECT__FLOW_NAME": "etl",
		"PREFECT__DEPLOYMENT_ID": string(p.deployment), "PREFECT__DEPLOYMENT_NAME": "nightly",
		"PASSWORD": "hunter2", "MORE": "1",
	}
	if diff := cmp.Diff(wantEnv, job.Env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if want := "etl-" + string(work.Run.ID) + "-2"; job.Name != want {
		t.Errorf("got the name %q, want %q", job.Name, want)
	}
	if want := string(work.Run.ID) + ":" + job.Name; prepared.Identifier != want || worker.GroupOf(prepared.Identifier) != job.Name {
		t.Errorf("got the identifier %q, want %q", prepared.Identifier, want)
	}
	for tag, want := range map[string]string{
		worker.TagFlowRun: string(work.Run.ID), worker.TagPool: "aci", aci.TagAttempt: "2", aci.TagOwner: "w1",
		"prefect.io-flow-name": "etl",
	} {
		if got := job.Tags[tag]; got != want {
			t.Errorf("tag %s is %q, want %q", tag, got, want)
		}
	}
	from := map[string]jobtemplate.Origin{}
	for _, origin := range origins {
		from[origin.Field] = origin
	}
	want := jobtemplate.Origin{Field: `env["PASSWORD"]`, From: jobtemplate.LayerDeployment, Through: []string{"prefect.blocks.secret.db"}}
	if diff := cmp.Diff(want, from[want.Field]); diff != "" {
		t.Errorf("origin of a block's value (-want +got):\n%s", diff)
	}
	if got := from[`env["MORE"]`].From; got != jobtemplate.LayerFlowRun {
		t.Errorf("env MORE comes from %q, want %q", got, jobtemplate.LayerFlowRun)
	}
}

func TestPrepareMissingVariable(t *testing.T) {
	p := newPreparing(t, map[string]any{"image": "{{ prefect.variables.image }}"})
	_, err := p.load(t, nil).Prepare(t.Context(), worker.PrepareOptions{})
	if !errors.Is(err, jobtemplate.ErrReference) || !strings.Contains(err.Error(), "the variable image does not exist") {
		t.Errorf("got %v, want a broken reference that names the variable", err)
	}
}

func TestLoadGone(t *testing.T) {
	p := newPreparing(t, nil)
	run := must(p.CreateDeploymentFlowRun(t.Context(), p.deployment, prefect.DeploymentFlowRunCreate{}))(t)
	if err := p.DeleteDeployment(t.Context(), p.deployment); err != nil {
		t.Fatal(err)
	}
	_, err := worker.Load(t.Context(), p.Client, run)
	gone, ok := errors.AsType[*worker.GoneError](err)
	if !ok || gone.What != "deployment" || !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("got %v, want a deployment that is gone", err)
	}
	if err := p.DeleteWorkPool(t.Context(), "aci"); err != nil {
		t.Fatal(err)
	}
	_, err = worker.Load(t.Context(), p.Client, run)
	if gone, ok := errors.AsType[*worker.GoneError](err); !ok || gone.What != "work pool" || gone.Name != "aci" {
		t.Errorf("got %v, want a pool that is gone", err)
	}
	run.WorkPoolName = ""
	if _, err = worker.Load(t.Context(), p.Client, run); !errors.As(err, new(*worker.NoPoolError)) {
		t.Errorf("got %v, want a run without a pool", err)
	}
}

// TestPrepareWithoutDeployment is a run that a program made itself, with Prefect's submit_to_work_pool.
func TestPrepareWithoutDeployment(t *testing.T) {
	p := newPreparing(t, nil)
	flow := must(p.FlowByName(t.Context(), "etl"))(t)
	run := must(p.CreateFlowRun(t.Context(), prefect.FlowRunCreate{
		FlowID: flow.ID, WorkPoolName: "aci", JobVariables: map[string]any{
			"resource_group_name": "jobs", "subscription_id": "sub", "command": "python -m prefect_azure.experimental.bundles.execute --key a",
		},
	}))(t)
	prepared := must(must(worker.Load(t.Context(), p.Client, run))(t).Prepare(t.Context(), worker.PrepareOptions{}))(t)
	want := []string{"python", "-m", "prefect_azure.experimental.bundles.execute", "--key", "a"}
	if diff := cmp.Diff(want, prepared.Job.Command); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if _, given := prepared.Job.Env["PREFECT__DEPLOYMENT_ID"]; given || prepared.Attempt != 1 || prepared.Job.Tags[aci.TagAttempt] != "1" {
		t.Errorf("got attempt %d and environment %v, want a first attempt without a deployment", prepared.Attempt, prepared.Job.Env)
	}
}

// TestPrepareMoreLabelsThanTags holds that Pacific's own tags always fit.
func TestPrepareMoreLabelsThanTags(t *testing.T) {
	labels := map[string]any{}
	for i := range 60 {
		labels["label-"+string(rune('a'+i%26))+string(rune('a'+i/26))] = "x"
	}
	prepared := must(newPreparing(t, map[string]any{"labels": labels}).load(t, nil).Prepare(t.Context(), worker.PrepareOptions{WorkerName: strings.Repeat("ä", 300)}))(t)
	job := prepared.Job
	job.Keep, job.Timeout = aci.KeepAlways, 1
	group := must(aci.Preview(job, "westeurope"))(t)
	var sent struct{ Tags map[string]string }
	if err := json.Unmarshal(group, &sent); err != nil {
		t.Fatal(err)
	}
	// Those of the moment of sending: created, deadline, watched-until and the token.
	if len(sent.Tags)+4 > 50 {
		t.Errorf("got %d tags and four to come, want at most 50", len(sent.Tags))
	}
	if err := job.Validate(); err != nil {
		t.Error(err)
	}
}

func TestGroupOf(t *testing.T) {
	for identifier, want := range map[string]string{"": "", "run:group": "group", "group": "group", "a:b:c": ""} {
		if got := worker.GroupOf(identifier); got != want {
			t.Errorf("GroupOf(%q) = %q, want %q", identifier, got, want)
		}
	}
}

// TestPrepareInTheWorkersPlace: where nobody says where, the worker's own resource group is meant; whoever says so wins.
func TestPrepareInTheWorkersPlace(t *testing.T) {
	for _, test := range []struct {
		given               map[string]any
		subscription, group string
	}{
		{map[string]any{"resource_group_name": "", "subscription_id": ""}, "own", "mine"},
		{map[string]any{"resource_group_name": "theirs", "subscription_id": ""}, "own", "theirs"},
		{nil, "sub", "jobs"},
	} {
		work := newPreparing(t, test.given).load(t, nil)
		prepared, err := work.Prepare(t.Context(), worker.PrepareOptions{ResourceGroupID: "/subscriptions/own/resourceGroups/mine"})
		if err != nil || string(prepared.SubscriptionID) != test.subscription || prepared.ResourceGroup != test.group {
			t.Errorf("%v: got %+v, %v", test.given, prepared, err)
		}
	}
	work := newPreparing(t, map[string]any{"resource_group_name": ""}).load(t, nil)
	if _, err := work.Prepare(t.Context(), worker.PrepareOptions{}); err == nil {
		t.Error("a run without a place was prepared by a worker without one")
	}
}
