package concurrency

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of the server's defaults.
const (
	firstOccupancySeconds = 2.0 // until somebody has given a slot back
	leastOccupancySeconds = 0.1
	occupancySamples      = 2 // times the limit
	// MaxWaitSeconds is PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS, and that of tags too.
	MaxWaitSeconds = 30.0
	// WaitSpread is how much more or less than the average those wait who find no slot.
	WaitSpread = 0.3
)

// Spread is a random time around an average, up to the factor of it more or less, so that those who wait do not all come
// back at once.
func Spread(average, factor float64) float64 { return average * (1 + factor*(2*rand.Float64()-1)) }

// ByName finds a limit; nil if there is none.
func ByName(d *db.DB, name string) *db.ConcurrencyLimit {
	return d.ConcurrencyLimits.Find(func(l *db.ConcurrencyLimit) bool { return l.Name == name })
}

// Add makes a limit.
func Add(d *db.DB, l db.ConcurrencyLimit) *db.ConcurrencyLimit {
	l.Base, l.AvgSlotOccupancySeconds = db.NewBase(), firstOccupancySeconds
	d.ConcurrencyLimits.Put(l.ID, &l)
	return &l
}

// LimitDeployment gives a deployment a limit, another one, or, with nil, none; call it for each write of
// concurrency_limit and, with nil, when a deployment is deleted. It sets Deployment.ConcurrencyLimit too.
func LimitDeployment(d *db.DB, p *db.Deployment, limit *int) {
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
		made := Add(d, db.ConcurrencyLimit{Active: true, Name: "deployment:" + p.ID.String(), Limit: *limit})
		p.ConcurrencyLimitID = &made.ID
	}
}

// denied is how many slots were asked for in vain of late: what makes clients wait longer.
func denied(l *db.ConcurrencyLimit) int {
	rate := l.SlotDecayPerSecond
	if rate <= 0 {
		rate = 1 / max(leastOccupancySeconds, min(l.AvgSlotOccupancySeconds, MaxWaitSeconds))
	}
	return max(0, l.DeniedSlots-int(math.Floor(rate*time.Since(l.Updated.Time).Seconds())))
}

// Take takes slots of all the limits or of none; limits that are not active have none to give.
func Take(limits []*db.ConcurrencyLimit, slots int) bool {
	for _, l := range limits {
		if !l.Active || slots > l.Limit-l.SlotsNow() {
			return false
		}
	}
	for _, l := range limits {
		l.ActiveSlots, l.DeniedSlots = l.SlotsNow()+slots, denied(l)
		l.Touch()
	}
	return true
}

// returned is slots of limits that are given back. How long they were held, in seconds, moves the average that waiting
// clients are told; 0 is unknown.
type returned struct {
	Limits      []uuid.UUID
	Slots       int
	HeldSeconds float64
}

// give gives slots back; to limits that are gone or not active there is nothing to give.
func give(d *db.DB, r returned) {
	for _, id := range r.Limits {
		l := d.ConcurrencyLimits.Get(id)
		if l == nil || !l.Active {
			continue
		}
		l.ActiveSlots, l.DeniedSlots = max(0, l.SlotsNow()-r.Slots), denied(l)
		if r.HeldSeconds > 0 && l.Limit > 0 && r.Slots > 0 {
			each := max(r.HeldSeconds/float64(r.Slots), leastOccupancySeconds)
			l.AvgSlotOccupancySeconds += (each - l.AvgSlotOccupancySeconds) / float64(l.Limit*occupancySamples)
		}
		l.Touch()
	}
}
