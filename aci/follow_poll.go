package aci

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// polled is the answer of a log read.
type polled struct {
	content []byte
	err     error
}

// hold sees to live lines that wait for a log read.
func (f *follower) hold() {
	switch {
	case f.merger.Held() == 0:
		f.waiting = time.Time{}
	case f.waiting.IsZero():
		f.waiting = time.Now()
		f.pollSoon(pollDecide)
	case time.Since(f.waiting) > forceAfter && !f.seen:
		f.merger.Force()
	}
}

// pollSoon plans the next log read, unless one is under way or comes earlier.
func (f *follower) pollSoon(d time.Duration) {
	at := time.Now().Add(d)
	if f.polling || !f.due.IsZero() && f.due.Before(at) {
		return
	}
	f.due = at
	f.pollAt.Reset(d)
}

func (f *follower) startPoll(ctx context.Context) {
	f.due = time.Time{}
	if f.polling {
		return
	}
	if f.out.failure() != nil {
		f.letConnect()
		return
	}
	if f.out.full() {
		f.pollSoon(pollFast)
		return
	}
	f.polling = true
	f.merger.Requested()
	r := logRequest{group: f.group, container: f.container, buf: f.buf}
	f.buf = nil
	f.wg.Go(func() {
		content, err := f.c.readLogs(ctx, r)
		select {
		case f.polled <- polled{content, err}:
		case <-ctx.Done():
		}
	})
}

// read takes the answer of a log read and plans the next.
func (f *follower) read(p polled) {
	f.polling = false
	defer f.letConnect()
	if p.err != nil {
		// An early 404 means "not yet", and all else is lost sight: the lines are still there.
		f.hold()
		f.pollSoon(f.afterFailure(p.err))
		return
	}
	f.buf = p.content
	if !f.seen {
		f.seen = true
		f.signal(signalOutput)
		f.attachSoon(0)
	}
	f.since = 0
	f.merger.Window(p.content, logmerge.Info{Bytes: keptRunning})
	f.hold()
	delivered := f.since
	f.since = 0
	switch {
	case f.open && f.merger.Synced():
		f.decide.next = pollDecide
		f.pollSoon(pollAttached)
	case f.open && f.merger.Held() > 0:
		f.pollSoon(f.decide.step())
	case f.open:
		f.pollSoon(pollAttached)
	default:
		f.pace = min(f.pace*3/2, pollSlow)
		if delivered > 256<<10 {
			f.pace = pollFast
		}
		f.pollSoon(f.pace)
	}
}

func (f *follower) afterFailure(err error) time.Duration {
	wait := pollSlow
	if f.open && f.merger.Held() > 0 {
		wait = f.decide.step()
	}
	if e, isLost := lost(err); isLost {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}
