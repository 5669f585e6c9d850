package cli_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("wait", "ghost").wants(t, 125, "", "no such container group")
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "exit", "7").wants(t, 0, "", "")
		h.run("wait", "--output", "json", "job").wants(t, 7, `"exitCode":7,"outcome":"failed"`, "deleted job")
		if h.exists("job") {
			t.Error("wait left the container group of a job that has ended")
		}
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").wants(t, 0, "", "")
		time.Sleep(time.Minute)
		// It has ended, so nothing of its start is told again.
		if r := h.run("wait", "-f", "job"); r.code != 0 || r.stdout != "hello\n" || !strings.HasPrefix(r.stderr, "pacific: deleted job\npacific: exit code 0") {
			t.Errorf("got %+v, want the output and 0", r)
		}
	})
}

// TestWaitLeavesTheJobAlone ends the wait before the job: by its time, and by a signal.
func TestWaitLeavesTheJobAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
		h.run("wait", "--timeout", "20s", "--output", "json", "job").wants(t, 124, `"outcome":"interrupted"`, "has not ended within --timeout")
		waiting := h.start("wait", "--logs", "job")
		waiting.out.waitFor(t, "ready\n")
		time.Sleep(time.Second)
		waiting.signals <- os.Interrupt
		if code := <-waiting.code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, waiting.err)
		}
		h.wantsJobs(map[string]string{"job": "Running"})
		h.run("kill", "job").wants(t, 0, "", "killed job")
	})
}

func TestLogsToTheExitCode(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "exit", "7").wants(t, 0, "", "")
		h.run("logs", "-f", "--exit-code", "job").wants(t, 7, "", "")
		if !h.exists("job") {
			t.Error("logs deleted the container group")
		}
		h.run("kill", "job").wants(t, 0, "", "job")
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").wants(t, 0, "", "")
		h.run("logs", "-f", "--exit-code", "job").wants(t, 0, "hello\n", "")
		h.run("logs", "--exit-code", "job").wants(t, 125, "", "--exit-code needs -f")
		h.run("logs", "-f", "--exit-code", "ghost").wants(t, 125, "", "no such container group")
	})
}

// TestTimeoutBeforeAnythingIsSent: the time runs out while Azure is asked for the region.
func TestTimeoutBeforeAnythingIsSent(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		if err := h.server.PatchSettings([]byte(`{"latency":{"read":"1m"}}`)); err != nil {
			t.Fatal(err)
		}
		h.run("run", "--image", "alpine:3", "--timeout", "10s", "--output", "json", "--", "exit", "0").wants(t, 124, `"outcome":"timeout"`, "the job's timeout was reached")
	})
}

// TestATerminalShowsTheTime runs and waits for jobs of some seconds, and kills one that takes its time.
func TestATerminalShowsTheTime(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		piped := h.run("run", "--image", "alpine:3", "--", "sleep", "5s")
		piped.wants(t, 0, "", "in all)\n")
		if contains(piped.stderr, "\r") || contains(piped.stderr, "running (") {
			t.Errorf("a pipe gets %q", piped.stderr)
		}
		h = h.with(map[string]string{"NO_COLOR": "1"})
		h.terminal = true
		h.run("run", "--image", "alpine:3", "--", "sleep", "5s").wants(t, 0, "", "pacific: running (3s)\r\x1b[K")
		h.run("run", "--image", "alpine:3", "--quiet", "--", "sleep", "5s").wants(t, 0, "", "")
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "sleep", "1m").wants(t, 0, "", "")
		h.run("wait", "--timeout", "10s", "job").wants(t, 124, "", "pacific: running (9s)\r\x1b[K")
		if err := h.server.PatchSettings([]byte(`{"latency":{"delete":"5s"}}`)); err != nil {
			t.Fatal(err)
		}
		h.run("kill", "job").wants(t, 0, "", "pacific: killing job (3s)\r\x1b[K")
	})
}
