package aci

import (
	"context"
	"time"
)

// The wait between two reads of a group starts at Config.FirstPoll and doubles up to one of the first two below. Azure
// Resource Manager grants a principal 25 reads a second in one subscription and region: enough for 750 long jobs at 30
// seconds, and for 3000 at two minutes.
const (
	// mostAttached is the limit beside an open live stream, whose end tells sooner that the container has ended, and while the
	// caller hears of the job elsewhere (WaitOptions.Alive).
	mostAttached = 2 * time.Minute
	// mostAlone is the limit without either.
	mostAlone = 30 * time.Second
	// readsEach is the wait that each running watch adds to those of all, so that a thousand without a live stream stay below
	// Azure's limit: what is urgent, such as the reads after an end, would otherwise wait in line behind what is not.
	readsEach = time.Second / 20
	// notYet is how long after Azure accepted the group a 404 can mean that Azure's caches do not have it yet.
	notYet = time.Minute
	// streamEnd is how long the live stream of a container that has ended may stay silent before it is closed.
	streamEnd = 2 * time.Second
)

// mode is what a watch may do to its group.
type mode int

const (
	// modeOwn stops the container when the caller's context ends, a deadline passes or the container runs again.
	modeOwn mode = iota
	// modeDetach is modeOwn, but leaves the group running when the caller's context ends.
	modeDetach
	// modeFollow only copies output until the container has ended. It changes nothing in Azure and has no deadlines.
	modeFollow
)

// watch follows one group to its end. What it finds out goes into res. Two things about it change independently: how well
// it sees the group (viewState), and whether the group is being stopped.
//
// Each read of the group moves the view. The three states on the right also turn into one another, by the same answers:
//
//	                  the group is found, with our token
//	     ┌──────────────────────────────────────────────────────────────┐
//	     ▼                                                              │
//	┌─────────┐   no answer, 429, 5xx                      ┌─────────┐  │
//	│ viewing │ ─────────────────────────────────────────▶ │ lost    │ ─┤  for as long as it takes
//	│         │                                            ├─────────┤  │
//	│         │   401, 403, ..., or not a container group  │         │  │
//	│         │ ─────────────────────────────────────────▶ │ refused │ ─┤  after patience(err): OutcomeUnknown
//	│         │                                            ├─────────┤  │
//	│         │   404, or a group with another token       │         │  │
//	│         │ ─────────────────────────────────────────▶ │ missing │ ─┘  see watch_missing.go: OutcomeVanished,
//	└─────────┘                                            └─────────┘     or at the second OutcomeReplaced
//
// While the group is in view, these facts end the watch. Nothing else does, and above all not a failure to read:
//
//	the container ended, or somebody stopped the group   at once               the outcome that Azure's answer says
//	Azure gave up on the group (gaveUp)                  at the second read    OutcomeStartFailed; Run may try again
//	the container did not start in time (startDue)       at the next read      OutcomeStartTimeout
//	the caller's context ended                           after a stop          OutcomeInterrupted
//	Job.Timeout has passed                               after a stop          OutcomeTimedOut
//	the container runs again though its policy is Never  after a stop          OutcomeRestarted
//
// A stop takes until a read shows that the container ended, and at most the grace period. Reads go on meanwhile, so the
// view keeps changing. The end of the context stops nothing in modeDetach and modeFollow, nor while the container has not
// started: the watch then ends at once.
//
// Its actor acts on what happens, in turns, and is alone in changing the fields. Reads, the stop, the renewal of the lease and the
// follower run on goroutines of their own. They report through channels, and wake it.
type watch struct {
	c     *Client
	name  string
	mode  mode
	res   *Result
	count *requestCount
	emit  func(Event)

	output   outputWanted
	limits   limits
	heard    heard
	view     view
	seen     seen
	stopping stopping
	lease    lease

	follower *follower
	followed chan error

	actor         *actor
	deadlines     *deadlines
	timer         *time.Timer // wakes the watch when something is due; nil: nothing was yet
	begun         bool        // the first turn has begun
	interrupting  bool        // the end of the caller's context was acted on
	stopListening func() bool // to that end
}

// main is the watched container as last read; nil before the first read.
func (w *watch) main() *Container {
	if w.seen.group == nil {
		return nil
	}
	main, _ := w.seen.group.find(w.res.Container)
	return main
}

// interrupted acts on the end of the caller's context. It returns nil if the container is stopped first.
func (w *watch) interrupted(ctx, work context.Context) *ending {
	cause := context.Cause(ctx)
	if w.mode != modeOwn {
		return &ending{outcome: OutcomeInterrupted, err: cause, reason: "the watch was given up; the group was left alone", leave: true}
	}
	if main := w.main(); !w.view.attached && (main == nil || main.Current == nil || main.Current.State.Waiting()) {
		// Nothing is known to run, so there is nothing to stop: the delete is enough.
		return &ending{outcome: OutcomeInterrupted, err: cause}
	}
	w.stop(work, OutcomeInterrupted, cause)
	return nil
}

func (w *watch) isStopping() bool { return w.stopping.why != "" }

// stop asks Azure to stop the group, once. Later reads show that it has stopped; if they do not within the grace period,
// stopping.by ends the watch. A stop that fails is told and not an error of its own: the group is deleted next.
func (w *watch) stop(work context.Context, why Outcome, cause error) {
	if w.isStopping() {
		return
	}
	w.stopping.why, w.stopping.asking = why, true
	w.emit(Event{Kind: EventStopping, Err: cause})
	w.stopping.by.set(w.limits.grace)
	w.stopping.done = make(chan error, 1)
	fresh, token, done := w.fresh(), w.seen.token, w.stopping.done
	go func() {
		defer w.actor.wake()
		ctx, cancel := context.WithTimeout(work, w.limits.grace)
		defer cancel()
		if fresh {
			done <- w.c.stop(ctx, w.name)
		} else {
			done <- w.c.stopOwned(ctx, w.name, token)
		}
	}()
	w.view.wait = w.c.firstPoll
	w.readSoon(w.step())
}

// stopAnswered tells of a stop that failed.
func (w *watch) stopAnswered(err error) {
	w.stopping.asking = false
	if err := stopFailure(err); err != nil {
		w.emit(Event{Kind: EventStopFailed, Err: err})
	}
}

// fresh reports whether our group was seen under its name just now. Then a stop or a delete needs no read before it to
// make sure that the name is not somebody else's by now.
func (w *watch) fresh() bool {
	return w.seen.group != nil && time.Since(w.seen.at) <= goneAfter && w.view.missing == 0
}

// signal acts on what the follower noticed: the next read comes sooner.
func (w *watch) signal(s signal) {
	switch s {
	case signalAttached:
		w.view.attached = true
	case signalDetached:
		// The container has ended, or the connection broke. A read tells which.
		w.view.attached = false
		w.view.wait = w.c.firstPoll
		w.readSoon(0)
	case signalRestarted:
		w.view.wait = w.c.firstPoll
		w.readSoon(0)
	case signalOutput:
	}
}
