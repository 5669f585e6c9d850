package concurrency

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// slots is what increment and decrement have in common. The server creates no limits any more, whatever a client says.
type slots struct {
	api.Loose
	Slots           int      `json:"slots" req:"true" above:"0"`
	Names           []string `json:"names" req:"true" minitems:"1"`
	CreateIfMissing *bool    `json:"create_if_missing"`
}

// slotMode is what the slots are for.
type slotMode string

// Values lists them.
func (slotMode) Values() []string { return []string{"concurrency", "rate_limit"} }

// Literal is how its refusals are worded.
func (slotMode) Literal() {}

type incrementBody struct {
	slots
	Mode slotMode `json:"mode"`
}

// shortLimit is a limit in the replies to increments.
type shortLimit struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Limit int       `json:"limit"`
}

func short(limits []*db.ConcurrencyLimit) []shortLimit {
	return api.Map(slices.Values(limits), func(l *db.ConcurrencyLimit) shortLimit { return shortLimit{l.ID, l.Name, l.Limit} })
}

// named are the limits of those names; names without a limit limit nothing.
func (x *handlers) named(names []string) (all, active []*db.ConcurrencyLimit) {
	for l := range x.db.ConcurrencyLimits.All() {
		if slices.Contains(names, l.Name) {
			all = append(all, l)
			if l.Active {
				active = append(active, l)
			}
		}
	}
	return all, active
}

func ids(limits []*db.ConcurrencyLimit) []uuid.UUID {
	return api.Map(slices.Values(limits), func(l *db.ConcurrencyLimit) uuid.UUID { return l.ID })
}

// acquire takes the slots, or says 423 and when to come back.
func (x *handlers) acquire(body incrementBody) ([]*db.ConcurrencyLimit, error) {
	all, active := x.named(body.Names)
	var undecaying []string
	for _, l := range active {
		if l.Limit < body.Slots {
			return nil, api.Problem(http.StatusUnprocessableEntity, "Slots requested is greater than the limit")
		}
		if l.SlotDecayPerSecond == 0 {
			undecaying = append(undecaying, l.Name)
		}
	}
	if body.Mode == "rate_limit" && len(undecaying) > 0 {
		return nil, api.Problem(http.StatusUnprocessableEntity, fmt.Sprintf("Only concurrency limits with slot decay can be used for rate limiting."+
			" The following limits do not have a decay configured: '%s'", strings.Join(undecaying, ",")))
	}
	if !Take(active, body.Slots) {
		return nil, locked(active, body.Slots)
	}
	return all, nil
}

// locked refuses for now. How long to wait follows from the limit that is asked for the most.
func locked(limits []*db.ConcurrencyLimit, slots int) error {
	var worst *db.ConcurrencyLimit
	var most float64
	for _, l := range limits {
		blocking := float64(slots + l.DeniedSlots) // as it was written last: the server looks before it writes
		l.DeniedSlots, l.ActiveSlots = denied(l)+slots, l.SlotsNow()
		l.Touch()
		if l.SlotDecayPerSecond == 0 {
			blocking /= float64(l.Limit)
		}
		if worst == nil || blocking > most {
			worst, most = l, blocking
		}
	}
	var average float64
	if worst.SlotDecayPerSecond > 0 {
		average = most / worst.SlotDecayPerSecond
	} else {
		average = min(min(worst.AvgSlotOccupancySeconds, MaxWaitSeconds)*most, MaxWaitSeconds)
	}
	return &api.Error{Status: http.StatusLocked, Body: map[string]any{"detail": "Locked"}, Header: map[string]string{
		"Retry-After": strconv.FormatFloat(Spread(average, WaitSpread), 'f', -1, 64),
	}}
}

func (x *handlers) increment(r *api.Request) (api.Reply, error) {
	body := incrementBody{Mode: "concurrency"}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits, err := x.acquire(body)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(short(limits))
}

// leaseSeconds is how long a lease lasts that names no duration.
const leaseSeconds = 300

func (x *handlers) incrementWithLease(r *api.Request) (api.Reply, error) {
	body := struct {
		incrementBody
		LeaseDuration float64         `json:"lease_duration" min:"60" max:"86400"`
		Holder        *db.LeaseHolder `json:"holder"`
	}{incrementBody: incrementBody{Mode: "concurrency"}, LeaseDuration: leaseSeconds}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits, err := x.acquire(body.incrementBody)
	if err != nil {
		return api.Reply{}, err
	}
	lease := AddLease(x.db, db.Lease{Limits: ids(limits), Slots: body.Slots, Holder: body.Holder}, seconds(body.LeaseDuration))
	return api.OK(map[string]any{"lease_id": lease.ID, "limits": short(limits)})
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (x *handlers) decrement(r *api.Request) (api.Reply, error) {
	var body struct {
		slots
		OccupancySeconds *float64 `json:"occupancy_seconds" above:"0"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	all, active := x.named(body.Names)
	held := 0.0
	if body.OccupancySeconds != nil {
		held = *body.OccupancySeconds
	}
	give(x.db, returned{ids(active), body.Slots, held})
	return api.OK(short(all))
}

func (x *handlers) decrementWithLease(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		LeaseID uuid.UUID `json:"lease_id" req:"true"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	EndLease(x.db, body.LeaseID)
	return api.NoContent()
}

func (x *handlers) renew(r *api.Request) (api.Reply, error) {
	body := struct {
		api.Loose
		LeaseDuration float64 `json:"lease_duration" min:"60" max:"86400"`
	}{LeaseDuration: leaseSeconds}
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if !RenewLease(x.db, id, seconds(body.LeaseDuration)) {
		return api.Reply{}, api.Problem(http.StatusGone, "Lease not found - it may have expired or been revoked")
	}
	return api.NoContent()
}
