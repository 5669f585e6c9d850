package profile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestSecretInput(t *testing.T) {
	h := clitest.NewPrefect(t, nil)
	long := strings.Repeat("x", 64<<10+1)
	if err := os.WriteFile(filepath.Join(h.Dir, "long"), []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Stdin = long
	h.Run("profile", "set", "PREFECT_API_KEY", "--stdin").Wants(t, 2, "", "--stdin: standard input holds no secret of 1 to 65536 bytes")
	h.Run("profile", "set", "PREFECT_API_KEY", "--file", "long").Wants(t, 2, "", "--file long holds no secret of 1 to 65536 bytes")
	// One that is typed in would be seen.
	h.Stdin, h.Terminal = "hunter2\n", true
	h.Run("profile", "set", "PREFECT_API_KEY", "--stdin").Wants(t, 2, "", "standard input is the terminal, which would show the secret")
	h.Run("profile", "inspect", "--output", "json").Wants(t, 0, `"packaged":true`, "")
	// No request could carry a second line.
	h.Stdin, h.Terminal = "hunter2\nhunter3\n", false
	r := h.Run("profile", "set", "PREFECT_API_KEY", "--stdin")
	r.Wants(t, 2, "", "the value of PREFECT_API_KEY has more than one line")
	if strings.Contains(r.Stderr, "hunter") {
		t.Errorf("the error has the secret: %s", r.Stderr)
	}
	// The end of the line is none of it; a blank may be.
	h.Stdin, h.Terminal = " hunter2 \r\n", false
	h.Run("profile", "set", "PREFECT_API_KEY", "--stdin").Wants(t, 0, "", "set PREFECT_API_KEY in profile ephemeral")
	h.Run("profile", "inspect", "--show-secrets", "--output", "json").Wants(t, 0, `"PREFECT_API_KEY":" hunter2 "`, "")
}
