//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTerraform runs the SDK that Terraform's provider for Azure is made of, signed in with a secret and as az is.
func TestTerraform(t *testing.T) {
	if os.Getenv("PACIFIC_E2E_TERRAFORM") == "" {
		t.Skip("PACIFIC_E2E_TERRAFORM is not set: make e2e-terraform runs this, after a large download")
	}
	seconds(t)
	program := filepath.Join(t.TempDir(), "terraform")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "terraform"
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	for name, args := range map[string][]string{"secret": nil, "az": {"cli"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits ten seconds for a poller
			a := startAzure(t)
			a.login()
			path := filepath.Dir(os.Getenv("PACIFIC_E2E_AZ")) + string(filepath.ListSeparator) + os.Getenv("PATH")
			out := a.run("env", append([]string{"PATH=" + path, program}, args...)...)
			if out.code != 0 || !strings.Contains(out.stdout, "terraform sdk: ok") {
				t.Errorf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
			}
		})
	}
}
