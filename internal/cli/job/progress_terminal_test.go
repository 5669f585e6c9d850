package job_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestATerminalShowsTheTime runs and waits for jobs of some seconds, and kills one that takes its time.
func TestATerminalShowsTheTime(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		piped := h.Run("run", "--image", "alpine:3", "--", "sleep", "5s")
		piped.Wants(t, 0, "", "in all)\n")
		if strings.Contains(piped.Stderr, "\r") || strings.Contains(piped.Stderr, "running (") {
			t.Errorf("a pipe gets %q", piped.Stderr)
		}
		h = h.With(map[string]string{"NO_COLOR": "1"})
		h.Terminal = true
		h.Run("run", "--image", "alpine:3", "--", "sleep", "5s").Wants(t, 0, "", "pacific: running (3s)\r\x1b[K")
		h.Run("run", "--image", "alpine:3", "--quiet", "--", "sleep", "5s").Wants(t, 0, "", "")
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "sleep", "1m").Wants(t, 0, "", "")
		h.Run("wait", "--timeout", "10s", "job").Wants(t, 124, "", "pacific: running (9s)\r\x1b[K")
		h.Settings(`{"latency":{"delete":"5s"}}`)
		h.Run("kill", "job").Wants(t, 0, "", "pacific: killing job (3s)\r\x1b[K")
	})
}
