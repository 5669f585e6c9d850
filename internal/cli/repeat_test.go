package cli_test

import (
	"strings"
	"testing"
)

// TestOneLostAnswerEndsNoCommand: what Azure cannot answer now is asked again, and that is said.
func TestOneLostAnswerEndsNoCommand(t *testing.T) {
	for _, tt := range []struct{ operation, stdout, call string }{
		{"ContainerGroups_Get", "job", "ps"},
		{"ContainerGroups_ListByResourceGroup", "job", "ps"},
		{"ResourceGroups_List", "jobs", "group ls"},
		{"ResourceGroups_Get", "", "group create jobs --location westeurope"},
		{"ResourceGroups_CreateOrUpdate", "", "group create more --location westeurope"},
		{"Resources_ListByResourceGroup", "", "group rm other --yes"},
		{"Subscriptions_List", "job", "ps --subscription Emulated_subscription"},
	} {
		for _, effect := range []string{`{"status":429}`, `{"status":503}`, `{"drop":true}`} {
			inBubble(t, func(t *testing.T, h *harness) {
				h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
				h.run("group", "create", "other", "--location", "westeurope").wants(t, 0, "", "")
				h.fault(`{"match":{"operation":"` + tt.operation + `"},"times":2,"effect":` + effect + `}`)
				call := strings.Fields(tt.call)
				for i, word := range call {
					call[i] = strings.ReplaceAll(word, "_", " ")
				}
				h.run(call...).wants(t, 0, tt.stdout, "trying again in 1s")
				h.run("kill", "job").wants(t, 0, "", "")
			})
		}
	}
}

// TestWaitEndsWithItsTimeBeforeAnyAnswer: --timeout is 124 also while Azure has said nothing of the job yet.
func TestWaitEndsWithItsTimeBeforeAnyAnswer(t *testing.T) {
	for _, effect := range []string{`{"status":503}`, `{"delay":"5m"}`} {
		inBubble(t, func(t *testing.T, h *harness) {
			h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
			h.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":` + effect + `}`)
			h.run("wait", "--timeout", "20s", "job").wants(t, 124, "", "the job has not ended within --timeout; it goes on")
			h.run("wait", "--timeout", "20s", "--output", "json", "job").wants(t, 124, `"outcome":"timeout"`, "")
			h.server.ClearFaults()
			h.run("kill", "job").wants(t, 0, "", "")
		})
	}
}
