package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// pool is a work pool as the commands show it.
type pool struct {
	Name, Type, Status, Description, ID string
	Paused, Default                     bool
	ConcurrencyLimit                    *int
	Queues                              []struct{ Name, Status string }
	Workers                             []struct{ Name, Status string }
	BaseJobTemplate                     json.RawMessage
}

// inspect reads a pool with the command of that name.
func (h *harness) inspect(name string) pool {
	h.t.Helper()
	r := h.run("work-pool", "inspect", name, "--output", "json")
	r.wants(h.t, 0, "", "")
	var p pool
	if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
		h.t.Fatalf("%v in %q; stderr %q", err, r.stdout, r.stderr)
	}
	return p
}

// wantsTemplate holds a pool to a template.
func (p pool) wantsTemplate(t *testing.T, want []byte) {
	t.Helper()
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(p.BaseJobTemplate, &b) != nil {
		t.Fatalf("a template is no JSON: %s and %s", want, p.BaseJobTemplate)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("template of %s: -want +got:\n%s", p.Name, diff)
	}
}

func TestWorkPoolCreate(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	version, err := h.client().ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--description", "for tests", "--concurrency-limit", "0", "--paused").
		wants(t, 0, "", "pacific: created work pool aci (azure-container-instance)\n")
	got := h.inspect("aci")
	if !got.Paused || got.Status != "PAUSED" || got.Description != "for tests" || got.ConcurrencyLimit == nil || *got.ConcurrencyLimit != 0 || got.Default {
		t.Errorf("got %+v", got)
	}
	if len(got.Queues) != 1 || got.Queues[0].Name != "default" || len(got.Workers) != 0 {
		t.Errorf("got queues %v and workers %v", got.Queues, got.Workers)
	}
	want, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version)
	if err != nil {
		t.Fatal(err)
	}
	got.wantsTemplate(t, want)

	r := h.run("work-pool", "create", "push", "--type", jobtemplate.TypePush, "--output", "json")
	r.wants(t, 0, `"outcome":"created"`, "only Prefect Cloud starts the runs of a push pool by itself")
	if want, err = jobtemplate.BaseJobTemplate(jobtemplate.TypePush, version); err != nil {
		t.Fatal(err)
	}
	h.inspect("push").wantsTemplate(t, want)

	h.run("work-pool", "create", "docker", "--type", "docker").wants(t, 0, "", "Pacific has no template for pools of type docker")
	h.inspect("docker").wantsTemplate(t, []byte("{}"))
	if r := h.run("work-pool", "create", "agents", "--type", "prefect-agent"); r.code != 0 || strings.Contains(r.stderr, "warning") {
		t.Errorf("a pool for agents: %+v", r)
	}
	h.stdin = `{"job_configuration":{"command":"{{ command }}"},"variables":{"type":"object","properties":{"command":{"type":"string"}}}}`
	h.run("work-pool", "create", "own", "--type", "my-own", "--base-job-template", "-").wants(t, 0, "", "created work pool own (my-own)")
	h.inspect("own").wantsTemplate(t, []byte(h.stdin))
}

