package worker

import (
	"maps"
	"time"
)

// A Status is what a worker is doing.
type Status struct {
	// Name, Pool and Type are the worker's name and its pool's name and type.
	Name, Pool, Type string
	// Ready reports whether the worker can start runs: the pool was read, the last heartbeat and the last poll succeeded.
	// NotReady says why not; empty if it is ready.
	Ready    bool
	NotReady string
	// LastPoll is when the pool was last polled with success; zero: never.
	LastPoll time.Time
	// Paused reports that the pool is paused: nothing is claimed, and the worker is ready all the same.
	Paused bool
	// Draining reports that nothing more is claimed because Run is ending.
	Draining bool
	// InFlight counts the runs that the worker looks after, by phase: PhaseQueued and the like. Never nil.
	InFlight map[Phase]int
	// Claimed, Started and Adopted count runs since the worker began; Finished counts them by how they ended: the state
	// that the server had for the run then, "completed", "failed", "crashed", "cancelled", or "scheduled" and "paused" for one
	// that goes on later; or "deleted", "released", "left running", "left to another worker". Never nil.
	Claimed, Started, Adopted int
	Finished                  map[string]int
	// Waiting are the runs that wait for room in Azure, the first first: name, position and reason as a sentence.
	Waiting []string
	// Cancelled counts cancellations carried out, Retries attempts after the first, QuotaWaits runs that had to wait for room
	// in Azure, LostClaims runs that the server gave to somebody else or did not let start.
	Cancelled, Retries, QuotaWaits, LostClaims int
	// PollErrors and HeartbeatErrors count those that failed.
	PollErrors, HeartbeatErrors int
	// Reaped counts container groups that were left over and deleted.
	Reaped int
}

// A Phase is how far the worker is with a run.
type Phase string

// The phases of a run.
const (
	// PhaseSubmitting: it is claimed, and its definition is made.
	PhaseSubmitting Phase = "submitting"
	// PhaseQueued: it waits for room in Azure.
	PhaseQueued Phase = "queued"
	// PhaseStarting: its container group was requested and does not run yet.
	PhaseStarting Phase = "starting"
	// PhaseRunning: its container runs.
	PhaseRunning Phase = "running"
	// PhaseStopping: it was cancelled or deleted, and its container is being stopped.
	PhaseStopping Phase = "stopping"
	// PhaseEnding: its container has ended; its group is deleted and the end reported.
	PhaseEnding Phase = "ending"
)

// Status is a snapshot of what the worker does, for health checks and metrics.
func (w *Worker) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.Name, s.Pool, s.Type, s.Paused = w.cfg.Name, w.cfg.Pool, w.pool.Type, w.pool.IsPaused
	s.Finished, s.InFlight = maps.Clone(s.Finished), map[Phase]int{}
	for _, f := range w.flights {
		s.InFlight[f.phase]++
	}
	if s.NotReady = w.syncError; s.NotReady == "" {
		s.NotReady = w.pollError
	}
	s.Ready = s.NotReady == ""
	for _, ledger := range w.ledgers {
		line := ledger.Status()
		s.QuotaWaits += line.Waits
		for _, place := range line.Waiting {
			s.Waiting = append(s.Waiting, place.Name+" is "+place.String())
		}
	}
	return s
}

// count changes the status.
func (w *Worker) count(change func(*Status)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.status)
}
