package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
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

// TestSecretThatIsNotPrinted: a secret that nobody can read again is not lost in silence. It is removed, the earlier one goes on
// working, and the next run makes another; a block that has it keeps it.
func TestSecretThatIsNotPrinted(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
	run := func(out io.Writer, args ...string) string {
		t.Helper()
		var stderr bytes.Buffer
		if code := cli.Main(t.Context(), h.Env(out, &stderr, append([]string{"service-principal", "create", "app"}, args...))); code != 1 {
			t.Errorf("%v: got exit code %d and %s", args, code, stderr.String())
		}
		return stderr.String()
	}
	signsIn := func(id, secret string) int {
		return h.With(map[string]string{"AZURE_CLIENT_ID": id, "AZURE_CLIENT_SECRET": secret}).Run("run", "--quiet", "--image", "alpine:3", "--", "true").Code
	}
	const hint = "pacific: hint: pacific service-principal create app --yes makes another one\n"
	for out, why := range map[io.Writer]string{goneReader{}: "standard output was closed", fullDisk{}: "writing standard output: write /dev/stdout: no space left on device"} {
		want := "pacific: error: making a secret for service principal app: " + why + "; the new secret was removed\n" + hint
		if got := run(out); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var made struct{ AppID, Password string }
	h.JSON(h.Must("service-principal", "create", "app"), &made) // which asks nothing: the account has no secret
	if got := run(goneReader{}, "--yes"); !strings.Contains(got, "the new secret was removed, and the earlier one still works\n"+hint) {
		t.Errorf("got %q", got)
	}
	if code := signsIn(made.AppID, made.Password); code != 0 {
		t.Errorf("a job with the earlier secret: exit code %d", code)
	}
	if got := run(goneReader{}, "--yes", "--block", "aci-sp"); !strings.Contains(got, "the secret was not printed, only block aci-sp has it: standard output was closed\n") {
		t.Errorf("got %q", got)
	}
	var block prefect.AzureContainerInstanceCredentials
	if _, err := h.Client().LoadBlock(t.Context(), "aci-sp", &block); err != nil {
		t.Fatal(err)
	}
	if code := signsIn(block.ClientID, string(block.ClientSecret)); code != 0 {
		t.Errorf("a job with the block's secret: exit code %d", code)
	}
	if code := signsIn(made.AppID, made.Password); code == 0 {
		t.Error("the earlier secret still works")
	}
}
