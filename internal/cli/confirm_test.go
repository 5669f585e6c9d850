package cli_test

import (
	"os"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
)

// TestQuestionCanBeInterrupted: who is asked and presses Ctrl-C has said no.
func TestQuestionCanBeInterrupted(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.run("work-pool", "create", "aci", "--type", "docker").wants(t, 0, "", "")
	typed, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close(); typed.Close() })
	r := &running{out: newWatched(), err: newWatched(), signals: make(chan os.Signal), code: make(chan int, 1)}
	h.terminal = true
	w := h.world(r.out, r.err, []string{"work-pool", "rm", "aci"})
	w.Signals, w.Stdin = r.signals, typed
	go func() { r.code <- cli.Main(t.Context(), w) }()
	r.err.waitFor(t, "[y/N] ")
	r.signals <- os.Interrupt
	if code := <-r.code; code != 130 {
		t.Errorf("exit code %d, want 130; stderr:\n%s", code, r.err)
	}
	h.terminal = false
	if h.inspect("aci").Name != "aci" {
		t.Error("it was deleted without a yes")
	}
}
