package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// Agents send no heartbeat, so the age of what an agent wrote to the server last about a pending run tells whether it lives:
//
//	claim ── claimed: claimLasts ──▶ group written down ── keepClaim: written again each claimRenewed ──▶ group in Azure
//	  │                                      │
//	  └─ older than lostStart: free          └─ older than lostSubmission, and no group in Azure: free
const (
	// claimLasts is how long an agent goes on with a run about which it could write nothing to the server.
	claimLasts = 3 * time.Minute
	// claimRenewed is the time between two writes while the agent waits for room in Azure or for Azure's answer.
	claimRenewed = time.Minute
	// lostStart is how old the claim of a run without a container group is before other agents take its agent for dead:
	// longer than claimLasts, also where clocks differ.
	lostStart = 5 * time.Minute
	// lostSubmission is the same for a run whose group was written down: a request for it may have been sent as late as
	// claimLasts after the last write, and takes effect within three minutes or never.
	lostSubmission = 10 * time.Minute
)

// longestQueue is how long a run of an agent waits for room in Azure before it is given back and claimed anew, so that other
// agents, which may have room elsewhere, get it too.
const longestQueue = 30 * time.Minute

// unclaimed reports that no agent looks after a run, as far as can be told: it was claimed by one of Pacific's long ago and has
// no group, or it has had a group of an agent's that is gone.
func (w *Worker) unclaimed(run prefect.FlowRun) bool {
	group, _ := splitPID(run)
	old := run.State != nil && time.Since(run.State.Timestamp.Time) > lostStart
	if run.InfrastructurePID != "" {
		old = run.State != nil && time.Since(run.State.Timestamp.Time) > lostSubmission && time.Since(run.Updated.Time) > lostSubmission
	}
	switch run.StateType {
	case prefect.StatePending:
		return old && claimant(run.State) != ""
	case prefect.StateCancelling:
		return group != "" || old && run.InfrastructurePID == ""
	}
	return group != ""
}

// claimed prepares the start of a run and writes it down, both by do. An agent has to be done with it while its claim lasts:
// others may have the run after that, and the error is errTaken.
func (w *Worker) claimed(f *flight, do func() error) error {
	if w.queues == nil || f.takeover || f.run.InfrastructurePID != "" {
		return do()
	}
	live := f.live
	limited, cancel := context.WithTimeoutCause(live, claimLasts, errTaken)
	defer cancel()
	f.live = limited
	defer func() { f.live = live }()
	err := do()
	if err != nil && limited.Err() != nil && live.Err() == nil {
		return errTaken
	}
	return err
}

// keepClaim shows the other agents that this one is still at a run whose group is written down, until end is called. The context
// is for making the group. It ends with errTaken once the server could not be told for claimLasts, so that a group is asked for
// only while nobody else may have the run.
func (w *Worker) keepClaim(f *flight) (live context.Context, end func()) {
	if w.queues == nil {
		return f.live, func() {}
	}
	live, cancel := context.WithCancelCause(f.live)
	late := time.AfterFunc(claimLasts, func() { cancel(errTaken) })
	w.flying.Go(func() {
		defer late.Stop()
		every(live, claimRenewed, nil, func() (done bool) {
			asked := time.Now()
			err := w.cfg.Prefect.UpdateFlowRun(live, f.run.ID, prefect.FlowRunUpdate{InfrastructurePID: prefect.Set(Identifier(f.run.ID, f.group))})
			if err == nil && late.Stop() {
				late.Reset(claimLasts - time.Since(asked))
			}
			return errors.Is(err, prefect.ErrNotFound)
		})
	})
	return live, func() { cancel(nil) }
}
