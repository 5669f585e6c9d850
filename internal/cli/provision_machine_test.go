package cli_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine is what of the user's own files provisioning writes.
func (h *harness) machine() (docker, profiles string) {
	h.t.Helper()
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{h.env["HOME"]}, path...)...))
		if err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
		return string(text)
	}
	return read(".docker", "config.json"), read(".prefect", "profiles.toml")
}

// TestProvisionLocalAzure: a registry of a local Azure exists only there, so the user's own docker configuration and profile
// stay as they are, unless they are asked for.
func TestProvisionLocalAzure(t *testing.T) {
	h := newProvisionHarness(t)
	h.env["PACIFIC_CLOUD"] = "http://127.0.0.1:4280"
	r := h.run("provision", "push", "--yes")
	r.wants(t, 0, ".azurecr.io/my-image:latest\"", "keep  docker's sign-in and the docker build namespace: a registry of a local Azure exists only there\n")
	r.wants(t, 0, "", "hint: pacific provision push --skip-login=false signs docker in and sets the namespace\n")
	if docker, profiles := h.machine(); docker != "" || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
	h.run("provision", "push", "--skip-login=false").wants(t, 3, "", "create  docker build namespace: prefect")
	h.run("provision", "push", "--skip-login=false", "--yes").wants(t, 0, "name=\"my-image:latest\"", "Your default Docker build namespace has been set to 'prefect")
	docker, profiles := h.machine()
	if !strings.Contains(docker, ".azurecr.io") || !strings.Contains(profiles, ".azurecr.io") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
	h.must("provision", "push", "--destroy", "--yes")
	if docker, profiles := h.machine(); strings.Contains(docker, "azurecr.io") || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("left behind: docker's configuration %q, the profiles %q", docker, profiles)
	}
}

// TestProvisionDestroyLeavesWhatIsTheirs: a sign-in and a namespace of the user's own stay.
func TestProvisionDestroyLeavesWhatIsTheirs(t *testing.T) {
	h := newProvisionHarness(t)
	made := h.provisionJSON("push", "--yes", "--verify=false")
	server := made.Result.Registry
	config := filepath.Join(h.env["HOME"], ".docker", "config.json")
	theirs := `{"auths":{"` + server + `":{"auth":"bWU6cGFzcw=="}}}`
	if err := os.WriteFile(config, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	h.must("profile", "set", "PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE=docker.io/me")
	plan := h.provisionJSON("push", "--destroy", "--plan")
	if got := plan.actions(); got["registry login"] != "keep" || got["docker build namespace"] != "keep" || got["container registry"] != "delete" {
		t.Errorf("plan: %v", maps.Collect(maps.All(got)))
	}
	h.must("provision", "push", "--destroy", "--yes")
	docker, profiles := h.machine()
	if docker != theirs || !strings.Contains(profiles, "docker.io/me") {
		t.Errorf("docker's configuration is %q, the profiles are %q", docker, profiles)
	}
}

// TestProvisionDestroyAfterItsRegistry: a registry that somebody else has deleted leaves a sign-in and a namespace behind.
func TestProvisionDestroyAfterItsRegistry(t *testing.T) {
	h := newProvisionHarness(t)
	h.must("provision", "push", "--yes", "--verify=false")
	h.must("group", "rm", "prefect-aci-push-pool-rg", "--yes")
	h.must("provision", "push", "--destroy", "--skip-login", "--plan")
	h.must("provision", "push", "--destroy", "--yes")
	if docker, profiles := h.machine(); strings.Contains(docker, "azurecr.io") || strings.Contains(profiles, "azurecr.io") {
		t.Errorf("left behind: docker's configuration %q, the profiles %q", docker, profiles)
	}
}

// TestProvisionUnknownLocation refuses a region before anything is made, whoever names it.
func TestProvisionUnknownLocation(t *testing.T) {
	h := newProvisionHarness(t)
	h.run("provision", "push", "--yes", "--location", "westeuropa").wants(t, 2, "", "no container groups can be made in location \"westeuropa\"\n")
	h.run("provision", "push", "--plan", "--location", "westeuropa").wants(t, 2, "", "hint: did you mean westeurope?\n")
	h.run("provision", "push", "--plan", "--location", "mars").wants(t, 2, "", "hint: regions with container groups: eastus, westeurope, northeurope, westus2\n")
	h.env["PACIFIC_LOCATION"] = "eastsu"
	h.run("provision", "push", "--yes").wants(t, 2, "", "hint: did you mean eastus?\n")
	h.wantsNoGroup()
	h.must("provision", "push", "--yes", "--skip-login", "--verify=false", "--location", "West Europe")
	// The region of the group counts where there is one, and nobody is asked for the list.
	h.fault(`{"match":{"operation":"Providers_Get"},"times":0,"effect":{"status":500,"code":"InternalServerError","message":"not now"}}`)
	h.must("provision", "push", "--skip-login")
	h.must("provision", "push", "--destroy", "--plan")
}
