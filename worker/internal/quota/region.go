package quota

import (
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

const (
	// A read of the limits while somebody waits for room that others may have made: after a minute, then ever longer, as
	// nothing tells of it. While nobody waits, nothing is read.
	firstReread, mostReread = time.Minute, 5 * time.Minute
	// After a refusal that the limits do not explain, one group is tried again after half a minute, then ever later.
	firstBlock, mostBlock = 30 * time.Second, 5 * time.Minute
	// After a 429 creates stop for so long, or for longer if Azure asks for it: some of its 429s name two seconds for hours.
	firstThrottle, mostThrottle = 5 * time.Second, time.Minute
)

// region is the line of one region. Its Ledger's lock guards it.
//
//	newWaiter ──▶ queue ── dispatch: room for it and for all before it ──▶ grants ── Release ──▶ gone
//	               ▲ │                                                      │
//	               │ └── ctx ended: leave                                   │
//	               └──────────── Azure refused it (same ticket) ◀───────────┘
type region struct {
	location string
	left     func() aci.CreatesLeft

	limits  []aci.Usage        // as Azure listed them last
	used    map[string]float64 // Azure's numbers, less what was given back since
	grants  map[*Grant]bool
	queue   []*waiter // by ticket
	creates times
	deletes times

	readAt  time.Time     // the end of the last read, whether it succeeded; zero: none was made
	reread  time.Duration // how long after readAt a waiting head reads again
	mustAsk bool          // Azure refused: the limits have to be read before the next grant

	blocked      time.Time // no grant before, unless a group of ours goes
	block        time.Duration
	throttled    time.Time // no grant before, whatever happens
	throttle     time.Duration
	refusal      string             // what Azure said, for the two
	refusedTakes map[string]float64 // of the last group refused
}

func newRegion(location string, left func() aci.CreatesLeft) *region {
	return &region{location: location, left: left, used: map[string]float64{}, grants: map[*Grant]bool{}, reread: firstReread, block: firstBlock, throttle: firstThrottle}
}

// known reports that the limits were asked for once.
func (r *region) known() bool { return !r.readAt.IsZero() }

// dispatch grants what fits: from the front of the line, and behind one that does not fit only what leaves it its share.
func (r *region) dispatch() {
	now := time.Now()
	if !r.known() || r.mustAsk || now.Before(r.blocked) || now.Before(r.throttled) {
		return
	}
	creates, _, _ := r.createsLeft(now)
	free := r.free()
	rest := make([]*waiter, 0, len(r.queue))
	for i, w := range r.queue {
		if creates <= 0 {
			rest = append(rest, r.queue[i:]...)
			break
		}
		creates--
		if short := free.short(w.need.Takes); short != "" {
			rest = append(rest, w)
		} else {
			w.grant = &Grant{ledger: w.ledger, region: r, takes: w.need.Takes}
			r.grants[w.grant] = true
			r.reread = firstReread
			w.wakeUp()
		}
		free.take(w.need.Takes)
	}
	moved := len(rest) != len(r.queue)
	r.queue = rest
	if moved && len(rest) > 0 {
		rest[0].wakeUp() // it may be the first now
	}
}

// room is how much is free of each limit, and the limits themselves.
type room map[string]*struct{ free, limit float64 }

// free is the room in the region. A limit of 0 says nothing: Azure lists kinds that a region does not have.
func (r *region) free() room {
	all := room{}
	for _, u := range r.limits {
		if u.Limit > 0 {
			all[u.Name] = &struct{ free, limit float64 }{float64(u.Limit) - r.used[u.Name], float64(u.Limit)}
		}
	}
	for g := range r.grants {
		if !g.counted {
			all.take(g.takes)
		}
	}
	return all
}

func (a room) take(takes map[string]float64) {
	for name, amount := range takes {
		if at := a[name]; at != nil {
			at.free -= amount
		}
	}
}

// short names the limit that has no room; empty if it fits. What is larger than the whole limit is left to Azure to refuse.
func (a room) short(takes map[string]float64) string {
	names := make([]string, 0, len(takes))
	for name, amount := range takes {
		if at := a[name]; at != nil && amount <= at.limit && amount > at.free {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// tooLarge finds a limit of which a group takes more than the whole, so that it will never fit.
func (r *region) tooLarge(takes map[string]float64) (aci.Usage, bool) {
	i := slices.IndexFunc(r.limits, func(u aci.Usage) bool { return u.Limit > 0 && takes[u.Name] > float64(u.Limit) })
	if i < 0 {
		return aci.Usage{}, false
	}
	return r.limits[i], true
}

// next is when the first in line should look again: at once to read the limits, else after a wait.
func (r *region) next() (read bool, wait time.Duration) {
	now := time.Now()
	if !r.known() || r.mustAsk {
		return true, 0
	}
	if until := later(r.blocked, r.throttled); until.After(now) {
		return false, until.Sub(now)
	}
	if left, until, _ := r.createsLeft(now); left <= 0 {
		return false, max(until.Sub(now), time.Second)
	}
	wait = r.readAt.Add(r.reread).Sub(now)
	return wait <= 0, wait
}

// roomMade ends a block, as a group of ours has gone.
func (r *region) roomMade() { r.blocked = time.Time{} }

// accepted notes that Azure has room again.
func (r *region) accepted() {
	r.block, r.blocked, r.throttle = firstBlock, time.Time{}, firstThrottle
}

// learn takes over what Azure lists. created are the grants whose groups it had before it was asked.
func (r *region) learn(limits []aci.Usage, created map[*Grant]bool) {
	r.limits = slices.DeleteFunc(slices.Clone(limits), func(u aci.Usage) bool { return u.Name == "" })
	slices.SortFunc(r.limits, func(a, b aci.Usage) int { return strings.Compare(a.Name, b.Name) })
	clear(r.used)
	for _, u := range limits {
		r.used[u.Name] = float64(u.Used)
	}
	for g := range r.grants {
		g.counted = created[g]
	}
}

func (r *region) status() RegionStatus {
	r.creates.forget(time.Now())
	r.deletes.forget(time.Now())
	s := RegionStatus{Location: r.location, Creates: len(r.creates), Deletes: len(r.deletes)}
	free := r.free()
	for _, u := range r.limits {
		if at := free[u.Name]; at != nil {
			u.Used = u.Limit - int(at.free)
			s.Limits = append(s.Limits, u)
		}
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
