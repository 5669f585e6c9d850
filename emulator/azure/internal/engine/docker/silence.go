package docker

import (
	"context"
	"errors"
	"time"

	"github.com/moby/moby/client"
)

// errSilent is the cause of a call's end that a daemon has not answered, nor anything else: it is stopped, or its machine is.
var errSilent = errors.New("the container engine does not answer")

// ending bounds what ends something on the daemon: by callTime, and by twice the engine's silence where the daemon answers
// nothing at all. One that is only busy may take its time, or it would keep what it could have removed. The context's cause is
// then errSilent. cancel waits for what watches.
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

// answers asks the daemon for a sign of life after a while. It is false when there is none, or when ctx has ended.
func (e *Engine) answers(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(e.silence):
	}
	asking, cancel := context.WithTimeout(ctx, e.silence)
	defer cancel()
	_, _ = e.cli.Ping(asking, client.PingOptions{}) // an error is an answer: whoever calls gets it too
	return asking.Err() == nil
}

// orSilence is a call's error, or rather why its context has ended.
func orSilence(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
