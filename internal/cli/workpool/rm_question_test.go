package workpool_test

import (
	"os"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestQuestionCanBeInterrupted: who is asked and presses Ctrl-C has said no.
func TestQuestionCanBeInterrupted(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("work-pool", "create", "aci", "--type", "docker").Wants(t, 0, "", "")
	typed, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close(); typed.Close() })
	r := &clitest.Running{Out: clitest.NewStream(), Err: clitest.NewStream(), Signals: make(chan os.Signal), Code: make(chan int, 1)}
	h.Terminal = true
	w := h.Env(r.Out, r.Err, []string{"work-pool", "rm", "aci"})
	w.Signals, w.Stdin = r.Signals, typed
	go func() { r.Code <- cli.Main(t.Context(), w) }()
	r.Err.WaitFor(t, "[y/N] ")
	r.Signals <- os.Interrupt
	if code := <-r.Code; code != 130 {
		t.Errorf("exit code %d, want 130; stderr:\n%s", code, r.Err)
	}
	h.Terminal = false
	if Pool(h, "aci").Name != "aci" {
		t.Error("it was deleted without a yes")
	}
}
