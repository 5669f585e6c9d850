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

// mode is what a watch may do to its group.
type mode int

const (
	// modeOwn stops the container when the caller goes, a deadline passes or the platform restarts it.
	modeOwn mode = iota
	// modeDetach is modeOwn, but leaves the group as it is when the caller goes.
	modeDetach
	// modeFollow never touches the group and judges no start: it only brings output until the container has ended.
	modeFollow
)

// watch follows one group to its end. What it finds out goes into res.
//
// Its states are how well it sees the group (viewState); only an answer about the group itself leads to an end, but
// for a refusal that lasts, which ends the watch and leaves the group alone:
//
//	                       the group, and it is ours
//	     ┌──────────────────────────┬──────────────────────────┬───────────┐
//	     ▼                          │                          │           │
//	┌─────────┐  no answer,     ┌───┴──┐                       │           │
//	│ viewing │  429, 5xx  ───▶ │ lost │  as long as it takes  │           │
//	│         │                 └──────┘                       │           │
//	│         │  401, 403, ...                            ┌────┴────┐      │
//	│         │  no sense  ─────────────────────────────▶ │ refused │──────┼─▶ OutcomeUnknown, after
//	│         │                                           └─────────┘      │   patience(err)
//	│         │  404, or a group with another token              ┌─────────┴┐
//	│         │  ──────────────────────────────────────────────▶ │ missing  │─▶ OutcomeVanished, OutcomeReplaced
//	└──┬───┬──┘                                                  └──────────┘   at the second in a row
//	   │   │
//	   │   └── the container ended, Azure gave up, the start is overdue ───────▶ the outcome of that fact
//	   │
//	   └────── the caller goes, Job.Timeout, a restart ──▶ stopping ──────────▶ the outcome of the stop: at the
//	                                                                            container's end, or after grace
//
// The states of the view go on while the group is being stopped. One goroutine, loop, changes all of it; reads, the
// stop, the renewal of the lease and the follower of the output run beside it and tell it their results through channels.
type watch struct {
	c     *Client
	name  string
	mode  mode
	res   *Result
	count *requestCount
	emit  func(Event)

	output   outputWanted
	limits   limits
	view     view
	seen     seen
	stopping stopping
	lease    lease

	follower *follower
	followed chan error
}

// outputWanted is what the caller wants of the output.
type outputWanted struct {
	to    io.Writer // nil: nothing
	gap   func(Gap)
	merge logmerge.Options
}

// limits are the times that the caller and Azure set.
type limits struct {
	poll      time.Duration // the longest wait between two reads; 0: by the schedule alone
	grace     time.Duration // for a stop
	requested time.Time
	accepted  time.Time // by Azure: what is younger need not be known everywhere
	putUntil  time.Time // until then a PUT of ours whose answer was lost may still take effect, and restart the containers
	placeBy   time.Time // zero: nothing but startBy
	startBy   time.Time
	deadline  time.Time
}

// view is how the group is read, and how well that goes.
type view struct {
	state    viewState
	since    time.Time // of refused
	said     bool      // the caller was told that the view is lost or refused
	missing  int       // reads in a row that did not find our group
	attached bool      // a live stream is open
	wait     time.Duration
	reading  bool
	readAt   *time.Timer
	reads    chan groupRead
}

// seen is what the reads have told of the group.
type seen struct {
	token    string // of our group
	group    *Group // as last read; nil: not yet
	at       time.Time
	told     map[string]int // the platform's events and how often each had happened
	events   []PlatformEvent
	runs     runs
	dead     int // reads in a row by which Azure will not bring the group up
	initRan  bool
	failures map[string]*ContainerError // by container
	reported map[string]bool            // failures that were told
}

// stopping is why and how long the group is being stopped.
type stopping struct {
	why  Outcome // empty: it is not
	by   *time.Timer
	done chan error
}

// ending is how a watch ended.
type ending struct {
	outcome Outcome
	reason  string
	err     error // for the caller of Run or Wait; nil where the result says all
	failed  bool  // provisioning failed: err says why, and may be worth another try
	gone    bool  // our group is not there any more
	foreign bool  // and its name is somebody else's
	leave   bool  // the group is left as it is
}

// errDetached ends a watch whose caller leaves the group alone.
var errDetached = errors.New("the watch was given up; the group was left alone")

