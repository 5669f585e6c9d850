package cli_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
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
			inBubble(t, func(t *testing.T, h *harness) {
				if test.fault != "" {
					h.fault(test.fault)
				}
				r := h.with(test.env).run(test.args...)
				r.wants(t, test.code, "", test.stderr)
				if contains(r.stdout+r.stderr, "hunter2") {
					t.Errorf("the secret is in the output:\n%s", r.stderr)
				}
				h.server.ClearFaults()
				h.wantsJobs(map[string]string{}, "--all")
			})
		})
	}
}

// TestAMissingResourceGroupIsNamedOnce in the error of every command.
func TestAMissingResourceGroupIsNamedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		for _, args := range [][]string{{"run", "--", "exit", "0"}, {"ps"}, {"logs", "job"}, {"kill", "job"}, {"gc"}, {"exec", "job", "--", "ls"}, {"wait", "job"}} {
			args = append([]string{args[0], "--resource-group", "nowhere"}, args[1:]...)
			r := h.run(args...)
			said, _, _ := strings.Cut(r.stderr[strings.Index(r.stderr, "pacific: error: "):], "\n")
			if r.code == 0 || strings.Count(said, "nowhere") != 1 || strings.Count(said, "found") != 1 || strings.Count(said, "job") > 1 || strings.Count(said, ": ") > 4 {
				t.Errorf("%v: exit code %d and %q", args, r.code, said)
			}
		}
	})
}

func TestTakenName(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "job\n", "")
		for _, how := range [][]string{{"--detach"}, nil} {
			args := append(append([]string{"run"}, how...), "--name", "job", "--image", "alpine:3", "--", "true")
			h.run(args...).wants(t, 125, "", "pacific: hint: choose another name, or delete it with: pacific kill job\n")
		}
		h.run("kill", "--stop-grace", "0s", "job").wants(t, 0, "", "killed job")
	})
}

func TestStartTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		if err := h.server.PatchSettings([]byte(`{"latency":{"pull":"2h"}}`)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r := h.run("run", "--image", "alpine:3", "--start-timeout", "40s", "--output", "json", "--", "wait")
		r.wants(t, 125, `"outcome":"startTimeout"`, "pacific: still pulling the image (20s)")
		r.wants(t, 125, "", "raise --start-timeout, or choose another --location")
		if took := time.Since(start); took < 40*time.Second || took > time.Minute {
			t.Errorf("it took %s", took)
		}
		h.wantsJobs(map[string]string{}, "--all")
	})
}

func TestTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		r := h.run("run", "--image", "alpine:3", "--timeout", "20s", "--output", "json", "--", "wait")
		r.wants(t, 124, `"outcome":"timeout"`, "raise --timeout if the job may take longer")
		h.wantsJobs(map[string]string{}, "--all")
	})
}

// TestVanishedJob is deleted by somebody else: it has no code, so 125.
func TestVanishedJob(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		run := h.start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
		run.out.waitFor(t, "ready\n")
		id := "/subscriptions/" + h.env["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/" + testGroup + "/providers/Microsoft.ContainerInstance/containerGroups/job"
		if err := h.server.Event(t.Context(), azureemulator.EventVanish, id); err != nil {
			t.Fatal(err)
		}
		if code := <-run.code; code != 125 {
			t.Errorf("exit code: got %d, want 125\n%s", code, run.err)
		}
		run.out.waitFor(t, `"exitCode":null,"outcome":"vanished"`)
	})
}

// brokenPipe is a standard output that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestNobodyReadsTheOutput(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		stderr := newWatched()
		code := cli.Main(t.Context(), h.world(brokenPipe{}, stderr, []string{"run", "--name", "job", "--image", "alpine:3", "--", "wait"}))
		if code != 125 {
			t.Errorf("exit code: got %d, want 125\n%s", code, stderr)
		}
		if h.exists("job") {
			t.Error("the job goes on")
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
	h := newHarness(t, nil)
	stdout, stderr := newWatched(), newWatched()
	w := h.world(stdout, stderr, []string{"doctor"})
	w.Terminal = func(any) bool { return true }
	cli.Main(t.Context(), w)
	if !contains(stdout.String(), "\x1b[") {
		t.Errorf("a terminal gets no colour: %q", stdout)
	}
	h.env["NO_COLOR"] = "1"
	stdout = newWatched()
	w.Stdout = stdout
	cli.Main(t.Context(), w)
	if contains(stdout.String(), "\x1b[") {
		t.Errorf("NO_COLOR has no effect: %q", stdout)
	}
}
