package jobtemplate_test

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

func TestNames(t *testing.T) {
	for _, test := range []struct {
		title   string
		version prefect.Version
		name    any
		want    string // of the plan
		group   string
	}{
		{"none", v3(), nil, "red-fox", "my-flow-" + runID},
		{"plain", v3(), "Nightly!", "Nightly!", "nightly-" + runID},
		{"context", v3(), "{{ ctx.flow.name }}-{{ ctx.flow_run.run_count }}{{ ctx.none }}", "My Flow-0", "my-flow-0-" + runID},
		{"a number", v3(), "{{ ctx.flow_run.run_count }}", "0", "0-" + runID},
		{"one placeholder without a value", v3(), "{{ ctx.flow_run.job_variables.none }}", "{{ ctx.flow_run.job_variables.none }}", "ctx-flow-run-job-variables-" + runID},
		{"no context in 2.20", v2(), "{{ ctx.flow.name }}", "{{ ctx.flow.name }}", "ctx-flow-name-" + runID},
	} {
		plan := render(t, input(t, test.version, vars{"name": test.name}, nil))
		if plan.Name != test.want || plan.Job.Name != test.group {
			t.Errorf("%s: name %q, group %q; want %q, %q", test.title, plan.Name, plan.Job.Name, test.want, test.group)
		}
	}
	in := input(t, v3(), nil, nil)
	in.Template, in.Flow, in.FlowRun.Name = json.RawMessage(`{"job_configuration": {"name": "x-{{ ctx.flow.name }}", "resource_group_name": "r", "subscription_id": "s"}}`), nil, ""
	if plan := render(t, in); plan.Name != "x-" {
		t.Errorf("a context placeholder of the template's own: name %q, want it emptied", plan.Name)
	}
}

func TestRegistries(t *testing.T) {
	both := vars{"registry_url": "https://a.azurecr.io", "identity": identity, "username": "u", "password": "p"}
	user := aci.Registry{Server: "https://a.azurecr.io", Username: "u", Password: "p"}
	puller := aci.Registry{Server: "https://a.azurecr.io", Identity: identity}
	for _, test := range []struct {
		version prefect.Version
		given   vars
		want    aci.Registry
	}{
		{v3(), both, puller},
		{v2(), both, user},
		{v2(), vars{"registry_url": "https://a.azurecr.io", "identity": identity, "username": "u"}, puller},
		{v3(), vars{"registry_url": "https://a.azurecr.io", "username": "u", "password": "p", "reauth": true, "identity": nil}, user},
	} {
		plan := render(t, input(t, test.version, vars{"image_registry": test.given}, nil))
		if got := plan.Job.Registries; len(got) != 1 || got[0] != test.want {
			t.Errorf("%s, keys %d: an identity %t, a user %t", test.version, len(test.given), got[0].Identity != "", got[0].Username != "")
		}
	}
}

func TestDefaultImage(t *testing.T) {
	for _, test := range []struct {
		version prefect.Version
		want    string
	}{
		{v3(), "prefecthq/prefect:3.9.1-python3.11"},
		{v2(), "prefecthq/prefect:2.20.27-python3.11"},
		{prefect.Version{Major: 3, Minor: 99, Text: "cloud"}, "prefecthq/prefect:3-python3.11"},
		{prefect.Version{}, "prefecthq/prefect:3-python3.11"},
	} {
		in := input(t, test.version, nil, nil)
		if got := render(t, in).Job.Image; got != test.want {
			t.Errorf("%q: image %s, want %s", test.version, got, test.want)
		}
	}
}
