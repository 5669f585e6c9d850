//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// conformance is the specification's own test of registries.
const conformance = "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111"

// TestOCIConformance holds a registry against the distribution specification, signed in as docker is. Two things are
// allowed to be missing: the deletion of a tag alone, which Azure's API file excludes, and sha512.
func TestOCIConformance(t *testing.T) {
	seconds(t)
	folder := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", conformance)
	install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if text, err := install.CombinedOutput(); err != nil {
		t.Fatalf("installing %s: %v\n%s", conformance, err, text)
	}
	a := startAzure(t, "--engine", "simulate")
	newRegistry(a)
	a.env = append(a.env, "OCI_REGISTRY="+registryHost, "OCI_TLS=enabled", "OCI_VERSION=1.1", "OCI_RESULTS_DIR="+folder,
		"OCI_USERNAME="+a.values["AZURE_CLIENT_ID"], "OCI_PASSWORD="+a.values["AZURE_CLIENT_SECRET"],
		"OCI_API_BLOBS_UPLOAD_CANCEL=true", "OCI_API_BLOBS_DIGEST_HEADER=true", "OCI_API_MANIFESTS_DIGEST_HEADER=true",
		"OCI_API_TAGS_DELETE=false", "OCI_DATA_SHA512=false")
	out := a.run(filepath.Join(folder, "conformance"))
	count := func(what string) string {
		found := regexp.MustCompile(`(?m)^ *` + what + `\.+: +(\d+)$`).FindStringSubmatch(out.stdout)
		if found == nil {
			t.Fatalf("the test does not say %q: exit code %d\n%s%s", what, out.code, out.stdout, out.stderr)
		}
		return found[1]
	}
	if out.code != 0 || count("FAIL") != "0" || count("Error") != "0" || len(count("Total")) < 3 {
		t.Errorf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
}
