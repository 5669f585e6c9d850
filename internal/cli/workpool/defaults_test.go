package workpool_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
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
func credentialsBlock(h *clitest.Harness, name string) string {
	h.T.Helper()
	document, err := h.Client().SaveBlock(h.T.Context(), name,
		&prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s"}, prefect.SaveBlockOptions{})
	if err != nil {
		h.T.Fatal(err)
	}
	return string(document.ID)
}

func TestWorkPoolDefaults(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	id := credentialsBlock(h, "aci-sp")
	h.Run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--credentials", "aci-sp", "--resource-group", "jobs", "--subscription", "sub",
		"--set", "cpu=2", "--set", `env={"A":"1","B":null}`, "--set", "stream_output=true", "--set", `subnet_ids=["/s"]`, "--set", "entrypoint=null", "--set", "image=7").
		Wants(t, 0, "", "hint: pacific work-pool inspect aci shows its template and queues; prefect deploy --pool aci deploys a flow to it\n")
	reference := map[string]any{"$ref": map[string]any{"block_document_id": id}}
	want := map[string]any{"aci_credentials": reference, "resource_group_name": "jobs", "subscription_id": "sub", "cpu": 2.0, "memory": 1.0, "image": "7",
		"env": map[string]any{"A": "1", "B": nil}, "stream_output": true, "subnet_ids": []any{"/s"}, "entrypoint": nil, "keep_container_group": false}
	first := Pool(h, "aci")
	if diff := cmp.Diff(want, first.defaults(t)); diff != "" {
		t.Errorf("defaults of create (-want +got):\n%s", diff)
	}

	// Update changes what is given and nothing else.
	other := credentialsBlock(h, "other")
	h.Run("work-pool", "update", "aci", "--set", "cpu=0.5", "--credentials", "azure-container-instance-credentials/other").Wants(t, 0, "", "updated work pool aci")
	want["cpu"], want["aci_credentials"] = 0.5, map[string]any{"$ref": map[string]any{"block_document_id": other}}
	if diff := cmp.Diff(want, Pool(h, "aci").defaults(t)); diff != "" {
		t.Errorf("defaults of update (-want +got):\n%s", diff)
	}
	// A variable that takes a block takes it by its path; so does an overwritten pool, which begins anew.
	h.Run("work-pool", "create", "aci", "--overwrite", "--set", "aci_credentials=aci-sp").Wants(t, 0, "", "hint: pacific worker start --pool aci runs its flows in the worker's own resource group; pacific provision aci makes everything in Azure")
	got := Pool(h, "aci").defaults(t)
	if diff := cmp.Diff(any(reference), got["aci_credentials"]); diff != "" || got["resource_group_name"] != nil {
		t.Errorf("defaults of overwrite: %v", got)
	}
}

func TestWorkPoolDefaultsRefused(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Must("block", "create", "string", "text", "--value", "x")
	h.Must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker)
	h.Must("work-pool", "create", "docker", "--type", "docker")
	before := Pool(h, "aci").BaseJobTemplate
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
			h.Run(append([]string{"work-pool", "update"}, test.args...)...).Wants(t, test.code, "", test.stderr)
		})
	}
	if diff := cmp.Diff(string(before), string(Pool(h, "aci").BaseJobTemplate)); diff != "" {
		t.Errorf("a refused update changed the template (-want +got):\n%s", diff)
	}
	h.Run("work-pool", "create", "new", "--type", jobtemplate.TypeWorker, "--set", "cpus=2").Wants(t, 2, "", "did you mean cpu?")
	h.Run("work-pool", "inspect", "new").Wants(t, 1, "", "there is no work pool new")
}
