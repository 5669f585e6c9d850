package aci

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// follower copies the output of one container to a writer: from the live stream while there is one, from log reads
// otherwise. Package logmerge puts the two together. A follower serves one watch and runs on a goroutine of its own; the
// stream and each log read have goroutines too, and report through channels. Its states are those of the live stream
// (streamState):
//
//	     refused for now, or no answer: after early, then backoff
//	    ┌──────────────┬─────────────────────┐
//	    ▼              │                     │
//	┌──────┐ attach ┌──┴─────┐ letConnect ┌──┴─────────┐ opened ┌──────┐
//	│ idle │ ─────▶ │ asking │ ─────────▶ │ connecting │ ─────▶ │ open │
//	└──────┘        └──┬─────┘            └──┬─────────┘        └─┬──┬─┘
//	  ▲  ▲             │  refused for good   │                    │  │ ended by itself
//	  │  │             ▼                     ▼                    │  ▼
//	  │  │           ┌─────────────────────────┐                  │ ┌───────┐
//	  │  │           │         blocked         │                  │ │ ended │
//	  │  │           └─────────────────────────┘                  │ └───┬───┘
//	  │  └─────── the connection broke: after backoff ────────────┘     │
//	  └────────── a read of the group shows the container running ──────┘
//
// asking also covers the moment after Azure has granted a stream, while one log read is made before connecting. blocked
// is final, and is where a follower begins that must not use the stream at all (timestamps wanted). A restart of the
// container takes every state but blocked back to idle.
//
// Log reads go on in every state: every few seconds without a stream, every minute beside one. When the watch sends
// finish, the stream is read to its end, and one last log read follows.
//
// Lines are written in the order of Azure's log. A new stream does not say where in the log it begins, so its lines wait
// for the log read that shows it: at most a minute while Azure throttles reads, ten seconds if reads fail otherwise
// (patience); while a read waits for its turn, as long as that takes. Then they are written as they are. If a later read shows lines from before or between them, those are
// written late and a [Gap] says so. That is the only case in which lines are out of order.
//
// No line is written twice. After a gap, lines of the stream count only once a log read shows their place; what a read
// does not show is part of the gap.
type follower struct {
	c                *Client
	group, container string
	out              *asyncWriter
	merger           *logmerge.Merger
	stream           liveStream
	polls            logPolls
	told             told
	report           report

	wg sync.WaitGroup
}

// report is where a follower reports, and what the watch reads once it has ended.
type report struct {
	signals chan signal // to the watch
	wake    func()      // has the watch take them
	emit    func(Event)
	gap     func(Gap)
	gaps    []Gap     // all that were reported
	first   time.Time // when the first output came
}

// followOptions is what a follower copies, and where to.
type followOptions struct {
	group, container string
	output           io.Writer
	live             bool // false: by log reads alone
	merge            logmerge.Options
	gap              func(Gap)
	emit             func(Event)
	wake             func() // called for each signal
}

func (c *Client) newFollower(o followOptions) *follower {
	f := &follower{
		c: c, group: o.group, container: o.container, out: newAsyncWriter(o.output),
		stream: newLiveStream(c.firstPoll), polls: newLogPolls(), told: newTold(),
		report: report{signals: make(chan signal, 16), wake: o.wake, emit: o.emit, gap: o.gap},
	}
	if !o.live {
		f.stream.state = streamBlocked
	}
	o.merge.Deliver = f.deliver
	o.merge.Gap = func(g logmerge.Gap) { f.sayGap(gapOf(g)) }
	f.merger = logmerge.New(o.merge)
	return f
}

// deliver takes the next bytes of the output from the merger.
func (f *follower) deliver(p []byte) {
	if f.report.first.IsZero() {
		f.report.first = time.Now()
	}
	f.polls.count(p)
	f.out.add(p)
}

// sayGap reports a gap and keeps it for the result.
func (f *follower) sayGap(g Gap) {
	f.report.gaps = append(f.report.gaps, g)
	f.report.gap(g)
}

// signal tells the watch something that makes its next read urgent. It never blocks.
func (f *follower) signal(s signal) {
	select {
	case f.report.signals <- s:
		f.report.wake()
	default: // the watch is behind, and reads the group anyway
	}
}

// run copies output until the watch sends finish, or ctx ends. It returns when everything it started has ended.
func (f *follower) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer f.wg.Wait()
	defer cancel()
	defer f.stream.stop()
	defer f.polls.at.Stop()
	if f.stream.state == streamBlocked {
		f.pollSoon(0)
	}
	for {
		events := f.stream.events
		if f.out.full() || f.merger.Full() {
			events = nil // back-pressure: while the writer or the log reads are behind, the stream waits
		}
		select {
		case <-ctx.Done():
			return f.close(ctx.Done())
		case end := <-f.told.finish:
			return f.end(ctx, end)
		case <-f.told.news:
			f.observe(f.told.take())
		case <-f.out.room:
		case <-f.stream.retryAt.C:
			f.attach(ctx)
		case <-f.stream.connectBy.C:
			f.letConnect()
		case e := <-events:
			f.take(e)
		case <-f.polls.at.C:
			f.startPoll(ctx)
		case p := <-f.polls.answers:
			f.read(p)
		}
	}
}

// close waits until everything is written. Once giveUp is closed it no longer waits for a writer that blocks.
func (f *follower) close(giveUp <-chan struct{}) error {
	err := f.out.close(giveUp)
	if err == errOutputBlocked {
		f.sayGap(Gap{Reason: "the output's reader took no more of it"})
	}
	return err
}
