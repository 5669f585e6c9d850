package jobtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// edited is a run of a pool whose template somebody has changed.
func edited(t *testing.T, v prefect.Version, run vars, edit func(configuration, properties vars)) jobtemplate.Input {
	t.Helper()
	in := input(t, v, nil, run)
	var template vars
	if err := json.Unmarshal(in.Template, &template); err != nil {
		t.Fatal(err)
	}
	edit(template["job_configuration"].(vars), template["variables"].(vars)["properties"].(vars))
	in.Template, _ = json.Marshal(template)
	in.Lookups = lookups()
	return in
}

// TestReferenceFindsNothing: never another image, but an error that names the reference.
func TestReferenceFindsNothing(t *testing.T) {
	for image, name := range map[string]string{
		"{{ imgae }}": "imgae", "r.io/{{ imgae }}:1": "imgae", "{{ prefect.variables.none }}": "none", "r.io/x:{{ prefect.variables.none }}": "none",
		"{{ $GONE }}": "$GONE", "r.io/{{ $GONE }}": "$GONE", "{{ labels.image }}": "labels.image",
	} {
		for _, v := range []prefect.Version{v2(), v3()} {
			in := edited(t, v, vars{"labels": vars{"team": "x"}}, func(configuration, _ vars) { configuration["image"] = image })
			plan, err := jobtemplate.Render(t.Context(), in)
			e, ok := errors.AsType[*jobtemplate.Error](err)
			if !ok || !errors.Is(err, jobtemplate.ErrReference) || e.Field != "image" || !strings.Contains(e.Problem, name) {
				t.Errorf("%s (%s): plan %v, error %v; want one that names %s", image, v, plan != nil, err, name)
			}
		}
	}
	plan := render(t, edited(t, v3(), nil, func(configuration, _ vars) { configuration["name"] = "x-{{ ctx.flow.name }}{{ ctx.none }}" }))
	if plan.Name != "x-My Flow" {
		t.Errorf("the template's own name %q, want the flow in it", plan.Name)
	}
}

func TestRequestsOfTheARMTemplate(t *testing.T) {
	for _, v := range []prefect.Version{v2(), v3()} {
		in := edited(t, v, vars{"cpu": 1, "memory": 2, "size": 3}, func(configuration, properties vars) {
			properties["size"] = vars{}
			group := configuration["arm_template"].(vars)["resources"].([]any)[0].(vars)
			container := group["properties"].(vars)["containers"].([]any)[0].(vars)
			container["properties"].(vars)["resources"].(vars)["requests"] = vars{"cpu": 2.5, "memoryInGB": "{{ size }}"}
		})
		if job := render(t, in).Job; job.CPU != 2.5 || job.MemoryGB != 3 {
			t.Errorf("%s: %v CPUs and %v GB, want 2.5 and 3", v, job.CPU, job.MemoryGB)
		}
	}
}

// TestTimesThatSomebodyWrote: Prefect's 240 and 5 count, but for those of a template that Prefect made.
func TestTimesThatSomebodyWrote(t *testing.T) {
	const start, poll = "task_start_timeout_seconds", "task_watch_poll_interval"
	for title, test := range map[string]struct {
		edit func(configuration, properties vars)
		want bool
	}{
		"nobody":            {func(_, _ vars) {}, false},
		"job configuration": {func(c, _ vars) { c[start], c[poll] = 240, 5 }, true},
		"Pacific's pool":    {func(_, p vars) { p[start].(vars)["default"], p[poll].(vars)["default"] = 240, 5 }, true},
		"by hand":           {func(_, p vars) { p[start], p[poll] = vars{"default": 240}, vars{"default": 5} }, true},
		"Prefect's pool": {func(_, p vars) {
			p[start] = vars{"title": "Task Start Timeout Seconds", "description": "Prefect's own.", "default": 240}
			p[poll] = vars{"title": "Task Watch Poll Interval", "description": "Prefect's own.", "default": 5.0}
		}, false},
	} {
		job := render(t, edited(t, v3(), nil, test.edit)).Job
		if got := job.StartTimeout == 240*time.Second && job.PollInterval == 5*time.Second; got != test.want || !got && (job.StartTimeout != 0 || job.PollInterval != 0) {
			t.Errorf("%s: %v and %v, want 4m and 5s: %t", title, job.StartTimeout, job.PollInterval, test.want)
		}
	}
}

