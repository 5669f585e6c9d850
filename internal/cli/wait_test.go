package cli_test

import (
	"os"
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
		if r := h.run("wait", "-f", "job"); r.code != 0 || r.stdout != "hello\n" {
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
