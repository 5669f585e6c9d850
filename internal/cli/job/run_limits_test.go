package job_test

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestStartTimeout(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Settings(`{"latency":{"pull":"2h"}}`)
		start := time.Now()
		r := h.Run("run", "--image", "alpine:3", "--start-timeout", "40s", "--output", "json", "--", "wait")
		r.Wants(t, 125, `"outcome":"startTimeout"`, "pacific: still pulling the image (20s)")
		r.Wants(t, 125, "", "raise --start-timeout, or choose another --location")
		if took := time.Since(start); took < 40*time.Second || took > time.Minute {
			t.Errorf("it took %s", took)
		}
		h.WantsJobs(map[string]string{}, "--all")
	})
}

func TestTimeout(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		r := h.Run("run", "--image", "alpine:3", "--timeout", "20s", "--output", "json", "--", "wait")
		r.Wants(t, 124, `"outcome":"timeout"`, "raise --timeout if the job may take longer")
		h.WantsJobs(map[string]string{}, "--all")
	})
}

// TestVanishedJob is deleted by somebody else: it has no code, so 125.
func TestVanishedJob(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		run := h.Start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
		run.Out.WaitFor(t, "ready\n")
		id := "/subscriptions/" + h.Vars["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/" + clitest.Group + "/providers/Microsoft.ContainerInstance/containerGroups/job"
		if err := h.Server.Event(t.Context(), azureemulator.EventVanish, id); err != nil {
			t.Fatal(err)
		}
		if code := <-run.Code; code != 125 {
			t.Errorf("exit code: got %d, want 125\n%s", code, run.Err)
		}
		run.Out.WaitFor(t, `"exitCode":null,"outcome":"vanished"`)
	})
}

// TestTimeoutBeforeAnythingIsSent: the time runs out while Azure is asked for the region.
func TestTimeoutBeforeAnythingIsSent(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Settings(`{"latency":{"read":"1m"}}`)
		h.Run("run", "--image", "alpine:3", "--timeout", "10s", "--output", "json", "--", "exit", "0").Wants(t, 124, `"outcome":"timeout"`, "the job's timeout was reached")
	})
}
