package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// defaults reads the defaults of a pool's template.
func (p pool) defaults(t *testing.T) map[string]any {
	t.Helper()
	return defaultsOf(t, p.BaseJobTemplate)
}

func defaultsOf(t *testing.T, template []byte) map[string]any {
	t.Helper()
	var read struct {
		Variables struct {
			Properties map[string]map[string]any
		}
	}
	if err := json.Unmarshal(template, &read); err != nil {
		t.Fatalf("%v in %s", err, template)
	}
	defaults := map[string]any{}
	for name, property := range read.Variables.Properties {
		if value, ok := property["default"]; ok {
			defaults[name] = value
		}
	}
	return defaults
}

// credentialsBlock makes a credentials block and gives its id.
func (h *harness) credentialsBlock(name string) string {
	h.t.Helper()
	document, err := h.client().SaveBlock(h.t.Context(), name,
		&prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s"}, prefect.SaveBlockOptions{})
	if err != nil {
		h.t.Fatal(err)
	}
	return string(document.ID)
}

func TestWorkPoolDefaults(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	id := h.credentialsBlock("aci-sp")
	h.run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--credentials", "aci-sp", "--resource-group", "jobs", "--subscription", "sub",
		"--set", "cpu=2", "--set", `env={"A":"1","B":null}`, "--set", "stream_output=true", "--set", `subnet_ids=["/s"]`, "--set", "entrypoint=null", "--set", "image=7").
		wants(t, 0, "", "hint: pacific work-pool inspect aci shows its template and queues; prefect deploy --pool aci deploys a flow to it\n")
	reference := map[string]any{"$ref": map[string]any{"block_document_id": id}}
	want := map[string]any{"aci_credentials": reference, "resource_group_name": "jobs", "subscription_id": "sub", "cpu": 2.0, "memory": 1.0, "image": "7",
		"env": map[string]any{"A": "1", "B": nil}, "stream_output": true, "subnet_ids": []any{"/s"}, "entrypoint": nil, "keep_container_group": false}
	first := h.inspect("aci")
	if diff := cmp.Diff(want, first.defaults(t)); diff != "" {
		t.Errorf("defaults of create (-want +got):\n%s", diff)
	}

	// Update changes what is given and nothing else.
	other := h.credentialsBlock("other")
	h.run("work-pool", "update", "aci", "--set", "cpu=0.5", "--credentials", "azure-container-instance-credentials/other").wants(t, 0, "", "updated work pool aci")
	want["cpu"], want["aci_credentials"] = 0.5, map[string]any{"$ref": map[string]any{"block_document_id": other}}
	if diff := cmp.Diff(want, h.inspect("aci").defaults(t)); diff != "" {
		t.Errorf("defaults of update (-want +got):\n%s", diff)
	}
	// A variable that takes a block takes it by its path; so does an overwritten pool, which begins anew.
	h.run("work-pool", "create", "aci", "--overwrite", "--set", "aci_credentials=aci-sp").wants(t, 0, "", "every run still needs resource_group_name, subscription_id: pacific work-pool update --help says")
	got := h.inspect("aci").defaults(t)
	if diff := cmp.Diff(any(reference), got["aci_credentials"]); diff != "" || got["resource_group_name"] != nil {
		t.Errorf("defaults of overwrite: %v", got)
	}
}

func TestWorkPoolDefaultsRefused(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.must("block", "create", "string", "text", "--value", "x")
	h.must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker)
	h.must("work-pool", "create", "docker", "--type", "docker")
	before := h.inspect("aci").BaseJobTemplate
	for _, test := range []struct {
		name, stderr string
		code         int
		args         []string
	}{
		{"unknown", "--set cpus: the template has no variable cpus\npacific: hint: did you mean cpu?", 2, []string{"aci", "--set", "cpus=2"}},
		{"far off", "hint: variables: name, env, ", 2, []string{"aci", "--set", "frobnicate=2"}},
		{"no value", `--set "cpu" has no value`, 2, []string{"aci", "--set", "cpu"}},
		{"wrong type", "--set cpu: the value does not fit the template's schema\npacific: hint: give a number such as 2 or 0.5\n", 2, []string{"aci", "--set", "cpu=two"}},
		{"no list", `hint: give a list as JSON, such as ["a", "b"]`, 2, []string{"aci", "--set", "subnet_ids=/s"}},
		{"twice", "resource_group_name has two defaults: by --resource-group and by --set resource_group_name", 2, []string{"aci", "--resource-group", "a", "--set", "resource_group_name=b"}},
		{"empty", "--credentials is empty", 2, []string{"aci", "--credentials", ""}},
		{"no block", "there is no block azure-container-instance-credentials/none", 1, []string{"aci", "--credentials", "none"}},
		{"wrong block", "--credentials string/text: must be a block of type azure-container-instance-credentials", 2, []string{"aci", "--credentials", "string/text"}},
		{"a later mistake", "no variable x", 2, []string{"aci", "--set", "cpu=2", "--set", "x=1"}},
		{"no variables", "setting --set cpu: variables: the base job template has none", 1, []string{"docker", "--set", "cpu=2"}},
		{"no pool", "there is no work pool none", 1, []string{"none", "--set", "cpu=2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.run(append([]string{"work-pool", "update"}, test.args...)...).wants(t, test.code, "", test.stderr)
		})
	}
	if diff := cmp.Diff(string(before), string(h.inspect("aci").BaseJobTemplate)); diff != "" {
		t.Errorf("a refused update changed the template (-want +got):\n%s", diff)
	}
	h.run("work-pool", "create", "new", "--type", jobtemplate.TypeWorker, "--set", "cpus=2").wants(t, 2, "", "did you mean cpu?")
	h.run("work-pool", "inspect", "new").wants(t, 1, "", "there is no work pool new")
}

func TestWorkPoolTemplate(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	version, err := h.client().ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := jobtemplate.BaseJobTemplate(jobtemplate.TypePush, version)
	if err != nil {
		t.Fatal(err)
	}
	r := h.run("work-pool", "template", "--type", jobtemplate.TypePush)
	r.wants(t, 0, "{\n  \"job_configuration\": {\n", "")
	(pool{Name: "push", BaseJobTemplate: []byte(r.stdout)}).wantsTemplate(t, want)

	// It goes back in, and --set applies to it.
	h.stdin = h.run("work-pool", "template", "--type", jobtemplate.TypeWorker, "--set", "cpu=4", "--resource-group", "jobs", "-o", "json").stdout
	if strings.Count(h.stdin, "\n") != 1 {
		t.Errorf("JSON of several lines:\n%s", h.stdin)
	}
	h.must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--base-job-template", "-", "--subscription", "s")
	if got := h.inspect("aci").defaults(t); got["cpu"] != 4.0 || got["resource_group_name"] != "jobs" || got["subscription_id"] != "s" {
		t.Errorf("defaults: %v", got)
	}
	h.run("work-pool", "template", "--type", "docker").wants(t, 2, "", `Pacific has no template for pools of type "docker"`)
	h.run("work-pool", "template", "--type", "azure-container").wants(t, 2, "", "did you mean azure-container-instance?")
	h.run("work-pool", "template").wants(t, 2, "", "--type is missing")

	// Without a server it is that of Prefect 3, and blocks cannot be looked for.
	delete(h.env, "PREFECT_API_URL")
	h.run("work-pool", "template", "--type", jobtemplate.TypePush, "--set", "cpu=3").wants(t, 0, `"default": 3`, "")
	h.run("work-pool", "template", "--type", jobtemplate.TypePush, "--credentials", "aci-sp").wants(t, 2, "", "no Prefect API is set, so the block cannot be looked for")
}
