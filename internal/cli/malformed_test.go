package cli_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestSecretsWithALineBreak: the hint is about the setting with the line break, and about no other.
func TestSecretsWithALineBreak(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	h.Vars["AZURE_CLIENT_SECRET"] = "hunter2\n\nx"
	for _, cloud := range []string{"public", "http://127.0.0.1:4280"} {
		h.Vars["PACIFIC_CLOUD"] = cloud
		r := h.Run("ps")
		if r.Code == 0 || !strings.Contains(r.Stderr, "line break") || !strings.Contains(r.Stderr, "hint: copy the secret again") || strings.Contains(r.Stderr, "emulator") || strings.Contains(r.Stderr, "hunter2") {
			t.Errorf("AZURE_CLIENT_SECRET for %s: exit code %d, %q", cloud, r.Code, r.Stderr)
		}
	}
	for _, setting := range []string{"PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"} {
		h := clitest.NewPrefect(t, clitest.StartPrefect(t))
		h.Vars[setting] = "hunter2\nx"
		r := h.Run("work-pool", "ls")
		if r.Code == 0 || !strings.Contains(r.Stderr, "hint: "+setting+" is from the environment\n") || strings.Contains(r.Stderr, "PREFECT_API_URL is") || strings.Contains(r.Stderr, "hunter2") {
			t.Errorf("%s: exit code %d, %q", setting, r.Code, r.Stderr)
		}
	}
}
