package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretInput(t *testing.T) {
	h := newPrefectHarness(t, nil)
	long := strings.Repeat("x", 64<<10+1)
	if err := os.WriteFile(filepath.Join(h.dir, "long"), []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	h.stdin = long
	h.run("profile", "set", "PREFECT_API_KEY", "--stdin").wants(t, 2, "", "--stdin: standard input holds no secret of 1 to 65536 bytes")
	h.run("profile", "set", "PREFECT_API_KEY", "--file", "long").wants(t, 2, "", "--file long holds no secret of 1 to 65536 bytes")
	// One that is typed in would be seen.
	h.stdin, h.terminal = "hunter2\n", true
	h.run("profile", "set", "PREFECT_API_KEY", "--stdin").wants(t, 2, "", "standard input is the terminal, which would show the secret")
	h.run("profile", "inspect", "--output", "json").wants(t, 0, `"packaged":true`, "")
	// The end of the line is none of it; a blank may be.
	h.stdin, h.terminal = " hunter2 \r\n", false
	h.run("profile", "set", "PREFECT_API_KEY", "--stdin").wants(t, 0, "", "set PREFECT_API_KEY in profile ephemeral")
	h.run("profile", "inspect", "--show-secrets", "--output", "json").wants(t, 0, `"PREFECT_API_KEY":" hunter2 "`, "")
}

// TestTooLongTemplate: a file that cannot be a template is not read to its end.
func TestTooLongTemplate(t *testing.T) {
	h := newPrefectHarness(t, nil)
	h.stdin = strings.Repeat(" ", 1<<20+1)
	h.run("work-pool", "update", "aci", "--base-job-template", "-").wants(t, 2, "", "--base-job-template - is over 1048576 bytes")
}
