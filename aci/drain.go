package aci

import (
	"context"
	"time"
)

// The last log read is tried for lastPatience; a container's output is worth some waiting, but not for ever. ARM itself
// gives an answer a minute. Who has interrupted a job waits less.
const (
	lastPatience        = 3 * time.Minute
	interruptedPatience = 20 * time.Second
)

// lateLogs is how long Azure may say of a container that has just ended that it has no output yet.
const lateLogs = 10 * time.Second

// mostRefused is how often a last log read may be refused for good.
const mostRefused = 3

// end brings the last output of a container that has ended.
func (f *follower) end(ctx context.Context, end finish) error {
	if s, _ := f.told.take(); s.restarts > f.told.restarts {
		f.told.restarts = s.restarts
		f.restarted(s.discard)
	}
	if !f.told.discard {
		f.drain(ctx, end)
	}
	f.stream.stop()
	if !f.told.discard {
		f.last(ctx, end)
	}
	return f.close(end.giveUp)
}

// drain lets the live stream of a container that has ended come to its own end, and takes what one brings for a moment
// whose container goes on. A writer that is slow holds it up, as long as the caller waits for the writer.
func (f *follower) drain(ctx context.Context, end finish) {
	quiet := time.NewTimer(end.drain)
	defer quiet.Stop()
	giveUp := end.giveUp
	more := func() {
		if end.ended {
			quiet.Reset(end.drain)
		}
	}
	for f.stream.active() {
		f.letConnect()
		events := f.stream.events
		if giveUp != nil && f.out.full() {
			events = nil
		}
		if f.merger.Full() {
			f.merger.Force()
		}
		select {
		case e := <-events:
			f.take(e)
			more()
		case p := <-f.polls.answers:
			f.lateAnswer(p)
		case <-f.out.room:
			more()
		case <-giveUp:
			giveUp = nil
		case <-quiet.C:
			if events != nil || !end.ended {
				f.merger.Closed(false)
				return
			}
			quiet.Reset(end.drain)
		case <-ctx.Done():
			f.merger.Closed(false)
			return
		}
	}
}

// lateAnswer takes the answer of a log read that was asked for before the end.
func (f *follower) lateAnswer(p polled) {
	f.polls.reading = false
	if p.err == nil {
		f.polls.buf, f.polls.worked = p.content, true
		f.window(p.content)
	}
}

// last is the log read after the end, which has every line that Azure still has.
func (f *follower) last(ctx context.Context, end finish) {
	if f.out.failure() != nil {
		return
	}
	lost := func() { f.merger.Final(nil, false, kept) }
	for f.polls.reading {
		select {
		case p := <-f.polls.answers:
			f.lateAnswer(p)
		case <-ctx.Done():
			lost()
			return
		}
	}
	if f.wholeByStream() {
		return // all of it has come, and was passed on
	}
	if end.gone {
		lost() // a read could only be of another group that has the name by now
		return
	}
	content, err := f.readLast(ctx, end)
	switch {
	case err == nil:
		f.merger.Final(content, true, kept)
	case end.never && f.merger.Untouched() && !f.polls.worked: // it has printed nothing
	default:
		lost()
	}
}

// readLast reads the logs until that works, Azure refuses it for good, or patience is at its end.
func (f *follower) readLast(ctx context.Context, end finish) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, end.patience)
	defer cancel()
	wait := pace{f.c.firstPoll / 4, 10 * time.Second}
	began, refused := time.Now(), 0
	for {
		content, err := f.c.readLogs(ctx, logRequest{group: f.group, container: f.container, buf: f.polls.buf})
		if err == nil || end.never && f.merger.Untouched() && !f.polls.worked {
			return content, err
		}
		switch e, isLost := lost(err); {
		case isLost:
		case e != nil && missing(e):
			if time.Since(began) >= lateLogs {
				return nil, err
			}
		default:
			refused++
		}
		if refused >= mostRefused || ctx.Err() != nil || sleep(ctx, wait.step()) != nil {
			return nil, err
		}
	}
}
