package cli_test

import "testing"

func TestCompleteJobNames(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "nightly", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
		h.run("run", "--detach", "--name", "hourly", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
		for _, command := range []string{"wait", "logs", "exec", "kill"} {
			h.wantsCompletion(noFiles, "hourly nightly", command, "")
			h.wantsCompletion(noFiles, "nightly", command, "n")
		}
		h.wantsCompletion(noFiles, "hourly", "kill", "nightly", "")
		h.wantsCompletion(noFiles, "", "logs", "nightly", "")
		h.wantsCompletion(noFiles, "public china government", "ps", "--cloud", "")
		h.run("kill", "nightly", "hourly").wants(t, 0, "", "killed hourly")
	})
}
