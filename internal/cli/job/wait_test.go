package job_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestWaitEndsWithItsTimeBeforeAnyAnswer: --timeout is 124 also while Azure has said nothing of the job yet.
func TestWaitEndsWithItsTimeBeforeAnyAnswer(t *testing.T) {
	for _, effect := range []string{`{"status":503}`, `{"delay":"5m"}`} {
		clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
			h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
			h.Fault(`{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":` + effect + `}`)
			h.Run("wait", "--timeout", "20s", "job").Wants(t, 124, "", "the job has not ended within --timeout; it goes on\npacific: hint: wait for it again with: pacific wait --timeout=20s job\n")
			h.Run("wait", "--timeout", "20s", "--output", "json", "job").Wants(t, 124, `"outcome":"timeout"`, "")
			h.Server.ClearFaults()
			h.Run("kill", "job").Wants(t, 0, "", "")
		})
	}
}

func TestWait(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("wait", "ghost").Wants(t, 125, "", "no such container group")
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "exit", "7").Wants(t, 0, "", "")
		h.Run("wait", "--output", "json", "job").Wants(t, 7, `"exitCode":7,"outcome":"failed"`, "deleted job")
		if h.Exists("job") {
			t.Error("wait left the container group of a job that has ended")
		}
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").Wants(t, 0, "", "")
		time.Sleep(time.Minute)
		// It has ended, so nothing of its start is told again.
		if r := h.Run("wait", "-f", "job"); r.Code != 0 || r.Stdout != "hello\n" || !strings.HasPrefix(r.Stderr, "pacific: deleted job\npacific: exit code 0") {
			t.Errorf("got %+v, want the output and 0", r)
		}
	})
}

// TestWaitLeavesTheJobAlone ends the wait before the job: by its time, and by a signal.
func TestWaitLeavesTheJobAlone(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		// One sentence, and one hint, which is the call itself.
		r := h.Run("wait", "--timeout", "20s", "--output", "json", "job")
		r.Wants(t, 124, `"outcome":"interrupted","reason":"the watch was given up; the group was left alone"`, "")
		if want := "pacific: error: the job has not ended within --timeout; it goes on\n" +
			"pacific: hint: wait for it again with: pacific wait --output=json --timeout=20s job\n"; !strings.HasSuffix(r.Stderr, want) {
			t.Errorf("got %q, want %q at its end", r.Stderr, want)
		}
		waiting := h.Start("wait", "--logs", "job")
		waiting.Out.WaitFor(t, "ready\n")
		time.Sleep(time.Second)
		waiting.Signals <- os.Interrupt
		if code := <-waiting.Code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, waiting.Err)
		}
		if want := "pacific: error: interrupt received; the job goes on\n" +
			"pacific: hint: wait for it again with: pacific wait --logs job\n"; !strings.HasSuffix(waiting.Err.String(), want) {
			t.Errorf("got %q, want %q at its end", waiting.Err, want)
		}
		h.WantsJobs(map[string]string{"job": "Running"})
		h.Run("kill", "job").Wants(t, 0, "", "killed job")
	})
}
