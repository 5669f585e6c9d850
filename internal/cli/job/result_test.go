package job

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

func TestRunCode(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(&cmdutil.SignalError{Sig: os.Interrupt})
	terminated, cancel := context.WithCancelCause(t.Context())
	cancel(&cmdutil.SignalError{Sig: syscall.SIGTERM})
	hungUp, cancel := context.WithCancelCause(t.Context())
	cancel(&cmdutil.SignalError{Sig: syscall.SIGHUP})
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(&outputError{syscall.EPIPE})
	ctx := t.Context()
	for _, test := range []struct {
		name    string
		ctx     context.Context
		outcome aci.Outcome
		code    *int
		want    int
	}{
		{"success", ctx, aci.OutcomeSucceeded, new(0), 0},
		{"failure", ctx, aci.OutcomeFailed, new(3), 3},
		{"largest", ctx, aci.OutcomeFailed, new(255), 255},
		{"too large", ctx, aci.OutcomeFailed, new(256), 255},
		{"Windows status", ctx, aci.OutcomeFailed, new(-1073741819), 255},
		{"start failed", ctx, aci.OutcomeStartFailed, nil, 125},
		{"start timeout", ctx, aci.OutcomeStartTimeout, nil, 125},
		{"timeout", ctx, aci.OutcomeTimedOut, new(137), 124},
		{"evicted without code", ctx, aci.OutcomeEvicted, nil, 125},
		{"evicted with code", ctx, aci.OutcomeEvicted, new(143), 143},
		{"vanished", ctx, aci.OutcomeVanished, nil, 125},
		{"stopped by somebody, with a 0", ctx, aci.OutcomeStopped, new(0), 125},
		{"an outcome of a later version", ctx, "other", nil, 125},
		{"interrupt", interrupted, aci.OutcomeInterrupted, new(0), 130},
		{"terminated", terminated, aci.OutcomeInterrupted, nil, 143},
		{"hung up", hungUp, aci.OutcomeInterrupted, nil, 129},
		{"nobody reads", gone, aci.OutcomeInterrupted, nil, 125},
		{"ended before the signal", interrupted, aci.OutcomeFailed, new(7), 7},
	} {
		if got := runCode(test.ctx, &aci.Result{Outcome: test.outcome, ExitCode: test.code}); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

func TestLastByteKnowsAnOpenLine(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	l := &lastByte{w: f}
	for _, test := range []struct {
		text string
		open bool
	}{{"", false}, {"a", true}, {"", true}, {"b\n", false}, {"c\nd", true}} {
		if _, err := l.Write([]byte(test.text)); err != nil {
			t.Fatal(err)
		}
		if l.open != test.open {
			t.Errorf("after %q: open %v, want %v", test.text, l.open, test.open)
		}
	}
	var failed error
	l.failed = func(err error) { failed = err }
	f.Close()
	if _, err := l.Write([]byte("e")); err == nil || failed == nil {
		t.Errorf("a write to a closed file: got error %v, told %v", err, failed)
	}
}
