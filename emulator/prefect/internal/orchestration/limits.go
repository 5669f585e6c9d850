package orchestration

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/notice"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
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
		return api.Reply{}, api.IntegrityConflict()
	}
	made := o.db.AddLimit(db.ConcurrencyLimit{
		Active: body.Active, Name: body.Name, Limit: body.Limit, ActiveSlots: body.ActiveSlots,
		DeniedSlots: body.DeniedSlots, SlotDecayPerSecond: body.SlotDecayPerSecond,
	})
	notice.Limit(o.db, made, "created")
	return api.Created(made)
}

func (o *Rules) readLimit(r *api.Request) (api.Reply, error) {
	l, err := o.limit(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(view.Limit(l))
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
	return api.OK(api.Map(slices.Values(page), view.Limit))
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
		return api.Reply{}, api.IntegrityConflict()
	}
	l.ActiveSlots, l.DeniedSlots = l.SlotsNow(), l.DeniedNow()
	change(&l.Active, body.Active)
	change(&l.Name, body.Name)
	change(&l.Limit, body.Limit)
	change(&l.ActiveSlots, body.ActiveSlots)
	change(&l.DeniedSlots, body.DeniedSlots)
	change(&l.SlotDecayPerSecond, body.SlotDecayPerSecond)
	l.Touch()
	notice.Limit(o.db, l, "updated")
	return api.NoContent()
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
	notice.Limit(o.db, l, "deleted")
	for d := range o.db.Deployments.All() {
		if d.ConcurrencyLimitID != nil && *d.ConcurrencyLimitID == l.ID {
			d.ConcurrencyLimit, d.ConcurrencyLimitID = nil, nil
		}
	}
	o.db.ConcurrencyLimits.Delete(l.ID)
	return api.NoContent()
}