func TestNoGPU(t *testing.T) {
	for _, none := range []any{0, 0.0, "0"} {
		if job := render(t, input(t, v3(), vars{"gpu_sku": "V100"}, vars{"gpu_count": none})).Job; job.GPUCount != 0 || job.GPUSKU != "" {
			t.Errorf("%v: %d GPUs of %q, want none", none, job.GPUCount, job.GPUSKU)
		}
	}
}

func TestLeadingBlank(t *testing.T) {
	got := render(t, input(t, v2(), nil, vars{"command": "  python  x.py"})).Job.Command
	if diff := cmp.Diff([]string{"python", "", "x.py"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMoreLabelsThanTags: they are cut, with a warning that names them, and Prefect's own stay.
func TestMoreLabelsThanTags(t *testing.T) {
	labels := vars{}
	for i := range 60 {
		labels[fmt.Sprintf("l%02d", i)] = "v"
	}
	plan := render(t, input(t, v3(), nil, vars{"labels": labels}))
	if len(plan.Labels) <= 60 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "l59") || strings.Contains(plan.Warnings[0], "l00") {
		t.Errorf("%d labels, warnings %q; want all, and one that names l59", len(plan.Labels), plan.Warnings)
	}
	if plan.Job.Tags["prefect.io-flow-run-id"] != runID || plan.Job.Tags["l00"] != "v" || plan.Job.Tags["l59"] != "" {
		t.Errorf("tags %v", plan.Job.Tags)
	}
	plan.Job.Tags[aci.TagOwner], plan.Job.Tags[aci.TagAttempt] = "worker", "1"
	if err := plan.Job.Validate(); err != nil {
		t.Errorf("no room for Pacific's own tags: %v", err)
	}
}

// TestStrictTypes: 3.x refuses numbers and booleans where it wants a text, 2.20 takes them.
func TestStrictTypes(t *testing.T) {
	for field, value := range map[string]any{
		"image": 7, "command": true, "name": 1.5, "labels": vars{"a": 1}, "identities": []any{1}, "dns_servers": []any{nil}, "stream_output": "1.0",
		"resource_group_name": 1, "aci_credentials": vars{"client_id": 1, "tenant_id": "t", "client_secret": "s"},
	} {
		if _, err := jobtemplate.Render(t.Context(), input(t, v3(), nil, vars{field: value})); !errors.Is(err, jobtemplate.ErrValue) {
			t.Errorf("%s: error %v, want %v", field, err, jobtemplate.ErrValue)
		}
	}
	if plan := render(t, input(t, v2(), nil, vars{"labels": vars{"a": 1}, "name": 1.5})); plan.Labels["a"] != "1" || plan.Name != "1.5" {
		t.Errorf("2.20: label %q, name %q; want 1 and 1.5", plan.Labels["a"], plan.Name)
	}
}

// TestOrderOfTheUI: the variables stand in the template as in Prefect's own, and no registry may be chosen.
func TestOrderOfTheUI(t *testing.T) {
	raw, err := jobtemplate.BaseJobTemplate(jobtemplate.TypePush, v3())
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw[strings.Index(string(raw), `"properties":{"name"`):])
	last := -1
	for _, name := range []string{"name", "env", "labels", "command", "image", "resource_group_name", "subscription_id", "identities", "entrypoint",
		"image_registry", "cpu", "gpu_count", "gpu_sku", "memory", "subnet_ids", "dns_servers", "aci_credentials", "stream_output",
		"task_start_timeout_seconds", "task_watch_poll_interval", "keep_container_group"} {
		at := strings.Index(text, `"`+name+`":{`)
		if at <= last {
			t.Errorf("%s is out of order", name)
		}
		last = at
	}
	var template struct {
		Variables struct {
			Properties map[string]struct {
				AnyOf []map[string]string `json:"anyOf"`
			}
		}
	}
	if err := json.Unmarshal(raw, &template); err != nil {
		t.Fatal(err)
	}
	if registry := template.Variables.Properties["image_registry"].AnyOf; !slices.ContainsFunc(registry, func(s map[string]string) bool { return s["type"] == "null" }) {
		t.Errorf("image_registry takes %v, want null too", registry)
	}
	if got := render(t, input(t, v3(), vars{"image_registry": vars{"registry_url": "r.io", "identity": identity}}, vars{"image_registry": nil})).Job.Registries; got != nil {
		t.Errorf("registries %v, want none", got)
	}
}

// TestReferencesIntoALargeBlock: a block is copied once, not for each reference.
func TestReferencesIntoALargeBlock(t *testing.T) {
	data, configuration := map[string]any{"k": "v", "large": strings.Repeat("x", 1<<20)}, vars{}
	for i := range 300 {
		configuration[fmt.Sprint("k", i)] = "{{ prefect.blocks.json.large.k }}"
	}
	template, err := json.Marshal(vars{"job_configuration": configuration})
	if err != nil {
		t.Fatal(err)
	}
	in := jobtemplate.Input{FlowRun: prefect.FlowRun{ID: runID}, Template: template}
	in.Lookups.Block = func(context.Context, jobtemplate.BlockKey) (map[string]any, error) { return data, nil }
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := jobtemplate.Resolve(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	if got := result.AllocedBytesPerOp(); got > 30<<20 {
		t.Errorf("%d bytes allocated for 300 references into 1 MB, want what a few copies need", got)
	}
}

// TestAuthority: of the credential_kwargs the authority counts, and what does nothing is said.
func TestAuthority(t *testing.T) {
	credentials := func(authority any) vars {
		return vars{"aci_credentials": vars{"client_id": "c", "tenant_id": "t", "client_secret": "s",
			"credential_kwargs": vars{"authority": authority, "logging_enable": true}}}
	}
	plan := render(t, input(t, v3(), nil, credentials("login.microsoftonline.us")))
	if plan.Authority != "login.microsoftonline.us" || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "logging_enable") {
		t.Errorf("authority %q, warnings %q", plan.Authority, plan.Warnings)
	}
	for _, wrong := range []any{"", 1, nil, "http://login.test"} {
		if _, err := jobtemplate.Render(t.Context(), input(t, v3(), nil, credentials(wrong))); !errors.Is(err, jobtemplate.ErrValue) {
			t.Errorf("authority %v: error %v, want %v", wrong, err, jobtemplate.ErrValue)
		}
	}
}

// TestJobVariablesThatAreNotUTF8: copying them by way of JSON would change the text.
func TestJobVariablesThatAreNotUTF8(t *testing.T) {
	_, err := jobtemplate.Render(t.Context(), input(t, v3(), nil, vars{"image": "r.io/p\xff"}))
	if !errors.Is(err, jobtemplate.ErrValue) || !strings.Contains(err.Error(), "all of its text must be valid UTF-8") {
		t.Errorf("got %v", err)
	}
}

// TestVariablesThatDoNothing: one that the template does not take up is named, whether or not its name is like another's. One that
// only a placeholder knows is taken up, and env always.
func TestVariablesThatDoNothing(t *testing.T) {
	given := vars{"imag": "x", "cpus": 2, "cpu": 2, "env": vars{"A": "b"}, "env.B": "c", "team": "data", "area": vars{"name": "north"}, "nothing": ""}
	in := edited(t, v3(), given, func(configuration, properties vars) {
		configuration["labels"] = vars{"team": "{{ team }}", "area": "in the {{ area.name }}"}
		delete(properties, "env")
	})
	plan := render(t, in)
	want := []string{
		`the work pool's template has no job variable "cpus", so what it is set to does nothing`,
		`the work pool's template has no job variable "imag", so what it is set to does nothing`,
	}
	if diff := cmp.Diff(want, plan.Warnings); diff != "" {
		t.Errorf("warnings, -want +got:\n%s", diff)
	}
}
