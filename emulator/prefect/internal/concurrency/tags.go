package concurrency

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// The first form of the API knows limits by tag alone. A server of 3.9 keeps them as limits of the second form, named
// "tag:" and the tag, and holds their slots by leases.
func (x *handlers) registerTags(r *api.Router) {
	r.Handle("POST /concurrency_limits/", x.createTagLimit)
	r.Handle("GET /concurrency_limits/{id}", x.byTagLimitID(x.showTagLimit))
	r.Handle("DELETE /concurrency_limits/{id}", x.byTagLimitID(x.deleteTagLimit))
	r.Handle("GET /concurrency_limits/tag/{tag}", x.byTag(x.showTagLimit))
	r.Handle("DELETE /concurrency_limits/tag/{tag}", x.byTag(x.deleteTagLimit))
	r.Handle("POST /concurrency_limits/tag/{tag}/reset", x.resetTagLimit)
	r.Handle("POST /concurrency_limits/filter", x.listTagLimits)
	r.Handle("POST /concurrency_limits/increment", x.incrementTags)
	r.Handle("POST /concurrency_limits/decrement", x.decrementTags)
}

// TagPrefix begins the name of the limit of a tag.
const TagPrefix = "tag:"

// tagLease is how long such a lease lasts: clients of the first form cannot renew one.
const tagLease = 100 * 365 * 24 * time.Hour

// tagLimit is a limit as the first form shows it.
type tagLimit struct {
	db.Base
	Tag   string `json:"tag"`
	Limit int    `json:"concurrency_limit"`
	// ActiveSlots are the task runs that hold one.
	ActiveSlots []uuid.UUID `json:"active_slots"`
}

func (x *handlers) viewTagLimit(l *db.ConcurrencyLimit) tagLimit {
	view := tagLimit{Base: l.Base, Tag: strings.TrimPrefix(l.Name, TagPrefix), Limit: l.Limit, ActiveSlots: []uuid.UUID{}}
	for lease := range x.db.Leases.All() {
		if slices.Contains(lease.Limits, l.ID) && lease.Holder != nil && lease.Holder.Type == "task_run" {
			view.ActiveSlots = append(view.ActiveSlots, lease.Holder.ID)
		}
	}
	return view
}

// limitHandler answers about the limit that a path names.
type limitHandler func(*api.Request, *db.ConcurrencyLimit) (api.Reply, error)

func (x *handlers) byTag(h limitHandler) api.Handler {
	return func(r *api.Request) (api.Reply, error) { return onLimit(r, ByName(x.db, TagPrefix+r.Path("tag")), h) }
}

func (x *handlers) byTagLimitID(h limitHandler) api.Handler {
	return func(r *api.Request) (api.Reply, error) {
		id, err := r.ID("id")
		if err != nil {
			return api.Reply{}, err
		}
		return onLimit(r, x.db.ConcurrencyLimits.Get(id), h)
	}
}

func onLimit(r *api.Request, l *db.ConcurrencyLimit, h limitHandler) (api.Reply, error) {
	if l == nil || !strings.HasPrefix(l.Name, TagPrefix) {
		return api.Reply{}, api.NotFound("Concurrency limit")
	}
	return h(r, l)
}

