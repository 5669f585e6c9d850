package aci

import (
	"context"
	"time"
)

// Times of the live stream.
const (
	// attachAgain and attachMost are the waits before a stream that broke off is asked for again.
	attachAgain = time.Second
	attachMost  = 30 * time.Second
	// connectAfter is how long a granted stream waits for the log read before it: an answer that hangs holds up no line.
	connectAfter = 3 * time.Second
)

// streamState is where the live stream stands; see [follower].
type streamState int

const (
	streamIdle streamState = iota
	streamAsking
	streamConnecting
	streamOpen
	streamEnded
	streamBlocked
)

// liveStream is the follower's side of the live stream.
type liveStream struct {
	state   streamState
	events  chan streamEvent
	breakIt context.CancelFunc // nil: there is no stream
	opened  time.Time

	// Asking for it.
	retryAt *time.Timer
	early   pace // before the container was seen running
	backoff pace
	refused int // refusals in a row that will last

	// connect is closed to let a granted stream connect; nil: none waits. At connectBy it waits no longer.
	connect   chan struct{}
	connectBy *time.Timer
}

func newLiveStream(firstPoll time.Duration) liveStream {
	return liveStream{
		events: make(chan streamEvent), retryAt: time.NewTimer(0), connectBy: stoppedTimer(), breakIt: func() {},
		early: pace{firstPoll / 20, 4 * firstPoll}, backoff: pace{attachAgain, attachMost},
	}
}

// active reports that events will come.
func (s *liveStream) active() bool {
	return s.state == streamAsking || s.state == streamConnecting || s.state == streamOpen
}

func (s *liveStream) stop() {
	s.breakIt()
	s.retryAt.Stop()
	s.connectBy.Stop()
}

// breakOff ends a stream whose container is not the one that is followed any more. Nothing is heard of it again.
func (s *liveStream) breakOff() {
	s.stop()
	s.events, s.connect = make(chan streamEvent), nil
	s.state = streamIdle
}

// attachSoon plans the next try of a live stream, unless there is one.
func (f *follower) attachSoon(d time.Duration) {
	if f.stream.state == streamIdle {
		f.stream.retryAt.Reset(d)
	}
}

// attach asks for a live stream.
func (f *follower) attach(ctx context.Context) {
	s := &f.stream
	if s.state != streamIdle {
		return
	}
	s.state = streamAsking
	ctx, s.breakIt = context.WithCancel(ctx)
	events := s.events
	f.wg.Go(func() { f.c.attach(ctx, f.group, f.container, events) })
}

// letConnect lets a stream that was granted connect.
func (f *follower) letConnect() {
	if s := &f.stream; s.connect != nil {
		s.connectBy.Stop()
		f.merger.Opening()
		close(s.connect)
		s.connect, s.state = nil, streamConnecting
	}
}

// take takes one event of the live stream.
func (f *follower) take(e streamEvent) {
	s := &f.stream
	switch {
	case e.granted != nil:
		// One log read just before and one just after the connection leave little doubt where the stream begins, even
		// among equal lines.
		s.connect = e.granted
		if f.c.liveFromStart && f.merger.Untouched() {
			f.letConnect()
			return
		}
		s.connectBy.Reset(connectAfter)
		f.pollSoon(0)
	case e.opened:
		s.state, s.opened, s.refused = streamOpen, time.Now(), 0
		f.polls.waiting = time.Time{}
		f.merger.Opened()
		if f.c.liveFromStart {
			f.merger.FromStart()
		}
		f.signal(signalAttached)
		f.report.emit(Event{Kind: EventAttached})
		f.polls.decide.next = pollDecide
		if !f.merger.Synced() {
			f.pollSoon(0) // tells where the stream begins
		}
	case e.closed:
		f.streamClosed(e)
	default:
		f.merger.Live(e.chunk)
		f.hold()
		if f.polls.since > nearlyFull {
			f.pollNearlyFull()
		}
	}
}

// streamClosed decides what follows a stream that has ended, or could not be had.
func (f *follower) streamClosed(e streamEvent) {
	s := &f.stream
	opened := s.state == streamOpen
	s.breakIt()
	s.connectBy.Stop()
	s.connect, s.state = nil, streamIdle
	f.merger.Closed(e.clean)
	if !opened {
		f.attachFailed(e.err)
		return
	}
	f.signal(signalDetached)
	f.report.emit(Event{Kind: EventDetached, Err: e.err})
	f.polls.pace = pollFast
	if e.clean {
		// The container has ended, most likely; if it is started again, the watch tells.
		s.state = streamEnded
		f.pollSoon(pollSlow)
		return
	}
	if time.Since(s.opened) > time.Minute {
		s.backoff.next = attachAgain
	}
	f.attachSoon(s.backoff.step())
	f.pollSoon(f.polls.pace)
}

// attachFailed plans the next try, or gives it up: what is refused for good is said once, and log reads bring the
// output then.
func (f *follower) attachFailed(err error) {
	s := &f.stream
	most := refusals(err, f.told.ran || f.polls.worked)
	if s.refused++; most == 0 {
		s.refused = 0
	} else if s.refused >= most {
		s.state = streamBlocked
		f.report.emit(Event{Kind: EventAttachBlocked, Err: err})
		f.pollSoon(f.polls.pace)
		return
	}
	// Not yet running, most likely. A few tries at once, for containers that start at once; then the watch or a log read
	// tells.
	if wait := s.early.step(); wait < s.early.most {
		f.attachSoon(wait)
	} else if f.told.ran || f.polls.worked {
		f.attachSoon(s.backoff.step())
	}
}
