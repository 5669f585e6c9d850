package provision_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorkPoolCreateProvisioned makes pool and resources in one call, as Prefect's own command line does.
func TestWorkPoolCreateProvisioned(t *testing.T) {
	h := newProvisionHarness(t)
	args := []string{"work-pool", "create", "push", "--type", "azure-container-instance:push", "--provision-infra", "--set", "cpu=2", "--resource-group", "flows", "--paused"}
	h.Run(args...).Wants(t, 3, "", "create  resource group: flows, in eastus\n")
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made though nobody said yes")
	}
	h.Vars["PREFECT_PROFILE"] = ""
	h.Must(append(args, "--yes", "--set-as-default")...)
	pool, err := poolNamed(h, "push")
	if err != nil || !pool.IsPaused {
		t.Fatalf("the pool: %v, %+v", err, pool)
	}
	var template struct {
		Variables struct {
			Properties map[string]struct{ Default json.RawMessage }
		}
	}
	if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"cpu": "2", "resource_group_name": `"flows"`} {
		if got := string(template.Variables.Properties[name].Default); got != want {
			t.Errorf("default of %s: %s, want %s", name, got, want)
		}
	}
	for _, test := range []struct{ args, says string }{
		{"--type docker --provision-infra", "--provision-infra: pools of type docker cannot be provisioned"},
		{"--type azure-container-instance --provision-infrastructure --credentials sp", "--credentials and --provision-infra cannot be used together"},
		{"--type azure-container-instance --provision-infra --set identities=[]", "--set identities and --provision-infra cannot be used together"},
		{"--type azure-container-instance --yes", "--yes answers the question of --provision-infra, which is not given"},
	} {
		h.Run(append([]string{"work-pool", "create", "new"}, strings.Fields(test.args)...)...).Wants(t, 2, "", test.says)
	}
}

// TestProvisionNamespace writes the profile in the words of the server's line.
func TestProvisionNamespace(t *testing.T) {
	for _, test := range []struct{ version, setting, image string }{
		{"3.9.1", "PREFECT_DEPLOYMENTS_DEFAULT_DOCKER_BUILD_NAMESPACE", "from prefect.docker import DockerImage\n"},
		{"2.20.27", "PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE", "from prefect.deployments import DeploymentImage\n"},
	} {
		t.Run(test.version, func(t *testing.T) {
			h := newProvisionHarness(t)
			h.Prefect = pretends{h.Prefect, test.version}
			r := h.Run("provision", "push", "--yes")
			r.Wants(t, 0, test.image, "Your default Docker build namespace has been set to '")
			text, err := os.ReadFile(filepath.Join(h.Vars["HOME"], ".prefect", "profiles.toml"))
			if err != nil || !strings.Contains(string(text), "\n"+test.setting+" = \"prefect") {
				t.Errorf("profiles: %v\n%s", err, text)
			}
		})
	}
}
