package orchestration

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// A run of a deployment with a concurrency limit has one of its slots while it is PENDING, RUNNING or CANCELLING. A lease
// goes with the slot, so that a run whose worker died does not keep it:
//
//	         PENDING: slot and lease                RUNNING: the lease is renewed
//	(none) ──────────────────────────▶ for grace ───────────────────────────────▶ for grace, again and again: the engine
//	   ▲                                   │                                         │         renews it by itself
//	   │     the lease runs out: the slot is free, and the run does not know it      │
//	   ├───────────────────────────────────┴─────────────────────────────────────────┤
//	   │                                                                             │
//	   └── any other state: the slot is given back, but for a retry in this process ─┘
//
// A run that comes to RUNNING without its lease takes a slot anew, or is cancelled if there is none.

// Figures of the server's defaults.
const (
	// slotWait is PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS.
	slotWait = 30 * time.Second
	// firstLease is PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION: how long a pending run has its slot.
	firstLease = 300 * time.Second
)

// cancelNew is the collision strategy that cancels runs for which there is no slot; the other one lets them wait.
const cancelNew = "CANCEL_NEW"

// leasingSince is the first client that renews leases. For older ones the lease is dropped when the run is RUNNING, and the
// slot stays without one: a lease that nobody renews would free it under a run.
var leasingSince = [3]int{3, 4, 11}

// limit is the deployment's; nil if it has none.
func (t *transition) limit() *db.ConcurrencyLimit {
	d := t.deployment()
	if d == nil {
		return nil
	}
	return t.o.db.DeploymentLimit(d)
}

// grace is how long a lease lasts until its run must be running.
func (t *transition) grace() time.Duration {
	if d := t.deployment(); d != nil && d.ConcurrencyOptions != nil && d.ConcurrencyOptions.GracePeriodSeconds != nil {
		return time.Duration(*d.ConcurrencyOptions.GracePeriodSeconds) * time.Second
	}
	return firstLease
}

// strategy is what the deployment says of collisions.
func (t *transition) strategy() string {
	if d := t.deployment(); d != nil && d.ConcurrencyOptions != nil {
		return d.ConcurrencyOptions.CollisionStrategy
	}
	return "ENQUEUE"
}

// takeDeploymentSlot gives a run that is about to be submitted one of its deployment's slots, with a lease, or sends it
// back.
func takeDeploymentSlot(t *transition) (after, undo func()) {
	// These workers take the slot themselves.
	if t.flow.DeploymentID == nil || slices.Contains([]string{"3.0.0rc20", "3.0.0", "3.0.1", "3.0.2", "3.0.3"}, t.client) {
		return nil, nil
	}
	if t.deployment() == nil {
		t.abort("Deployment not found.")
		return nil, nil
	}
	limit := t.limit()
	switch {
	case limit == nil:
		return nil, nil
	case limit.Limit == 0:
		t.abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
		return nil, nil
	case concurrency.Take([]*db.ConcurrencyLimit{limit}, 1):
		lease := concurrency.AddLease(t.o.db, db.Lease{Limits: []uuid.UUID{limit.ID}, Slots: 1}, t.grace())
		leaseOf(t.proposed, lease.ID)
		return nil, func() { concurrency.EndLease(t.o.db, lease.ID) }
	}
	const reason = "Deployment concurrency limit reached."
	if t.strategy() == cancelNew {
		cancelled := NewState(db.Cancelled, reason)
		t.reject(&cancelled, reason)
		return nil, nil
	}
	waiting := NewState(db.Scheduled, "")
	waiting.Name, waiting.Details.ScheduledTime = "AwaitingConcurrencySlot", api.At(time.Now().Add(slotWait))
	t.reject(&waiting, reason)
	return nil, nil
}

// renewAtRunning makes sure that a run still has its slot when its infrastructure is there at last.
func renewAtRunning(t *transition) (after, undo func()) {
	lease := t.initial.Lease()
	leaseOf(t.proposed, lease)
	limit := t.limit()
	if lease == (uuid.UUID{}) || !clientVersion(t.client, leasingSince) || limit == nil || concurrency.RenewLease(t.o.db, lease, t.grace()) {
		return nil, nil
	}
	if concurrency.Take([]*db.ConcurrencyLimit{limit}, 1) {
		holder := &db.LeaseHolder{Type: "flow_run", ID: t.run.ID}
		leaseOf(t.proposed, concurrency.AddLease(t.o.db, db.Lease{Limits: []uuid.UUID{limit.ID}, Slots: 1, Holder: holder}, t.grace()).ID)
		return nil, nil
	}
	cancelled := NewState(db.Cancelled, "Deployment concurrency slot lost during provisioning - no slots available to continue execution")
	t.reject(&cancelled, "Deployment concurrency limit reached after lease expiry.")
	return nil, nil
}

// endLeaseOfOldClient lets a client that cannot renew a lease keep its slot without one.
func endLeaseOfOldClient(t *transition) (after, undo func()) {
	return func() {
		if !clientVersion(t.client, leasingSince) {
			t.o.db.Leases.Delete(t.initial.Lease())
		}
	}, nil
}

// releaseDeploymentSlot gives a run's slot back when it is neither pending nor running nor being cancelled any more.
func releaseDeploymentSlot(t *transition) (after, undo func()) {
	return func() {
		if t.proposed == nil || !concurrency.Holding(t.from) || concurrency.Holding(t.proposed.Type) {
			return
		}
		// A retry in the same process keeps its slot: the engine goes on renewing the lease.
		if t.proposed.Name == "AwaitingRetry" && t.details.Status == Reject {
			return
		}
		concurrency.FreeSlot(t.o.db, t.flow, t.initial)
	}, nil
}

// cancelInsteadOfLate cancels a run that would be late because its deployment has no slot, if it says so.
func cancelInsteadOfLate(t *transition) (after, undo func()) {
	limit := t.limit()
	if t.proposed.Name == "Late" && limit != nil && t.strategy() == cancelNew && limit.ActiveSlots >= limit.Limit {
		cancelled := NewState(db.Cancelled, "Deployment concurrency limit reached.")
		t.reject(&cancelled, "Deployment concurrency limit is full and uses the CANCEL_NEW strategy.")
	}
	return nil, nil
}
