package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// longestPause is the most between two tries at something that must be done in the end.
const longestPause = 30 * time.Second

// passes reports whether a failure of Prefect's may pass by itself, or by somebody's repair of the server, the network or a
// key. What a request says wrongly, or about something that is gone, does not.
func passes(err error) bool {
	if _, ok := errors.AsType[*prefect.AbortError](err); ok {
		return false
	}
	e, ok := errors.AsType[*prefect.Error](err)
	if !ok {
		return false
	}
	for _, final := range []error{prefect.ErrNotFound, prefect.ErrConflict, prefect.ErrInvalid, prefect.ErrUnsupported} {
		if errors.Is(e, final) {
			return false
		}
	}
	return true
}

// insist repeats try until it succeeds, fails for good or ctx ends. It says once that it waits.
func (w *Worker) insist(ctx context.Context, log *slog.Logger, doing string, try func() error) error {
	for pause := time.Second; ; pause = min(2*pause, longestPause) {
		err := try()
		if err == nil || !passes(err) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if pause == time.Second {
			log.WarnContext(ctx, doing+" does not succeed yet", "error", err)
		}
		if err := azure.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// every calls do each time that d has passed or wake has a signal, until ctx ends or do says so.
func every(ctx context.Context, d time.Duration, wake <-chan struct{}, do func() (done bool)) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		}
		if ctx.Err() != nil || do() {
			return
		}
		timer.Reset(d)
	}
}

// gap is the least time between two turns of a loop, however many events ask for one.
const gap = 250 * time.Millisecond

// apart gives do with a pause before it, so that its calls are a gap apart. One that takes longer is followed by as long a pause,
// up to the usual one: the server is busy then. One that waited for hours, as under maintenance, says nothing about the next. It
// is done when ctx has ended.
func apart(ctx context.Context, usual time.Duration, do func() (done bool)) func() (done bool) {
	var next time.Time
	return func() (done bool) {
		if err := azure.Sleep(ctx, time.Until(next)); err != nil {
			return true
		}
		began := time.Now()
		done = do()
		next = time.Now().Add(min(max(gap, time.Since(began)), usual))
		return done
	}
}

// signal wakes a loop that reads from c, unless it has a signal already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
