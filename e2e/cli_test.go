//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pacific runs Pacific with what it needs alone: which cloud, and who signs in.
func (a *azure) pacificCmd(args ...string) *exec.Cmd {
	cmd := exec.Command(a.pacific, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.t.TempDir(), "PACIFIC_RESOURCE_GROUP=e2e", "TOP_SECRET=hunter2"}
	for _, name := range []string{"PACIFIC_CLOUD", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID"} {
		cmd.Env = append(cmd.Env, name+"="+a.values[name])
	}
	return cmd
}

func (a *azure) cli(code int, args ...string) string {
	a.t.Helper()
	cmd := a.pacificCmd(args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if got := exitCode(a.t, err); got != code {
		a.t.Fatalf("pacific %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, &stderr)
	}
	return string(stdout)
}

// TestCommands drives Pacific's own command line against an emulator in another process.
func TestCommands(t *testing.T) {
	for _, engine := range []string{"process", "docker"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			seconds(t)
			a := startAzure(t, "--engine", engine)
			a.login()
			a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
			image := "alpine"
			if engine == "docker" {
				image = busybox(t)
			}
			commandRun(a, image)
			commandJobs(a, image)
			commandFaults(a, image)
		})
	}
}

func commandRun(a *azure, image string) {
	t := a.t
	a.cli(0, "doctor")
	if got, want := a.cli(5, "run", "--image", image, "--env", "PLANET=earth", "--secret-env", "TOP_SECRET", "--", "sh", "-c", "echo hello $PLANET $TOP_SECRET; exit 5"), "hello earth hunter2\n"; got != want {
		t.Errorf("run printed %q, want %q", got, want)
	}
	if listed := a.cli(0, "ps", "--all", "--output", "json"); strings.TrimSpace(listed) != "[]" {
		t.Errorf("after run there is %s", listed)
	}
	var result struct {
		ExitCode *int
		Outcome  string
	}
	out := a.cli(124, "run", "--image", image, "--output", "json", "--timeout", "2s", "--stop-grace", "1s", "--", "sleep", "600")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &result); err != nil || result.Outcome != "timeout" {
		t.Errorf("timeout: %v %+v", err, result)
	}
}

func commandJobs(a *azure, image string) {
	t := a.t
	a.cli(0, "run", "--detach", "--image", image, "--name", "job", "--", "sh", "-c", "trap exit TERM; echo one; echo two; sleep 600 & wait")
	follow := a.pacificCmd("logs", "-f", "job")
	stdout, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(stdout)
	for _, want := range []string{"one\n", "two\n"} {
		if got, err := read.ReadString('\n'); got != want {
			t.Fatalf("logs -f printed %q, %v; want %q", got, err, want)
		}
	}
	if listed := a.cli(0, "ps"); !strings.Contains(listed, "job") {
		t.Errorf("ps: %q", listed)
	}
	if got, want := a.cli(0, "logs", "--tail", "1", "job"), "two\n"; got != want {
		t.Errorf("logs --tail 1 printed %q, want %q", got, want)
	}
	if got := a.cli(0, "exec", "job", "--", "echo", "inside"); !strings.Contains(got, "inside") {
		t.Errorf("exec printed %q", got)
	}
	a.cli(0, "kill", "--stop-grace", "1s", "job")
	if err := follow.Wait(); err != nil {
		t.Logf("logs -f ended with %v", err) // the group was taken from under it
	}
	a.cli(1, "kill", "job")

	// The job of a client that was killed counts as watched until its lease ends, longer than a test waits: gc leaves it alone
	// until then, and kill ends it.
	left := a.pacificCmd("run", "--image", image, "--name", "left", "--timeout", "10s", "--", "sh", "-c", "echo up; sleep 600")
	stdout, err = left.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	left.Process.Kill()
	left.Wait()
	if deleted := a.cli(0, "gc", "--older-than", "1ms", "--yes", "--output", "json"); strings.Contains(deleted, `"name":"left"`) {
		t.Errorf("gc took a job that somebody may watch: %s", deleted)
	}
	if listed := a.cli(0, "ps", "--output", "json"); !strings.Contains(listed, `"name":"left"`) {
		t.Errorf("after gc there is %s", listed)
	}
	a.cli(0, "kill", "--stop-grace", "1s", "left")
	if listed := a.cli(0, "ps", "--all", "--output", "json"); strings.TrimSpace(listed) != "[]" {
		t.Errorf("after kill there is %s", listed)
	}
}

// commandFaults: a bad day at Azure costs no job and no line.
func commandFaults(a *azure, image string) {
	t := a.t
	for name, fault := range map[string]string{
		"503 on every other read": `[{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"later"}},
			{"match":{"operation":"ContainerGroups_Get"},"skip":3,"times":2,"effect":{"status":429,"code":"TooManyRequests","message":"later","retryAfter":"1s"}}]`,
		"the ambiguous 503":        `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"later","applyFirst":true}}`,
		"a dropped PUT":            `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"drop":true}}`,
		"a dropped read":           `{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":3,"effect":{"drop":true}}`,
		"no capacity, then some":   `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":409,"code":"ServiceUnavailable","message":"The requested resource is not available in the location 'westeurope' at this moment."}}`,
		"a delete that is refused": `{"match":{"operation":"ContainerGroups_Delete"},"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"later"}}`,
		"attach refused":           `{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":503,"code":"ServiceUnavailable","message":"later"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			a.control("POST", "faults", fault, nil)
			if got, want := a.cli(7, "run", "--image", image, "--", "sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; exit 7"), "line 1\nline 2\nline 3\nline 4\nline 5\n"; got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
			a.control("DELETE", "faults", "", nil)
			if listed := a.cli(0, "ps", "--all", "--output", "json"); strings.TrimSpace(listed) != "[]" {
				t.Errorf("left behind: %s", listed)
			}
		})
	}
}
