package job_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestKeptJobIsSeenAndKilled(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--name", "job", "--image", "alpine:3", "--keep", "always", "--", "echo", "hello").Wants(t, 0, "hello\n", "")
		h.Run("logs", "job").Wants(t, 0, "hello\n", "")
		h.Run("ps", "--all").Wants(t, 0, "job   Terminated  0     ", "")
		h.Run("kill", "job", "ghost").Wants(t, 1, "", "job had ended already; deleted its container group")
		r := h.Run("kill", "job", "ghost", "--output", "json")
		r.Wants(t, 1, `[{"name":"job","outcome":"notFound"`, "pacific: error: killing container group \"job\": no such container group")
		r.Wants(t, 1, `{"name":"ghost","outcome":"notFound"`, "hint: pacific ps --all lists all jobs")
	})
}
