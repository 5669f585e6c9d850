package aci

import (
	"encoding/json"
	"time"
)

// A Phase is a step in a job's life.
type Phase string

// The phases, in order. A job may skip some: a cached image is never pulled, a silent job has no first line.
const (
	PhaseRequested Phase = "requested"
	PhasePlaced    Phase = "placed"
	PhasePulling   Phase = "pulling"
	PhasePulled    Phase = "pulled"
	PhaseStarted   Phase = "started"
	PhaseFirstLine Phase = "firstLine"
	PhaseFinished  Phase = "finished"
	PhaseDeleted   Phase = "deleted"
)

// Phases are the times at which a job reached each phase; zero where it did not, or where nobody could see it.
// Placed, Pulling, Pulled, Started and Finished are Azure's own times, in whole seconds; the others are this machine's.
type Phases struct {
	// Requested: the group's definition was sent.
	Requested time.Time `json:"requested,omitzero"`
	// Placed: ACI found a machine, which shows by its first event.
	Placed time.Time `json:"placed,omitzero"`
	// Pulling and Pulled: the image's pull began and ended.
	Pulling time.Time `json:"pulling,omitzero"`
	Pulled  time.Time `json:"pulled,omitzero"`
	// Started: the main container began to run.
	Started time.Time `json:"started,omitzero"`
	// FirstLine: the first output came.
	FirstLine time.Time `json:"firstLine,omitzero"`
	// Finished: the main container ended.
	Finished time.Time `json:"finished,omitzero"`
	// Deleted: the group was seen gone.
	Deleted time.Time `json:"deleted,omitzero"`
}

// Durations are how long the phases took; zero where one of the two ends is not known.
type Durations struct {
	// Place is from the request until ACI found a machine.
	Place time.Duration
	// Pull is the pull of the image.
	Pull time.Duration
	// Start is from the request until the container ran, what a person waits for.
	Start time.Duration
	// Run is the container's own time, what Azure bills (with Pull).
	Run time.Duration
	// Total is from the request until the end known last.
	Total time.Duration
}

// Durations gives how long the phases took.
func (p Phases) Durations() Durations {
	last := p.Requested
	for _, at := range []time.Time{p.Placed, p.Pulling, p.Pulled, p.Started, p.FirstLine, p.Finished, p.Deleted} {
		if at.After(last) {
			last = at
		}
	}
	return Durations{
		Place: between(p.Requested, p.Placed),
		Pull:  between(p.Pulling, p.Pulled),
		Start: between(p.Requested, p.Started),
		Run:   between(p.Started, p.Finished),
		Total: between(p.Requested, last),
	}
}

// between is never negative: Azure's clock and this machine's differ, and Azure's has whole seconds.
func between(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

// MarshalJSON gives seconds, which every language reads.
func (d Durations) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Place float64 `json:"placeSeconds,omitzero"`
		Pull  float64 `json:"pullSeconds,omitzero"`
		Start float64 `json:"startSeconds,omitzero"`
		Run   float64 `json:"runSeconds,omitzero"`
		Total float64 `json:"totalSeconds,omitzero"`
	}{d.Place.Seconds(), d.Pull.Seconds(), d.Start.Seconds(), d.Run.Seconds(), d.Total.Seconds()})
}

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
