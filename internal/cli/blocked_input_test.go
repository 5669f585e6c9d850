package cli_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestBlockedInputHoldsUpNoSignal: a standard input on which nothing comes, and which does not end, as a named pipe that
// nobody writes to. The first signal ends each command that reads it.
func TestBlockedInputHoldsUpNoSignal(t *testing.T) {
	for _, line := range []string{
		"run --local --engine simulate --file -",
		"profile set PREFECT_API_KEY --stdin",
		"work-pool create pool --type x --base-job-template -",
		"block create secret x --data -",
	} {
		t.Run(line, func(t *testing.T) {
			h := &clitest.Harness{T: t, Dir: t.TempDir(), Vars: map[string]string{"HOME": t.TempDir(), "PREFECT_API_URL": "http://prefect.local/api"}}
			synctest.Test(t, func(t *testing.T) {
				in, out := io.Pipe()
				defer out.Close()
				var stderr bytes.Buffer
				w := h.Env(io.Discard, &stderr, strings.Fields(line))
				signals := make(chan os.Signal, 1)
				w.Stdin, w.Signals = in, signals
				code := make(chan int, 1)
				go func() { code <- cli.Main(t.Context(), w) }()
				synctest.Wait()
				signals <- os.Interrupt
				select {
				case got := <-code:
					if got != 130 {
						t.Errorf("exit code %d, want 130; stderr: %s", got, &stderr)
					}
				case <-time.After(time.Minute):
					t.Error("the signal did not end it")
				}
			})
		})
	}
}
