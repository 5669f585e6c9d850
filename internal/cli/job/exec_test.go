package job_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestExec(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "job\n", "")
		follow := h.Start("logs", "-f", "job")
		follow.Out.WaitFor(t, "ready\n")
		h.Run("exec", "job", "--", "echo", "hello", "again").Wants(t, 0, "hello again", "")
		h.Stdin = "hello\n"
		h.Run("exec", "job", "--", "ask").Wants(t, 0, "you typed hello", "")
		h.Run("exec", "ghost", "--", "echo").Wants(t, 1, "", "no such container group")
		h.Run("kill", "job").Wants(t, 0, "", "killed job")
		<-follow.Code
	})
}
