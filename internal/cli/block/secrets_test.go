package block_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestBlockSecretsAreMasked looks for secrets in everything that a block command prints.
func TestBlockSecretsAreMasked(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	h.Vars["TOKEN"] = "hunter2"
	for _, args := range [][]string{
		{"block", "ls"},
		{"block", "ls", "--output", "json"},
		{"block", "types", "--output", "json"},
		{"block", "inspect", "secret/token"},
		{"block", "inspect", "secret/token", "--output", "json"},
		{"block", "inspect", "azure-container-instance-job/job", "--output", "json"},
		{"block", "create", "secret", "token", "--value-env", "TOKEN", "--overwrite"},
		{"block", "create", "secret", "token", "--value-env", "TOKEN", "--overwrite", "--output", "json"},
		{"block", "create", "secret", "new", "--value-env", "TOKEN", "--dry-run"},
		{"block", "create", "secret", "new", "--value-env", "TOKEN", "--dry-run", "--output", "json"},
		{"block", "create", "azure", "new", "--bucket-path", "b", "--account-name", "hunter2", "--account-key-env", "TOKEN", "--dry-run"},
		{"block", "create", "azure-blob-storage-credentials", "new", "--connection-string-env", "TOKEN", "--dry-run"},
		{"block", "create", "docker-registry", "new", "--registry-url", "r", "--username", "u", "--password-env", "TOKEN", "--dry-run"},
		{"block", "create", "azure-container-instance-job", "new", "--subscription", "hunter2", "--resource-group", "g", "--credentials", "sp", "--dry-run"},
		{"run", "--dry-run", "--block", "azure-container-instance-job/job"},
		{"block", "rm", "secret/token", "--yes", "--output", "json"},
	} {
		r := h.Must(args...)
		if strings.Contains(r.Stdout+r.Stderr, "hunter2") {
			t.Errorf("%v shows a secret:\n%s%s", args, r.Stdout, r.Stderr)
		}
	}
}
