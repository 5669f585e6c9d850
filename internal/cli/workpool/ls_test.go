package workpool_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

func TestWorkPoolsForPeople(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("work-pool", "create", "one", "--type", jobtemplate.TypeWorker, "--concurrency-limit", "3", "--description", "two\nlines").Wants(t, 0, "", "")
	h.Run("work-pool", "create", "two", "--type", "docker", "--paused", "--set-as-default").Wants(t, 0, "", "two is the default pool of profile ephemeral\n")
	if err := h.Client().WorkerHeartbeat(t.Context(), "one", "worker-1", 0); err != nil {
		t.Fatal(err)
	}
	r := h.Run("work-pool", "ls")
	r.Wants(t, 0, "NAME   TYPE                      STATUS  LIMIT  DESCRIPTION\n", "")
	r.Wants(t, 0, "one    azure-container-instance  ready   3      two lines\n", "")
	r.Wants(t, 0, "two *  docker                    paused  -      -\n", "")
	r = h.Run("work-pool", "inspect", "one")
	for _, want := range []string{
		"name:              one\ntype:              azure-container-instance\nstatus:            ready\nconcurrency limit: 3\ndescription:       two lines\n",
		"default pool:      no\n\nQUEUE    STATUS     PRIORITY  LIMIT  POLLED\ndefault  not ready  1         -      -\n",
		"WORKER    STATUS  HEARTBEAT\nworker-1  online  ",
		"base job template:\n  {\n    \"job_configuration\": {\n",
	} {
		r.Wants(t, 0, want, "")
	}
	h.Run("work-pool", "inspect", "two").Wants(t, 0, "default pool:      yes\n", "")
}
