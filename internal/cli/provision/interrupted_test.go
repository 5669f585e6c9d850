package provision_test

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// interceptor is a function as a transport.
type interceptor func(*http.Request) (*http.Response, error)

func (f interceptor) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestInterrupted: a signal in the middle of a run says what it has interrupted, and that the same command goes on from there.
func TestInterrupted(t *testing.T) {
	const stays = "what was made stays; run the same command again to make the rest"
	for name, test := range map[string]struct {
		method, path string // the request that is on its way when the signal comes
		signal       os.Signal
		code         int
		wants        []string
	}{
		"a step": {"PUT", "/registries/", os.Interrupt, 130,
			[]string{"provisioning work pool push: interrupt received while creating container registry", stays}},
		"the first step": {"PUT", "/resourcegroups/prefect-aci-push-pool-rg", syscall.SIGTERM, 143,
			[]string{"provisioning work pool push: SIGTERM received while creating resource group", stays}},
		"the proof": {"POST", "/v2/pacific-verify/", os.Interrupt, 130,
			[]string{"provisioning work pool push: interrupt received while verifying that runs can start", "with --verify to try again"}},
		"the plan": {"GET", "/resourcegroups/prefect-aci-push-pool-rg", os.Interrupt, 130, []string{"provisioning work pool push: interrupt received", "nothing was changed"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newProvisionHarness(t)
			sent := make(chan struct{})
			var once sync.Once
			run := h.StartOver(interceptor(func(r *http.Request) (*http.Response, error) {
				if r.Method != test.method || !strings.Contains(strings.ToLower(r.URL.Path), test.path) {
					return h.RoundTrip(r)
				}
				once.Do(func() { close(sent) })
				<-r.Context().Done()
				return nil, r.Context().Err()
			}), "provision", "push", "--yes", "--skip-login")
			<-sent
			run.Signals <- test.signal
			run.Ends(t, test.code)
			said := run.Err.String()
			for _, want := range test.wants {
				if strings.Count(said, want) != 1 {
					t.Errorf("got %q, want %q once", said, want)
				}
			}
			h.Must("provision", "push", "--yes", "--skip-login", "--verify=false")
		})
	}
}
