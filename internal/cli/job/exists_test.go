package job_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestTakenName(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "job\n", "")
		for _, how := range [][]string{{"--detach"}, nil} {
			args := append(append([]string{"run"}, how...), "--name", "job", "--image", "alpine:3", "--", "true")
			h.Run(args...).Wants(t, 125, "", "pacific: hint: choose another name, or delete it with: pacific kill job\n")
		}
		h.Run("kill", "--stop-grace", "0s", "job").Wants(t, 0, "", "killed job")
	})
}

// TestNameTaken: the hint's command works as printed, and none is given for what pacific did not make.
func TestNameTaken(t *testing.T) {
	for _, detach := range []bool{false, true} {
		clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
			where := []string{"--subscription", h.Vars["AZURE_SUBSCRIPTION_ID"], "--resource-group", clitest.Group}
			other := h.With(map[string]string{"AZURE_SUBSCRIPTION_ID": "", "PACIFIC_RESOURCE_GROUP": ""})
			run := func(name string) clitest.Result {
				args := append([]string{"run"}, where...)
				if detach {
					args = append(args, "--detach")
				}
				return other.Run(append(args, "--name", name, "--image", "alpine:3", "--", "echo")...)
			}
			h.Run("run", "--detach", "--name", "taken", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
			h.ForeignGroup("foreign")

			r := run("taken")
			r.Wants(t, 125, "", `pacific: error: container group "taken" already exists (created `)
			_, command, _ := strings.Cut(r.Stderr, "choose another name, or delete it with: pacific ")
			if !h.Exists("taken") {
				t.Fatal("the other job was touched")
			}
			other.Run(strings.Fields(command)...).Wants(t, 0, "", "pacific: killed taken")

			r = run("foreign")
			r.Wants(t, 125, "", "hint: choose another name: pacific did not make")
			if strings.Contains(r.Stderr, "kill") {
				t.Errorf("a hint suggests to kill what pacific did not make: %s", r.Stderr)
			}
		})
	}
}
