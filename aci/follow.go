package aci

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// follower brings the output of one container to a writer: live while a stream is open, by log reads else. It is made
// for one watch and runs on a goroutine of its own; log reads and the stream have goroutines too, which tell it their
// results through channels. Its states are those of the live stream (streamState):
//
//	                  failed: after a while
//	    ┌────────────────────────────────────────┐
//	    ▼                                        │
//	┌──────┐  runs   ┌────────┐  granted  ┌──────┴─────┐  opened  ┌──────┐
//	│ idle │ ──────▶ │ asking │ ────────▶ │ connecting │ ───────▶ │ open │
//	└──────┘         └───┬────┘           └─────┬──────┘          └─┬──┬─┘
//	    ▲                │   refused for good   │      broke off    │  │
//	    ├────────────────┼──────────────────────┼───────────────────┘  │ ended by itself
//	    │                ▼                      │                      ▼
//	    │          ┌─────────┐                  │                  ┌───────┐
//	    │          │ blocked │ ◀────────────────┘                  │ ended │
//	    │          └─────────┘                                     └───┬───┘
//	    └──────────────────────────────────────────────────────────────┘
//	               the watch says that the container runs (again)
//
// Log reads go on in every state: every few seconds without a stream, every minute beside one. When the watch says
// finish, the stream is read to its end, and one last log read follows.
//
// Lines come in the order of Azure's log. Those of a stream whose place is not known wait for the log read that tells it:
// a minute while Azure throttles reads, ten seconds while reads fail otherwise (patience). Then they are written without
// it. If a later read shows lines from before them, or between them, those come late and a [Gap] says so: what is written
// cannot be taken back. That is the only case in which lines are out of order.
//
// No line is written twice, a gap or not. Behind a gap a line has a place only if a read shows it: what a stream brings
// from before what the read shows is left to the gap.
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

// report is what a follower tells others.
type report struct {
	signals chan signal // to the watch
	emit    func(Event)
	gap     func(Gap)
	gaps    []Gap
	first   time.Time // of the first output
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
		c: c, group: o.group, container: o.container, out: newAsyncWriter(o.output),
		stream: newLiveStream(c.firstPoll), polls: newLogPolls(), told: newTold(),
		report: report{signals: make(chan signal, 16), emit: o.emit, gap: o.gap},
	}
	if !o.live {
		f.stream.state = streamBlocked
	}
	o.merge.Deliver = f.deliver
	o.merge.Gap = func(g logmerge.Gap) { f.sayGap(gapOf(g)) }
	f.merger = logmerge.New(o.merge)
	return f
}

func (f *follower) deliver(p []byte) {
	if f.report.first.IsZero() {
		f.report.first = time.Now()
	}
	f.polls.count(p)
	f.out.add(p)
}

func (f *follower) sayGap(g Gap) {
	f.report.gaps = append(f.report.gaps, g)
	f.report.gap(g)
}

func (f *follower) signal(s signal) {
	select {
	case f.report.signals <- s:
	default: // the watch reads anyway
	}
}

// run brings output until the watch says finish, or ctx ends. It returns when everything it started has ended.
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
			events = nil // the writer is slow, or log reads are: so is the stream
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

// close waits until all is written. Once giveUp is closed, a writer that takes nothing is not waited for any longer.
func (f *follower) close(giveUp <-chan struct{}) error {
	err := f.out.close(giveUp)
	if err == errOutputBlocked {
		f.sayGap(Gap{Reason: "the output's reader took no more of it"})
	}
	return err
}
