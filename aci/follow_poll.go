package aci

import (
	"bytes"
	"context"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
	"github.com/pacific-aci/pacific/azure"
)

// Times of log reads.
const (
	pollFast     = 2 * time.Second  // without a live stream, when much comes
	pollSlow     = 5 * time.Second  // without a live stream, when little comes
	pollAttached = 60 * time.Second // beside a live stream
	pollDecide   = 250 * time.Millisecond
	pollDecided  = 2 * time.Second
	// forceFailed is how long live lines wait for a log read to tell their place while reads fail; forceThrottled is for
	// reads that are only slow in coming: until then the lines from before the stream can still be put before the others.
	forceFailed    = 10 * time.Second
	forceThrottled = time.Minute
	// nearlyFull is when a log read cannot wait: 3 of the 4 MB that Azure keeps.
	nearlyFull = 3 << 20
	// stampBytes is what Azure puts before each line, counted in case Azure counts it.
	stampBytes = 32
)

// kept is what ACI shows of a container's output.
var kept = logmerge.Info{
	Running: logmerge.Limit{Bytes: keptRunning},
	Ended:   logmerge.Limit{Bytes: keptStopped, Lines: keptStoppedLines},
}

// polled is the answer of a log read.
type polled struct {
	content []byte
	err     error
}

// logPolls is the follower's side of the log reads.
type logPolls struct {
	answers  chan polled
	reading  bool
	at       *time.Timer
	due      time.Time // when at fires; zero: it does not
	answered time.Time // the last read that worked
	worked   bool      // one has
	err      error     // why the last one failed
	buf      []byte

	pace    time.Duration // without a stream
	decide  pace          // while live lines wait
	waiting time.Time     // since when they do; zero: none wait
	since   int64         // bytes delivered since the last read, times included
}

func newLogPolls() logPolls {
	return logPolls{
		answers: make(chan polled), at: time.NewTimer(pollSlow), due: time.Now().Add(pollSlow),
		pace: pollFast, decide: pace{pollDecide, pollDecided},
	}
}

// count counts what was delivered.
func (p *logPolls) count(b []byte) {
	p.since += int64(len(b)) + stampBytes*int64(bytes.Count(b, []byte{'\n'}))
}

// hold sees to live lines that wait for a log read.
func (f *follower) hold() {
	p := &f.polls
	switch {
	case f.merger.Held() == 0:
		p.waiting = time.Time{}
	case p.waiting.IsZero():
		p.waiting = time.Now()
		f.pollSoon(pollDecide)
	case time.Since(p.waiting) > f.patience() && p.answered.Before(p.waiting):
		f.merger.Force()
	}
}

// patience is how long live lines wait for a log read.
func (f *follower) patience() time.Duration {
	p := &f.polls
	if e := azure.Explain(p.err); e != nil && e.Class == azure.ClassThrottled {
		return forceThrottled
	}
	return forceFailed
}

// pollSoon plans the next log read, unless one is under way or comes earlier.
func (f *follower) pollSoon(d time.Duration) {
	p := &f.polls
	at := time.Now().Add(d)
	if p.reading || f.told.discard || !p.due.IsZero() && p.due.Before(at) {
		return
	}
	p.due = at
	p.at.Reset(d)
}

// pollNearlyFull reads before Azure drops what no read has shown. Beside a stream whose place is known that is a proof,
// and not worth a read at every moment.
func (f *follower) pollNearlyFull() {
	wait := time.Duration(0)
	if f.wholeByStream() {
		return
	}
	if f.merger.Synced() {
		wait = max(0, pollFast-time.Since(f.polls.answered))
	}
	f.pollSoon(wait)
}

// wholeByStream reports that a log read is not worth its memory: the live stream waits for its reader and began with the
// container, and has brought so much that a read could only show the end of it once more.
func (f *follower) wholeByStream() bool {
	return f.c.liveFromStart && f.polls.since > nearlyFull && (f.merger.Synced() || f.merger.Complete())
}

func (f *follower) startPoll(ctx context.Context) {
	p := &f.polls
	p.due = time.Time{}
	if p.reading || f.told.discard {
		return
	}
	if f.wholeByStream() {
		f.pollSoon(pollAttached)
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
	p.reading = true
	f.merger.Requested()
	r := logRequest{group: f.group, container: f.container, buf: p.buf}
	p.buf = nil
	f.wg.Go(func() {
		content, err := f.c.readLogs(ctx, r)
		select {
		case p.answers <- polled{content, err}:
		case <-ctx.Done():
		}
	})
}

// read takes the answer of a log read and plans the next.
func (f *follower) read(answer polled) {
	p := &f.polls
	p.reading, p.err = false, answer.err
	defer f.letConnect()
	if f.told.discard {
		return
	}
	if answer.err != nil {
		// An early 404 means "not yet", and all else is lost sight: the lines are still there.
		f.hold()
		f.pollSoon(f.afterFailure(answer.err))
		return
	}
	p.buf, p.answered = answer.content, time.Now()
	if !p.worked {
		p.worked = true
		f.signal(signalOutput)
		f.attachSoon(0)
	}
	p.since = 0
	f.window(answer.content)
	f.hold()
	delivered := p.since
	p.since = 0
	open := f.stream.state == streamOpen
	switch {
	case f.merger.Other():
		f.signal(signalRestarted)
		f.pollSoon(pollFast)
	case open && f.merger.Synced() && f.merger.Behind():
		f.pollSoon(pollSlow)
	case open && (f.merger.Held() > 0 || f.merger.Behind()):
		f.pollSoon(p.decide.step())
	case open:
		p.decide.next = pollDecide
		f.pollSoon(pollAttached)
	default:
		p.pace = min(p.pace*3/2, pollSlow)
		if delivered > 256<<10 {
			p.pace = pollFast
		}
		f.pollSoon(p.pace)
	}
}

// window gives a log read to the merger.
func (f *follower) window(content []byte) {
	f.merger.Window(content, kept)
	if f.told.proofAt == 0 && f.merger.Doubtful() {
		_, n := f.told.take()
		f.told.proofAt = n + 2
	}
}

func (f *follower) afterFailure(err error) time.Duration {
	wait := pollSlow
	if f.stream.state == streamOpen && f.merger.Held() > 0 {
		wait = f.polls.decide.step()
	}
	if e, isLost := lost(err); isLost {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}
