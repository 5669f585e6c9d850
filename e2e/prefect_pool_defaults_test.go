//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/jobtemplate"
)

// TestPrefectTakesPoolDefaults gives a pool's variables their defaults with the binary, on real servers. Prefect's own client
// reads them back, its command line shows them, and its own worker prepares the job of a run from them.
func TestPrefectTakesPoolDefaults(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			_, address := serverClient(t, fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
			w := newWorld(t)
			w.env["PREFECT_API_URL"] = address
			p := poolTest{command: command{t, w, pacific}, prefect: filepath.Join(filepath.Dir(python), "prefect"), major: major, suffix: uuid.NewString()[:8]}
			p.defaults(python)
		})
	}
}

func (p poolTest) defaults(python string) {
	p.t.Helper()
	block, pool := "aci-"+p.suffix, "defaults-"+p.suffix
	p.feed(0, "hunter2\n", "block", "create", "azure-container-instance-credentials", block, "--tenant-id", "tenant", "--client-id", "client", "--client-secret-stdin")
	defer p.run(0, "block", "rm", "azure-container-instance-credentials/"+block, "--yes")
	p.run(0, "work-pool", "create", pool, "--type", jobtemplate.TypeWorker, "--credentials", block, "--resource-group", "first", "--subscription", "sub-1",
		"--set", "cpu=2", "--set", "memory=3.5", "--set", `env={"TEST_A":"1","TEST_B":"2"}`, "--set", `identities=["/id/one"]`)
	defer p.run(0, "work-pool", "rm", pool, "--yes")
	id := blockID(p, block)
	if shown := p.theirs("work-pool", "inspect", pool); !strings.Contains(shown, "'default': 'first'") || !strings.Contains(shown, id) {
		p.t.Errorf("prefect work-pool inspect shows neither the group first nor the block %s:\n%s", id, shown)
	}
	// What a deployment and a run say wins over the pool's defaults; what they leave out is the pool's, of env each variable.
	variables := map[string]any{"deployment": map[string]any{"image": "example.azurecr.io/flows:1", "memory": 4}, "run": map[string]any{"env": map[string]string{"TEST_C": "3"}}}
	job := map[string]any{
		"cpu": 2.0, "memory": 4.0, "image": "example.azurecr.io/flows:1", "resource_group_name": "first", "subscription_id": "sub-1",
		"identities": []any{"/id/one"}, "env": map[string]any{"TEST_A": "1", "TEST_B": "2", "TEST_C": "3"}, "task_watch_poll_interval": 5.0,
		"aci_credentials": map[string]any{"client_id": "client", "tenant_id": "tenant", "client_secret": "hunter2", "credential_kwargs": map[string]any{}},
	}
	defaults := map[string]any{
		"cpu": 2.0, "memory": 3.5, "resource_group_name": "first", "subscription_id": "sub-1", "identities": []any{"/id/one"},
		"env": map[string]any{"TEST_A": "1", "TEST_B": "2"}, "aci_credentials": map[string]any{"$ref": map[string]any{"block_document_id": id}},
	}
	p.compareDefaults(python, pool, variables, defaults, job)

	// A change keeps the defaults that it does not name.
	p.run(0, "work-pool", "update", pool, "--resource-group", "second", "--set", "cpu=4", "--set", "task_watch_poll_interval=9")
	defaults["resource_group_name"], defaults["cpu"], defaults["task_watch_poll_interval"] = "second", 4.0, 9.0
	job["resource_group_name"], job["cpu"], job["task_watch_poll_interval"] = "second", 4.0, 9.0
	p.compareDefaults(python, pool, variables, defaults, job)
}

// blockID is the id of a credentials block, as Prefect's own command line shows it.
func blockID(p poolTest, name string) string {
	p.t.Helper()
	var shown struct{ ID string }
	if err := json.Unmarshal([]byte(p.run(0, "block", "inspect", "azure-container-instance-credentials/"+name, "-o", "json")), &shown); err != nil || shown.ID == "" {
		p.t.Fatalf("the block %s has no id: %v", name, err)
	}
	return shown.ID
}

// compareDefaults holds what Prefect's own client and worker make of a pool against what is wanted; defaults are some of them.
func (p poolTest) compareDefaults(python, pool string, variables, defaults, job map[string]any) {
	p.t.Helper()
	script, err := filepath.Abs("testdata/pool_defaults.py")
	if err != nil {
		p.t.Fatal(err)
	}
	input, err := json.Marshal(variables)
	if err != nil {
		p.t.Fatal(err)
	}
	var got struct{ Defaults, Job map[string]any }
	out := p.w.run(p.t, input, python, "-W", "ignore", script, pool)
	if err := json.Unmarshal(out, &got); err != nil {
		p.t.Fatalf("%v in %s", err, out)
	}
	for name, want := range defaults {
		if diff := cmp.Diff(want, got.Defaults[name]); diff != "" {
			p.t.Errorf("default of %s (-want +Prefect's client):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(job, got.Job); diff != "" {
		p.t.Errorf("job (-want +Prefect's worker):\n%s", diff)
	}
}
