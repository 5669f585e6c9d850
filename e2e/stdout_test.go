//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestFullStdout runs the program with a standard output that is full or thrown away.
func TestFullStdout(t *testing.T) {
	seconds(t)
	program := binary(t)
	const local = "run --local --engine simulate --image x --quiet "
	for _, test := range []struct {
		line, to string
		code     int
		stderr   string
	}{
		{"emulator start --engine simulate --listen 127.0.0.1:0 --output json", ">/dev/full", 1, "no space left on device\n"},
		{"version", ">/dev/full", 1, "pacific: error: writing standard output: write /dev/stdout: no space left on device\n"},
		{local + "--env SIM_LINES_PER_SECOND=10 -- a", ">/dev/full", 125, "no space left on device, so the job was stopped\n"},
		{local + "-- a", ">/dev/full", 0, ""}, // it prints nothing, so nothing is lost
		{"version", ">/dev/null", 0, ""},
		{"version", "<&- >/dev/null", 0, ""},
	} {
		t.Run(test.line+" "+test.to, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", `exec "$0" `+test.line+" "+test.to, program)
			cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			code := 0
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if got := stderr.String(); !strings.HasSuffix(got, test.stderr) || test.stderr == "" && got != "" {
				t.Errorf("stderr: got %q, want %q", got, test.stderr)
			}
		})
	}
}
