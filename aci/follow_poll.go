package aci

import (
	"bytes"
	"context"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// The waits between two log reads. They count against Azure Resource Manager's limit of 25 reads a second for one
// principal in one subscription and region, as do the reads of the groups.
const (
	pollFast     = 2 * time.Second  // without a live stream, while much is printed
	pollSlow     = 5 * time.Second  // without a live stream, while little is printed
	pollAttached = 60 * time.Second // beside a live stream

	// While live lines wait for their place, the waits double from pollDecide to pollDecided.
	pollDecide  = 250 * time.Millisecond
	pollDecided = 2 * time.Second
)

const (
	// nearlyFull is how much output makes a log read urgent: 3 of the 4 MB that Azure keeps.
	nearlyFull = 3 << 20
	// stampBytes is the size of the time before each line. Whether Azure counts it in the 4 MB is not documented.
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

// logPolls is when the log is read next, and how the reads went.
type logPolls struct {
	answers  chan polled
	reading  bool // a read is under way
	at       *time.Timer
	due      time.Time // when at fires; zero: it does not
	answered time.Time // when the last read succeeded
	worked   bool      // one has succeeded, so the container has run
	err      error     // why the last read failed; nil: it did not
	buf      []byte    // of the last read, used again for the next

	pace   time.Duration // the wait without a stream
	decide pace          // the waits while live lines wait for their place
	held   heldLines
	since  int64 // bytes delivered since the last read, with the times of the lines
}

func newLogPolls() logPolls {
	return logPolls{
		answers: make(chan polled), at: time.NewTimer(pollSlow), due: time.Now().Add(pollSlow),
		pace: pollFast, decide: pace{pollDecide, pollDecided},
	}
}

// count adds what was delivered to since.
func (p *logPolls) count(b []byte) {
	p.since += int64(len(b)) + stampBytes*int64(bytes.Count(b, []byte{'\n'}))
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

// pollNearlyFull plans a read before Azure drops what no read has shown yet. If the stream's place is known, the read only
// proves that the stream left nothing out, and comes no more often than every pollFast.
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

// wholeByStream reports whether a log read is not worth its 4 MB of memory. That is so in one process with the emulator
// (Config.LiveFromStart): the stream began with the container, waits for its reader, and has brought more than a read could
// show.
func (f *follower) wholeByStream() bool {
	return f.c.liveFromStart && f.polls.since > nearlyFull && (f.merger.Synced() || f.merger.Complete())
}

// startPoll starts a log read, or puts it off while its answer would be of no use or would only fill memory.
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
	r := logRequest{group: f.group, container: f.container, buf: p.buf, sent: p.held.begin().noteSent}
	p.buf = nil
	f.wg.Go(func() {
		content, err := f.c.readLogs(ctx, r)
		select {
		case p.answers <- polled{content, err}:
		case <-ctx.Done():
		}
	})
}

// read acts on the answer to a log read and plans the next:
//
//	failed                                            afterFailure
//	the log is that of another run (Other)            pollFast; the watch reads the group
//	stream open, place known, stream is behind        pollSlow
//	stream open, lines wait for their place           pollDecide to pollDecided
//	stream open                                       pollAttached
//	no stream                                         pollFast to pollSlow, by how much was printed
func (f *follower) read(answer polled) {
	p := &f.polls
	p.reading, p.err = false, answer.err
	p.held.end()
	defer f.letConnect()
	if f.told.discard {
		return
	}
	if answer.err != nil {
		// A 404 means that the container has not started. Whatever else it is, the lines are still in Azure.
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
		p.buf = nil // up to 4 MB, not needed for a minute, and there may be a thousand of them
		f.pollSoon(pollAttached)
	default:
		p.pace = min(p.pace*3/2, pollSlow)
		if delivered > 256<<10 {
			p.pace = pollFast
		}
		f.pollSoon(p.pace)
	}
}

// window gives a log read to the merger. If the read may have come after the container's end, when Azure keeps only 16 KB,
// two later reads of the group that show it running prove the contrary (proofAt).
func (f *follower) window(content []byte) {
	f.merger.Window(content, kept)
	if f.told.proofAt == 0 && f.merger.Doubtful() {
		_, n := f.told.take()
		f.told.proofAt = n + 2
	}
}

// afterFailure is the wait after a log read that failed.
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
