package jobtemplate_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

func jobBlock() prefect.AzureContainerInstanceJob {
	return prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "sub", Image: "a.io/i:1", CPU: 1, Memory: 1,
		TaskStartTimeoutSeconds: new(240), TaskWatchPollInterval: 5}
}

func TestFromBlockForFlowRun(t *testing.T) {
	block := jobBlock()
	block.Env = map[string]*string{"A": new("1"), "PREFECT_API_URL": nil}
	block.Labels = map[string]string{"team": "data"}
	block.ImageRegistry = &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{
		Value: &prefect.DockerRegistry{RegistryURL: "a.io", Username: "u", Password: "p"}}}
	block.ACICredentials = prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: "id-1"}
	block.Identities, block.GPUCount, block.GPUSKU, block.StreamOutput = []string{identity}, 1, "V100", new(true)
	in := jobtemplate.Input{
		Version: v2(), FlowRun: prefect.FlowRun{ID: runID, Name: "red-fox"}, Flow: &prefect.Flow{ID: "f", Name: "My Flow"},
		Settings: map[string]string{"PREFECT_API_URL": "http://api", "PREFECT_API_KEY": "k"}, Lookups: lookups(),
	}
	plan, err := jobtemplate.FromBlock(t.Context(), block, in)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"prefect.io/flow-run-id": runID, "prefect.io/flow-run-name": "red-fox", "prefect.io/version": "2.20.27",
		"prefect.io/flow-name": "My Flow", "team": "data"}
	tags := map[string]string{}
	for label, value := range labels {
		tags[jobtemplate.TagName(label)] = value
	}
	want := &jobtemplate.Plan{
		ResourceGroup: "rg", SubscriptionID: "sub", Name: "red-fox", Labels: labels, StreamOutput: true,
		Credentials: prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "hush"},
		Job: aci.Job{
			Name: "red-fox-" + runID, Image: "a.io/i:1", Entrypoint: prefect.DefaultEntrypoint, Command: []string{"prefect", "flow-run", "execute"},
			CPU: 1, MemoryGB: 1, GPUCount: 1, GPUSKU: "V100", Identities: []string{identity}, Tags: tags,
			Env:        map[string]string{"A": "1", "PREFECT_API_KEY": "k", "PREFECT__FLOW_RUN_ID": runID},
			Registries: []aci.Registry{{Server: "a.io", Username: "u", Password: "p"}},
		},
	}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFromBlockAlone(t *testing.T) {
	block := jobBlock()
	plan, err := jobtemplate.FromBlock(t.Context(), block, jobtemplate.Input{})
	if err != nil {
		t.Fatal(err)
	}
	want := aci.Job{Image: "a.io/i:1", CPU: 1, MemoryGB: 1, Env: map[string]string{}, Tags: map[string]string{}}
	if diff := cmp.Diff(want, plan.Job); diff != "" {
		t.Errorf("the image's own command: -want +got:\n%s", diff)
	}
	block.Name, block.Command, block.TaskStartTimeoutSeconds, block.TaskWatchPollInterval = "My Job", []string{"echo", "a b"}, new(480), 0.5
	block.ImageRegistry = &prefect.ImageRegistry{ACRManagedIdentity: &prefect.ACRManagedIdentity{RegistryURL: "a.azurecr.io", Identity: identity}}
	if plan, err = jobtemplate.FromBlock(t.Context(), block, jobtemplate.Input{}); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^my-job-[a-z0-9]{10}$`).MatchString(plan.Job.Name) {
		t.Errorf("name %q", plan.Job.Name)
	}
	want = aci.Job{Name: plan.Job.Name, Image: "a.io/i:1", CPU: 1, MemoryGB: 1, Env: map[string]string{}, Tags: map[string]string{}, Entrypoint: prefect.DefaultEntrypoint,
		Command: []string{"echo", "a b"}, StartTimeout: 480 * time.Second, PollInterval: 500 * time.Millisecond,
		Registries: []aci.Registry{{Server: "a.azurecr.io", Identity: identity}}}
	if diff := cmp.Diff(want, plan.Job); diff != "" {
		t.Errorf("its own command: -want +got:\n%s", diff)
	}
	again, err := jobtemplate.FromBlock(t.Context(), block, jobtemplate.Input{})
	if err != nil || again.Job.Name == plan.Job.Name || len(again.Job.Command) != 2 {
		t.Errorf("a second time: %v, name %s, command %q", err, again.Job.Name, again.Job.Command)
	}
	block.Entrypoint = new("")
	if plan, err = jobtemplate.FromBlock(t.Context(), block, jobtemplate.Input{}); err != nil || plan.Job.Entrypoint != "" {
		t.Errorf("no entrypoint: %v, %v", plan, err)
	}
}

func TestFromBlockRefusals(t *testing.T) {
	for title, test := range map[string]struct {
		change func(*prefect.AzureContainerInstanceJob)
		kind   error
	}{
		"no group":            {func(b *prefect.AzureContainerInstanceJob) { b.ResourceGroupName = "" }, jobtemplate.ErrValue},
		"no subscription":     {func(b *prefect.AzureContainerInstanceJob) { b.SubscriptionID = "" }, jobtemplate.ErrValue},
		"one GPU field":       {func(b *prefect.AzureContainerInstanceJob) { b.GPUCount = 1 }, jobtemplate.ErrValue},
		"negative time":       {func(b *prefect.AzureContainerInstanceJob) { b.TaskStartTimeoutSeconds = new(-1) }, jobtemplate.ErrValue},
		"unknown credentials": {func(b *prefect.AzureContainerInstanceJob) { b.ACICredentials.DocumentID = "gone" }, jobtemplate.ErrReference},
		"part of credentials": {func(b *prefect.AzureContainerInstanceJob) {
			b.ACICredentials.Value = &prefect.AzureContainerInstanceCredentials{ClientID: "c"}
		}, jobtemplate.ErrValue},
		"unknown registry": {func(b *prefect.AzureContainerInstanceJob) {
			b.ImageRegistry = &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: "gone"}}
		}, jobtemplate.ErrReference},
		"registry of another type": {func(b *prefect.AzureContainerInstanceJob) {
			b.ImageRegistry = &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: "id-1"}}
		}, jobtemplate.ErrValue},
	} {
		block := jobBlock()
		test.change(&block)
		if _, err := jobtemplate.FromBlock(t.Context(), block, jobtemplate.Input{Lookups: lookups()}); !errors.Is(err, test.kind) {
			t.Errorf("%s: error %v, want %v", title, err, test.kind)
		}
	}
}
