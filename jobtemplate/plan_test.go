package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

const (
	runID    = "0f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f"
	identity = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
	subnet   = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
)

type vars = map[string]any

func v3() prefect.Version { return prefect.Version{Major: 3, Minor: 9, Patch: 1, Text: "3.9.1"} }
func v2() prefect.Version { return prefect.Version{Major: 2, Minor: 20, Patch: 27, Text: "2.20.27"} }

// input is a run of a pool with our own template and what such a pool needs.
func input(t *testing.T, v prefect.Version, deployment, run vars) jobtemplate.Input {
	t.Helper()
	template, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, v)
	if err != nil {
		t.Fatal(err)
	}
	given := vars{"resource_group_name": "rg", "subscription_id": "sub"}
	maps.Copy(given, deployment)
	updated := prefect.At(time.Date(2024, 5, 6, 7, 8, 9, 89000000, time.UTC))
	return jobtemplate.Input{
		Version: v, Template: template,
		FlowRun:    prefect.FlowRun{ID: runID, Name: "red-fox", FlowID: "flow-id", DeploymentID: "deployment-id", JobVariables: run},
		Flow:       &prefect.Flow{ID: "flow-id", Name: "My Flow"},
		Deployment: &prefect.Deployment{ID: "deployment-id", Name: "prod", Updated: updated, JobVariables: given},
		WorkPool:   &prefect.WorkPool{ID: "pool-id", Name: "pool"},
		WorkerName: "worker",
		Settings:   map[string]string{"PREFECT_API_URL": "http://api", "PREFECT_API_KEY": "k", "PREFECT_API_AUTH_STRING": ""},
	}
}

