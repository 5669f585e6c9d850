package aci

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// Times of reading output.
const (
	pollFast     = 2 * time.Second  // without a live stream, when much comes
	pollSlow     = 5 * time.Second  // without a live stream, when little comes
	pollAttached = 60 * time.Second // beside a live stream
	pollDecide   = 250 * time.Millisecond
	pollDecided  = 2 * time.Second
	// attachAgain and attachMost are the waits before a broken live stream is asked for again.
	attachAgain = time.Second
	attachMost  = 30 * time.Second
	// connectAfter is how long a granted stream waits for the log read before it: an answer that hangs holds up no line.
	connectAfter = 3 * time.Second
	// forceAfter is how long live lines wait for a log read to tell their place.
	forceAfter = 10 * time.Second
	// nearlyFull is when a log read cannot wait: 3 of the 4 MB that Azure keeps.
	nearlyFull = 3 << 20
	// stampBytes is what Azure puts before each line, counted in case Azure counts it.
	stampBytes = 32
)

// follower brings the output of one container to a writer: live while the stream is open, by log reads else. It is
// made for one watch and run on a goroutine of its own; the watch tells it what it sees of the container through the
// channels.
type follower struct {
	c                *Client
	group, container string
	out              *asyncWriter
	merger           *logmerge.Merger
	live             bool // a live stream is wanted
	gaps             []Gap
	gap              func(Gap)
	emit             func(Event)
	first            time.Time // of the first line

	running   chan struct{} // the container was seen running
	restarted chan struct{} // it was started again
	finish    chan finish   // it has ended
	signals   chan signal   // to the watch

	streams   chan streamEvent
	streaming bool // a stream is open, or being opened
	open      bool
	attachAt  *time.Timer
	early     pace // before the container was seen running
	backoff   pace
	opened    time.Time
	connect   chan struct{} // closed to let the granted stream connect; nil: none waits
	connectAt *time.Timer   // it waits no longer

	polled  chan polled
	polling bool
	pollAt  *time.Timer
	due     time.Time // when pollAt fires; zero: it does not
	pace    time.Duration
	decide  pace
	since   int64 // bytes since the last log read, times included
	waiting time.Time
	buf     []byte
	seen    bool // a log read has worked
	ran     bool // the container was seen running
	wg      sync.WaitGroup
}

// signal is what a follower tells the watch.
type signal int

const (
	signalAttached signal = iota
	signalDetached
	signalOutput // the container runs, or has run
)

// finish ends a follower. drain is how long the live stream may take to end by itself.
type finish struct {
	drain    time.Duration
	patience time.Duration // with the last log read
	stopped  bool          // Azure keeps the little of a stopped container
	never    bool          // the container never ran, as far as is known: there may be no output
	gone     bool          // and so is its output
	foreign  bool          // the name is another group's now, whose output is none of ours
}

// followOptions is what a follower is for.
type followOptions struct {
	group, container string
	output           io.Writer
	live             bool
	merge            logmerge.Options
	gap              func(Gap)
	emit             func(Event)
}

func (c *Client) newFollower(o followOptions) *follower {
	f := &follower{
		c: c, group: o.group, container: o.container, out: newAsyncWriter(o.output), live: o.live, gap: o.gap, emit: o.emit,
		running: make(chan struct{}, 1), restarted: make(chan struct{}, 1), finish: make(chan finish, 1),
		signals: make(chan signal, 16), streams: make(chan streamEvent), polled: make(chan polled),
		attachAt: time.NewTimer(0), connectAt: stoppedTimer(), pollAt: time.NewTimer(pollSlow), due: time.Now().Add(pollSlow), pace: pollFast,
		early: pace{c.firstPoll / 20, 4 * c.firstPoll}, backoff: pace{attachAgain, attachMost}, decide: pace{pollDecide, pollDecided},
	}
	o.merge.Deliver = f.deliver
	o.merge.Gap = func(g logmerge.Gap) { f.sayGap(Gap{From: g.From, To: g.To, Lines: g.Lines, Reason: g.Reason}) }
	f.merger = logmerge.New(o.merge)
	return f
}

