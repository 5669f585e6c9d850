package job_test

import (
	"errors"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// brokenPipe is a standard output that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestNobodyReadsTheOutput(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		stderr := clitest.NewStream()
		code := cli.Main(t.Context(), h.Env(brokenPipe{}, stderr, []string{"run", "--name", "job", "--image", "alpine:3", "--", "wait"}))
		if code != 125 {
			t.Errorf("exit code: got %d, want 125\n%s", code, stderr)
		}
		if h.Exists("job") {
			t.Error("the job goes on")
		}
	})
}
