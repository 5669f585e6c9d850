package aci

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// Waits between two reads of a group, beside what the schedule starts with.
const (
	// mostAttached and mostAlone are the longest waits: an open live stream tells the end by closing.
	mostAttached = 2 * time.Minute
	mostAlone    = 30 * time.Second
	// notYet is how long after Azure has taken the request a 404 means that Azure does not know the group yet.
	notYet = time.Minute
	// streamEnd is how long the live stream of an ended container may take to bring its last lines.
	streamEnd = 2 * time.Second
)

// watch follows one group to its end. What it learns goes into res.
type watch struct {
	c         *Client
	name      string
	res       *Result
	count     *requestCount
	output    io.Writer
	most      time.Duration // the caller's longest wait between reads; 0: none
	grace     time.Duration
	requested time.Time
	accepted  time.Time // by Azure: what is younger need not be known everywhere
	placeBy   time.Time // zero: nothing but startBy
	startBy   time.Time
	deadline  time.Time
	detach    bool
	watchOnly bool // it stops and judges nothing
	emit      func(Event)
	gap       func(Gap)
	merge     logmerge.Options

	follower *follower
	followed chan error
	group    *Group // the last read
	wait     time.Duration
	attached bool
	lostView bool
	missing  int // 404s in a row
	reading  bool
	readAt   *time.Timer
	reads    chan groupRead
	seen     map[string]PlatformEvent
	events   []PlatformEvent

	stopping Outcome // why it is being stopped; empty: it is not
	stopBy   *time.Timer
	stopped  chan error
}

// ending is how a watch ended.
type ending struct {
	outcome Outcome
	reason  string
	err     error // for the caller of Run or Wait; nil where the result says all
	failed  bool  // provisioning failed: err says why, and may be worth another try
	gone    bool  // the group is not there any more
}

// errDetached ends a watch whose caller leaves the group alone.
var errDetached = errors.New("the watch was given up; the group was left alone")

// run watches until a fact ends it. The follower and all requests have ended when it returns.
func (w *watch) run(ctx context.Context) ending {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	w.wait = w.c.firstPoll
	w.reads, w.stopped = make(chan groupRead, 1), make(chan error, 1)
	w.readAt = time.NewTimer(w.step())
	defer w.readAt.Stop()
	w.stopBy = stoppedTimer()
	defer w.stopBy.Stop()
	if w.seen == nil {
		w.seen = map[string]PlatformEvent{}
	}
	w.startFollower(work)
	v := w.loop(ctx, work)
	if v.outcome == OutcomeInterrupted && v.err == nil {
		v.err = context.Cause(ctx)
	}
	w.endFollower(v)
	cancel()
	if w.reading {
		<-w.reads
	}
	if w.stopping != "" {
		<-w.stopped
	}
	return v
}

func (w *watch) startFollower(ctx context.Context) {
	if w.output == nil {
		return
	}
	w.follower = w.c.newFollower(followOptions{
		group: w.name, container: w.res.Container, output: w.output, live: !w.merge.Stamped, merge: w.merge,
		emit: w.emit,
		gap: func(g Gap) {
			w.emit(Event{Kind: EventGap, Gap: &g})
			if w.gap != nil {
				w.gap(g)
			}
		},
	})
	w.followed = make(chan error, 1)
	go func() { w.followed <- w.follower.run(ctx) }()
	if w.group != nil {
		w.tellFollower(w.group)
	}
}

// endFollower lets the follower bring the last lines, unless nobody can have any.
func (w *watch) endFollower(v ending) {
	f := w.follower
	if f == nil {
		return
	}
	end := finish{drain: streamEnd, patience: lastPatience, stopped: v.outcome != OutcomeVanished, never: !w.hasStarted(), gone: v.gone}
	if v.outcome == OutcomeInterrupted {
		end.patience = interruptedPatience
	}
	f.finish <- end
	if err := <-w.followed; err != nil {
		w.res.OutputError = err
		w.emit(Event{Kind: EventOutputFailed, Err: err})
	}
	w.res.Gaps = append(w.res.Gaps, f.gaps...)
	if w.res.Phases.FirstLine.IsZero() {
		w.res.Phases.FirstLine = f.first
	}
}

// loop is the one place where the watch waits.
func (w *watch) loop(ctx, work context.Context) ending {
	done := ctx.Done()
	deadlines := newDeadlines(w)
	defer deadlines.stop()
	var signals <-chan signal
	if w.follower != nil {
		signals = w.follower.signals
	}
	var end *ending
	if w.group != nil {
		end = w.observe(work, w.group)
		deadlines.reset(w)
	}
	for end == nil {
		select {
		case <-done:
			done = nil
			end = w.interrupted(ctx, work)
		case <-w.readAt.C:
			w.read(work)
		case r := <-w.reads:
			w.reading = false
			end = w.take(work, r)
			deadlines.reset(w)
		case s := <-signals:
			w.signal(s)
		case <-deadlines.start:
			// The last read may be half a minute old, or older if the view is lost: the next one judges.
			w.readSoon(0)
		case <-deadlines.job:
			w.stop(work, OutcomeTimedOut, nil)
		case <-w.stopBy.C:
			end = &ending{outcome: w.stopping}
		}
	}
	return *end
}

// main is the watched container as last read; nil if it was not.
func (w *watch) main() *Container {
	if w.group == nil {
		return nil
	}
	main, _ := w.group.find(w.res.Container)
	return main
}

// interrupted begins the end of a watch whose caller has gone.
func (w *watch) interrupted(ctx, work context.Context) *ending {
	cause := context.Cause(ctx)
	if w.detach {
		return &ending{outcome: OutcomeInterrupted, err: errors.Join(cause, errDetached)}
	}
	if main := w.main(); !w.attached && (main == nil || main.Current == nil || main.Current.State == RunWaiting) {
		// Nothing runs yet, as far as is known: there is nothing to stop gently.
		return &ending{outcome: OutcomeInterrupted, err: cause}
	}
	w.stop(work, OutcomeInterrupted, cause)
	return nil
}

// stop asks Azure to stop the group; the reads tell when it has, and stopBy how long that may take.
func (w *watch) stop(work context.Context, why Outcome, cause error) {
	if w.stopping != "" {
		return
	}
	w.stopping = why
	w.emit(Event{Kind: EventStopping, Err: cause})
	w.stopBy.Reset(w.grace)
	go func() {
		ctx, cancel := context.WithTimeout(work, w.grace)
		defer cancel()
		w.stopped <- w.c.stop(ctx, w.name)
	}()
	w.wait = w.c.firstPoll
	w.readSoon(w.step())
}

// signal takes what the follower saw.
func (w *watch) signal(s signal) {
	switch s {
	case signalAttached:
		w.attached = true
	case signalDetached:
		// The container has ended, or the stream broke: a read tells.
		w.attached = false
		w.wait = w.c.firstPoll
		w.readSoon(0)
	case signalOutput:
	}
}
