package aci

import (
	"context"
	"time"
)

func (w *watch) startFollower(ctx context.Context) {
	if w.output.to == nil {
		return
	}
	w.follower = w.c.newFollower(followOptions{
		group: w.name, container: w.res.Container, output: w.output.to, live: !w.output.merge.Stamped, merge: w.output.merge,
		emit: w.emit, gap: w.tellGap,
	})
	w.followed = make(chan error, 1)
	go func() { w.followed <- w.follower.run(ctx) }()
	if w.seen.group != nil {
		w.tellFollower(w.seen.group)
	}
}

// tellGap passes on what a follower says of its output.
func (w *watch) tellGap(g Gap) {
	w.emit(Event{Kind: EventGap, Gap: &g})
	if w.output.gap != nil {
		w.output.gap(g)
	}
}

// sayGap says that output was lost while there was no follower.
func (w *watch) sayGap(g Gap) {
	if w.output.to == nil {
		return
	}
	w.res.Gaps = append(w.res.Gaps, g)
	w.tellGap(g)
}

// tellFollower lets the follower know what a read of the group says of the container.
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

// endFollower lets the follower bring the last lines, unless nobody can have any.
func (w *watch) endFollower(ctx, work context.Context, v ending) {
	f := w.follower
	if f == nil {
		return
	}
	main := w.main()
	end := finish{ended: v.gone || main != nil && main.Current != nil && main.Current.State.Terminated(),
		drain: streamEnd, patience: lastPatience, giveUp: ctx.Done(), never: !w.hasStarted(), gone: v.gone}
	if v.outcome == OutcomeInterrupted || v.outcome == OutcomeUnknown {
		end.patience = interruptedPatience
	}
	f.told.finish <- end
	if err := w.awaitFollower(work, v); err != nil {
		w.res.OutputError = err
		w.emit(Event{Kind: EventOutputFailed, Err: err})
	}
	w.res.Gaps = append(w.res.Gaps, f.report.gaps...)
	if w.res.Phases.FirstLine.IsZero() {
		w.res.Phases.FirstLine = f.report.first
	}
}

// awaitFollower waits for the follower's end. A reader may take hours over the last lines, and whoever looks for
// leftovers must leave the group alone until then.
func (w *watch) awaitFollower(work context.Context, v ending) error {
	due := stoppedTimer()
	defer due.Stop()
	for {
		due.Stop()
		if at := w.renewDue(); !at.IsZero() && !v.gone && !v.leave {
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
