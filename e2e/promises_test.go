//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// jobResult is the last line of `pacific run --output json`.
type jobResult struct {
	Outcome     string
	ExitCode    *int
	Gaps        []map[string]any
	OutputError string
	Kept        bool
}

// TestParallelRuns starts 200 runs, 40 of them at a time as processes of their own, under Azure's own throttling: each ends
// with its own exit code and its whole output, and nothing is left.
func TestParallelRuns(t *testing.T) {
	seconds(t)
	const runs, atOnce = 200, 40
	a := startAzure(t, "--engine", "process")
	a.control("PATCH", "settings", `{"throttle":{"enabled":true},"quota":{"containerGroups":1000}}`, nil)
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range runs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			code := i % 7
			cmd := a.pacificCmd("run", "--output", "json", "--quiet", "--", "sh", "-c", fmt.Sprintf("for n in 1 2 3 4 5; do echo run %d line $n; sleep .2; done; exit %d", i, code))
			cmd.Env = append(cmd.Env, "PACIFIC_RESOURCE_GROUP="+a.values["PACIFIC_RESOURCE_GROUP"])
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != code {
				t.Errorf("run %d: exit code %d, want %d: %v\n%s%s", i, got, code, err, &stdout, &stderr)
				return
			}
			output, last := cutLastLine(stdout.String())
			var result jobResult
			if err := json.Unmarshal([]byte(last), &result); err != nil {
				t.Errorf("run %d: the last line is not JSON: %v: %q", i, err, last)
				return
			}
			var want strings.Builder
			for n := range 5 {
				fmt.Fprintf(&want, "run %d line %d\n", i, n+1)
			}
			if output != want.String() || len(result.Gaps) > 0 {
				t.Errorf("run %d printed %q, gaps %v", i, output, result.Gaps)
			}
		})
	}
	wg.Wait()
	var log struct{ Requests []request }
	a.control("GET", "requests", "", &log)
	throttled := 0
	for _, r := range log.Requests {
		if r.Status == 429 {
			throttled++
		}
	}
	if throttled == 0 {
		t.Error("nothing was throttled, so nothing was proved")
	}
	t.Logf("%d of %d logged requests were throttled", throttled, len(log.Requests))
	a.control("PATCH", "settings", `{"throttle":{"enabled":false}}`, nil)
	cmd := a.pacificCmd("ps", "--all", "--output", "json")
	cmd.Env = append(cmd.Env, "PACIFIC_RESOURCE_GROUP="+a.values["PACIFIC_RESOURCE_GROUP"])
	if listed, err := cmd.Output(); err != nil || strings.TrimSpace(string(listed)) != "[]" {
		t.Errorf("left behind: %s %v", listed, err)
	}
}

// cutLastLine takes the last line off.
func cutLastLine(text string) (before, last string) {
	text = strings.TrimSuffix(text, "\n")
	i := strings.LastIndexByte(text, '\n') + 1
	return text[:i], text[i:]
}

// TestPausedReader reads as `less` does: a page, then nothing for a while, then the rest. In one process the job waits, so
// nothing is lost. Over HTTP the output is more than Azure's window and all buffers on the way: a gap says what is missing.
func TestPausedReader(t *testing.T) {
	seconds(t)
	const lines = 1_000_000 // 26 MB; the window is 4 MB
	var want strings.Builder
	want.WriteString("ready\n")
	for i := range lines {
		fmt.Fprintf(&want, "line %d of the output\n", i+1)
	}
	a := startAzure(t, "--engine", "process")
	inGroup := func(args ...string) *exec.Cmd {
		cmd := a.pacificCmd(args...)
		cmd.Env = append(cmd.Env, "PACIFIC_RESOURCE_GROUP="+a.values["PACIFIC_RESOURCE_GROUP"])
		return cmd
	}
	for _, name := range []string{"local", "remote", "logs"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The job prints once its first line was read.
			gate := filepath.Join(t.TempDir(), "gate")
			job := []string{"--", "sh", "-c", fmt.Sprintf("echo ready; until [ -e %s ]; do sleep 0.05; done; seq -f 'line %%.0f of the output' %d", gate, lines)}
			var cmd *exec.Cmd
			switch name {
			case "local":
				cmd = exec.Command(a.pacific, append([]string{"run", "--local", "--quiet", "--output", "json"}, job...)...)
			case "remote":
				cmd = inGroup(append([]string{"run", "--quiet", "--output", "json"}, job...)...)
			case "logs":
				if out, err := inGroup(append([]string{"run", "--detach", "--name", "logs"}, job...)...).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				cmd = inGroup("logs", "-f", "--output", "json", "logs")
			}
			got, result := readWithPauses(t, cmd, func() {
				if err := os.WriteFile(gate, nil, 0o600); err != nil {
					t.Error(err)
				}
			})
			whole := got == want.String()
			told := len(result.Gaps) > 0 || result.OutputError != ""
			if !whole && !told {
				t.Errorf("%d of %d bytes arrived, and nothing says so", len(got), want.Len())
			}
			if name == "local" && (!whole || told) {
				t.Errorf("%d of %d bytes arrived, gaps %v, output error %q: in one process there is nothing to lose", len(got), want.Len(), result.Gaps, result.OutputError)
			}
			if name != "local" && whole {
				t.Error("all of it came: the output does not reach the limit")
			}
			t.Logf("%d of %d bytes, gaps %d, output error %q", len(got), want.Len(), len(result.Gaps), result.OutputError)
		})
	}
}

// readWithPauses reads the first line of a command's output and calls begun. It then reads a page, waits for long, and so on
// twice, and reads the rest.
func readWithPauses(t *testing.T, cmd *exec.Cmd, begun func()) (string, jobResult) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	var all bytes.Buffer
	first, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	all.WriteString(first)
	begun()
	for range 2 {
		if _, err := io.CopyN(&all, reader, 2000); err != nil {
			t.Fatal(err)
		}
		<-time.After(15 * time.Second) // what a person at a pager does; there is nothing to wait for
	}
	if _, err := all.ReadFrom(reader); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the run ended with %v", err)
	}
	output, last := cutLastLine(all.String())
	var result jobResult
	if err := json.Unmarshal([]byte(last), &result); err != nil {
		t.Fatalf("the last line is not JSON: %v: %.200q", err, last)
	}
	return output, result
}
