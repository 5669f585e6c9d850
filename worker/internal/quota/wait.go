package quota

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// readTime bounds one read of the limits. Without them the line goes on: then only refusals stop it.
const readTime = time.Minute

// waiter is one run in line.
type waiter struct {
	ledger *Ledger
	need   Need
	told   func(Place)
	ticket int // who asked first has the lowest, and keeps it when Azure refuses
	since  time.Time
	grant  *Grant // set when it may go
	reason string // the last that was told
	wake   chan struct{}
}

func (l *Ledger) newWaiter(need Need, told func(Place)) *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tickets++
	return &waiter{ledger: l, need: need, told: told, ticket: l.tickets, since: time.Now(), wake: make(chan struct{}, 1)}
}

func (w *waiter) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// acquire waits in line until the waiter has its grant.
func (l *Ledger) acquire(ctx context.Context, w *waiter) (*Grant, error) {
	location := l.home(ctx, w.need.Location)
	l.mu.Lock()
	r := l.region(location)
	w.grant = nil
	at, _ := slices.BinarySearchFunc(r.queue, w, func(a, b *waiter) int { return a.ticket - b.ticket })
	r.queue = slices.Insert(r.queue, at, w)
	l.mu.Unlock()
	for {
		step := l.step(ctx, r, w)
		if step.granted || step.err != nil {
			return w.grant, step.err
		}
		if step.read {
			l.read(ctx, r)
			continue
		}
		if w.told != nil && step.news != nil {
			w.told(*step.news)
		}
		w.sleep(ctx, step.wait)
	}
}

// home is the region of a group that names none. If Azure does not tell it, the line has no name: the create will say why.
func (l *Ledger) home(ctx context.Context, location string) string {
	if location == "" {
		location, _ = l.client.Location(ctx)
	}
	return location
}

// step is what a waiter does next.
type step struct {
	granted bool
	err     error
	read    bool          // read the limits, then look again
	wait    time.Duration // 0: until it is woken
	news    *Place        // to be told
}

func (l *Ledger) step(ctx context.Context, r *region, w *waiter) step {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.grant == nil {
		r.dispatch()
	}
	if w.grant != nil {
		return step{granted: true}
	}
	if ctx.Err() != nil {
		r.leave(w)
		return step{err: fmt.Errorf("waiting for Azure's quota: %w", context.Cause(ctx))}
	}
	at := slices.Index(r.queue, w)
	var s step
	if at == 0 {
		if s.read, s.wait = r.next(); s.read {
			return s
		}
	}
	if reason := r.reason(at); reason != w.reason && r.known() && !r.mustAsk {
		if w.reason == "" {
			l.waits++
		}
		w.reason = reason
		place := r.place(at)
		s.news = &place
	}
	return s
}

// sleep ends when w is woken, when ctx ends, or after wait if that is not 0.
func (w *waiter) sleep(ctx context.Context, wait time.Duration) {
	var due <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-w.wake:
	case <-ctx.Done():
	}
}

// leave takes a waiter that gave up out of the line.
func (r *region) leave(w *waiter) {
	if i := slices.Index(r.queue, w); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
	}
	r.dispatch()
	if len(r.queue) > 0 {
		r.queue[0].wakeUp()
	}
}

// read asks Azure for the region's limits. Where that is refused, as to a role without the right to list usages, or takes
// too long, the last limits stay.
func (l *Ledger) read(ctx context.Context, r *region) {
	created := map[*Grant]bool{}
	l.mu.Lock()
	for g := range r.grants {
		if g.created {
			created[g] = true
		}
	}
	l.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	limits, err := l.client.Usage(within, r.location)
	if err != nil {
		if ctx.Err() != nil {
			return // the next in line reads
		}
		l.log.DebugContext(ctx, "reading the region's limits", "location", r.location, "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	refused := r.mustAsk
	if r.known() && !refused {
		r.reread = min(2*r.reread, mostReread)
	}
	r.readAt, r.mustAsk = time.Now(), false
	if err == nil {
		r.learn(limits, created)
		if refused && r.free().short(r.refusedTakes) != "" {
			r.blocked = time.Time{} // the limits explain the refusal, so they tell what still fits
		}
	}
	r.dispatch()
	for _, w := range r.queue {
		w.wakeUp() // now there is a reason to tell
	}
}

// places are those who know that they wait.
func (r *region) places() []Place {
	var all []Place
	for i := range r.queue {
		all = append(all, r.place(i))
	}
	return all
}

func (r *region) place(at int) Place {
	w := r.queue[at]
	return Place{Name: w.need.Name, Location: r.location, Position: at + 1, Reason: r.reason(at), Since: w.since}
}

// reason says what the run at that place waits for.
func (r *region) reason(at int) string {
	now := time.Now()
	switch {
	case !r.known() || r.mustAsk:
		return "reading the region's limits"
	case now.Before(r.throttled):
		return fmt.Sprintf("%s; the next group is sent at %s", r.refusal, clock(r.throttled))
	case now.Before(r.blocked):
		return fmt.Sprintf("%s; it is tried again at %s, or when a group of this worker has gone", r.refusal, clock(r.blocked))
	}
	if left, until, window := r.createsLeft(now); left <= 0 {
		limit := map[time.Duration]string{5 * time.Minute: "5 minutes", time.Hour: "an hour"}[window]
		return fmt.Sprintf("the limit of container groups created in %s is reached; the next one is due at %s", limit, clock(until))
	}
	takes := r.queue[at].need.Takes
	free := r.free()
	name := free.short(takes)
	if name == "" {
		return "runs that came before need the room"
	}
	i := slices.IndexFunc(r.limits, func(u aci.Usage) bool { return u.Name == name })
	used := float64(r.limits[i].Limit) - free[name].free
	return fmt.Sprintf("%s: %s of %d used%s, and %s needed", name, number(used), r.limits[i].Limit, in(r.location), number(takes[name]))
}

func in(location string) string {
	if location == "" {
		return ""
	}
	return " in " + location
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// number is an amount without needless zeros.
func number(n float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", n), "0"), ".")
}
