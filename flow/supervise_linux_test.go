package flow

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestSuperviseChild(t *testing.T) {
	for _, test := range []struct {
		script string
		want   processEnd
	}{
		{"exit 0", processEnd{}},
		{"exit 3", processEnd{code: 3}},
		{"kill -KILL $$", processEnd{code: 137, signal: "killed"}},
		{"(exit 9) & exit 4", processEnd{code: 4}},
	} {
		got, err := superviseChild("/bin/sh", []string{"sh", "-c", test.script}, os.Environ())
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", test.script, got, err, test.want)
		}
	}
}

// The child asks this process for the signal, so that it comes when both are ready for it.
func TestSuperviseHandsOnSignals(t *testing.T) {
	script := `trap 'exit 7' TERM; kill -TERM $PPID; while :; do :; done`
	got, err := superviseChild("/bin/sh", []string{"sh", "-c", script}, os.Environ())
	if want := (processEnd{code: 7}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestSignalEndsTheContext(t *testing.T) {
	p := &program{reschedule: true}
	ctx, stop := p.untilSignal(t.Context())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if cause, ok := errors.AsType[*SignalError](context.Cause(ctx)); !ok || cause.Signal != syscall.SIGTERM || !cause.Reschedule {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
}

// No child of the package's tests is left to others.
func TestNoChildIsLeft(t *testing.T) {
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("child %d is left: %v", pid, err)
	}
}
