package job_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestDetachedJob(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		r := h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--cpu", "2", "--", "wait")
		r.Wants(t, 0, "job\n", "follow it with: pacific logs -f ")
		if r.Stdout != "job\n" {
			t.Errorf("stdout: got %q, want the name alone", r.Stdout)
		}
		follow := h.Start("logs", "--follow", "job")
		follow.Out.WaitFor(t, "ready\n")
		h.WantsJobs(map[string]string{"job": "Running"})
		h.Run("ps").Wants(t, 0, "job   Running  -     ", "")
		h.Run("ps").Wants(t, 0, "  2    1GB     alpine:3\n", "")

		r = h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait")
		r.Wants(t, 125, "", "already exists")

		h.Run("kill", "--stop-grace", "1s", "job").Wants(t, 0, "", "pacific: killed job")
		if code := <-follow.Code; code != 0 {
			t.Errorf("logs -f: exit code %d\n%s", code, follow.Err)
		}
		h.WantsJobs(map[string]string{}, "--all")
		h.Run("run", "--detach", "--output", "json", "--name", "job2", "--image", "alpine:3", "--", "echo").
			Wants(t, 0, `{"name":"job2","id":"/subscriptions/`, "")
	})
}
