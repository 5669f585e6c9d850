package worker_test

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// TestMaintenanceIsSaidOnce: each maintenance of the API is told of once, also when it lasts for hours.
func TestMaintenanceIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		var on atomic.Bool
		server := h.Prefect
		maintained := clitest.Says(http.StatusServiceUnavailable, "application/json", "{}")
		h.Prefect = transport(func(r *http.Request) (*http.Response, error) {
			if !on.Load() {
				return server.RoundTrip(r)
			}
			response, err := maintained.RoundTrip(r)
			response.Header.Set("Prefect-Maintenance", "true")
			response.Header.Set("Retry-After", "60")
			return response, err
		})
		w := h.Start("worker", "start", "--pool", "aci", "--create-pool-if-not-found")
		w.Err.WaitFor(t, "worker started")
		for n := range 2 {
			on.Store(true)
			time.Sleep(3 * time.Hour)
			if said := strings.Count(w.Err.String(), "under maintenance"); said != n+1 {
				t.Errorf("after maintenance %d it was said %d times:\n%s", n+1, said, w.Err)
			}
			on.Store(false)
			time.Sleep(time.Hour)
		}
		run := submit(t, h.Client(), "one", "sleep 1m")
		time.Sleep(10 * time.Minute)
		wantState(t, h.Client(), run.ID, prefect.StateCompleted)
		w.Signals <- terminate
		w.Ends(t, 0)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSecondSignal: a worker that waits for Azure to delete a group when it is told to stop quits at once at a second signal,
// with the code of that signal. The group is left to the next worker.
func TestSecondSignal(t *testing.T) {
	for name, test := range map[string]struct {
		first, second os.Signal
		code          int
	}{
		"two SIGTERMs":      {terminate, terminate, 143},
		"two Ctrl-C":        {os.Interrupt, os.Interrupt, 130},
		"Ctrl-C, then TERM": {os.Interrupt, terminate, 143},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := served(t)
				h.Settings(`{"latency":{"delete":"20m"}}`)
				w := h.Start("worker", "start", "--pool", "aci", "--create-pool-if-not-found")
				w.Err.WaitFor(t, "worker started")
				run := submit(t, h.Client(), "one", "sleep 10s")
				time.Sleep(5 * time.Minute)
				wantState(t, h.Client(), run.ID, prefect.StateCompleted)
				w.Signals <- test.first
				time.Sleep(10 * time.Second)
				began := time.Now()
				w.Signals <- test.second
				w.Ends(t, test.code)
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("the end took %v", took)
				}
				time.Sleep(time.Minute) // a process would be gone; here what it did has to end
			})
		})
	}
}
