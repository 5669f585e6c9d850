package aci

import (
	"context"
	"time"
)

// A watch and its follower know different things and tell each other only these, through channels, so that neither waits
// for the other:
//
//	watch ── sighting ──▶ follower    what a read of the group shows of the container (tellFollower)
//	watch ◀── signal ──── follower    the next read of the group is urgent, or the stream spares it (signal)
//	watch ── finish ────▶ follower    the job has ended: copy the last lines (endFollower)
//	watch ◀── followed ── follower    everything is written, or cannot be (awaitFollower)
//
// The follower decides nothing about the job. A stream that ends is a reason to read the group, not the end of the job.

// startFollower starts the follower of the output, if the caller wants output.
func (w *watch) startFollower(ctx context.Context) {
	if w.output.to == nil {
		return
	}
	w.follower = w.c.newFollower(followOptions{
		group: w.name, container: w.res.Container, output: w.output.to, live: !w.output.merge.Stamped, merge: w.output.merge,
		emit: w.emit, gap: w.tellGap, wake: w.actor.wake,
	})
	w.followed = make(chan error, 1)
	go func() { w.followed <- w.follower.run(ctx) }()
	if w.seen.group != nil {
		w.tellFollower(w.seen.group)
	}
}

// tellGap passes on a gap that the follower found.
func (w *watch) tellGap(g Gap) {
	w.emit(Event{Kind: EventGap, Gap: &g})
	if w.output.gap != nil {
		w.output.gap(g)
	}
}

// sayGap records a gap that no follower could find: output was lost while none ran.
func (w *watch) sayGap(g Gap) {
	if w.output.to == nil {
		return
	}
	w.res.Gaps = append(w.res.Gaps, g)
	w.tellGap(g)
}

// tellFollower passes on what a read of the group shows of the container.
func (w *watch) tellFollower(g *Group) {
	main, ok := g.find(w.res.Container)
	if w.follower == nil || !ok {
		return
	}
	w.follower.saw(sighting{
		running:  main.Current != nil && main.Current.State.Running(),
		restarts: w.res.Restarts,
		discard:  isNever(g) && w.res.Restarts > 0 && w.mode != modeFollow,
	})
}

// endFollower has the follower copy the last lines, waits for it, and takes over what it reports. How long the last log read
// is tried depends on the end: after an interrupt somebody waits, and of a group that cannot be read little is expected.
func (w *watch) endFollower(ctx, work context.Context, end ending) {
	f := w.follower
	if f == nil {
		return
	}
	main := w.main()
	last := finish{ended: end.gone || main != nil && main.Current != nil && main.Current.State.Terminated(),
		drain: streamEnd, patience: lastPatience, giveUp: ctx.Done(), never: !w.hasStarted(), gone: end.gone}
	if end.outcome == OutcomeInterrupted || end.outcome == OutcomeUnknown {
		last.patience = interruptedPatience
	}
	f.told.finish <- last
	if err := w.awaitFollower(work, end); err != nil {
		w.res.OutputError = err
		w.emit(Event{Kind: EventOutputFailed, Err: err})
	}
	w.res.Gaps = append(w.res.Gaps, f.report.gaps...)
	if w.res.Phases.FirstLine.IsZero() {
		w.res.Phases.FirstLine = f.report.first
	}
}

// awaitFollower waits for the follower's end, which takes as long as the reader of the output does: hours, if that is a
// pager. The lease is renewed meanwhile, so that Reap does not delete the group.
func (w *watch) awaitFollower(work context.Context, end ending) error {
	due := stoppedTimer()
	defer due.Stop()
	for {
		due.Stop()
		if at := w.renewDue(); !at.IsZero() && !end.gone && !end.leave {
			due.Reset(max(time.Until(at), 0))
		}
		select {
		case err := <-w.followed:
			return err
		case <-due.C:
			w.renew(work)
		case err := <-w.lease.done:
			w.renewed(err)
		}
	}
}
