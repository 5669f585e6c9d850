package clitest

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli"
)

// Running is a command line that goes on in the background.
type Running struct {
	Out, Err *Stream
	Signals  chan os.Signal
	Code     chan int
}

// Start begins a command line whose signals the test sends.
func (h *Harness) Start(args ...string) *Running { return h.StartOver(h, args...) }

// StartReal begins a command line that goes to the network of this machine.
func (h *Harness) StartReal(args ...string) *Running { return h.StartOver(nil, args...) }

// StartOver begins a command line on another network.
func (h *Harness) StartOver(network http.RoundTripper, args ...string) *Running {
	r := &Running{Out: NewStream(), Err: NewStream(), Signals: make(chan os.Signal, 2), Code: make(chan int, 1)}
	env := h.Env(r.Out, r.Err, args)
	env.Signals, env.Transport = r.Signals, network
	go func() { r.Code <- cli.Main(h.T.Context(), env) }()
	return r
}

// Ends waits for the end of the command, for a day of a bubble's time at most.
func (r *Running) Ends(t *testing.T, code int) {
	t.Helper()
	select {
	case got := <-r.Code:
		if got != code {
			t.Errorf("exit code %d, want %d\n%s%s", got, code, r.Out, r.Err)
		}
	case <-time.After(24 * time.Hour):
		t.Fatalf("it goes on for ever\n%s%s", r.Out, r.Err)
	}
}
