//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the static binary of this run of the tests: linking it anew for each of them took most of their time.
var built struct {
	once   sync.Once
	folder string
}

// TestMain removes what the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(code)
}

// binary gives the static binary, which the first test that asks builds.
func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		path := build(t, "linux", "amd64")
		folder, err := os.MkdirTemp("", "pacific-e2e-")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, filepath.Join(folder, "pacific")); err != nil {
			t.Fatal(err)
		}
		built.folder = folder
	})
	if built.folder == "" {
		t.Fatal("the binary could not be built: see the first test that asked for it")
	}
	return filepath.Join(built.folder, "pacific")
}

func build(t *testing.T, goos, goarch string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "pacific")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "./cmd/pacific")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building for %s/%s: %v\n%s", goos, goarch, err, text)
	}
	return out
}

func seconds(t *testing.T) {
	began := time.Now()
	t.Cleanup(func() { fmt.Printf("e2e: %s: %.1f s\n", t.Name(), time.Since(began).Seconds()) })
}

func TestBuildsEverywhere(t *testing.T) {
	seconds(t)
	for _, target := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"} {
		goos, goarch, _ := strings.Cut(target, "/")
		build(t, goos, goarch)
	}
}

// TestCleanClone does what the README's first screen says, as a new user would: from a clone, with no setting of Azure's.
func TestCleanClone(t *testing.T) {
	seconds(t)
	clone := filepath.Join(t.TempDir(), "clone")
	if text, err := exec.Command("git", "clone", "-q", "..", clone).CombinedOutput(); err != nil {
		t.Fatalf("cloning: %v\n%s", err, text)
	}
	cmd := exec.Command("go", "run", "./cmd/pacific", "run", "--local", "--", "echo", "hello world")
	cmd.Dir = clone
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("running: %v\n%s", err, &stderr)
	}
	if got, want := stdout.String(), "hello world\n"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
}

func TestExitCodes(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	tests := []struct {
		args []string
		want int
	}{
		{[]string{"run", "--local", "--", "true"}, 0},
		{[]string{"run", "--local", "--", "sh", "-c", "exit 7"}, 7},
		{[]string{"run", "--local", "--", "no-such-program"}, 127},
		{[]string{"run", "--local", "--cpu", "-1", "--", "true"}, 125},
		{[]string{"run", "--local", "--detach", "--", "true"}, 125},
		{[]string{"run", "--local", "--keep", "always", "--", "true"}, 125},
		{[]string{"run", "--local", "--timeout", "1s", "--", "sleep", "60"}, 124},
		{[]string{"run", "--local", "--", "sh", "-c", "kill -9 $$"}, 137},
		{[]string{"no-such-command"}, 2},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			text, err := exec.Command(pacific, test.args...).CombinedOutput()
			if got := exitCode(t, err); got != test.want {
				t.Errorf("exit code %d, want %d\n%s", got, test.want, text)
			}
		})
	}
}

// TestMuchOutput prints more than the 4 MB that ACI keeps and wants every byte of it, in order.
func TestMuchOutput(t *testing.T) {
	seconds(t)
	const lines = 200_000
	cmd := exec.Command(binary(t), "run", "--local", "--quiet", "--", "sh", "-c", fmt.Sprintf("seq -f 'line %%.0f of the long output' %d; sleep 1", lines))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	next := 1
	for scan := bufio.NewScanner(stdout); scan.Scan(); next++ {
		if want := fmt.Sprintf("line %d of the long output", next); scan.Text() != want {
			t.Fatalf("line %d is %q, want %q", next, scan.Text(), want)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if next-1 != lines {
		t.Errorf("%d lines arrived, want %d", next-1, lines)
	}
}

// TestSignals interrupts a job: its own exit code, the JSON object, and no process left behind.
func TestSignals(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	for _, test := range []struct {
		signal syscall.Signal
		want   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			cmd, child := startJob(t, pacific, "--output", "json")
			var rest bytes.Buffer
			if err := cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			rest.ReadFrom(child.output)
			if got := exitCode(t, cmd.Wait()); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			lines := strings.Split(strings.TrimSpace(rest.String()), "\n")
			var result map[string]any
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &result); err != nil {
				t.Errorf("the last line of stdout is no JSON: %v: %q", err, rest.String())
			}
			waitGone(t, child.pid)
		})
	}
}

// TestKilled kills Pacific itself: on Linux the container's process ends with it.
func TestKilled(t *testing.T) {
	seconds(t)
	cmd, child := startJob(t, binary(t))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	waitGone(t, child.pid)
}

type job struct {
	pid    int
	output *bufio.Reader
}

// startJob starts a job that prints its process id and then sleeps.
func startJob(t *testing.T, pacific string, flags ...string) (*exec.Cmd, job) {
	t.Helper()
	args := append(append([]string{"run", "--local", "--stop-grace", "2s"}, flags...), "--", "sh", "-c", "echo $$; exec sleep 300")
	cmd := exec.Command(pacific, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	output := bufio.NewReader(stdout)
	line, err := output.ReadString('\n')
	if err != nil {
		t.Fatalf("reading the job's first line: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return cmd, job{pid: pid, output: output}
}

// waitGone waits until no process has the id. A zombie counts as gone: it is its new parent's to reap.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, os.ErrNotExist) || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("process %d is still there", pid)
		}
	}
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}
