package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// pool is a template with its own env map and a default for it.
func pool(t *testing.T, own any, defaults vars) json.RawMessage {
	t.Helper()
	encoded, err := json.Marshal(vars{
		"job_configuration": vars{"env": own, "image": "{{ image }}", "resource_group_name": "rg", "subscription_id": "s", "entrypoint": "{{ entrypoint }}"},
		"variables": vars{"properties": vars{
			"env": vars{"type": "object", "default": defaults}, "image": vars{"default": "pool:1"}, "entrypoint": vars{"default": nil}, "region": vars{},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestEnvironmentLayers(t *testing.T) {
	settings := map[string]string{"PREFECT_API_URL": "http://api", "PREFECT_API_AUTH_STRING": ""}
	for _, test := range []struct {
		title           string
		own             any
		defaults        vars
		deployment, run vars
		want            map[string]string // besides PREFECT_API_URL and PREFECT__FLOW_RUN_ID; "-" is not set
		only            int
	}{
		{title: "run over deployment over pool over template", own: vars{"A": "own", "B": "own", "C": "own", "D": "own"}, defaults: vars{"B": "pool", "C": "pool", "D": "pool"},
			deployment: vars{"env": vars{"C": "deployment", "D": "deployment"}}, run: vars{"env": vars{"D": "run"}},
			want: map[string]string{"A": "own", "B": "pool", "C": "deployment", "D": "run"}, only: 3},
		{title: "2.20 puts the pool's in the template's place", own: vars{"A": "own"}, defaults: vars{"B": "pool"}, want: map[string]string{"A": "-", "B": "pool"}, only: 2},
		{title: "placeholder", own: "{{ env }}", defaults: vars{"B": "pool"}, run: vars{"env": vars{"D": "run"}}, want: map[string]string{"B": "pool", "D": "run"}},
		{title: "null unsets what lies below", own: "{{ env }}", defaults: vars{"B": "pool"}, deployment: vars{"env": vars{"C": "x"}},
			run: vars{"env": vars{"B": nil, "C": nil, "PREFECT_API_URL": nil}}, want: map[string]string{"B": "-", "C": "-", "PREFECT_API_URL": "-"}},
		{title: "null map unsets the deployment's", own: "{{ env }}", deployment: vars{"env": vars{"C": "x"}}, run: vars{"env": nil}, want: map[string]string{"C": "-"}},
		{title: "empty never overrides", own: "{{ env }}", defaults: vars{"B": "pool"}, deployment: vars{"env": vars{"C": "x"}},
			run: vars{"env": vars{"B": "", "C": "", "PREFECT_API_URL": "", "E": ""}}, want: map[string]string{"B": "pool", "C": "x", "E": ""}},
		{title: "empty over null", own: "{{ env }}", deployment: vars{"env": vars{"C": nil}}, run: vars{"env": vars{"C": ""}}, want: map[string]string{"C": ""}},
		{title: "empty settings are not handed on", own: "{{ env }}", want: map[string]string{"PREFECT_API_AUTH_STRING": "-"}},
		{title: "dotted", own: "{{ env }}", deployment: vars{"env.A": "1", "env": vars{"B": "2"}}, run: vars{"env.B": "3"}, want: map[string]string{"A": "1", "B": "3"}, only: 3},
		{title: "dotted is no map in 2.20", own: "{{ env }}", run: vars{"env.A": "1"}, want: map[string]string{"A": "-"}, only: 2},
		{title: "Python's words", own: "{{ env }}", run: vars{"env": vars{"A": true, "B": 1.5, "C": 2}}, want: map[string]string{"A": "True", "B": "1.5", "C": "2"}},
		{title: "placeholders in a user's values", own: vars{"O": "x"}, run: vars{"region": "we", "env": vars{"A": "{{ region }}"}}, want: map[string]string{"A": "we"}},
		{title: "not if the template has no map", own: "{{ env }}", run: vars{"region": "we", "env": vars{"A": "{{ region }}"}}, want: map[string]string{"A": "{{ region }}"}},
		{title: "lists are texts in 3.x", own: "{{ env }}", run: vars{"env": vars{"A": []any{1, nil}}}, want: map[string]string{"A": "[1, None]"}, only: 3},
	} {
		for _, v := range []prefect.Version{v2(), v3()} {
			if test.only != 0 && test.only != v.Major {
				continue
			}
			plan, err := jobtemplate.Render(t.Context(), jobtemplate.Input{
				Version: v, Template: pool(t, test.own, test.defaults), Settings: settings,
				Deployment: &prefect.Deployment{JobVariables: test.deployment}, FlowRun: prefect.FlowRun{ID: runID, Name: "r", JobVariables: test.run},
			})
			if err != nil {
				t.Errorf("%s (%s): %v", test.title, v, err)
				continue
			}
			want := map[string]string{"PREFECT_API_URL": "http://api", "PREFECT__FLOW_RUN_ID": runID}
			if own, ok := test.own.(vars); ok && v.Major == 3 {
				for name, value := range own {
					want[name] = value.(string)
				}
			}
			if own, ok := test.own.(vars); ok && v.Major == 2 && len(test.defaults) == 0 {
				for name, value := range own {
					want[name] = value.(string)
				}
			}
			maps.Copy(want, test.want)
			maps.DeleteFunc(want, func(_, value string) bool { return value == "-" })
			if diff := cmp.Diff(want, plan.Job.Env); diff != "" {
				t.Errorf("%s (%s): -want +got:\n%s", test.title, v, diff)
			}
		}
	}
}

func TestNullAndEmptyFields(t *testing.T) {
	for _, test := range []struct {
		title                 string
		version               prefect.Version
		deployment, run       vars
		wantImage, entrypoint string
	}{
		{"nothing", v3(), nil, nil, "pool:1", prefect.DefaultEntrypoint},
		{"a null default is a choice in 2.20", v2(), nil, nil, "pool:1", ""},
		{"empty keeps the pool's", v3(), vars{"image": ""}, nil, "pool:1", prefect.DefaultEntrypoint},
		{"empty keeps the deployment's", v3(), vars{"image": "d:1"}, vars{"image": ""}, "d:1", prefect.DefaultEntrypoint},
		{"null hides the pool's", v3(), nil, vars{"image": nil, "entrypoint": nil}, "prefecthq/prefect:3.9.1-python3.11", ""},
		{"null stays under empty", v3(), vars{"image": nil}, vars{"image": ""}, "prefecthq/prefect:3.9.1-python3.11", prefect.DefaultEntrypoint},
		{"unknown version", prefect.Version{}, nil, vars{"image": nil}, "prefecthq/prefect:3-python3.11", prefect.DefaultEntrypoint},
	} {
		plan, err := jobtemplate.Render(t.Context(), jobtemplate.Input{
			Version: test.version, Template: pool(t, "{{ env }}", nil), Deployment: &prefect.Deployment{JobVariables: test.deployment},
			FlowRun: prefect.FlowRun{ID: runID, JobVariables: test.run},
		})
		if err != nil {
			t.Errorf("%s: %v", test.title, err)
		} else if plan.Job.Image != test.wantImage || plan.Job.Entrypoint != test.entrypoint {
			t.Errorf("%s: image %q, entrypoint %q; want %q, %q", test.title, plan.Job.Image, plan.Job.Entrypoint, test.wantImage, test.entrypoint)
		}
	}
}

// TestInputStays: what is given is not changed, and so nothing of one run is in the next.
func TestInputStays(t *testing.T) {
	in := input(t, v2(), vars{"env": vars{"A": "1"}}, vars{"env": vars{"B": "2"}, "labels": vars{"l": "v"}})
	in.Template = pool(t, vars{"O": "x"}, nil)
	before, err := json.Marshal([]any{in.Template, in.Deployment, in.FlowRun})
	if err != nil {
		t.Fatal(err)
	}
	first := render(t, in)
	first.Job.Env["B"], first.Job.Tags["x"] = "changed", "changed"
	after, err := json.Marshal([]any{in.Template, in.Deployment, in.FlowRun})
	if err != nil || string(before) != string(after) {
		t.Errorf("%v; the input was\n%s\nand is\n%s", err, before, after)
	}
	in.FlowRun.JobVariables = nil
	if second := render(t, in); second.Job.Env["B"] != "" {
		t.Errorf("B is %q in a run that does not give it", second.Job.Env["B"])
	}
}

func TestFields(t *testing.T) {
	in := input(t, v3(), vars{
		"aci_credentials": vars{"$ref": vars{"block_document_id": "id-1"}}, "image_registry": vars{"registry_url": "a.azurecr.io", "identity": identity},
		"cpu": "2", "memory": 1.5, "gpu_count": 1.0, "gpu_sku": "V100", "identities": []any{identity}, "subnet_ids": []any{subnet}, "dns_servers": []any{"10.0.0.1"},
		"stream_output": "yes", "task_start_timeout_seconds": 600, "task_watch_poll_interval": 2.5, "keep_container_group": 1,
		"command": `sh -c 'a b'`, "entrypoint": "/tini", "name": "{{ ctx.flow.name }} of {{ ctx.flow_run.name }}", "labels": vars{"team": "data", "n": "1", "gone": nil},
	}, nil)
	in.Lookups, in.Attempt = lookups(), 2
	plan := render(t, in)
	want := aci.Job{
		Name: "my-flow-of-red-fox-" + runID + "-2", Image: plan.Job.Image, Entrypoint: "/tini", Command: []string{"sh", "-c", "a b"},
		CPU: 2, MemoryGB: 1.5, GPUCount: 1, GPUSKU: "V100", Identities: []string{identity}, SubnetIDs: []string{subnet}, DNSServers: []string{"10.0.0.1"},
		Registries: []aci.Registry{{Server: "a.azurecr.io", Identity: identity}}, Keep: aci.KeepAlways, StartTimeout: 600e9, PollInterval: 25e8,
		Env: plan.Job.Env, Tags: plan.Job.Tags,
	}
	if diff := cmp.Diff(want, plan.Job); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if plan.Name != "My Flow of red-fox" || !plan.StreamOutput || plan.Credentials.ClientSecret != "hush" {
		t.Errorf("name %q, stream %t, secret of %d letters", plan.Name, plan.StreamOutput, len(plan.Credentials.ClientSecret))
	}
	if tags := plan.Job.Tags; tags["team"] != "data" || tags["n"] != "1" || tags[aci.TagAttempt] != "2" || plan.Labels["gone"] != "" {
		t.Errorf("tags %v", tags)
	}
}

// TestFieldErrors: all that is wrong is reported at once, by the variable's name and without its value.
func TestFieldErrors(t *testing.T) {
	_, err := jobtemplate.Render(t.Context(), input(t, v3(), vars{
		"resource_group_name": nil, "subscription_id": "", "cpu": "hush", "memory": []any{1}, "gpu_count": 1.5, "identities": "hush", "env": "hush", "labels": []any{},
		"stream_output": "hush", "task_start_timeout_seconds": -1, "image": vars{"a": 1}, "image_registry": vars{"registry_url": "r"}, "aci_credentials": vars{"client_id": "hush"},
	}, nil))
	if err == nil {
		t.Fatal("no error")
	}
	got := map[string]bool{}
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		e, ok := errors.AsType[*jobtemplate.Error](one)
		if !ok || !errors.Is(one, jobtemplate.ErrValue) || strings.Contains(one.Error(), "hush") || strings.Contains(one.Error(), "\n") {
			t.Fatalf("%T %v", one, one)
		}
		got[e.Field] = true
	}
	want := map[string]bool{}
	for _, field := range []string{"resource_group_name", "subscription_id", "cpu", "memory", "gpu_count", "identities", "env", "stream_output",
		"task_start_timeout_seconds", "image", "image_registry", "aci_credentials"} {
		want[field] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields: -want +got:\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		title   string
		version prefect.Version
		run     vars
		field   string
		kind    error
	}{
		{"one GPU field", v3(), vars{"gpu_sku": "V100"}, "gpu_count and gpu_sku", jobtemplate.ErrValue},
		{"open quote", v3(), vars{"command": `echo "a`}, "command", jobtemplate.ErrValue},
		{"what ACI refuses", v3(), vars{"cpu": 500}, "cpu", jobtemplate.ErrValue},
		{"a variable's name", v3(), vars{"env": vars{"1X": "v"}}, `env["1X"]`, jobtemplate.ErrValue},
		{"Pacific's own tag", v3(), vars{"labels": vars{"Pacific-Owner": "me"}}, `labels["Pacific-Owner"]`, jobtemplate.ErrValue},
		{"list in 2.20", v2(), vars{"env": vars{"A": []any{1}}}, `env["A"]`, jobtemplate.ErrValue},
		{"through a text", v3(), vars{"env.A": 1, "env.A.B": 2}, "env.A.B", jobtemplate.ErrValue},
	} {
		_, err := jobtemplate.Render(t.Context(), input(t, test.version, nil, test.run))
		e, ok := errors.AsType[*jobtemplate.Error](err)
		if !ok || e.Field != test.field || !errors.Is(err, test.kind) {
			t.Errorf("%s: error %v, want one of %s", test.title, err, test.field)
		}
	}
	for _, template := range []string{"", "{}", "[]", `{"job_configuration": 1}`, "{"} {
		in := input(t, v3(), nil, nil)
		in.Template = json.RawMessage(template)
		if _, err := jobtemplate.Render(t.Context(), in); !errors.Is(err, jobtemplate.ErrTemplate) {
			t.Errorf("template %q: error %v, want %v", template, err, jobtemplate.ErrTemplate)
		}
	}
	in := input(t, v3(), nil, nil)
	in.FlowRun.ID = ""
	if _, err := jobtemplate.Render(t.Context(), in); !errors.Is(err, jobtemplate.ErrValue) {
		t.Errorf("no run: error %v, want %v", err, jobtemplate.ErrValue)
	}
}
