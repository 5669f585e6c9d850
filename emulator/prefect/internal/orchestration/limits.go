package orchestration

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

// waitSpread is how far from its average the time is that those who find no slot are told to wait.
const waitSpread = 0.3

// limit finds the limit that a path names, by id or by name.
func (o *Rules) limit(r *api.Request) (*db.ConcurrencyLimit, error) {
	name := r.Path("name")
	if id, err := uuid.Parse(name); err == nil {
		if l := o.db.ConcurrencyLimits.Get(id); l != nil {
			return l, nil
		}
	} else if l := o.db.LimitByName(name); l != nil {
		return l, nil
	}
	return nil, api.NotFound("Concurrency Limit")
}

func (o *Rules) createLimit(r *api.Request) (api.Reply, error) {
	body := struct {
		Active             bool    `json:"active"`
		Name               string  `json:"name" req:"true"`
		Limit              int     `json:"limit" req:"true" min:"0"`
		ActiveSlots        int     `json:"active_slots" min:"0"`
		DeniedSlots        int     `json:"denied_slots" min:"0"`
		SlotDecayPerSecond float64 `json:"slot_decay_per_second" min:"0"`
	}{Active: true}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if o.db.LimitByName(body.Name) != nil {
		return api.Reply{}, conflict()
	}
	made := o.db.AddLimit(db.ConcurrencyLimit{
		Active: body.Active, Name: body.Name, Limit: body.Limit, ActiveSlots: body.ActiveSlots,
		DeniedSlots: body.DeniedSlots, SlotDecayPerSecond: body.SlotDecayPerSecond,
	})
	o.emitLimit("created", made)
	return api.Created(made)
}

// conflict is how the server says that a name is taken, where it does not say which.
func conflict() error {
	return &api.Error{Status: http.StatusConflict, Body: map[string]any{"detail": "Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details."}}
}

func (o *Rules) readLimit(r *api.Request) (api.Reply, error) {
	l, err := o.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(l.View())
}

func (o *Rules) listLimits(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	all := slices.SortedFunc(o.db.ConcurrencyLimits.All(), func(a, b *db.ConcurrencyLimit) int { return strings.Compare(a.Name, b.Name) })
	page, err := api.Cut(body.Page, all)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(page), (*db.ConcurrencyLimit).View))
}

func (o *Rules) updateLimit(r *api.Request) (api.Reply, error) {
	var body struct {
		Active             *bool    `json:"active"`
		Name               *string  `json:"name"`
		Limit              *int     `json:"limit" min:"0"`
		ActiveSlots        *int     `json:"active_slots" min:"0"`
		DeniedSlots        *int     `json:"denied_slots" min:"0"`
		SlotDecayPerSecond *float64 `json:"slot_decay_per_second" min:"0"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	l, err := o.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	if body.Name != nil && *body.Name != l.Name && o.db.LimitByName(*body.Name) != nil {
		return api.Reply{}, conflict()
	}
	l.ActiveSlots, l.DeniedSlots = l.SlotsNow(), l.DeniedNow()
	change(&l.Active, body.Active)
	change(&l.Name, body.Name)
	change(&l.Limit, body.Limit)
	change(&l.ActiveSlots, body.ActiveSlots)
	change(&l.DeniedSlots, body.DeniedSlots)
	change(&l.SlotDecayPerSecond, body.SlotDecayPerSecond)
	l.Touch()
	o.emitLimit("updated", l)
	return api.NoContent()
}

// emitLimit tells what became of a limit.
func (o *Rules) emitLimit(action string, l *db.ConcurrencyLimit) {
	o.db.Emit(db.Event{
		Event:    "prefect.concurrency-limit." + action,
		Resource: map[string]string{"prefect.resource.id": "prefect.concurrency-limit." + l.ID.String(), "prefect.resource.name": l.Name},
		Payload:  api.Raw(map[string]any{"name": l.Name, "limit": l.Limit, "active": l.Active, "slot_decay_per_second": l.SlotDecayPerSecond}),
	})
}

func change[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func (o *Rules) deleteLimit(r *api.Request) (api.Reply, error) {
	l, err := o.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	o.emitLimit("deleted", l)
	for d := range o.db.Deployments.All() {
		if d.ConcurrencyLimitID != nil && *d.ConcurrencyLimitID == l.ID {
			d.ConcurrencyLimit, d.ConcurrencyLimitID = nil, nil
		}
	}
	o.db.ConcurrencyLimits.Delete(l.ID)
	return api.NoContent()
}

// slots is what increment and decrement have in common. The server creates no limits any more, whatever a client says.
type slots struct {
	api.Loose
	Slots           int      `json:"slots" req:"true" above:"0"`
	Names           []string `json:"names" req:"true"`
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
func (o *Rules) named(names []string) (all, active []*db.ConcurrencyLimit) {
	for l := range o.db.ConcurrencyLimits.All() {
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
func (o *Rules) acquire(body incrementBody) ([]*db.ConcurrencyLimit, error) {
	all, active := o.named(body.Names)
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
	if !o.db.TakeSlots(active, body.Slots) {
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
		l.DeniedSlots, l.ActiveSlots = l.DeniedNow()+slots, l.SlotsNow()
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
		average = min(min(worst.AvgSlotOccupancySeconds, db.MaxSlotWaitSeconds)*most, db.MaxSlotWaitSeconds)
	}
	return &api.Error{Status: http.StatusLocked, Body: map[string]any{"detail": "Locked"}, Header: map[string]string{
		"Retry-After": strconv.FormatFloat(spread(average, waitSpread), 'f', -1, 64),
	}}
}

func (o *Rules) increment(r *api.Request) (api.Reply, error) {
	body := incrementBody{Mode: "concurrency"}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits, err := o.acquire(body)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(short(limits))
}

// leaseSeconds is how long a lease lasts that names no duration.
const leaseSeconds = 300

func (o *Rules) incrementWithLease(r *api.Request) (api.Reply, error) {
	body := struct {
		incrementBody
		LeaseDuration float64         `json:"lease_duration" min:"60" max:"86400"`
		Holder        *db.LeaseHolder `json:"holder"`
	}{incrementBody: incrementBody{Mode: "concurrency"}, LeaseDuration: leaseSeconds}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits, err := o.acquire(body.incrementBody)
	if err != nil {
		return api.Reply{}, err
	}
	lease := o.db.AddLease(db.Lease{Limits: ids(limits), Slots: body.Slots, Holder: body.Holder}, seconds(body.LeaseDuration))
	return api.OK(map[string]any{"lease_id": lease.ID, "limits": short(limits)})
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (o *Rules) decrement(r *api.Request) (api.Reply, error) {
	var body struct {
		slots
		OccupancySeconds *float64 `json:"occupancy_seconds" above:"0"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	all, active := o.named(body.Names)
	held := 0.0
	if body.OccupancySeconds != nil {
		held = *body.OccupancySeconds
	}
	o.db.GiveSlots(ids(active), body.Slots, held)
	return api.OK(short(all))
}

func (o *Rules) decrementWithLease(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		LeaseID uuid.UUID `json:"lease_id" req:"true"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	o.db.EndLease(body.LeaseID)
	return api.NoContent()
}

func (o *Rules) renew(r *api.Request) (api.Reply, error) {
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
	if !o.db.RenewLease(id, seconds(body.LeaseDuration)) {
		return api.Reply{}, api.Problem(http.StatusGone, "Lease not found - it may have expired or been revoked")
	}
	return api.NoContent()
}
