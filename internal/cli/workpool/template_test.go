package workpool_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

func TestWorkPoolTemplate(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	version, err := h.Client().ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := jobtemplate.BaseJobTemplate(jobtemplate.TypePush, version)
	if err != nil {
		t.Fatal(err)
	}
	r := h.Run("work-pool", "template", "--type", jobtemplate.TypePush)
	r.Wants(t, 0, "{\n  \"job_configuration\": {\n", "")
	(pool{Name: "push", BaseJobTemplate: []byte(r.Stdout)}).wantsTemplate(t, inWorkersPlace(t, want))

	// It goes back in, and --set applies to it.
	h.Stdin = h.Run("work-pool", "template", "--type", jobtemplate.TypeWorker, "--set", "cpu=4", "--resource-group", "jobs", "-o", "json").Stdout
	if strings.Count(h.Stdin, "\n") != 1 {
		t.Errorf("JSON of several lines:\n%s", h.Stdin)
	}
	h.Must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--base-job-template", "-", "--subscription", "s")
	if got := Pool(h, "aci").defaults(t); got["cpu"] != 4.0 || got["resource_group_name"] != "jobs" || got["subscription_id"] != "s" {
		t.Errorf("defaults: %v", got)
	}
	h.Run("work-pool", "template", "--type", "docker").Wants(t, 2, "", `Pacific has no template for pools of type "docker"`)
	h.Run("work-pool", "template", "--type", "azure-container").Wants(t, 2, "", "did you mean azure-container-instance?")
	h.Run("work-pool", "template").Wants(t, 2, "", "--type is missing")

	// Without a server it is that of Prefect 3, and blocks cannot be looked for.
	delete(h.Vars, "PREFECT_API_URL")
	h.Run("work-pool", "template", "--type", jobtemplate.TypePush, "--set", "cpu=3").Wants(t, 0, `"default": 3`, "")
	h.Run("work-pool", "template", "--type", jobtemplate.TypePush, "--credentials", "aci-sp").Wants(t, 2, "", "no Prefect API is set, so the block cannot be looked for")
}
