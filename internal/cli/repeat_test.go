package cli_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
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
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
				h.Run("group", "create", "other", "--location", "westeurope").Wants(t, 0, "", "")
				h.Fault(`{"match":{"operation":"` + tt.operation + `"},"times":2,"effect":` + effect + `}`)
				call := strings.Fields(tt.call)
				for i, word := range call {
					call[i] = strings.ReplaceAll(word, "_", " ")
				}
				h.Run(call...).Wants(t, 0, tt.stdout, "trying again in 1s")
				h.Run("kill", "job").Wants(t, 0, "", "")
			})
		}
	}
}
