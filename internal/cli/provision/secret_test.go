package provision_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// TestProvisionShowsNoSecret searches for the new application's secret wherever somebody could read it who may not: output,
// logs, what is sent to Azure Resource Manager (resources, tags, names), addresses, and files.
func TestProvisionShowsNoSecret(t *testing.T) {
	h := newProvisionHarness(t)
	var sent bytes.Buffer
	var mu sync.Mutex // a registry's layers are pushed side by side
	h.Watch = func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sent.WriteString(r.URL.String() + "\n")
		if r.URL.Host != "management.azure.com" || r.Body == nil {
			return // Entra and the Prefect server are the two that are meant to get it
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sent.Write(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	var shown strings.Builder
	for _, args := range [][]string{
		{"provision", "push", "--plan"}, {"provision", "push", "--yes"}, {"provision", "push", "--yes", "--verify", "--output", "json"}, {"doctor", "push"},
		{"work-pool", "inspect", "push"}, {"provision", "push", "--destroy", "--plan"},
	} {
		r := h.Run(args...)
		if r.Code != 0 && args[0] != "doctor" {
			t.Fatalf("%v: exit code %d\n%s", args, r.Code, r.Stderr)
		}
		shown.WriteString(r.Stdout + r.Stderr)
	}
	var block prefect.AzureContainerInstanceCredentials
	if _, err := h.Client().LoadBlock(t.Context(), "push-push-pool-credentials", &block); err != nil {
		t.Fatal(err)
	}
	secret := string(block.ClientSecret)
	if len(secret) < 16 {
		t.Fatalf("the block has no secret: %q", secret)
	}
	if strings.Contains(shown.String(), secret) {
		t.Error("the output has the secret")
	}
	if strings.Contains(sent.String(), secret) {
		t.Error("Azure Resource Manager or an address got the secret")
	}
	for _, folder := range []string{h.Vars["HOME"], h.Dir} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has the secret", path)
			}
			info, infoErr := entry.Info()
			if filepath.Base(path) == "config.json" && (infoErr != nil || info.Mode().Perm() != 0o600) {
				t.Errorf("%s, which has a registry's token, has the mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(sent.String(), "/roleAssignments/") {
		t.Error("nothing was seen of what was sent: the test looks in the wrong place")
	}
}
