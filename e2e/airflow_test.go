//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestAirflow executes the operator that Airflow has for Container Instances, as it is and deferred, with a share of Azure
// Files. It is executed as a worker of Airflow does, without the scheduler that would hand it over.
func TestAirflow(t *testing.T) {
	seconds(t)
	python := os.Getenv("PACIFIC_E2E_AIRFLOW_PYTHON")
	if python == "" {
		t.Fatal("PACIFIC_E2E_AIRFLOW_PYTHON is not set: run e2e/run, which installs Airflow")
	}
	a := startAzure(t)
	a.login()
	a.az(0, "group", "create", "--name", "airflow", "--location", "westeurope")
	a.az(0, "storage", "account", "create", "--name", "airflowfiles", "--resource-group", "airflow", "--location", "westeurope", "--sku", "Standard_LRS")
	a.az(0, "storage", "share-rm", "create", "--storage-account", "airflowfiles", "--resource-group", "airflow", "--name", "data")
	key := a.az(0, "storage", "account", "keys", "list", "--account-name", "airflowfiles", "--resource-group", "airflow", "--query", "[0].value", "--output", "tsv").stdout
	// This engine has the share below the container's folder.
	a.env = append(a.env, "FILES_KEY="+strings.TrimSpace(key), "DATA=mnt/data")
	out := a.run(python, "testdata/airflow_operator.py")
	if out.code != 0 || !strings.Contains(out.stdout, "airflow: ok") {
		t.Errorf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
}
