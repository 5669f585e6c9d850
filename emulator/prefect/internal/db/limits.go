package db

import (
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// ConcurrencyLimit is a global limit with its slots: one that a person made, a tag's ("tag:NAME") or a deployment's
// ("deployment:ID").
type ConcurrencyLimit struct {
	Base
	Active      bool   `json:"active"`
	Name        string `json:"name"`
	Limit       int    `json:"limit"`
	ActiveSlots int    `json:"active_slots"`
	DeniedSlots int    `json:"denied_slots"`
	// SlotDecayPerSecond frees slots by itself; more than zero makes it a rate limit.
	SlotDecayPerSecond      float64 `json:"slot_decay_per_second"`
	AvgSlotOccupancySeconds float64 `json:"avg_slot_occupancy_seconds"`
}

// Lease holds slots of limits until it ends.
type Lease struct {
	ID      uuid.UUID
	Limits  []uuid.UUID
	Slots   int
	Holder  *LeaseHolder
	Created time.Time
	Expires time.Time
}

// LeaseHolder is who holds a lease.
type LeaseHolder struct {
	Type HolderType `json:"type" req:"true"`
	ID   uuid.UUID  `json:"id" req:"true"`
}

// HolderType is what a lease's holder is.
type HolderType string

// Values lists them.
func (HolderType) Values() []string { return []string{"flow_run", "task_run", "deployment"} }

// Literal is how its refusals are worded.
func (HolderType) Literal() {}

// Figures of the server's defaults.
const (
	firstOccupancySeconds = 2.0 // until somebody has given a slot back
	leastOccupancySeconds = 0.1
	occupancySamples      = 2 // times the limit
	// MaxSlotWaitSeconds is PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS, and that of tags too.
	MaxSlotWaitSeconds = 30.0
)

// LimitByName finds a limit; nil if there is none.
func (d *DB) LimitByName(name string) *ConcurrencyLimit {
	return d.ConcurrencyLimits.Find(func(l *ConcurrencyLimit) bool { return l.Name == name })
}

// AddLimit makes a limit.
func (d *DB) AddLimit(l ConcurrencyLimit) *ConcurrencyLimit {
	l.Base, l.AvgSlotOccupancySeconds = NewBase(), firstOccupancySeconds
	d.ConcurrencyLimits.Put(l.ID, &l)
	return &l
}

// LimitDeployment gives a deployment a limit, another one, or, with nil, none; call it for each write of
// concurrency_limit and, with nil, when a deployment is deleted. It sets Deployment.ConcurrencyLimit too.
func (d *DB) LimitDeployment(p *Deployment, limit *int) {
	known := d.DeploymentLimit(p)
	p.ConcurrencyLimit = limit
	switch {
	case limit == nil && known != nil:
		d.ConcurrencyLimits.Delete(known.ID)
		p.ConcurrencyLimitID = nil
	case limit == nil:
	case known != nil:
		known.Limit = *limit
		known.Touch()
	default:
		made := d.AddLimit(ConcurrencyLimit{Active: true, Name: "deployment:" + p.ID.String(), Limit: *limit})
		p.ConcurrencyLimitID = &made.ID
	}
}

// DeploymentLimit is a deployment's limit, nil if it has none. It is what global_concurrency_limit on the wire is.
func (d *DB) DeploymentLimit(p *Deployment) *ConcurrencyLimit {
	if p.ConcurrencyLimitID == nil {
		return nil
	}
	return d.ConcurrencyLimits.Get(*p.ConcurrencyLimitID)
}

// SlotsNow is how many slots are taken, those that have decayed left out.
func (l *ConcurrencyLimit) SlotsNow() int {
	return max(0, l.ActiveSlots-int(math.Floor(l.SlotDecayPerSecond*time.Since(l.Updated.Time).Seconds())))
}

// DeniedNow is how many slots were asked for in vain of late: what makes clients wait longer.
func (l *ConcurrencyLimit) DeniedNow() int {
	rate := l.SlotDecayPerSecond
	if rate <= 0 {
		rate = 1 / max(leastOccupancySeconds, min(l.AvgSlotOccupancySeconds, MaxSlotWaitSeconds))
	}
	return max(0, l.DeniedSlots-int(math.Floor(rate*time.Since(l.Updated.Time).Seconds())))
}

// TakeSlots takes slots of all the limits or of none; limits that are not active have none to give.
func (d *DB) TakeSlots(limits []*ConcurrencyLimit, slots int) bool {
	for _, l := range limits {
		if !l.Active || l.SlotsNow()+slots > l.Limit {
			return false
		}
	}
	for _, l := range limits {
		l.ActiveSlots, l.DeniedSlots = l.SlotsNow()+slots, l.DeniedNow()
		l.Touch()
	}
	return true
}

// GiveSlots gives slots back. How long they were held, in seconds, moves the average that waiting clients are told;
// 0 is unknown.
func (d *DB) GiveSlots(limits []uuid.UUID, slots int, heldSeconds float64) {
	for _, id := range limits {
		l := d.ConcurrencyLimits.Get(id)
		if l == nil || !l.Active {
			continue
		}
		l.ActiveSlots, l.DeniedSlots = max(0, l.SlotsNow()-slots), l.DeniedNow()
		if heldSeconds > 0 && l.Limit > 0 && slots > 0 {
			each := max(heldSeconds/float64(slots), leastOccupancySeconds)
			l.AvgSlotOccupancySeconds += (each - l.AvgSlotOccupancySeconds) / float64(l.Limit*occupancySamples)
		}
		l.Touch()
	}
}

// AddLease makes a lease of slots that are taken already, and asks to be woken when it ends.
func (d *DB) AddLease(l Lease, life time.Duration) *Lease {
	l.ID, l.Created = uuid.New(), time.Now()
	l.Expires = l.Created.Add(life)
	d.Leases.Put(l.ID, &l)
	d.Wake(l.Expires)
	return &l
}

// RenewLease lets a lease last this long from now on; false if it is gone.
func (d *DB) RenewLease(id uuid.UUID, life time.Duration) bool {
	l := d.Leases.Get(id)
	if l == nil || !time.Now().Before(l.Expires) {
		return false
	}
	l.Expires = time.Now().Add(life)
	d.Wake(l.Expires)
	return true
}

// EndLease forgets a lease and gives its slots back; false if it is gone.
func (d *DB) EndLease(id uuid.UUID) bool {
	l := d.Leases.Get(id)
	if l == nil {
		return false
	}
	d.GiveSlots(l.Limits, l.Slots, time.Since(l.Created).Seconds())
	return d.Leases.Delete(id)
}

// ExpireLeases ends all leases whose time is over, and tells when the next one's is; the zero time if there is none.
// The server does so every 15 s. Here whoever looks at what time makes due calls it.
func (d *DB) ExpireLeases() (next time.Time) {
	now := time.Now()
	for l := range d.Leases.All() {
		if !now.Before(l.Expires) {
			d.EndLease(l.ID)
		} else if next.IsZero() || l.Expires.Before(next) {
			next = l.Expires
		}
	}
	return next
}

// Lease is the deployment's lease that a state names; the zero id if it names none.
func (s *State) Lease() uuid.UUID {
	if s == nil || s.Details.DeploymentConcurrencyLeaseID == nil {
		return uuid.UUID{}
	}
	return *s.Details.DeploymentConcurrencyLeaseID
}

// Retimed is a state like this one, with an id of its own, of now.
func (s State) Retimed() State {
	s.ID, s.Timestamp = uuid.New(), api.Now()
	return s
}
