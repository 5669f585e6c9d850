package aci

import (
	"context"
	"net/http"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

const (
	// lastPatience is how long the last log read is tried. Azure Resource Manager takes up to a minute for one answer, so
	// this is enough for three.
	lastPatience = 3 * time.Minute
	// interruptedPatience is the same after an interrupt: somebody waits for the program to end.
	interruptedPatience = 20 * time.Second
	// lateLogs is how long Azure may answer 404 to log reads of a container that has just ended.
	lateLogs = 10 * time.Second
	// mostRefused is how many refusals of the last log read are taken to be final.
	mostRefused = 3
)

// end copies the last output and closes the writer: the rest of the live stream, then one last log read. The order is that of
// what is known: the stream may bring lines that Azure no longer keeps, and the read may show lines that the stream left out.
//
//	finish ──▶ drain ──▶ a log read under way ──▶ last read ──▶ Merger.Final ──▶ close the writer
//	  │                                              │ no read, or the group is gone: a gap, unless the stream brought all
//	  └── discard (a run that is not the job's): neither stream nor read ─────▶ close the writer
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

// drain reads the live stream to its end, if the container has ended, or for end.drain, if it goes on. A slow writer holds
// it up for as long as the caller waits, so that nothing is lost to a pager; after giveUp no more. A stream is silent only
// if nothing came while events were taken: the time in which the writer holds it up does not count.
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

// lateAnswer takes the answer to a log read that was asked for before the end.
func (f *follower) lateAnswer(p polled) {
	f.polls.reading = false
	if p.err == nil {
		f.polls.buf, f.polls.worked = p.content, true
		f.window(p.content)
	}
}

// last makes the log read after the end and gives it to the merger. If it cannot be made, the merger reports a gap unless
// the stream brought everything.
func (f *follower) last(ctx context.Context, end finish) {
	if f.out.failure() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, end.patience)
	defer cancel()
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
		return // the stream brought all of it
	}
	if end.gone {
		lost() // a read could only show the output of another group of that name
		return
	}
	content, err := f.readLast(ctx, end)
	switch {
	case err == nil:
		f.merger.Final(content, true, kept)
	case end.never && f.merger.Untouched() && !f.polls.worked: // it printed nothing
	default:
		lost()
	}
}

// readLast reads the log until that succeeds, Azure refuses mostRefused times, or ctx ends.
func (f *follower) readLast(ctx context.Context, end finish) ([]byte, error) {
	wait := pace{f.c.firstPoll / 4, 10 * time.Second}
	began, refused := time.Now(), 0
	for {
		content, err := f.c.readLogs(ctx, logRequest{group: f.group, container: f.container, buf: f.polls.buf})
		if err == nil || end.never && f.merger.Untouched() && !f.polls.worked {
			return content, err
		}
		switch e, isLost := lost(err); {
		case isLost:
		case e != nil && e.Status == http.StatusNotFound:
			if time.Since(began) >= lateLogs {
				return nil, err
			}
		default:
			refused++
		}
		if refused >= mostRefused || ctx.Err() != nil || azure.Sleep(ctx, wait.step()) != nil {
			return nil, err
		}
	}
}
