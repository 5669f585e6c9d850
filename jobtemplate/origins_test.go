package jobtemplate_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/jobtemplate"
)

// explained gives where each field comes from, as "layer" or "layer through a, b".
func explained(t *testing.T, in jobtemplate.Input) map[string]jobtemplate.Origin {
	t.Helper()
	plan, all, err := jobtemplate.Explain(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(render(t, in), plan); diff != "" {
		t.Errorf("Explain makes another job than Render (-render +explain):\n%s", diff)
	}
	found := map[string]jobtemplate.Origin{}
	for _, origin := range all {
		if _, twice := found[origin.Field]; twice {
			t.Errorf("%s is explained twice", origin.Field)
		}
		found[origin.Field] = origin
	}
	return found
}

func TestOrigins(t *testing.T) {
	in := edited(t, v3(), vars{"cpu": 4, "env.RUN": "r", "env": vars{"BOTH": "run", "EMPTY": ""}, "name": ""}, func(configuration, properties vars) {
		configuration["memory"] = 2
		configuration["command"] = "python {{ script }}"
		configuration["labels"] = vars{"team": "a"}
		properties["script"] = vars{"type": "string", "default": "a.py"}
		properties["env"].(vars)["default"] = vars{"POOL": "{{ prefect.variables.size }}"}
		properties["image"].(vars)["default"] = "pool:1"
		properties["task_watch_poll_interval"].(vars)["default"] = 7
	})
	in.Deployment.JobVariables["image"] = "{{ prefect.variables.image }}"
	in.Deployment.JobVariables["env"] = vars{"BOTH": "deployment", "EMPTY": "not"}
	in.Lookups.Variable = func(_ context.Context, name string) (any, bool, error) { return "found-" + name, true, nil }
	found := explained(t, in)
	for field, want := range map[string]jobtemplate.Origin{
		"cpu":                        {From: jobtemplate.LayerFlowRun},
		"memory":                     {From: jobtemplate.LayerPool},
		"command":                    {From: jobtemplate.LayerDefault},
		"labels":                     {From: jobtemplate.LayerPool},
		"image":                      {From: jobtemplate.LayerDeployment, Through: []string{"prefect.variables.image"}},
		"resource_group_name":        {From: jobtemplate.LayerDeployment},
		"name":                       {From: jobtemplate.LayerPacific},
		"entrypoint":                 {From: jobtemplate.LayerDefault},
		"task_start_timeout_seconds": {From: jobtemplate.LayerPacific},
		"task_watch_poll_interval":   {From: jobtemplate.LayerDefault},
		`env["RUN"]`:                 {From: jobtemplate.LayerFlowRun},
		`env["BOTH"]`:                {From: jobtemplate.LayerFlowRun},
		`env["EMPTY"]`:               {From: jobtemplate.LayerDeployment},
		`env["POOL"]`:                {From: jobtemplate.LayerDefault, Through: []string{"prefect.variables.size"}},
		`env["PREFECT_API_URL"]`:     {From: jobtemplate.LayerPacific},
		`env["PREFECT__FLOW_RUN_ID"]`: {
			From: jobtemplate.LayerPacific,
		},
	} {
		want.Field = field
		if diff := cmp.Diff(want, found[field]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
}

func TestOriginsOfDefaultTimes(t *testing.T) {
	in := input(t, v2(), nil, vars{"task_start_timeout_seconds": 240})
	found := explained(t, in)
	if from := found["task_start_timeout_seconds"].From; from != jobtemplate.LayerFlowRun {
		t.Errorf("got %q for a start timeout that the run gives, want %q", from, jobtemplate.LayerFlowRun)
	}
	if from := found["cpu"].From; from != jobtemplate.LayerDefault {
		t.Errorf("got %q for cpu, want %q", from, jobtemplate.LayerDefault)
	}
}