// run watches until a fact ends it. The follower and all requests have ended when it returns.
func (w *watch) run(ctx context.Context) ending {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	w.view.wait = w.c.firstPoll
	w.view.reads, w.stopping.done, w.lease.done = make(chan groupRead, 1), make(chan error, 1), make(chan error, 1)
	w.view.readAt = time.NewTimer(w.step())
	defer w.view.readAt.Stop()
	w.stopping.by = stoppedTimer()
	defer w.stopping.by.Stop()
	if w.seen.told == nil {
		w.seen.told = map[string]int{}
	}
	w.startFollower(work)
	v := w.loop(ctx, work)
	if v.outcome == OutcomeInterrupted && v.err == nil {
		v.err = context.Cause(ctx)
	}
	w.endFollower(ctx, work, v)
	cancel()
	if w.view.reading {
		<-w.view.reads
	}
	if w.isStopping() {
		<-w.stopping.done
	}
	if w.lease.renewing {
		<-w.lease.done
	}
	return v
}

// loop is the one place where the watch waits.
func (w *watch) loop(ctx, work context.Context) ending {
	done := ctx.Done()
	deadlines := newDeadlines(w)
	defer deadlines.stop()
	var signals <-chan signal
	if w.follower != nil {
		signals = w.follower.report.signals
	}
	var end *ending
	if w.seen.group != nil {
		end = w.observe(work, w.seen.group)
		deadlines.reset(w)
	}
	for end == nil {
		select {
		case <-done:
			done = nil
			end = w.interrupted(ctx, work)
		case <-w.view.readAt.C:
			w.read(work)
		case r := <-w.view.reads:
			w.view.reading = false
			end = w.take(work, r)
			deadlines.reset(w)
		case s := <-signals:
			w.signal(s)
		case <-deadlines.start:
			// The last read may be half a minute old, or older if the view is lost: the next one judges.
			w.readSoon(0)
		case <-deadlines.job:
			w.stop(work, OutcomeTimedOut, nil)
		case <-deadlines.lease:
			w.renew(work)
		case err := <-w.lease.done:
			w.renewed(err)
			deadlines.reset(w)
		case <-w.stopping.by.C:
			end = &ending{outcome: w.stopping.why}
		}
	}
	return *end
}

// main is the watched container as last read; nil if it was not.
func (w *watch) main() *Container {
	if w.seen.group == nil {
		return nil
	}
	main, _ := w.seen.group.find(w.res.Container)
	return main
}

// interrupted begins the end of a watch whose caller has gone.
func (w *watch) interrupted(ctx, work context.Context) *ending {
	cause := context.Cause(ctx)
	if w.mode != modeOwn {
		return &ending{outcome: OutcomeInterrupted, err: errors.Join(cause, errDetached), leave: true}
	}
	if main := w.main(); !w.view.attached && (main == nil || main.Current == nil || main.Current.State.Waiting()) {
		// Nothing runs yet, as far as is known: there is nothing to stop gently.
		return &ending{outcome: OutcomeInterrupted, err: cause}
	}
	w.stop(work, OutcomeInterrupted, cause)
	return nil
}

func (w *watch) isStopping() bool { return w.stopping.why != "" }

// stop asks Azure to stop the group; the reads tell when it has, and stopping.by how long that may take.
func (w *watch) stop(work context.Context, why Outcome, cause error) {
	if w.isStopping() {
		return
	}
	w.stopping.why = why
	w.emit(Event{Kind: EventStopping, Err: cause})
	w.stopping.by.Reset(w.limits.grace)
	fresh, token := w.fresh(), w.seen.token
	go func() {
		ctx, cancel := context.WithTimeout(work, w.limits.grace)
		defer cancel()
		if fresh {
			w.stopping.done <- w.c.stop(ctx, w.name)
		} else {
			w.stopping.done <- w.c.stopOwned(ctx, w.name, token)
		}
	}()
	w.view.wait = w.c.firstPoll
	w.readSoon(w.step())
}

// fresh reports that our group was seen under its name just now, so that another read before a stop or a delete would
// say nothing new.
func (w *watch) fresh() bool {
	return w.seen.group != nil && time.Since(w.seen.at) <= goneAfter && w.view.missing == 0
}

// signal takes what the follower saw.
func (w *watch) signal(s signal) {
	switch s {
	case signalAttached:
		w.view.attached = true
	case signalDetached:
		// The container has ended, or the stream broke: a read tells.
		w.view.attached = false
		w.view.wait = w.c.firstPoll
		w.readSoon(0)
	case signalRestarted:
		w.view.wait = w.c.firstPoll
		w.readSoon(0)
	case signalOutput:
	}
}