func render(t *testing.T, in jobtemplate.Input) *jobtemplate.Plan {
	t.Helper()
	plan, err := jobtemplate.Render(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestRenderNothingGiven(t *testing.T) {
	plan := render(t, input(t, v3(), nil, nil))
	want := &jobtemplate.Plan{
		ResourceGroup: "rg", SubscriptionID: "sub", Name: "red-fox",
		Labels: map[string]string{
			"prefect.io/flow-run-id": runID, "prefect.io/flow-run-name": "red-fox", "prefect.io/version": "3.9.1",
			"prefect.io/work-pool-name": "pool", "prefect.io/work-pool-id": "pool-id", "prefect.io/worker-name": "worker",
			"prefect.io/flow-id": "flow-id", "prefect.io/flow-name": "My Flow", "prefect.io/deployment-id": "deployment-id",
			"prefect.io/deployment-name": "prod", "prefect.io/deployment-updated": "2024-05-06T07:08:09.089000+00:00",
		},
		Job: aci.Job{
			Name: "my-flow-" + runID, Image: "prefecthq/prefect:3.9.1-python3.11", Entrypoint: "/opt/prefect/entrypoint.sh",
			Command: []string{"prefect", "flow-run", "execute"}, CPU: 1, MemoryGB: 1,
			Env: map[string]string{
				"PREFECT_API_URL": "http://api", "PREFECT_API_KEY": "k", "PREFECT__FLOW_RUN_ID": runID, "PREFECT__WORKER_NAME": "worker",
				"PREFECT__FLOW_ID": "flow-id", "PREFECT__FLOW_NAME": "My Flow", "PREFECT__DEPLOYMENT_ID": "deployment-id", "PREFECT__DEPLOYMENT_NAME": "prod",
			},
			Tags: map[string]string{
				"prefect.io-flow-run-id": runID, "prefect.io-flow-run-name": "red-fox", "prefect.io-version": "3.9.1",
				"prefect.io-work-pool-name": "pool", "prefect.io-work-pool-id": "pool-id", "prefect.io-worker-name": "worker",
				"prefect.io-flow-id": "flow-id", "prefect.io-flow-name": "My Flow", "prefect.io-deployment-id": "deployment-id",
				"prefect.io-deployment-name": "prod", "prefect.io-deployment-updated": "2024-05-06T07:08:09.089000+00:00",
			},
		},
	}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRenderPrefect2(t *testing.T) {
	in := input(t, v2(), vars{"command": "a  'b c'"}, nil)
	plan := render(t, in)
	if diff := cmp.Diff([]string{"a", "", "'b", "c'"}, plan.Job.Command); diff != "" {
		t.Errorf("command: -want +got:\n%s", diff)
	}
	wantEnv := map[string]string{"PREFECT_API_URL": "http://api", "PREFECT_API_KEY": "k", "PREFECT__FLOW_RUN_ID": runID}
	if diff := cmp.Diff(wantEnv, plan.Job.Env); diff != "" {
		t.Errorf("env: -want +got:\n%s", diff)
	}
	wantLabels := map[string]string{
		"prefect.io/flow-run-id": runID, "prefect.io/flow-run-name": "red-fox", "prefect.io/version": "2.20.27",
		"prefect.io/flow-id": "flow-id", "prefect.io/flow-name": "My Flow", "prefect.io/deployment-id": "deployment-id",
		"prefect.io/deployment-name": "prod", "prefect.io/deployment-updated": "2024-05-06T07:08:09.089000Z",
	}
	if diff := cmp.Diff(wantLabels, plan.Labels); diff != "" {
		t.Errorf("labels: -want +got:\n%s", diff)
	}
	if want := "prefecthq/prefect:2.20.27-python3.11"; plan.Job.Image != want {
		t.Errorf("image %s, want %s", plan.Job.Image, want)
	}
}

// TestEveryVariable holds the template's promise: each of its variables changes the plan.
func TestEveryVariable(t *testing.T) {
	values := vars{
		"name": "nightly", "env": vars{"A": "1"}, "labels": vars{"team": "data"}, "command": "python x.py", "image": "a.azurecr.io/i:1",
		"entrypoint": "/usr/bin/tini", "image_registry": vars{"registry_url": "a.azurecr.io", "identity": identity}, "cpu": 2, "memory": 3.5,
		"gpu_count": 1, "gpu_sku": "V100", "aci_credentials": vars{"client_id": "c", "tenant_id": "t", "client_secret": "s"},
		"resource_group_name": "other", "subscription_id": "other", "identities": []any{identity}, "subnet_ids": []any{subnet},
		"dns_servers": []any{"10.0.0.1"}, "stream_output": true, "task_start_timeout_seconds": 240, "task_watch_poll_interval": 5.0,
		"keep_container_group": true,
	}
	for _, poolType := range []string{jobtemplate.TypeWorker, jobtemplate.TypePush} {
		raw, err := jobtemplate.BaseJobTemplate(poolType, v3())
		if err != nil {
			t.Fatal(err)
		}
		var template struct {
			Variables struct{ Properties map[string]any }
		}
		if err := json.Unmarshal(raw, &template); err != nil {
			t.Fatal(err)
		}
		for name := range template.Variables.Properties {
			given := vars{name: values[name]}
			base := input(t, v3(), nil, nil)
			base.Template = raw
			if name == "gpu_count" || name == "gpu_sku" {
				base.Deployment.JobVariables["gpu_count"], base.Deployment.JobVariables["gpu_sku"] = 2, "K80"
			}
			if name == "stream_output" && poolType == jobtemplate.TypePush {
				given[name] = false
			}
			with := base
			with.FlowRun.JobVariables = given
			if cmp.Equal(render(t, base), render(t, with)) {
				t.Errorf("%s: %s does nothing", poolType, name)
			}
		}
		for name := range values {
			if _, ok := template.Variables.Properties[name]; !ok {
				t.Errorf("%s has no variable %s", poolType, name)
			}
		}
	}
}

// TestDefaultTemplate: what says nothing of the container group makes no own template of Prefect's default one, and the job is
// the same as ever, without a base.
func TestDefaultTemplate(t *testing.T) {
	in := input(t, v3(), nil, nil)
	want := render(t, in)
	var template map[string]any
	if err := json.Unmarshal(in.Template, &template); err != nil {
		t.Fatal(err)
	}
	arm := template["job_configuration"].(vars)["arm_template"].(vars)
	arm["resources"].([]any)[0].(vars)["apiVersion"] = "2023-05-01"
	in.Template, _ = json.Marshal(template)
	if diff := cmp.Diff(want, render(t, in)); diff != "" || want.Job.Base != nil {
		t.Errorf("base %v: %s", want.Job.Base, diff)
	}
	if _, err := jobtemplate.BaseJobTemplate("kubernetes", v3()); !errors.Is(err, jobtemplate.ErrTemplate) {
		t.Errorf("error %v, want %v", err, jobtemplate.ErrTemplate)
	}
}
