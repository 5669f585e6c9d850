package workpool_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

func TestWorkPoolCreate(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	version, err := h.Client().ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--description", "for tests", "--concurrency-limit", "0", "--paused").
		Wants(t, 0, "", "pacific: created work pool aci (azure-container-instance)\n")
	got := Pool(h, "aci")
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
	got.wantsTemplate(t, inWorkersPlace(t, want))

	r := h.Run("work-pool", "create", "push", "--type", jobtemplate.TypePush, "--output", "json")
	r.Wants(t, 0, `"outcome":"created"`, "this server does not start the runs of push pools, as Prefect Cloud does; a worker of Pacific's does")
	if want, err = jobtemplate.BaseJobTemplate(jobtemplate.TypePush, version); err != nil {
		t.Fatal(err)
	}
	Pool(h, "push").wantsTemplate(t, inWorkersPlace(t, want))

	h.Run("work-pool", "create", "docker", "--type", "docker").Wants(t, 0, "", "Pacific has no template for pools of type docker")
	Pool(h, "docker").wantsTemplate(t, []byte("{}"))
	if r := h.Run("work-pool", "create", "agents", "--type", "prefect-agent"); r.Code != 0 || strings.Contains(r.Stderr, "warning") {
		t.Errorf("a pool for agents: %+v", r)
	}
	h.Stdin = `{"job_configuration":{"command":"{{ command }}"},"variables":{"type":"object","properties":{"command":{"type":"string"}}}}`
	h.Run("work-pool", "create", "own", "--type", "my-own", "--base-job-template", "-").Wants(t, 0, "", "created work pool own (my-own)")
	Pool(h, "own").wantsTemplate(t, []byte(h.Stdin))
}

func TestWorkPoolRefusedByServer(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("work-pool", "create", "taken", "--type", "docker").Wants(t, 0, "", "")
	h.Stdin = `{"job_configuration":{"image":"{{ image }}"},"variables":{"type":"object","properties":{}}}`
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
			h.Run(append([]string{"work-pool"}, test.args...)...).Wants(t, test.code, "", test.stderr)
		})
	}
	Pool(h, "taken").wantsTemplate(t, []byte("{}"))
}
