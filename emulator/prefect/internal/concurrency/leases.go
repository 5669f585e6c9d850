package concurrency

import (
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// AddLease makes a lease of slots that are taken already, and asks to be woken when it ends.
func AddLease(d *db.DB, l db.Lease, life time.Duration) *db.Lease {
	l.ID, l.Created = uuid.New(), time.Now()
	l.Expires = l.Created.Add(life)
	d.Leases.Put(l.ID, &l)
	d.Wake(l.Expires)
	return &l
}

// RenewLease lets a lease last this long from now on; false if it is gone.
func RenewLease(d *db.DB, id uuid.UUID, life time.Duration) bool {
	l := d.Leases.Get(id)
	if l == nil || !time.Now().Before(l.Expires) {
		return false
	}
	l.Expires = time.Now().Add(life)
	d.Wake(l.Expires)
	return true
}

// EndLease forgets a lease and gives its slots back; false if it is gone.
func EndLease(d *db.DB, id uuid.UUID) bool {
	l := d.Leases.Get(id)
	if l == nil {
		return false
	}
	give(d, returned{l.Limits, l.Slots, time.Since(l.Created).Seconds()})
	return d.Leases.Delete(id)
}

// ExpireLeases ends all leases whose time is over, and tells when the next one's is; the zero time if there is none.
// The server does so every 15 s. Here whoever looks at what time makes due calls it.
func ExpireLeases(d *db.DB) (next time.Time) {
	now := time.Now()
	for l := range d.Leases.All() {
		if !now.Before(l.Expires) {
			EndLease(d, l.ID)
		} else if next.IsZero() || l.Expires.Before(next) {
			next = l.Expires
		}
	}
	return next
}

// FreeSlot gives back the slot of its deployment's limit that a run has in a state: with the state's lease, or, where a
// client keeps none, without one.
func FreeSlot(d *db.DB, run *db.FlowRun, in *db.State) {
	if EndLease(d, in.Lease()) {
		return
	}
	if p := d.Deployments.Pointed(run.DeploymentID); p != nil && p.ConcurrencyLimitID != nil {
		give(d, returned{Limits: []uuid.UUID{*p.ConcurrencyLimitID}, Slots: 1})
	}
}

// Holding reports whether a flow run in a state of the type has a slot of its deployment's limit, if there is one.
func Holding(t db.StateType) bool {
	return t == db.Pending || t == db.Running || t == db.Cancelling
}

// DeleteFlowRun forgets a run with its task runs and logs, and gives its slot back; false if there is no such run. Rooms
// call it, and not the records' own ForgetFlowRun.
func DeleteFlowRun(d *db.DB, id uuid.UUID) bool {
	if run := d.FlowRuns.Get(id); run != nil && run.DeploymentID != nil && run.State != nil && Holding(run.State.Type) {
		FreeSlot(d, run, run.State)
	}
	return d.ForgetFlowRun(id)
}
