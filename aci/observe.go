package aci

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// last is the furthest phase.
func (p Phases) last() Phase {
	for _, one := range []struct {
		at    time.Time
		phase Phase
	}{
		{p.Finished, PhaseFinished}, {p.Started, PhaseStarted}, {p.Pulled, PhasePulled},
		{p.Pulling, PhasePulling}, {p.Placed, PhasePlaced},
	} {
		if !one.at.IsZero() {
			return one.phase
		}
	}
	return PhaseRequested
}

// observe takes the facts of one read of the group. An ending ends the watch.
func (w *watch) observe(work context.Context, g *Group) *ending {
	w.group = g
	w.res.ID = g.ID
	main, _ := g.find(w.res.Container)
	w.phases(g, main)
	w.tellFollower(g)
	if main == nil {
		return &ending{outcome: OutcomeError, reason: "the group has no container", err: fmt.Errorf("container group %q has no container", w.name)}
	}
	if v := w.unexpected(work, g, main); v != nil {
		return v
	}
	if main.Current != nil && main.Current.State == RunTerminated && final(g, main) {
		return w.ended(g, main)
	}
	// Failed is final, and does not stop the group, which would go on trying and bill. Unhealthy and Repairing pass.
	if g.Provisioning == ProvisioningFailed && w.stopping == "" && !w.watchOnly {
		return &ending{failed: true, outcome: OutcomeStartFailed}
	}
	if g.State == GroupStopped && w.stopping == "" {
		return &ending{outcome: OutcomeStopped, reason: "the container group was stopped"}
	}
	if g.State == GroupStopped {
		return &ending{outcome: w.stopping}
	}
	return nil
}

// final reports that a terminated container is not started again, by its policy.
func final(g *Group, main *Container) bool {
	switch g.RestartPolicy {
	case "Always":
		return g.State == GroupStopped || g.State == GroupFailed || g.State == GroupSucceeded
	case "OnFailure":
		code := main.Current.ExitCode
		return code != nil && *code == 0 || g.State == GroupStopped || g.State == GroupFailed
	}
	return true
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
	events := g.Events
	if main != nil {
		events = append(events[:len(events):len(events)], main.Events...)
	}
	w.events = events
	for _, e := range events {
		key := e.Container + "/" + e.Name + "/" + e.Message
		if old, known := w.seen[key]; known && old.Count == e.Count {
			continue
		}
		w.seen[key] = e
		w.emit(Event{Kind: EventPlatform, Platform: &e})
	}
	for _, e := range events {
		if !strings.EqualFold(e.Type, "Warning") {
			reach(&p.Placed, PhasePlaced, e.First)
		}
		switch e.Name {
		case "Pulling":
			reach(&p.Pulling, PhasePulling, e.First)
		case "Pulled":
			reach(&p.Pulled, PhasePulled, e.First)
		case "Started":
			if e.Container != "" {
				reach(&p.Started, PhaseStarted, e.First)
			}
		}
	}
	if main == nil || main.Current == nil {
		return
	}
	if main.Current.State != RunWaiting {
		begun := main.Current.Started
		if main.Previous != nil && !main.Previous.Started.IsZero() && main.Previous.Started.Before(begun) {
			begun = main.Previous.Started
		}
		if begun.IsZero() && main.Current.State == RunRunning {
			begun = time.Now()
		}
		reach(&p.Placed, PhasePlaced, begun)
		reach(&p.Started, PhaseStarted, begun)
	}
}

// tellFollower lets the follower know that the container runs.
func (w *watch) tellFollower(g *Group) {
	if main, _ := g.find(w.res.Container); w.follower != nil && main != nil && main.Current != nil && main.Current.State == RunRunning {
		poke(w.follower.running)
	}
}

// unexpected notices that the platform started the container again although its policy is Never: Microsoft binds Never
// to exit code 0 alone. The first end is the job's; the rest is stopped.
func (w *watch) unexpected(work context.Context, g *Group, main *Container) *ending {
	again := main.Restarts > 0 || main.Previous != nil && main.Previous.State == RunTerminated
	if g.RestartPolicy != "Never" || !again || w.watchOnly {
		if main.Restarts > w.res.Restarts && w.follower != nil {
			poke(w.follower.restarted)
		}
		w.res.Restarts = max(w.res.Restarts, main.Restarts)
		return nil
	}
	if w.stopping != "" {
		return nil
	}
	w.res.Restarts = max(main.Restarts, 1)
	first := main.Previous
	if first == nil && main.Current != nil && main.Current.State == RunTerminated {
		first = main.Current
	}
	if first != nil {
		w.res.ExitCode = first.ExitCode
		w.res.Phases.Finished = first.Finished
	}
	w.emit(Event{Kind: EventRestarted, ExitCode: w.res.ExitCode})
	if w.follower != nil {
		poke(w.follower.restarted)
	}
	w.stop(work, OutcomeRestarted, nil)
	return nil
}

// ended makes the ending of a container that has ended.
func (w *watch) ended(g *Group, main *Container) *ending {
	now := main.Current
	if w.stopping != OutcomeRestarted {
		w.res.ExitCode = now.ExitCode
		if w.res.Phases.Finished = now.Finished; now.Finished.IsZero() {
			w.res.Phases.Finished = time.Now()
		}
	}
	v := &ending{outcome: w.stopping}
	switch {
	case w.stopping == OutcomeRestarted:
		v.reason = "the platform restarted the container though its restart policy is Never; it was stopped"
	case w.stopping != "":
	case now.ExitCode == nil && evicted(g, main):
		v.outcome, v.reason = OutcomeEvicted, "the platform took the machine away"
	case now.ExitCode == nil:
		v.outcome, v.reason = OutcomeVanished, "the container ended without an exit code: "+now.Detail
	case g.State == GroupStopped:
		v.outcome, v.reason = OutcomeStopped, "the container group was stopped by somebody else"
	case *now.ExitCode == 0:
		v.outcome = OutcomeSucceeded
	default:
		v.outcome, v.reason = OutcomeFailed, fmt.Sprintf("the container ended with exit code %d", *now.ExitCode)
		if now.Detail != "" && now.Detail != "Error" {
			v.reason += " (" + now.Detail + ")"
		}
	}
	w.emit(Event{Kind: EventFinished, ExitCode: w.res.ExitCode})
	return v
}

// evicted looks for the platform's word that it took the containers.
func evicted(g *Group, main *Container) bool {
	if strings.Contains(strings.ToLower(main.Current.Detail), "evict") {
		return true
	}
	for _, e := range append(g.Events[:len(g.Events):len(g.Events)], main.Events...) {
		if strings.Contains(strings.ToLower(e.Name), "evict") {
			return true
		}
	}
	return false
}