func (f *follower) deliver(line []byte) {
	if f.first.IsZero() {
		f.first = time.Now()
	}
	f.since += int64(len(line)) + stampBytes
	f.out.add(line)
}

func (f *follower) sayGap(g Gap) {
	f.gaps = append(f.gaps, g)
	f.gap(g)
}

func (f *follower) signal(s signal) {
	select {
	case f.signals <- s:
	default: // the watch reads anyway
	}
}

// run brings output until the watch says finish, or ctx ends. It returns when everything it started has ended.
func (f *follower) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer f.wg.Wait()
	defer cancel()
	defer f.attachAt.Stop()
	defer f.connectAt.Stop()
	defer f.pollAt.Stop()
	if !f.live {
		f.attachAt.Stop()
		f.pollSoon(0)
	}
	streamCtx, endStream := context.WithCancel(ctx)
	defer endStream()
	for {
		streams := f.streams
		if f.out.full() {
			streams = nil // the writer is slow: so is the stream
		}
		select {
		case <-ctx.Done():
			_ = f.out.close() // what it has is written
			return context.Cause(ctx)
		case end := <-f.finish:
			f.drain(ctx, end)
			endStream()
			f.last(ctx, end)
			return f.out.close()
		case <-f.running:
			f.ran = true
			f.attachSoon(0)
			f.pollSoon(f.pace)
		case <-f.restarted:
			f.merger.Restarted()
		case <-f.out.room:
		case <-f.attachAt.C:
			f.startStream(streamCtx)
		case <-f.connectAt.C:
			f.letConnect()
		case e := <-streams:
			f.stream(e)
		case <-f.pollAt.C:
			f.startPoll(ctx)
		case p := <-f.polled:
			f.read(p)
		}
	}
}

// letConnect lets a stream that was granted connect.
func (f *follower) letConnect() {
	if f.connect != nil {
		f.connectAt.Stop()
		f.merger.Opening()
		close(f.connect)
		f.connect = nil
	}
}

// attachSoon plans the next try of a live stream, unless there is one.
func (f *follower) attachSoon(d time.Duration) {
	if f.live && !f.streaming {
		f.attachAt.Reset(d)
	}
}

func (f *follower) startStream(ctx context.Context) {
	if f.streaming {
		return
	}
	f.streaming = true
	f.wg.Go(func() { f.c.attach(ctx, f.group, f.container, f.streams) })
}

// stream takes one event of the live stream.
func (f *follower) stream(e streamEvent) {
	switch {
	case e.granted != nil:
		// One log read just before and one just after the connection leave little doubt where the stream begins, even
		// among equal lines.
		f.connect = e.granted
		f.connectAt.Reset(connectAfter)
		f.pollSoon(0)
	case e.opened:
		f.open, f.opened = true, time.Now()
		f.waiting = time.Time{}
		f.merger.Opened()
		f.signal(signalAttached)
		f.emit(Event{Kind: EventAttached})
		f.decide.next = pollDecide
		f.pollSoon(0) // tells where the stream begins
	case e.closed:
		f.streaming = false
		if f.open {
			f.merger.Closed(e.clean)
			f.detached(e.err)
			return
		}
		// Not yet running, most likely. A few tries at once, for containers that start at once; then the watch or a
		// log read tells.
		if wait := f.early.step(); wait < f.early.most {
			f.attachSoon(wait)
		} else if f.ran || f.seen {
			f.attachSoon(f.backoff.step())
		}
	default:
		f.merger.Live(e.chunk)
		f.hold()
		if f.since > nearlyFull {
			f.pollSoon(0)
		}
	}
}

func (f *follower) detached(err error) {
	f.open = false
	f.signal(signalDetached)
	f.emit(Event{Kind: EventDetached, Err: err})
	f.connect = nil
	if time.Since(f.opened) > time.Minute {
		f.backoff.next = attachAgain
	}
	f.attachSoon(f.backoff.step())
	f.pace = pollFast
	f.pollSoon(f.pace)
}
