//go:build unix

package job_test

import (
	"os"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestExecOnATerminal runs a shell beside a job of the process engine, with piped input, whose end ends the session.
func TestExecOnATerminal(t *testing.T) {
	h := clitest.NewAzure(t, azureemulator.Options{Engine: azureemulator.Process(azureemulator.ProcessOptions{LookupEnv: os.LookupEnv})})
	h.Must("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "sh", "-c", "echo up; sleep 600")
	follow := h.Run("logs", "job")
	for follow.Stdout != "up\n" {
		follow = h.Run("logs", "job")
	}
	h.Stdin = "echo $((6*7))\nstty size\n"
	h.Run("exec", "job", "--", "sh").Wants(t, 0, "42\r\n", "")
	h.Run("exec", "job", "--", "sh").Wants(t, 0, "24 80\r\n", "")
	h.Stdin = "no newline"
	h.Run("exec", "job", "--", "wc", "-c").Wants(t, 0, "10\r\n", "")
	leaveShell(h)
}

// leaveShell sits at a terminal of 30 rows and 90 columns, opens a shell there, and leaves it with the escape key.
func leaveShell(h *clitest.Harness) {
	h.T.Helper()
	s := h.SitAt(30, 90, "exec", "job", "--", "sh")
	s.Type("Ctrl-] leaves the session", "stty size; echo $((6*7))\r")
	s.Type("30 90\r\n42\r\n", "\x1d")
	s.Ends(0)
	s.Screen.WaitFor(h.T, "left the session")
}