func TestWorkPoolRefusedByServer(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("work-pool", "create", "taken", "--type", "docker").wants(t, 0, "", "")
	h.stdin = `{"job_configuration":{"image":"{{ image }}"},"variables":{"type":"object","properties":{}}}`
	for _, test := range []struct {
		name, stderr string
		code         int
		args         []string
	}{
		{"taken", "work pool taken already exists\npacific: hint: --overwrite updates it\n", 1, []string{"create", "taken", "--type", "docker"}},
		{"another type", "work pool taken is of type docker, and a pool's type cannot be changed", 1, []string{"create", "taken", "--type", "process", "--overwrite"}},
		{"no type", "--type is missing: there is no work pool absent yet", 2, []string{"create", "absent", "--overwrite"}},
		{"reserved", "Prefect answers 403: ", 1, []string{"create", "prefect-mine", "--type", "docker"}},
		{"undeclared variable", "base_job_template: ", 1, []string{"create", "absent", "--type", "docker", "--base-job-template", "-"}},
		{"undeclared variable of update", "base_job_template: ", 1, []string{"update", "taken", "--base-job-template", "-"}},
		{"update of none", "there is no work pool absent\npacific: hint: pacific work-pool ls", 1, []string{"update", "absent", "--description", "x"}},
		{"pause of none", "there is no work pool absent", 1, []string{"pause", "absent"}},
		{"resume of none", "there is no work pool absent", 1, []string{"resume", "absent"}},
		{"inspect of none", "there is no work pool absent", 1, []string{"inspect", "absent"}},
		{"rm of none", "there is no work pool absent", 1, []string{"rm", "absent", "--yes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.run(append([]string{"work-pool"}, test.args...)...).wants(t, test.code, "", test.stderr)
		})
	}
	h.inspect("taken").wantsTemplate(t, []byte("{}"))
}

