package aci

import (
	"encoding/json"
	"time"
)

// A Result is what became of a job. Its JSON form is stable: times in RFC 3339, exitCode null where there is none.
type Result struct {
	// Name is the container group's name, ID its resource id, Container the main container's name.
	Name      string
	ID        string
	Container string
	// ExitCode is the main container's own exit code, nil when ACI never gave one (it never ran, or was taken away).
	ExitCode *int
	// Outcome is why the job ended.
	Outcome Outcome
	// Reason says Outcome in words, with Azure's own events; empty for a success.
	Reason string
	// Phases are the times at which the job reached each phase.
	Phases Phases
	// Restarts counts how often the container was started again.
	Restarts int
	// Failures are the containers of the group that failed: init containers and side-cars, and the main container where
	// the cause is not its program's own. Their last lines were read before anything was deleted.
	Failures []*ContainerError
	// Gaps are the places where output was lost, or may have been.
	Gaps []Gap
	// Reads counts the requests that the job cost.
	Reads Reads
	// Warnings are those of [Job.ContainerGroup].
	Warnings []Warning
	// Kept reports that the group was left in Azure: as Job.Keep asked, or because its state could not be read.
	Kept bool
	// CleanupError is why the group could not be deleted; nil if it was, or was kept. It never changes Outcome.
	CleanupError error
	// OutputError is why Job.Output did not get all of the output: a Write failed, or blocked after the caller's context had
	// ended. It never changes Outcome.
	OutputError error
}

// An Outcome is why a job ended.
type Outcome string

// The outcomes. More may come; treat one that you do not know as a failure.
const (
	// OutcomeSucceeded: the container ended with exit code 0.
	OutcomeSucceeded Outcome = "succeeded"
	// OutcomeFailed: the container ended with another exit code.
	OutcomeFailed Outcome = "failed"
	// OutcomeStartFailed: Azure refused the group, or the container never ran (image, capacity, quota, network).
	OutcomeStartFailed Outcome = "startFailed"
	// OutcomeStartTimeout: the container did not run within the start deadline.
	OutcomeStartTimeout Outcome = "startTimeout"
	// OutcomeTimedOut: Job.Timeout was reached and the container stopped.
	OutcomeTimedOut Outcome = "timeout"
	// OutcomeInterrupted: the caller's context was cancelled and the container stopped.
	OutcomeInterrupted Outcome = "interrupted"
	// OutcomeStopped: somebody else stopped the group; Azure then keeps no exit code.
	OutcomeStopped Outcome = "stopped"
	// OutcomeRestarted: the platform or somebody restarted the container though its policy is Never; it was stopped.
	OutcomeRestarted Outcome = "restarted"
	// OutcomeEvicted: the platform took the machine away (spot).
	OutcomeEvicted Outcome = "evicted"
	// OutcomeVanished: the group is gone and no exit code was seen.
	OutcomeVanished Outcome = "vanished"
	// OutcomeReplaced: the group is gone and its name is another group's, which was left alone.
	OutcomeReplaced Outcome = "replaced"
	// OutcomeUnknown: Azure refused for minutes to show the group, which was left as it is and may still run. The error is
	// a [*WatchError].
	OutcomeUnknown Outcome = "unknown"
)

// A Gap is a place in the output where lines were lost, or may have been.
type Gap struct {
	// From is the time of the last line before the gap, To that of the first line after it; zero where not known.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Lines is how many lines are missing; 0 where that is not known.
	Lines int `json:"lines,omitempty"`
	// Reason says in a phrase how the gap came about.
	Reason string `json:"reason"`
}

// Reads is how many requests a job cost. Azure limits them for each subscription, region and principal.
type Reads struct {
	// State counts reads of the group and of operations; Logs counts log reads.
	State int `json:"state"`
	Logs  int `json:"logs"`
	// Writes counts the requests that change something, deletes included.
	Writes int `json:"writes"`
}

// Success reports whether the container ended with exit code 0. A failed cleanup does not change that.
func (r *Result) Success() bool { return r != nil && r.Outcome == OutcomeSucceeded }

// MarshalJSON gives the result's stable form: camelCase names, exitCode null where there is none, cleanupError as
// text, and how long the phases took.
func (r Result) MarshalJSON() ([]byte, error) {
	var cleanup, output string
	if r.OutputError != nil {
		output = r.OutputError.Error()
	}
	if r.CleanupError != nil {
		cleanup = r.CleanupError.Error()
	}
	return json.Marshal(struct {
		Name         string            `json:"name"`
		ID           string            `json:"id,omitempty"`
		Container    string            `json:"container,omitempty"`
		ExitCode     *int              `json:"exitCode"`
		Outcome      Outcome           `json:"outcome"`
		Reason       string            `json:"reason,omitempty"`
		Phases       Phases            `json:"phases,omitzero"`
		Durations    Durations         `json:"durations,omitzero"`
		Restarts     int               `json:"restarts,omitempty"`
		Failures     []*ContainerError `json:"failures,omitempty"`
		Gaps         []Gap             `json:"gaps,omitempty"`
		Reads        Reads             `json:"reads"`
		Warnings     []Warning         `json:"warnings,omitempty"`
		Kept         bool              `json:"kept"`
		CleanupError string            `json:"cleanupError,omitempty"`
		OutputError  string            `json:"outputError,omitempty"`
	}{r.Name, r.ID, r.Container, r.ExitCode, r.Outcome, r.Reason, r.Phases, r.Phases.Durations(), r.Restarts, r.Failures, r.Gaps,
		r.Reads, r.Warnings, r.Kept, cleanup, output})
}
