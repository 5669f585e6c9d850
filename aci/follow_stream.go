package aci

import (
	"context"
	"time"
)

// Times of the live stream.
const (
	// attachAgain doubles up to attachMost: the waits before a stream whose connection broke is asked for again.
	attachAgain = time.Second
	attachMost  = 30 * time.Second
	// connectAfter is how long a granted stream waits for the log read before it. A read that hangs must not hold up lines.
	connectAfter = 3 * time.Second
)

// streamState is where the live stream stands; see [follower].
type streamState int

const (
	streamIdle       streamState = iota // there is none; retryAt may be set
	streamAsking                        // Azure was asked for one, or granted one that does not connect yet
	streamConnecting                    // the websocket is being connected
	streamOpen                          // it brings output
	streamEnded                         // Azure closed it in good order: the container has ended
	streamBlocked                       // there will be none
)

// liveStream is the state of the live stream and of the attempts to get one.
type liveStream struct {
	state   streamState
	events  chan streamEvent
	breakIt context.CancelFunc // ends the goroutine of the stream
	opened  time.Time

	retryAt *time.Timer
	early   pace // the waits before the container was seen running
	backoff pace // the waits after that
	refused int  // refusals in a row of a kind that lasts

	// connect is closed to let a granted stream connect, at connectBy at the latest; nil: none waits.
	connect   chan struct{}
	connectBy *time.Timer
}

// atOnce is the wait of a timer that is due. One of no time at all has expired when it is read, which can end Go 1.26's race detector
// in a synctest bubble.
const atOnce = time.Nanosecond

func newLiveStream(firstPoll time.Duration) liveStream {
	return liveStream{
		events: make(chan streamEvent), retryAt: time.NewTimer(atOnce), connectBy: stoppedTimer(), breakIt: func() {},
		early: pace{firstPoll / 20, 4 * firstPoll}, backoff: pace{attachAgain, attachMost},
	}
}

// active reports whether more events of the stream will come.
func (s *liveStream) active() bool {
	return s.state == streamAsking || s.state == streamConnecting || s.state == streamOpen
}

// stop ends the stream, if there is one, and its timers.
func (s *liveStream) stop() {
	s.breakIt()
	s.retryAt.Stop()
	s.connectBy.Stop()
}

// breakOff ends a stream of an earlier run of the container. The new channel makes sure that no event of it arrives later.
// What blocked the stream then blocks it still.
func (s *liveStream) breakOff() {
	s.stop()
	s.events, s.connect = make(chan streamEvent), nil
	if s.state != streamBlocked {
		s.state = streamIdle
	}
}

// attachSoon plans the next request for a live stream, unless there is one or will be none.
func (f *follower) attachSoon(d time.Duration) {
	if f.stream.state == streamIdle {
		f.stream.retryAt.Reset(max(d, atOnce))
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

// letConnect lets a granted stream connect, if one waits.
func (f *follower) letConnect() {
	if s := &f.stream; s.connect != nil {
		s.connectBy.Stop()
		f.merger.Opening()
		close(s.connect)
		s.connect, s.state = nil, streamConnecting
	}
}

// take acts on one event of the live stream.
func (f *follower) take(e streamEvent) {
	s := &f.stream
	switch {
	case e.granted != nil:
		// A log read just before the connection and one just after it leave little doubt where the stream begins, even
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
		f.polls.held.reset()
		f.merger.Opened()
		if f.c.liveFromStart {
			f.merger.FromStart()
		}
		f.signal(signalAttached)
		f.report.emit(Event{Kind: EventAttached})
		f.polls.decide.next = pollDecide
		if !f.merger.Synced() {
			f.pollSoon(0) // shows where the stream begins
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

// streamClosed decides what comes after a stream that ended, broke or was refused.
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
		// The container has most likely ended. If it runs again, a read of the group shows it.
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

// attachFailed plans the next request for a stream, or gives up: a refusal that lasts is reported once, and log reads
// alone bring the output from then on.
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
	// Most likely the container does not run yet. A few quick tries serve containers that start at once. After those, the
	// next one waits until a read of the group or a log read shows that the container runs.
	if wait := s.early.step(); wait < s.early.most {
		f.attachSoon(wait)
	} else if f.told.ran || f.polls.worked {
		f.attachSoon(s.backoff.step())
	}
}