func TestWorkPoolChanges(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--description", "first", "--concurrency-limit", "3").wants(t, 0, "", "")
	first := h.inspect("aci")

	h.run("work-pool", "pause", "aci").wants(t, 0, "", "pacific: paused work pool aci\n")
	h.run("work-pool", "pause", "aci", "--output", "json").wants(t, 0, `"status":"PAUSED","paused":true`, "")
	h.run("work-pool", "resume", "aci").wants(t, 0, "", "pacific: resumed work pool aci\n")
	if got := h.inspect("aci"); got.Paused || *got.ConcurrencyLimit != 3 || got.Description != "first" {
		t.Errorf("after resume: %+v", got)
	}

	const template = `{"job_configuration":{"command":"{{ command }}"},"variables":{"type":"object","properties":{"command":{"type":"string"}}}}`
	if err := os.WriteFile(filepath.Join(h.dir, "template.json"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	h.run("work-pool", "update", "aci", "--base-job-template", "template.json").wants(t, 0, "", "pacific: updated work pool aci\n")
	got := h.inspect("aci")
	got.wantsTemplate(t, []byte(template))
	if *got.ConcurrencyLimit != 3 || got.Description != "first" {
		t.Errorf("update changed what it was not told: %+v", got)
	}
	h.run("work-pool", "update", "aci", "--no-concurrency-limit", "--description", "").wants(t, 0, "", "")
	if got := h.inspect("aci"); got.ConcurrencyLimit != nil || got.Description != "" {
		t.Errorf("after update: %+v", got)
	}

	// Overwritten, it has the type's own template again, and nothing else that was not given.
	h.run("work-pool", "update", "aci", "--concurrency-limit", "7").wants(t, 0, "", "")
	h.run("work-pool", "create", "aci", "--overwrite", "--description", "again", "--output", "json").wants(t, 0, `"outcome":"updated"`, "pacific: updated work pool aci")
	got = h.inspect("aci")
	got.wantsTemplate(t, first.BaseJobTemplate)
	if got.ID != first.ID || got.Description != "again" || *got.ConcurrencyLimit != 7 || got.Paused {
		t.Errorf("after --overwrite: %+v", got)
	}
	h.run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--overwrite", "--paused", "--base-job-template", "template.json").wants(t, 0, "", "")
	got = h.inspect("aci")
	got.wantsTemplate(t, []byte(template))
	if !got.Paused || got.Description != "again" {
		t.Errorf("after --overwrite with a template: %+v", got)
	}
}

func TestWorkPoolsForPeople(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("work-pool", "create", "one", "--type", jobtemplate.TypeWorker, "--concurrency-limit", "3", "--description", "two\nlines").wants(t, 0, "", "")
	h.run("work-pool", "create", "two", "--type", "docker", "--paused", "--set-as-default").wants(t, 0, "", "two is the default pool of profile ephemeral\n")
	if err := h.client().WorkerHeartbeat(t.Context(), "one", "worker-1", 0); err != nil {
		t.Fatal(err)
	}
	r := h.run("work-pool", "ls")
	r.wants(t, 0, "NAME   TYPE                      STATUS  LIMIT  DESCRIPTION\n", "")
	r.wants(t, 0, "one    azure-container-instance  ready   3      two lines\n", "")
	r.wants(t, 0, "two *  docker                    paused  -      -\n", "")
	r = h.run("work-pool", "inspect", "one")
	for _, want := range []string{
		"name:              one\ntype:              azure-container-instance\nstatus:            ready\nconcurrency limit: 3\ndescription:       two lines\n",
		"default pool:      no\n\nQUEUE    STATUS     PRIORITY  LIMIT  POLLED\ndefault  not ready  1         -      -\n",
		"WORKER    STATUS  HEARTBEAT\nworker-1  online  ",
		"base job template:\n  {\n    \"job_configuration\": {\n",
	} {
		r.wants(t, 0, want, "")
	}
	h.run("work-pool", "inspect", "two").wants(t, 0, "default pool:      yes\n", "")
}

func TestDefaultWorkPool(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("profile", "create", "mine").wants(t, 0, "", "")
	h.run("work-pool", "create", "aci", "--type", "docker", "--set-as-default", "--profile", "mine", "--output", "json").
		wants(t, 0, `"default":true`, "aci is the default pool of profile mine")
	h.run("profile", "inspect", "mine", "--output", "json").wants(t, 0, `DEFAULT_WORK_POOL_NAME":"aci"`, "")
	if h.inspect("aci").Default {
		t.Error("another profile's default pool counts")
	}
	// A profile that does not exist is noticed before anything is made.
	other := h.with(map[string]string{"PREFECT_PROFILE": "nope"})
	other.run("work-pool", "create", "never", "--type", "docker", "--set-as-default").wants(t, 2, "", `there is no profile "nope"`)
	h.run("work-pool", "inspect", "never").wants(t, 1, "", "there is no work pool never")
	// The environment wins, and that is told.
	other = h.with(map[string]string{"PREFECT_DEFAULT_WORK_POOL_NAME": "theirs"})
	other.run("work-pool", "create", "aci", "--overwrite", "--set-as-default").
		wants(t, 0, "", "warning: PREFECT_DEFAULT_WORK_POOL_NAME is set in environment PREFECT_DEFAULT_WORK_POOL_NAME")
	h.run("work-pool", "rm", "aci", "--yes").wants(t, 0, "", "it is still the default pool; to change that: pacific profile unset PREFECT_DEFAULT_WORK_POOL_NAME")
}

func TestWorkPoolRm(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("work-pool", "create", "aci", "--type", "docker").wants(t, 0, "", "")
	flow, err := h.client().CreateFlow(t.Context(), prefect.FlowCreate{Name: "flow"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.client().CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "one", FlowID: flow.ID, WorkPoolName: "aci"}); err != nil {
		t.Fatal(err)
	}
	h.run("work-pool", "rm", "aci").wants(t, 3, "",
		"pacific: error: delete work pool aci (docker), which 1 deployment uses: cannot ask for confirmation: standard input is not a terminal\npacific: hint: pacific work-pool rm aci --yes does it\n")
	h.terminal = true
	for _, answer := range []string{"", "\n", "n\n", "yesterday\n"} {
		h.stdin = answer
		h.run("work-pool", "rm", "aci").wants(t, 3, "", "delete work pool aci (docker), which 1 deployment uses? [y/N] ")
	}
	if h.inspect("aci").Name != "aci" {
		t.Error("it was deleted without a yes")
	}
	h.stdin = "Yes\n"
	h.run("work-pool", "rm", "aci").wants(t, 0, "", "deleted work pool aci")
	h.run("work-pool", "inspect", "aci").wants(t, 1, "", "there is no work pool aci")
	h.stdin = ""
	h.run("work-pool", "create", "aci", "--type", "docker").wants(t, 0, "", "")
	h.run("work-pool", "rm", "aci", "--yes", "--output", "json").wants(t, 0, `"name":"aci"`, "deleted work pool aci")
}
