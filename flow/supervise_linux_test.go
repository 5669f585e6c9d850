package flow

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

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
