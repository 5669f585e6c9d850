package aci

import (
	"context"
	"strings"
	"time"
)

// observe takes the facts of one read of the group. An ending ends the watch.
func (w *watch) observe(work context.Context, g *Group) *ending {
	w.seen.group, w.seen.at = g, time.Now()
	w.res.ID = g.ID
	main, ok := g.find(w.res.Container)
	if !ok {
		return nil // take has refused it
	}
	w.tellEvents(g)
	w.phases(g, main)
	w.noteFailures(g)
	again := w.restarted(g, main)
	w.tellFollower(g)
	if again {
		w.startedAgain(work, g, main)
	}
	if main.Current != nil && main.Current.State.Terminated() && final(g, main) {
		return w.ended(g, main)
	}
	if g.State.Stopped() && w.isStopping() {
		return &ending{outcome: w.stopping.why}
	}
	if g.State.Stopped() {
		return &ending{outcome: OutcomeStopped, reason: "the container group was stopped by somebody else"}
	}
	if w.gaveUp(g, main) {
		return &ending{failed: true, outcome: OutcomeStartFailed}
	}
	return nil
}

// gaveUp reports that Azure will bring the group up no more. Failed is final, and does not stop the group, which would go
// on trying and bill; Unhealthy and Repairing pass. Two reads must say so: states change one after the other, and a group
// that the platform moves is Failed for a moment before it is made anew.
func (w *watch) gaveUp(g *Group, main *Container) bool {
	if w.isStopping() || w.mode == modeFollow || !g.Provisioning.Failed() && !w.neverStarts(g, main) {
		w.seen.dead = 0
		return false
	}
	if w.seen.dead++; w.seen.dead >= 2 {
		return true
	}
	w.view.wait = w.c.firstPoll
	return false
}

// final reports that a terminated container is not started again, by its policy.
func final(g *Group, main *Container) bool {
	switch {
	case strings.EqualFold(g.RestartPolicy, "Always"):
		return g.State.Ended()
	case strings.EqualFold(g.RestartPolicy, "OnFailure"):
		code := main.Current.ExitCode
		return code != nil && *code == 0 || g.State.Stopped() || g.State.Failed()
	}
	return true
}

// neverStarts reports that the main container waits for ever, because an init container failed for good or the group
// has ended without it.
func (w *watch) neverStarts(g *Group, main *Container) bool {
	waits := main.Current == nil || main.Current.State.Waiting()
	dead := g.State.Failed()
	for _, c := range g.InitContainers {
		if code, ended := c.ended(); ended && code != nil && *code != 0 && isNever(g) {
			dead = true
		}
	}
	return waits && dead && !w.hasStarted()
}

// isNever reports that the group's containers are not started again. Azure leaves the policy out if none was sent,
// which then is Always.
func isNever(g *Group) bool { return strings.EqualFold(g.RestartPolicy, "Never") }

// all are the group's containers, the init containers first.
func (g *Group) all() []*Container {
	var all []*Container
	for i := range g.InitContainers {
		all = append(all, &g.InitContainers[i])
	}
	for i := range g.Containers {
		all = append(all, &g.Containers[i])
	}
	return all
}

// tellEvents passes on the platform's events, of the group and of every container, that are new or have happened again.
func (w *watch) tellEvents(g *Group) {
	events := g.Events[:len(g.Events):len(g.Events)]
	for _, c := range g.all() {
		events = append(events, c.Events...)
	}
	w.seen.events = events
	for _, e := range events {
		key := e.Container + "/" + e.Name + "/" + e.Message
		if count, known := w.seen.told[key]; known && count == e.Count {
			continue
		}
		w.seen.told[key] = e.Count
		w.emit(Event{Kind: EventPlatform, Platform: &e})
	}
}

// phases enters the times that Azure tells, and says which are new.
func (w *watch) phases(g *Group, main *Container) {
	p := &w.res.Phases
	reach := func(at *time.Time, phase Phase, when time.Time) {
		if at.IsZero() && !when.IsZero() {
			*at = when
			w.emit(Event{Kind: EventPhase, Phase: phase})
		}
	}
	for _, e := range w.seen.events {
		if !strings.EqualFold(e.Type, "Warning") {
			reach(&p.Placed, PhasePlaced, e.First)
		}
	}
	for _, e := range main.Events {
		switch e.Name {
		case "Pulling":
			reach(&p.Pulling, PhasePulling, e.First)
		case "Pulled":
			reach(&p.Pulled, PhasePulled, e.First)
		case "Started":
			reach(&p.Started, PhaseStarted, e.First)
		}
	}
	for _, c := range g.InitContainers {
		w.seen.initRan = w.seen.initRan || c.Current != nil && !c.Current.State.Waiting() || c.Previous != nil
	}
	if main.Current == nil || main.Current.State.Waiting() {
		return
	}
	begun := main.Current.Started
	if main.Previous != nil && !main.Previous.Started.IsZero() && main.Previous.Started.Before(begun) {
		begun = main.Previous.Started
	}
	if begun.IsZero() && main.Current.State.Running() {
		begun = time.Now()
	}
	reach(&p.Placed, PhasePlaced, begun)
	reach(&p.Started, PhaseStarted, begun)
}
