package cli_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestAzureErrorsBecomeWords(t *testing.T) {
	for _, test := range []struct {
		name   string
		env    map[string]string
		fault  string
		args   []string
		code   int
		stderr string
	}{
		{"wrong secret", map[string]string{"AZURE_CLIENT_SECRET": "hunter2"}, "", []string{"ps"}, 1, "pacific: hint: "},
		{"wrong secret of run", map[string]string{"AZURE_CLIENT_SECRET": "hunter2"}, "", []string{"run", "--image", "alpine:3", "--", "true"}, 125, "pacific: hint: "},
		{"no such resource group", map[string]string{"PACIFIC_RESOURCE_GROUP": "nowhere"}, "", []string{"run", "--image", "alpine:3", "--", "true"}, 125, "ResourceGroupNotFound"},
		{"no such cloud", map[string]string{"PACIFIC_CLOUD": "mars"}, "", []string{"ps"}, 2, "\"mars\""},
		{"no such cloud of run", map[string]string{"PACIFIC_CLOUD": "mars"}, "", []string{"run", "--image", "alpine:3", "--", "true"}, 125, "\"mars\""},
		{"no right", nil, `{"match":{"operation":"ContainerGroups_ListByResourceGroup"},"effect":{"status":403,"code":"AuthorizationFailed","message":"may not list"}}`,
			[]string{"ps"}, 1, "pacific: error: listing container groups "},
		{"policy", nil, `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"effect":{"status":403,"code":"RequestDisallowedByPolicy","message":"not in this region"}}`,
			[]string{"run", "--image", "alpine:3", "--", "true"}, 125, "RequestDisallowedByPolicy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				if test.fault != "" {
					h.Fault(test.fault)
				}
				r := h.With(test.env).Run(test.args...)
				r.Wants(t, test.code, "", test.stderr)
				if strings.Contains(r.Stdout+r.Stderr, "hunter2") {
					t.Errorf("the secret is in the output:\n%s", r.Stderr)
				}
				h.Server.ClearFaults()
				h.WantsJobs(map[string]string{}, "--all")
			})
		})
	}
}

// TestAMissingResourceGroupIsNamedOnce in the error of every command.
func TestAMissingResourceGroupIsNamedOnce(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		for _, args := range [][]string{{"run", "--", "exit", "0"}, {"ps"}, {"logs", "job"}, {"kill", "job"}, {"gc"}, {"exec", "job", "--", "ls"}, {"wait", "job"}} {
			args = append([]string{args[0], "--resource-group", "nowhere"}, args[1:]...)
			r := h.Run(args...)
			said, _, _ := strings.Cut(r.Stderr[strings.Index(r.Stderr, "pacific: error: "):], "\n")
			if r.Code == 0 || strings.Count(said, "nowhere") != 1 || strings.Count(said, "found") != 1 || strings.Count(said, "job") > 1 || strings.Count(said, ": ") > 4 {
				t.Errorf("%v: exit code %d and %q", args, r.Code, said)
			}
		}
	})
}

// TestMainLeavesNothingRunning ends only when every goroutine has: the bubble
// sees to that.
func TestMainLeavesNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := cli.Env{Args: []string{"version"}, Stdout: io.Discard, Stderr: io.Discard}
		if code := cli.Main(t.Context(), w); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

func TestTerminalSeesColour(t *testing.T) {
	h := clitest.New(t, nil)
	stdout, stderr := clitest.NewStream(), clitest.NewStream()
	w := h.Env(stdout, stderr, []string{"doctor"})
	w.Terminal = func(any) bool { return true }
	cli.Main(t.Context(), w)
	if !strings.Contains(stdout.String(), "\x1b[") {
		t.Errorf("a terminal gets no colour: %q", stdout)
	}
	h.Vars["NO_COLOR"] = "1"
	stdout = clitest.NewStream()
	w.Stdout = stdout
	cli.Main(t.Context(), w)
	if strings.Contains(stdout.String(), "\x1b[") {
		t.Errorf("NO_COLOR has no effect: %q", stdout)
	}
}
