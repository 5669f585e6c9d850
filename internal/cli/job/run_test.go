package job_test

import (
	"fmt"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestRunOnAzure(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		r := h.Run("run", "--image", "alpine:3", "--", "echo", "hello", "world")
		r.Wants(t, 0, "hello world\n", "pacific: requested container group ")
		if r.Stdout != "hello world\n" {
			t.Errorf("stdout is not the job's alone: %q", r.Stdout)
		}
		h.Run("run", "--image", "alpine:3", "--", "exit", "7").Wants(t, 7, "", "deleted")
		h.WantsJobs(map[string]string{}, "--all")
	})
}

func TestRunTakesTheOnlySubscription(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h = h.With(map[string]string{"AZURE_SUBSCRIPTION_ID": ""})
		h.Run("run", "--image", "alpine:3", "--", "echo", "hello").Wants(t, 0, "hello\n", "")
		h.Run("run", "--subscription", "Emulated subscription", "--image", "alpine:3", "--", "echo", "by name").Wants(t, 0, "by name\n", "")
		h.Run("run", "--subscription", "Other", "--image", "alpine:3", "--", "true").Wants(t, 125, "", "hint: correct the setting subscription (--subscription)")
	})
}

func TestKeep(t *testing.T) {
	for _, test := range []struct {
		keep, command string
		code          int
		kept          bool
	}{
		{"never", "0", 0, false},
		{"never", "1", 1, false},
		{"on-failure", "0", 0, false},
		{"on-failure", "1", 1, true},
		{"always", "0", 0, true},
	} {
		t.Run(test.keep+test.command, func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				r := h.Run("run", "--name", "job", "--image", "alpine:3", "--keep", test.keep, "--output", "json", "--", "exit", test.command)
				r.Wants(t, test.code, fmt.Sprintf(`"kept":%v`, test.kept), "")
				want := map[string]string{}
				if test.kept {
					want["job"] = "Terminated"
					r.Wants(t, test.code, "", "kept job")
				}
				h.WantsJobs(want, "--all")
				h.WantsJobs(map[string]string{})
			})
		})
	}
}
