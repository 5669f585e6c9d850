//go:build unix

package demo_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// shown is what a test reads of the demo's JSON.
type shown struct {
	Outcome string
	Steps   []struct {
		Name     string
		Commands []string
	}
	FlowRun struct {
		State  string
		States []struct{ Name string }
		Logs   []struct{ Message string }
	}
	ContainerGroup struct {
		Containers []struct{ Events []struct{ Name string } }
	}
	Refusal struct {
		ExitCode int
		Error    string
	}
}

// pacific makes a command that knows nothing of this machine but the PATH, in a folder of its own.
func pacific(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "pacific", args...) // the test's own binary: see clitest.Main
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "GORACE=" + os.Getenv("GORACE")}
	return cmd
}

// TestByHand runs the demo, and then what it says does each step by hand, word for word, in a shell with another local Azure.
func TestByHand(t *testing.T) {
	t.Run("Go", func(t *testing.T) { byHand(t, "demo", "--output", "json") })
	t.Run("Python", func(t *testing.T) {
		// The flow that Prefect runs here is the one in Go, which is the same; a real Prefect is for e2e.
		programs := t.TempDir()
		for name, script := range map[string]string{"prefect": "exec pacific demo flow", "python3": "exit 0"} {
			if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("PATH", programs+string(filepath.ListSeparator)+os.Getenv("PATH"))
		byHand(t, "demo", "--python", "--output", "json")
	})
}

func byHand(t *testing.T, args ...string) {
	t.Helper()
	text, err := pacific(t, args...).Output()
	var demo shown
	if err != nil || json.Unmarshal(text, &demo) != nil || demo.Outcome != "completed" || demo.FlowRun.State != "Completed" {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(demo.FlowRun.States) < 4 || len(demo.FlowRun.Logs) == 0 || len(demo.ContainerGroup.Containers) == 0 || len(demo.ContainerGroup.Containers[0].Events) == 0 {
		t.Errorf("states, logs or events are missing:\n%s", text)
	}
	if demo.Refusal.ExitCode != 1 || !strings.Contains(demo.Refusal.Error, "HTTP 403") {
		t.Errorf("the wrong identity: %+v", demo.Refusal)
	}
	var script strings.Builder
	script.WriteString("set -e\n")
	for _, step := range demo.Steps {
		if step.Name == "start" || step.Name == "end" {
			continue // pacific emulator run is both, on free ports
		}
		if len(step.Commands) == 0 {
			t.Errorf("step %s has no command", step.Name)
		}
		script.WriteString(strings.Join(step.Commands, "\n") + "\n")
	}
	cmd := pacific(t, "emulator", "run", "--with-prefect", "--", "sh", "hand.sh")
	if err := os.WriteFile(filepath.Join(cmd.Dir, "hand.sh"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"read the secret", ": Completed", "HTTP 403", "exit code 1\n"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%v, and %q is wanted\n%s\n%s", err, want, &script, out)
		}
	}
	if strings.Contains(string(out), "of no use to anyone") {
		t.Errorf("the secret is shown:\n%s", out)
	}
}

// TestKeep looks around in a demo that goes on, and ends it with a signal.
func TestKeep(t *testing.T) {
	cmd := pacific(t, "demo", "--keep")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var say strings.Builder
	cmd.Stderr = &say
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, script := "", ""
	for buffer := make([]byte, 4096); !strings.HasSuffix(script, "flow-run create \"Key Vault Demo/pacific-demo\"\n"); {
		n, err := out.Read(buffer)
		text += string(buffer[:n])
		if err != nil {
			t.Fatalf("it has ended: %v\n%s%s", err, text, say.String())
		}
		_, after, _ := strings.Cut(text, "in another shell:")
		script = strings.ReplaceAll(after, "        $ ", "")
	}
	shell := exec.CommandContext(t.Context(), "sh", "-ec", script+"pacific flow-run wait --timeout 5m \"$(pacific flow-run create 'Key Vault Demo/pacific-demo')\"\n")
	shell.Env, shell.Dir = cmd.Env, t.TempDir()
	if looked, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(looked), ": Completed") {
		t.Errorf("%v\n%s\n%s", err, script, looked)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for buffer := make([]byte, 4096); err == nil; {
		var n int
		n, err = out.Read(buffer)
		text += string(buffer[:n])
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(text, "nothing is left") {
		t.Errorf("%v\n%s%s", err, text, say.String())
	}
	if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "pacific-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
