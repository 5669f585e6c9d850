package provision_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// machine is what of the user's own files provisioning writes.
func machine(h *clitest.Harness) (docker, profiles string) {
	h.T.Helper()
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{h.Vars["HOME"]}, path...)...))
		if err != nil && !os.IsNotExist(err) {
			h.T.Fatal(err)
		}
		return string(text)
	}
	return read(".docker", "config.json"), read(".prefect", "profiles.toml")
}

// TestProvisionLocalAzure: a registry of a local Azure exists only there, so the user's own docker configuration and profile
// stay as they are, unless they are asked for.
func TestProvisionLocalAzure(t *testing.T) {
	h := newProvisionHarness(t)
	h.Vars["PACIFIC_CLOUD"] = "http://127.0.0.1:4280"
	r := h.Run("provision", "push", "--yes")
	r.Wants(t, 0, ".azurecr.io/my-image:latest\"", "keep  docker's sign-in and the docker build namespace: a registry of a local Azure exists only there\n")
	r.Wants(t, 0, "", "hint: pacific provision push --skip-login=false signs docker in\n")
	if docker, profiles := machine(h); docker != "" || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
	h.Run("provision", "push", "--skip-login=false").Wants(t, 3, "", "create  docker build namespace: prefect")
	h.Run("provision", "push", "--skip-login=false", "--yes").Wants(t, 0, "name=\"my-image:latest\"", "Your default Docker build namespace has been set to 'prefect")
	docker, profiles := machine(h)
	if !strings.Contains(docker, ".azurecr.io") || !strings.Contains(profiles, ".azurecr.io") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
	h.Must("provision", "push", "--destroy", "--yes")
	if docker, profiles := machine(h); strings.Contains(docker, "azurecr.io") || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("left behind: docker's configuration %q, the profiles %q", docker, profiles)
	}
}

// TestProvisionDestroyLeavesWhatIsTheirs: a sign-in and a namespace of the user's own stay.
func TestProvisionDestroyLeavesWhatIsTheirs(t *testing.T) {
	h := newProvisionHarness(t)
	made := provisionJSON(h, "push", "--yes", "--verify=false")
	server := made.Result.Registry
	config := filepath.Join(h.Vars["HOME"], ".docker", "config.json")
	theirs := `{"auths":{"` + server + `":{"auth":"bWU6cGFzcw=="}}}`
	if err := os.WriteFile(config, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Must("profile", "set", "PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE=docker.io/me")
	plan := provisionJSON(h, "push", "--destroy", "--plan")
	if got := plan.actions(); got["registry login"] != "keep" || got["docker build namespace"] != "keep" || got["container registry"] != "delete" {
		t.Errorf("plan: %v", maps.Collect(maps.All(got)))
	}
	h.Must("provision", "push", "--destroy", "--yes")
	docker, profiles := machine(h)
	if docker != theirs || !strings.Contains(profiles, "docker.io/me") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
}

// TestProvisionDestroyAfterItsRegistry: a registry that somebody else has deleted leaves a sign-in and a namespace behind.
func TestProvisionDestroyAfterItsRegistry(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("provision", "push", "--yes", "--verify=false")
	h.Must("group", "rm", "prefect-aci-push-pool-rg", "--yes")
	h.Must("provision", "push", "--destroy", "--skip-login", "--plan")
	h.Must("provision", "push", "--destroy", "--yes")
	if docker, profiles := machine(h); strings.Contains(docker, "azurecr.io") || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("left behind: docker's configuration %q, the profiles %q", docker, profiles)
	}
}

// TestProvisionUnknownLocation refuses a region before anything is made, whoever names it.
func TestProvisionUnknownLocation(t *testing.T) {
	h := newProvisionHarness(t)
	h.Run("provision", "push", "--yes", "--location", "westeuropa").Wants(t, 2, "", "no container groups can be made in location \"westeuropa\"\n")
	h.Run("provision", "push", "--plan", "--location", "westeuropa").Wants(t, 2, "", "hint: did you mean westeurope?\n")
	h.Run("provision", "push", "--plan", "--location", "mars").Wants(t, 2, "", "hint: regions with container groups: eastus, westeurope, northeurope, westus2\n")
	h.Vars["PACIFIC_LOCATION"] = "eastsu"
	h.Run("provision", "push", "--yes").Wants(t, 2, "", "hint: did you mean eastus?\n")
	wantsNoGroup(h)
	h.Must("provision", "push", "--yes", "--skip-login", "--verify=false", "--location", "West Europe")
	// The region of the group counts where there is one, and nobody is asked for the list.
	h.Fault(`{"match":{"operation":"Providers_Get"},"times":0,"effect":{"status":500,"code":"InternalServerError","message":"not now"}}`)
	h.Must("provision", "push", "--skip-login")
	h.Must("provision", "push", "--destroy", "--plan")
}

// TestProvisionUnreadableDockerConfig: a configuration of docker's that cannot be written is refused before anything is
// made.
func TestProvisionUnreadableDockerConfig(t *testing.T) {
	h := newProvisionHarness(t)
	folder := filepath.Join(h.Vars["HOME"], ".docker")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte("{bad"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := h.Run("provision", "push", "--yes")
	r.Wants(t, 1, "", "reading docker's configuration: "+filepath.Join(folder, "config.json")+" is not a JSON object")
	r.Wants(t, 1, "", "hint: --skip-login leaves docker's configuration as it is\n")
	wantsNoGroup(h)
	h.Must("provision", "push", "--yes", "--skip-login", "--verify=false")
}
