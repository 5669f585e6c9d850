package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestLogs(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--name", "job", "--image", "alpine:3", "--keep", "always", "--", "echo", "1\n2\n3").Wants(t, 0, "1\n2\n3\n", "")
		for _, test := range []struct {
			args []string
			want string
		}{
			{[]string{"logs", "job"}, "1\n2\n3\n"},
			{[]string{"logs", "--tail", "2", "job"}, "2\n3\n"},
			{[]string{"logs", "--follow", "job"}, "1\n2\n3\n"},
		} {
			if r := h.Run(test.args...); r.Code != 0 || r.Stdout != test.want {
				t.Errorf("%v: got %+v, want %q", test.args, r, test.want)
			}
		}
		r := h.Run("logs", "--timestamps", "--tail", "1", "job")
		if stamp, text, _ := strings.Cut(r.Stdout, " "); text != "3\n" || !strings.HasPrefix(stamp, "2000-01-01T") {
			t.Errorf("timestamps: got %q", r.Stdout)
		}
		h.Run("logs", "ghost").Wants(t, 1, "", "no such container group")
	})
}

// logsResult is the last line of logs --output json.
type logsResult struct {
	Name, Outcome, Reason, OutputError string
	ExitCode                           *int
	PacificExitCode                    int
	Kept                               bool
	Gaps                               []aci.Gap
}

// lastLine reads the JSON on the last line of an output, and gives what stands before it.
func lastLine(t *testing.T, stdout string) (before string, result logsResult) {
	t.Helper()
	stdout = strings.TrimSuffix(stdout, "\n")
	i := strings.LastIndexByte(stdout, '\n') + 1
	if err := json.Unmarshal([]byte(stdout[i:]), &result); err != nil {
		t.Fatalf("%v in %q", err, stdout[i:])
	}
	return stdout[:i], result
}

func TestLogsAsJSON(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Must("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "print", "hello") // without a newline
		three := 3
		for _, test := range []struct {
			args []string
			want logsResult
		}{
			{[]string{"logs", "-f", "job"}, logsResult{Name: "job", Outcome: "read", Kept: true}},
			{[]string{"logs", "job"}, logsResult{Name: "job", Outcome: "read", Kept: true}},
			{[]string{"logs", "-f", "--exit-code", "job"}, logsResult{Name: "job", Outcome: "failed", ExitCode: &three, PacificExitCode: 3, Kept: true}},
		} {
			r := h.Run(append(test.args, "--output", "json")...)
			output, got := lastLine(t, r.Stdout)
			got.Reason = ""
			if diff := cmp.Diff(test.want, got); diff != "" || r.Code != test.want.PacificExitCode || output != "hello\n" {
				t.Errorf("%v: code %d, output %q, result (-want +got):\n%s", test.args, r.Code, output, diff)
			}
		}
		r := h.Run("logs", "--output", "json", "ghost")
		if _, got := lastLine(t, r.Stdout); r.Code != 1 || got.Outcome != "error" || got.Name != "ghost" || got.Kept || !strings.Contains(got.Reason, "no such container group") {
			t.Errorf("got %d %+v", r.Code, got)
		}
		if r := h.Run("logs", "--tail", "0", "--output", "json", "job"); r.Code != 2 || !strings.Contains(r.Stdout, `"outcome":"invalid"`) {
			t.Errorf("got %+v", r)
		}
	})
}

// pausing is a reader, such as less, that takes a page, and then nothing for longer than Azure's log goes back.
type pausing struct {
	bytes.Buffer
	paused bool
}

func (p *pausing) Write(b []byte) (int, error) {
	if p.Len() > 1<<20 && !p.paused {
		p.paused = true
		time.Sleep(10 * time.Minute)
	}
	return p.Buffer.Write(b)
}

// TestLogsOfAPausedReader: what Azure dropped during the pause is a gap, in the JSON too. The exit code is that of a run.
func TestLogsOfAPausedReader(t *testing.T) {
	const lines = 300_000 // of 50 bytes: three windows of Azure's log
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, func(ctx context.Context, c azureemulator.ContainerCall) int {
			for i := range lines {
				if fmt.Fprintf(c.Spec.Output, "%08d %s\n", i, strings.Repeat("word ", 8)); i%1000 == 0 {
					time.Sleep(time.Second)
				}
			}
			return 0
		})
		h.Must("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "x")
		var stdout pausing
		stderr := clitest.NewStream()
		code := cli.Main(t.Context(), h.Env(&stdout, stderr, []string{"logs", "-f", "--output", "json", "job"}))
		output, result := lastLine(t, stdout.String())
		if code != 0 || result.PacificExitCode != 0 || result.Outcome != "read" || result.OutputError != "" {
			t.Errorf("got %d %+v", code, result)
		}
		if !stdout.paused || strings.Count(output, "\n") == lines {
			t.Fatal("all of it came: this proves nothing")
		}
		if said := strings.Count(stderr.String(), "may be missing"); len(result.Gaps) == 0 || said != len(result.Gaps) {
			t.Errorf("%d of %d lines came; %d gaps in the JSON, %d were told", strings.Count(output, "\n"), lines, len(result.Gaps), said)
		}
	})
}

func TestLogsToTheExitCode(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "exit", "7").Wants(t, 0, "", "")
		h.Run("logs", "-f", "--exit-code", "job").Wants(t, 7, "", "")
		if !h.Exists("job") {
			t.Error("logs deleted the container group")
		}
		h.Run("kill", "job").Wants(t, 0, "", "job")
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").Wants(t, 0, "", "")
		h.Run("logs", "-f", "--exit-code", "job").Wants(t, 0, "hello\n", "")
		h.Run("logs", "--exit-code", "job").Wants(t, 125, "", "--exit-code needs -f")
		h.Run("logs", "-f", "--exit-code", "ghost").Wants(t, 125, "", "no such container group")
	})
}
