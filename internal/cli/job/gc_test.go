package job_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestGC(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("gc").Wants(t, 0, "", "pacific: nothing was left behind")
		h.Run("gc", "--output", "json").Wants(t, 0, "[]\n", "")

		h.ForeignGroup("foreign")
		h.Run("run", "--detach", "--name", "ended", "--image", "alpine:3", "--", "echo").Wants(t, 0, "", "")
		h.Run("run", "--detach", "--name", "running", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		h.Run("run", "--keep", "always", "--name", "kept", "--image", "alpine:3", "--", "echo").Wants(t, 0, "", "")
		time.Sleep(time.Minute) // of the bubble's time
		synctest.Wait()

		// The run that watches a job which has just ended may still read its output.
		h.Run("gc", "--yes").Wants(t, 0, "", "nothing was left behind")
		time.Sleep(10 * time.Minute)

		// The plan: what ended, not what runs, is to be kept, or is not ours.
		r := h.Run("gc")
		r.Wants(t, 0, "ended  ", "delete them with: pacific gc --yes")
		r.Wants(t, 0, "would be deleted", "")
		for _, name := range []string{"running", "kept", "foreign"} {
			if strings.Contains(r.Stdout, name) {
				t.Errorf("gc would delete %s:\n%s", name, r.Stdout)
			}
		}
		if !h.Exists("ended") {
			t.Error("gc deleted without --yes")
		}

		h.Run("gc", "--yes").Wants(t, 0, "ended  ", "")
		for name, want := range map[string]bool{"ended": false, "running": true, "kept": true, "foreign": true} {
			if got := h.Exists(name); got != want {
				t.Errorf("after gc --yes: %s is there: %v, want %v", name, got, want)
			}
		}

		// Age finds what still runs, but only ours.
		h.Run("gc", "--older-than", "48h", "--output", "json").Wants(t, 0, "[]\n", "")
		r = h.Run("gc", "--older-than", "30s", "--yes", "--output", "json")
		r.Wants(t, 0, `"name":"running","id":"/subscriptions/`, "")
		r.Wants(t, 0, `"deleted":true`, "")
		if h.Exists("running") || !h.Exists("foreign") {
			t.Error("gc --older-than: the running job should be gone, the foreign group not")
		}
	})
}

func TestGCFindsWhatIsPastItsDeadline(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--timeout", "10m", "--name", "late", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		h.Run("gc").Wants(t, 0, "", "nothing was left behind")
		time.Sleep(11 * time.Minute)
		h.Run("gc", "--yes").Wants(t, 0, "", "nothing was left behind") // its run may still be stopping it
		time.Sleep(10 * time.Minute)
		h.Run("gc", "--yes").Wants(t, 0, "late  ", "")
		if h.Exists("late") {
			t.Error("the job past its deadline is still there")
		}
	})
}

func TestGCSaysWhatItCouldNotDelete(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "ended", "--image", "alpine:3", "--", "echo").Wants(t, 0, "", "")
		time.Sleep(10 * time.Minute)
		h.Fault(`{"match":{"operation":"ContainerGroups_Delete"},"effect":{"status":403,"code":"AuthorizationFailed","message":"no right to delete"}}`)
		r := h.Run("gc", "--yes")
		r.Wants(t, 1, "failed", "pacific: error: deleting container group \"ended\": ")
		r.Wants(t, 1, "", "AuthorizationFailed")
	})
}
