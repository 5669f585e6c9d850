package job_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestGCFindsWhatASecondInterruptLeft: the job runs on, and nobody watches it.
func TestGCFindsWhatASecondInterruptLeft(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Fault(`{"match":{"operation":"ContainerGroups_Stop"},"effect":{"status":503}}`)
		h.Fault(`{"match":{"operation":"ContainerGroups_Delete"},"effect":{"status":503}}`)
		run := h.Start("run", "--name", "job", "--image", "alpine:3", "--", "wait")
		run.Out.WaitFor(t, "ready")
		for range 2 {
			run.Signals <- os.Signal(syscall.SIGINT)
			time.Sleep(time.Second)
		}
		if code := <-run.Code; code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
		h.Run("gc").Wants(t, 0, "", "nothing was left behind")
		time.Sleep(40 * time.Minute)
		h.Server.ClearFaults()
		h.Run("gc").Wants(t, 0, "left behind: nobody has watched it since ", "pacific gc --yes")
		h.Run("gc", "--yes").Wants(t, 0, "deleted", "")
		if h.Exists("job") {
			t.Error("the job is still there")
		}
	})
}
