//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPrefectACIWorker has Prefect's own worker run a flow in a container group that it deploys by a template: the worker,
// the server and the flow are Prefect's, unmodified, and Azure is the local one.
func TestPrefectACIWorker(t *testing.T) {
	api, python := os.Getenv("PACIFIC_E2E_PREFECT3_API_URL"), os.Getenv("PACIFIC_E2E_PREFECT3_PYTHON")
	if api == "" || python == "" {
		t.Fatal("PACIFIC_E2E_PREFECT3_API_URL and PACIFIC_E2E_PREFECT3_PYTHON are not set: run e2e/run")
	}
	seconds(t)
	programs := filepath.Dir(python)
	t.Setenv("PATH", programs+":"+os.Getenv("PATH")) // the emulator's, where its containers find Prefect
	a := startAzure(t)
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	pool := fmt.Sprintf("e2e-aci-%d", time.Now().UnixNano())
	home := t.TempDir()
	prefect := func(program string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(ctx, filepath.Join(programs, program), args...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "DO_NOT_TRACK=1", "PYTHONUTF8=1", "PYTHONDONTWRITEBYTECODE=1",
			"PREFECT_LOGGING_TO_API_BATCH_INTERVAL=0.2", "PREFECT_API_URL=" + api}, a.env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", program, err, out)
		}
		return string(out)
	}
	prefect("python", "testdata/aci_worker/deploying.py", pool, "e2e")
	worker := prefect("prefect", "worker", "start", "--pool", pool, "--type", "azure-container-instance", "--run-once")
	side := &flowSide{t: t, name: "the real server", api: api, home: home, began: began}
	run := side.await(ctx, "on-azure", "Completed")
	side.awaitLog(ctx, run, "hello aci")
	// It polls every five seconds and reads nothing at the end, so what it prints of the output depends on the time.
	if !strings.Contains(worker, "Completed command run.") {
		t.Errorf("the worker did not see the container's end:\n%s", worker)
	}
	var deployments []azDeployment
	if a.azJSON(&deployments, "deployment", "group", "list", "--resource-group", "e2e"); len(deployments) != 1 || deployments[0].Properties.ProvisioningState != "Succeeded" {
		t.Errorf("deployments: %+v", deployments)
	}
	if left := a.az(0, "container", "list", "--resource-group", "e2e", "--query", "[].name", "--output", "tsv"); left.stdout != "" {
		t.Errorf("groups that the worker left: %s", left.stdout)
	}
}
