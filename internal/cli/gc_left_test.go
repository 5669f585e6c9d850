package cli_test

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestGCFindsWhatASecondInterruptLeft: the job runs on, and nobody watches it.
func TestGCFindsWhatASecondInterruptLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.fault(`{"match":{"operation":"ContainerGroups_Stop"},"effect":{"status":503}}`)
		h.fault(`{"match":{"operation":"ContainerGroups_Delete"},"effect":{"status":503}}`)
		run := h.start("run", "--name", "job", "--image", "alpine:3", "--", "wait")
		run.out.waitFor(t, "ready")
		for range 2 {
			run.signals <- os.Signal(syscall.SIGINT)
			time.Sleep(time.Second)
		}
		if code := <-run.code; code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
		h.run("gc").wants(t, 0, "", "nothing was left behind")
		time.Sleep(40 * time.Minute)
		h.server.ClearFaults()
		h.run("gc").wants(t, 0, "left behind: nobody has watched it since ", "pacific gc --yes")
		h.run("gc", "--yes").wants(t, 0, "deleted", "")
		if h.exists("job") {
			t.Error("the job is still there")
		}
	})
}
