package aci

import (
	"context"
	"slices"
	"strings"
	"time"
)

// observe takes over the facts of one read of the group, passes on what is new, and decides whether one of them ends the
// watch. The order matters: a restart is noticed before an end, since a container that ended, ran again and ended once
// more must not report its second exit code.
func (w *watch) observe(work context.Context, g *Group) *ending {
	w.seen.group, w.seen.at = g, time.Now()
	w.res.ID = g.ID
	main, ok := g.find(w.res.Container)
	if !ok {
		return nil // take treats such a read as a refusal
	}
	w.tellNews(g, main)
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
	if w.hasStarted() {
		w.seen.group, w.seen.events = g.withoutWords(), nil
	}
	return nil
}

// withoutWords is the group without its tags and events, which are most of it. A thousand jobs may run for days, and of a container
// that runs, the next read is compared with none of them.
func (g *Group) withoutWords() *Group {
	less := *g
	less.Tags, less.Events = nil, nil
	less.Containers, less.InitContainers = slices.Clone(g.Containers), slices.Clone(g.InitContainers)
	for _, c := range less.all() {
		c.Events = nil
	}
	return &less
}

// gaveUp reports whether Azure has given up on starting the group. Failed is final, but does not stop the group, which goes
// on trying and is billed; Unhealthy and Repairing pass. Two reads must agree: Azure changes its states one after the
// other, and a group that the platform moves to another machine is Failed for a moment.
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

// final reports whether the restart policy leaves a container that has terminated as it is. A job never has the policy
// Always; a group that somebody else made and that Wait or Logs watches may.
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

// neverStarts reports whether the main container will wait for ever: an init container failed for good, or the group
// ended without it.
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

// isNever reports whether the group's restart policy is Never. A group without a policy has Always, Azure's default.
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

// news is something that one read shows for the first time, and when it happened by Azure's clock.
type news struct {
	at    time.Time
	event Event
}

// tellNews passes on what a read shows for the first time, in the order in which it happened.
func (w *watch) tellNews(g *Group, main *Container) {
	w.seen.events = g.Events[:len(g.Events):len(g.Events)]
	for _, c := range g.all() {
		w.seen.events = append(w.seen.events, c.Events...)
	}
	phases := w.newPhases(g, main)
	events := w.newEvents()
	if w.seen.before {
		phases, events = w.current(phases, events, g, main)
	}
	all := slices.Concat(phases, events)
	slices.SortStableFunc(all, func(a, b news) int { return a.at.Compare(b.at) })
	for _, n := range all {
		w.emit(n.event)
	}
}

// current leaves of what happened before the watch began what still matters: how far the job has come, and for one that
// has not started, what the platform said. It leaves nothing of a job that has ended: its result tells all.
func (w *watch) current(phases, events []news, g *Group, main *Container) ([]news, []news) {
	if w.hasStarted() {
		events = nil
	}
	if len(phases) == 0 || main.Current != nil && main.Current.State.Terminated() && final(g, main) {
		return nil, events
	}
	last := phases[len(phases)-1]
	last.event.Since = last.at
	return []news{last}, events
}

// newEvents are the platform's events, of the group and of every container, that are new or have happened again.
func (w *watch) newEvents() []news {
	var all []news
	for _, e := range w.seen.events {
		key := e.Container + "/" + e.Name + "/" + e.Message
		if count, known := w.seen.told[key]; known && count == e.Count {
			continue
		}
		w.seen.told[key] = e.Count
		all = append(all, news{e.Last, Event{Kind: EventPlatform, Platform: &e}})
	}
	return all
}

// newPhases records when the job reached each phase, by Azure's events and, where those are missing or were dropped, by
// the container's own start time. It gives the phases that are new, in their order.
func (w *watch) newPhases(g *Group, main *Container) []news {
	var all []news
	p := &w.res.Phases
	reach := func(at *time.Time, phase Phase, when time.Time) {
		if at.IsZero() && !when.IsZero() {
			*at = when
			all = append(all, news{when, Event{Kind: EventPhase, Phase: phase}})
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
		return all
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
	return all
}
