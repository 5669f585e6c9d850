package concurrency

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// limit finds the limit that a path names, by id or by name.
func (x *handlers) limit(r *api.Request) (*db.ConcurrencyLimit, error) {
	name := r.Path("name")
	if id, err := uuid.Parse(name); err == nil {
		if l := x.db.ConcurrencyLimits.Get(id); l != nil {
			return l, nil
		}
	} else if l := ByName(x.db, name); l != nil {
		return l, nil
	}
	return nil, api.NotFound("Concurrency Limit")
}

func (x *handlers) createLimit(r *api.Request) (api.Reply, error) {
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
	if ByName(x.db, body.Name) != nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	made := Add(x.db, db.ConcurrencyLimit{
		Active: body.Active, Name: body.Name, Limit: body.Limit, ActiveSlots: body.ActiveSlots,
		DeniedSlots: body.DeniedSlots, SlotDecayPerSecond: body.SlotDecayPerSecond,
	})
	view.EmitLimit(x.db, made, "created")
	return api.Created(made)
}

func (x *handlers) readLimit(r *api.Request) (api.Reply, error) {
	l, err := x.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(view.Limit(l))
}

func (x *handlers) listLimits(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	all := slices.SortedFunc(x.db.ConcurrencyLimits.All(), func(a, b *db.ConcurrencyLimit) int { return strings.Compare(a.Name, b.Name) })
	page, err := api.Cut(body.Page, all)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(page), view.Limit))
}

func (x *handlers) updateLimit(r *api.Request) (api.Reply, error) {
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
	l, err := x.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	if body.Name != nil && *body.Name != l.Name && ByName(x.db, *body.Name) != nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	l.ActiveSlots, l.DeniedSlots = l.SlotsNow(), denied(l)
	change(&l.Active, body.Active)
	change(&l.Name, body.Name)
	change(&l.Limit, body.Limit)
	change(&l.ActiveSlots, body.ActiveSlots)
	change(&l.DeniedSlots, body.DeniedSlots)
	change(&l.SlotDecayPerSecond, body.SlotDecayPerSecond)
	l.Touch()
	view.EmitLimit(x.db, l, "updated")
	return api.NoContent()
}

func change[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func (x *handlers) deleteLimit(r *api.Request) (api.Reply, error) {
	l, err := x.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	view.EmitLimit(x.db, l, "deleted")
	for d := range x.db.Deployments.All() {
		if d.ConcurrencyLimitID != nil && *d.ConcurrencyLimitID == l.ID {
			d.ConcurrencyLimit, d.ConcurrencyLimitID = nil, nil
		}
	}
	x.db.ConcurrencyLimits.Delete(l.ID)
	return api.NoContent()
}