func (x *handlers) createTagLimit(r *api.Request) (api.Reply, error) {
	var body struct {
		Tag   string `json:"tag" req:"true"`
		Limit int    `json:"concurrency_limit" req:"true"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if known := ByName(x.db, TagPrefix+body.Tag); known != nil {
		known.Limit = body.Limit
		known.Touch()
		return api.OK(x.viewTagLimit(known))
	}
	made := Add(x.db, db.ConcurrencyLimit{Active: true, Name: TagPrefix + body.Tag, Limit: body.Limit})
	view.EmitLimit(x.db, made, "created")
	return api.Created(x.viewTagLimit(made))
}

func (x *handlers) showTagLimit(_ *api.Request, l *db.ConcurrencyLimit) (api.Reply, error) {
	return api.OK(x.viewTagLimit(l))
}

func (x *handlers) deleteTagLimit(_ *api.Request, l *db.ConcurrencyLimit) (api.Reply, error) {
	x.forgetLeases(l)
	view.EmitLimit(x.db, l, "deleted")
	x.db.ConcurrencyLimits.Delete(l.ID)
	return api.OK(nil)
}

// forgetLeases drops the leases of a limit without giving their slots back, as the server does.
func (x *handlers) forgetLeases(l *db.ConcurrencyLimit) {
	for lease := range x.db.Leases.All() {
		if slices.Contains(lease.Limits, l.ID) {
			x.db.Leases.Delete(lease.ID)
		}
	}
}

func (x *handlers) resetTagLimit(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		SlotOverride []uuid.UUID `json:"slot_override"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	return x.byTag(func(_ *api.Request, l *db.ConcurrencyLimit) (api.Reply, error) {
		x.forgetLeases(l)
		for _, run := range body.SlotOverride {
			Take([]*db.ConcurrencyLimit{l}, 1) // where there is none left, only the lease is made
			AddLease(x.db, db.Lease{Limits: []uuid.UUID{l.ID}, Slots: 1, Holder: &db.LeaseHolder{Type: "task_run", ID: run}}, tagLease)
		}
		return api.OK(nil)
	})(r)
}

func (x *handlers) listTagLimits(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	var all []*db.ConcurrencyLimit
	for l := range x.db.ConcurrencyLimits.All() {
		if strings.HasPrefix(l.Name, TagPrefix) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b *db.ConcurrencyLimit) int { return cmp.Compare(a.Name, b.Name) })
	part, err := api.Cut(body.Page, all)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), x.viewTagLimit))
}

// tagSlots is the body of a request for a slot of each tag.
type tagSlots struct {
	api.Loose
	Tags    []string  `json:"names" req:"true"`
	TaskRun uuid.UUID `json:"task_run_id" req:"true"`
}

// limits are those of the tags, in the tags' order; tags without a limit limit nothing.
func (b tagSlots) limits(d *db.DB) []*db.ConcurrencyLimit {
	var limits []*db.ConcurrencyLimit
	for _, tag := range b.Tags {
		if l := ByName(d, TagPrefix+tag); l != nil {
			limits = append(limits, l)
		}
	}
	return limits
}

func (x *handlers) incrementTags(r *api.Request) (api.Reply, error) {
	var body tagSlots
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits := body.limits(x.db)
	for _, l := range limits {
		if l.Limit == 0 {
			return api.Reply{}, api.Problem(http.StatusLocked, `The concurrency limit on tag "`+strings.TrimPrefix(l.Name, TagPrefix)+
				`" is 0 and will deadlock if the task tries to run again.`)
		}
	}
	active := slices.DeleteFunc(limits, func(l *db.ConcurrencyLimit) bool { return !l.Active })
	if len(active) == 0 {
		return api.OK([]shortLimit{})
	}
	if !Take(active, 1) {
		e := api.Problem(http.StatusLocked, "Concurrency limit for the "+strings.TrimPrefix(active[0].Name, TagPrefix)+" tag has been reached")
		e.Header = map[string]string{"Retry-After": strconv.FormatFloat(MaxWaitSeconds, 'f', 1, 64)}
		return api.Reply{}, e
	}
	AddLease(x.db, db.Lease{Limits: ids(active), Slots: 1, Holder: &db.LeaseHolder{Type: "task_run", ID: body.TaskRun}}, tagLease)
	taken := short(active)
	for i := range taken {
		taken[i].Name = strings.TrimPrefix(taken[i].Name, TagPrefix)
	}
	return api.OK(taken)
}

func (x *handlers) decrementTags(r *api.Request) (api.Reply, error) {
	var body tagSlots
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limits := body.limits(x.db)
	for lease := range x.db.Leases.All() {
		holds := func(l *db.ConcurrencyLimit) bool { return slices.Contains(lease.Limits, l.ID) }
		if lease.Holder != nil && lease.Holder.ID == body.TaskRun && slices.ContainsFunc(limits, holds) {
			give(x.db, returned{Limits: lease.Limits, Slots: lease.Slots})
			x.db.Leases.Delete(lease.ID)
		}
	}
	return api.OK(short(limits))
}
