package db

import (
	"math"
	"time"

	"github.com/google/uuid"
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

// SlotsNow is how many slots are taken, those that have decayed left out.
func (l *ConcurrencyLimit) SlotsNow() int {
	return max(0, l.ActiveSlots-int(math.Floor(l.SlotDecayPerSecond*time.Since(l.Updated.Time).Seconds())))
}

// DeploymentLimit is a deployment's limit, nil if it has none. It is what global_concurrency_limit on the wire is.
func (d *DB) DeploymentLimit(p *Deployment) *ConcurrencyLimit {
	return d.ConcurrencyLimits.Pointed(p.ConcurrencyLimitID)
}
