package cli_test

import (
	"strings"
	"testing"
)

// TestNameTaken: the hint's command works as printed, and none is given for what pacific did not make.
func TestNameTaken(t *testing.T) {
	for _, detach := range []bool{false, true} {
		inBubble(t, func(t *testing.T, h *harness) {
			where := []string{"--subscription", h.env["AZURE_SUBSCRIPTION_ID"], "--resource-group", testGroup}
			other := h.with(map[string]string{"AZURE_SUBSCRIPTION_ID": "", "PACIFIC_RESOURCE_GROUP": ""})
			run := func(name string) result {
				args := append([]string{"run"}, where...)
				if detach {
					args = append(args, "--detach")
				}
				return other.run(append(args, "--name", name, "--image", "alpine:3", "--", "echo")...)
			}
			h.run("run", "--detach", "--name", "taken", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
			h.foreignGroup("foreign")

			r := run("taken")
			r.wants(t, 125, "", `pacific: error: container group "taken" already exists (created `)
			_, command, _ := strings.Cut(r.stderr, "choose another name, or delete it with: pacific ")
			if !h.exists("taken") {
				t.Fatal("the other job was touched")
			}
			other.run(strings.Fields(command)...).wants(t, 0, "", "pacific: killed taken")

			r = run("foreign")
			r.wants(t, 125, "", "hint: choose another name: pacific did not make")
			if contains(r.stderr, "kill") {
				t.Errorf("a hint suggests to kill what pacific did not make: %s", r.stderr)
			}
		})
	}
}
