package provision_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestInterruptedVerification: cleaning up may take minutes, and says so and how to do without.
func TestInterruptedVerification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newProvisionHarness(t)
		h.Settings(`{"latency":{"start":"10m","delete":"2m"}}`)
		run := h.Start("provision", "push", "--yes")
		run.Err.WaitFor(t, "Verifying")
		time.Sleep(30 * time.Second)
		run.Signals <- os.Interrupt
		run.Err.WaitFor(t, "deleting the container; press Ctrl-C again to quit without cleaning up")
		run.Ends(t, 130)
	})
}
