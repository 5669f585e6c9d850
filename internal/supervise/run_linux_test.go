package supervise_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/internal/supervise"
)

func TestRun(t *testing.T) {
	for _, test := range []struct {
		script string
		want   supervise.End
	}{
		{"exit 0", supervise.End{}},
		{"exit 3", supervise.End{Code: 3}},
		{"kill -KILL $$", supervise.End{Code: 137, Signal: "killed"}},
		{"(exit 9) & exit 4", supervise.End{Code: 4}},
	} {
		got, err := supervise.Run("/bin/sh", []string{"sh", "-c", test.script}, os.Environ())
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", test.script, got, err, test.want)
		}
	}
}

// The child asks this process for the signal, so that it comes when both are ready for it.
func TestRunHandsOnSignals(t *testing.T) {
	script := `trap 'exit 7' TERM; kill -TERM $PPID; while :; do :; done`
	got, err := supervise.Run("/bin/sh", []string{"sh", "-c", script}, os.Environ())
	if want := (supervise.End{Code: 7}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// No child of the package's tests is left to others.
func TestNoChildIsLeft(t *testing.T) {
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("child %d is left: %v", pid, err)
	}
}
