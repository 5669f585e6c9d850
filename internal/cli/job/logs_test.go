package job_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestLogs(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--name", "job", "--image", "alpine:3", "--keep", "always", "--", "echo", "1\n2\n3").Wants(t, 0, "1\n2\n3\n", "")
		for _, test := range []struct {
			args []string
			want string
		}{
			{[]string{"logs", "job"}, "1\n2\n3\n"},
			{[]string{"logs", "--tail", "2", "job"}, "2\n3\n"},
			{[]string{"logs", "--follow", "job"}, "1\n2\n3\n"},
		} {
			if r := h.Run(test.args...); r.Code != 0 || r.Stdout != test.want {
				t.Errorf("%v: got %+v, want %q", test.args, r, test.want)
			}
		}
		r := h.Run("logs", "--timestamps", "--tail", "1", "job")
		if stamp, text, _ := strings.Cut(r.Stdout, " "); text != "3\n" || !strings.HasPrefix(stamp, "2000-01-01T") {
			t.Errorf("timestamps: got %q", r.Stdout)
		}
		h.Run("logs", "ghost").Wants(t, 1, "", "no such container group")
	})
}

func TestLogsToTheExitCode(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "exit", "7").Wants(t, 0, "", "")
		h.Run("logs", "-f", "--exit-code", "job").Wants(t, 7, "", "")
		if !h.Exists("job") {
			t.Error("logs deleted the container group")
		}
		h.Run("kill", "job").Wants(t, 0, "", "job")
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").Wants(t, 0, "", "")
		h.Run("logs", "-f", "--exit-code", "job").Wants(t, 0, "hello\n", "")
		h.Run("logs", "--exit-code", "job").Wants(t, 125, "", "--exit-code needs -f")
		h.Run("logs", "-f", "--exit-code", "ghost").Wants(t, 125, "", "no such container group")
	})
}
