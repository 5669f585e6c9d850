package aci

import "context"

func (w *watch) startFollower(ctx context.Context) {
	if w.output.to == nil {
		return
	}
	w.follower = w.c.newFollower(followOptions{
		group: w.name, container: w.res.Container, output: w.output.to, live: !w.output.merge.Stamped, merge: w.output.merge,
		emit: w.emit,
		gap: func(g Gap) {
			w.emit(Event{Kind: EventGap, Gap: &g})
			if w.output.gap != nil {
				w.output.gap(g)
			}
		},
	})
	w.followed = make(chan error, 1)
	go func() { w.followed <- w.follower.run(ctx) }()
	if w.seen.group != nil {
		w.tellFollower(w.seen.group)
	}
}

// tellFollower lets the follower know that the container runs.
func (w *watch) tellFollower(g *Group) {
	if main, _ := g.find(w.res.Container); w.follower != nil && main != nil && main.Current != nil && main.Current.State.Running() {
		poke(w.follower.running)
	}
}

// endFollower lets the follower bring the last lines, unless nobody can have any.
func (w *watch) endFollower(v ending) {
	f := w.follower
	if f == nil {
		return
	}
	end := finish{drain: streamEnd, patience: lastPatience, stopped: v.outcome != OutcomeVanished, never: !w.hasStarted(), gone: v.gone, foreign: v.foreign}
	if v.outcome == OutcomeInterrupted || v.outcome == OutcomeUnknown {
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
