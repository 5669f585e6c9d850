package docker

import (
	"context"
	"errors"
	"time"

	"github.com/moby/moby/client"
)

// errSilent is why a call was given up whose daemon answers nothing at all: it is stopped, or its machine is.
var errSilent = errors.New("the container engine does not answer")

// ending bounds calls that end something on the daemon: by callTime, and with errSilent as the cause once the daemon has
// answered nothing at all for twice Engine.silence. A daemon that is only busy gets all of callTime: giving it up early would
// leave behind what it can remove. cancel waits for the goroutine that watches the daemon.
func (e *Engine) ending(ctx context.Context) (_ context.Context, cancel func()) {
	ctx, expire := call(ctx)
	ctx, lose := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for e.answers(ctx) {
		}
		if ctx.Err() == nil {
			lose(errSilent)
		}
	}()
	return ctx, func() {
		lose(nil)
		expire()
		<-watched
	}
}

// answers pings the daemon after a while. It is false if no answer came, or ctx has ended.
func (e *Engine) answers(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(e.silence):
	}
	asking, cancel := context.WithTimeout(ctx, e.silence)
	defer cancel()
	_, _ = e.cli.Ping(asking, client.PingOptions{}) // an error is an answer too
	return asking.Err() == nil
}

// orSilence is a call's error, or the cause of its context's end where that is why it failed.
func orSilence(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
