package provision_test

import (
	"strings"
	"testing"
)

// TestProvisionOwnNamesAgain: a pool that was provisioned under names of its own is found by them without the flags, by a
// second run, by doctor and by --destroy.
func TestProvisionOwnNamesAgain(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("provision", "own", "--yes", "--skip-login", "--verify=false", "--resource-group", "mine", "--app-name", "mine-app",
		"--registry", "mineregistry", "--identity-name", "mine-id", "--credentials-block", "mine-block", "--location", "westeurope")
	again := provisionJSON(h, "own", "--skip-login")
	if again.Result == nil || again.Result.Outcome != "unchanged" {
		t.Errorf("the second run changed something: %v", again.actions())
	}
	// What is missing is made under the same names.
	h.Must("block", "rm", "azure-container-instance-credentials/mine-block", "--yes")
	if got := provisionJSON(h, "own", "--plan").actions(); got["resource group"] != "keep" || got["container registry"] != "keep" || got["managed identity"] != "keep" {
		t.Errorf("the plan without the block: %v", got)
	}
	h.Must("provision", "own", "--yes", "--skip-login", "--verify=false", "--app-name", "mine-app", "--credentials-block", "mine-block")
	h.Must("provision", "own", "--destroy", "--yes", "--skip-login")
	if out := h.Must("group", "ls", "--output", "json").Stdout; strings.Contains(out, "mine") {
		t.Errorf("left behind: %s", out)
	}
}

// TestProvisionUnusedFlags: a flag about something that is there already says that it has no effect.
func TestProvisionUnusedFlags(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("provision", "push", "--yes", "--skip-login", "--verify=false")
	for _, args := range [][]string{{"--plan"}, {"--skip-login"}} {
		r := h.Run(append([]string{"provision", "push", "--app-name", "other", "--registry-prefix", "other", "--secret-lifetime", "90d"}, args...)...)
		r.Wants(t, 0, "", "warning: --app-name is not used: credentials block push-push-pool-credentials already signs in as prefect-aci-push-pool-app\n")
		r.Wants(t, 0, "", "warning: --registry-prefix is not used: container registry prefect")
		r.Wants(t, 0, "", "warning: --secret-lifetime is not used: the secret in credentials block push-push-pool-credentials is still valid\n")
	}
	if r := h.Run("provision", "push", "--plan"); strings.Contains(r.Stderr, "is not used") {
		t.Errorf("a warning without a flag: %s", r.Stderr)
	}
}
