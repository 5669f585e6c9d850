package aci

import (
	"context"
	"time"
)

// begin starts the watch and returns. ended is called once, on another goroutine, when one of the facts that watch names has
// ended it, and the follower and all its requests have ended. Requests go on after the end of ctx, so that the last output can be
// read and the stop can finish.
func (w *watch) begin(ctx context.Context, ended func(ending)) {
	w.c.watching.Add(1)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &actor{awake: true} // whatever wakes it before all is set has to wait
	a.act = func() bool {
		end := w.turn(ctx, work)
		if end == nil {
			w.sleep()
			return false
		}
		last := w.conclude(ctx, work, *end)
		cancel()
		w.awaitRequests()
		w.c.watching.Add(-1)
		ended(last)
		return true
	}
	w.actor, w.timer, w.begun, w.interrupting = a, nil, false, false
	w.view.wait = w.c.firstPoll
	w.view.reads = make(chan groupRead, 1)
	w.view.readAt.set(w.step())
	if w.seen.told == nil {
		w.seen.told = map[string]int{}
	}
	w.startFollower(work)
	w.deadlines = newDeadlines(w)
	w.stopListening = context.AfterFunc(ctx, a.wake)
	go a.run()
}

// run is begin for whoever waits for the end.
func (w *watch) run(ctx context.Context) ending {
	ended := make(chan ending, 1)
	w.begin(ctx, func(end ending) { ended <- end })
	return <-ended
}

// turn acts on all that has happened, and gives the ending if one of the facts ends the watch.
func (w *watch) turn(ctx, work context.Context) *ending {
	if !w.begun {
		w.begun = true
		if end := w.observeFirst(work); end != nil {
			return end
		}
	}
	var signals <-chan signal
	if w.follower != nil {
		signals = w.follower.report.signals
	}
	for acted := true; acted; {
		var end *ending
		select {
		case r := <-w.view.reads:
			w.view.reading = false
			end = w.take(work, r)
			w.deadlines.reset(w)
		case s := <-signals:
			w.signal(s)
		case err := <-w.lease.done:
			w.renewed(err)
			w.deadlines.reset(w)
		case err := <-w.stopping.done:
			w.stopAnswered(err)
		default:
			end, acted = w.actInTime(ctx, work)
		}
		if end != nil {
			return end
		}
	}
	return nil
}

// observeFirst observes the group that was read before the watch began, if it was.
func (w *watch) observeFirst(work context.Context) *ending {
	if w.seen.group == nil {
		return nil
	}
	w.seen.before = true
	end := w.observe(work, w.seen.group)
	w.seen.before = false
	w.deadlines.reset(w)
	return end
}

// actInTime acts on one thing that is due, or that the caller wants. It reports false if there is none.
func (w *watch) actInTime(ctx, work context.Context) (end *ending, acted bool) {
	switch now := time.Now(); {
	case ctx.Err() != nil && !w.interrupting:
		w.interrupting = true
		end = w.interrupted(ctx, work)
	case w.heard.look.Swap(false):
		w.view.wait = w.c.firstPoll
		w.readSoon(0)
	case w.view.readAt.rings(now):
		w.read(work)
	case w.deadlines.start.rings(now):
		// The last read may be half a minute old, or older if the view is lost. A new one decides.
		w.readSoon(0)
	case w.deadlines.job.rings(now):
		w.stop(work, OutcomeTimedOut, nil)
	case w.deadlines.lease.rings(now):
		w.renew(work)
	case w.stopping.by.rings(now):
		if w.stopping.asking { // its own deadline is now too
			w.stopAnswered(<-w.stopping.done)
		}
		end = &ending{outcome: w.stopping.why}
	default:
		return nil, false
	}
	return end, true
}

// sleep sets the timer for what is due next.
func (w *watch) sleep() {
	next := earliest(w.view.readAt, w.deadlines.start, w.deadlines.job, w.deadlines.lease, w.stopping.by)
	switch wait := max(time.Until(next.at), atOnce); {
	case next.at.IsZero() && w.timer != nil:
		w.timer.Stop()
	case next.at.IsZero():
	case w.timer == nil:
		w.timer = time.AfterFunc(wait, w.actor.wake)
	default:
		w.timer.Reset(wait)
	}
}

// conclude has the follower copy the last output. Nothing wakes the watch any more.
func (w *watch) conclude(ctx, work context.Context, end ending) ending {
	w.stopListening()
	if w.timer != nil {
		w.timer.Stop()
	}
	if end.outcome == OutcomeInterrupted && end.err == nil {
		end.err = context.Cause(ctx)
	}
	w.endFollower(ctx, work, end)
	return end
}

// awaitRequests waits for the requests that are under way.
func (w *watch) awaitRequests() {
	if w.view.reading {
		<-w.view.reads
	}
	if w.stopping.asking {
		w.stopAnswered(<-w.stopping.done)
	}
	if w.lease.renewing {
		<-w.lease.done
	}
}
