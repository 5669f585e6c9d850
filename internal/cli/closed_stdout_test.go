package cli_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// goneReader is a standard output whose reader went away, as in `pacific ps | true`.
type goneReader struct{}

func (goneReader) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
}

func TestReaderThatWentAway(t *testing.T) {
	for _, test := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"config"}, 0, ""},
		{[]string{"config", "--output", "json"}, 0, ""},
		{[]string{"run", "--local", "--quiet", "--output", "json", "--", "true"}, 125, "pacific: error: standard output was closed\n"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			h := &clitest.Harness{T: t, Dir: t.TempDir(), Vars: map[string]string{"HOME": t.TempDir(), "PACIFIC_ENGINE": "simulate", "PACIFIC_IMAGE": "alpine:3"}}
			var stderr bytes.Buffer
			if code := cli.Main(t.Context(), h.Env(goneReader{}, &stderr, test.args)); code != test.code || stderr.String() != test.stderr {
				t.Errorf("got %d and %q, want %d and %q", code, stderr.String(), test.code, test.stderr)
			}
		})
	}
}

// fullDisk is a standard output that takes nothing, as /dev/full.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// TestOutputThatIsNotWritten: what a command prints and cannot write is an error, also for one that would go on for ever.
func TestOutputThatIsNotWritten(t *testing.T) {
	const full = ": write /dev/stdout: no space left on device\n"
	for line, want := range map[string]string{
		"version":        "pacific: error: writing standard output" + full,
		"ps --help":      "pacific: error: writing standard output" + full,
		"config -o json": "pacific: error: writing JSON" + full,
		"completion zsh": "pacific: error: writing the zsh script" + full,
		"emulator start --engine simulate --listen 127.0.0.1:0":               "pacific: error: printing that the local Azure is ready" + full,
		"emulator start --engine simulate --listen 127.0.0.1:0 --output json": "pacific: error: printing that the local Azure is ready: writing JSON" + full,
	} {
		t.Run(line, func(t *testing.T) {
			h := clitest.NewBare(t)
			var stderr bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if code := cli.Main(ctx, h.Env(fullDisk{}, &stderr, strings.Fields(line))); code != 1 || stderr.String() != want {
				t.Errorf("got %d and %q, want 1 and %q", code, stderr.String(), want)
			}
		})
	}
}
