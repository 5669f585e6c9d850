package job_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestCompleteJobNames(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "nightly", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		h.Run("run", "--detach", "--name", "hourly", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		for _, command := range []string{"wait", "logs", "exec", "kill"} {
			h.WantsCompletion(clitest.NoFiles, "hourly nightly", command, "")
			h.WantsCompletion(clitest.NoFiles, "nightly", command, "n")
		}
		h.WantsCompletion(clitest.NoFiles, "hourly", "kill", "nightly", "")
		h.WantsCompletion(clitest.NoFiles, "", "logs", "nightly", "")
		h.WantsCompletion(clitest.NoFiles, "public china government", "ps", "--cloud", "")
		h.Run("kill", "nightly", "hourly").Wants(t, 0, "", "killed hourly")
	})
}
