package cli_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// hanging is a network on which Resource Manager never answers.
type hanging struct{ http.RoundTripper }

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Host, "management.") {
		return h.RoundTripper.RoundTrip(r)
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestNoCommandWaitsInSilence: while a request hangs, each command says what it waits for.
func TestNoCommandWaitsInSilence(t *testing.T) {
	for line, want := range map[string]string{
		"ps":                 "still reading the list of jobs (20s)",
		"logs job":           "still reading the output of job (20s)",
		"logs -f job":        "still waiting for output of job (20s)",
		"exec job -- true":   "still connecting to job (20s)",
		"gc":                 "still looking for container groups that were left behind (20s)",
		"wait job":           "still reading the state of job (20s)",
		"kill job":           "still killing job (20s)",
		"group ls":           "still waiting for Azure to answer (20s)",
		"doctor":             "still checking the ",
		"ps --subscription=": "still looking for the subscription (20s)",
	} {
		t.Run(line, func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				args := strings.Fields(line)
				if args[len(args)-1] == "--subscription=" {
					args, h = args[:1], h.With(map[string]string{"AZURE_SUBSCRIPTION_ID": ""})
				}
				run := h.StartOver(hanging{h}, args...)
				time.Sleep(25 * time.Second)
				synctest.Wait()
				if said := run.Err.String(); !strings.Contains(said, want) {
					t.Errorf("got %q, want %q", said, want)
				}
				run.Signals <- syscall.SIGTERM
				run.Ends(t, 143)
			})
		})
	}
}
