// Package quota keeps runs waiting while a region of Azure has no room for their container groups, so that a used-up
// limit delays a run and does not fail it.
//
// A [Ledger] counts what its own groups take of the limits that Azure lists for the region (groups, cores of each kind),
// and how many groups it created within five minutes and an hour. Other workers and people share the subscription, so
// Azure's refusal is the truth: the ledger only keeps back what must be refused.
package quota

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// A Ledger lines up the container groups of one worker, region by region. It has no goroutine: who waits first in a
// region's line reads the limits and wakes the others. It is safe for concurrent use.
type Ledger struct {
	client *aci.Client
	log    *slog.Logger

	mu      sync.Mutex
	regions map[string]*region
	tickets int // how many have been given
	waits   int
	refused int
}

// New makes an empty ledger. Log gets what Azure says about the limits, at debug level; nil: it is discarded.
func New(client *aci.Client, log *slog.Logger) *Ledger {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Ledger{client: client, log: log, regions: map[string]*region{}}
}

// A Need is what one container group takes.
type Need struct {
	// Name is what people call the run. It is shown in [Ledger.Waiting].
	Name string
	// Location is the region. Empty: that of the client.
	Location string
	// Takes is what the group takes of the region's limits, by Azure's names: see aci.Job.Takes.
	Takes map[string]float64
}

// A Place is where a run stands in line, and why.
type Place struct {
	// Name and Location are those of the [Need].
	Name, Location string
	// Position counts from 1.
	Position int
	// Reason says in one line what is waited for.
	Reason string
	// Since is when the run got in line.
	Since time.Time
}

// String is the place as a sentence part: "waiting for Azure's quota, position 2: ...".
func (p Place) String() string {
	return fmt.Sprintf("waiting for Azure's quota, position %d: %s", p.Position, p.Reason)
}

// A Grant is a group's share of the limits. Give it back with [Grant.Release] once the group is gone.
type Grant struct {
	ledger  *Ledger
	region  *region
	takes   map[string]float64
	created bool // Azure has taken the group
	counted bool // the limits, as they were last read, have it in them
	// deleting: its delete was counted when it was sent.
	deleting bool
}

// Acquire waits until there is room for need, behind those that asked before. A later one goes first only if nothing that
// an earlier one waits for is taken by it: big groups are not starved. told is called when the run has to wait, and
// whenever the reason changes; nil: nobody is told. The only error is ctx's end.
func (l *Ledger) Acquire(ctx context.Context, need Need, told func(Place)) (*Grant, error) {
	return l.acquire(ctx, l.newWaiter(need, told))
}

// Adopt counts a group that is in Azure already. It never waits.
func (l *Ledger) Adopt(need Need) *Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.region(need.Location)
	g := &Grant{ledger: l, region: r, takes: need.Takes, created: true, counted: r.known()}
	r.grants[g] = true
	return g
}

// Created notes that Azure has taken the group. Until then a read of the limits may not have it in them.
func (g *Grant) Created() {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.created = true
	g.region.creates.add(time.Now())
	g.region.accepted()
	g.region.dispatch()
}

// Ended gives the cores back: a container that has ended holds none, though its group counts until it is deleted. It does nothing
// for a nil Grant.
func (g *Grant) Ended() {
	if g == nil {
		return
	}
	g.give(func(name string) bool { return strings.HasSuffix(name, "Cores") })
}

// Release gives everything back, for a group that is gone or was never made. It may be called more than once, and does nothing
// for a nil Grant.
func (g *Grant) Release() {
	if g == nil {
		return
	}
	g.give(func(string) bool { return true })
}

func (g *Grant) give(which func(name string) bool) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	if !g.region.grants[g] {
		return
	}
	rest := map[string]float64{}
	for name, amount := range g.takes {
		switch {
		case !which(name):
			rest[name] = amount
		case g.counted:
			// Not below 0: Azure may have stopped counting it before its last answer.
			g.region.used[name] = max(g.region.used[name]-amount, 0)
		}
	}
	if g.takes = rest; len(rest) == 0 {
		delete(g.region.grants, g)
		if g.created && !g.deleting {
			g.region.deletes.add(time.Now())
		}
	}
	g.region.roomMade()
	g.region.dispatch()
}

// Status is a snapshot of a [Ledger].
type Status struct {
	// Waiting are the runs in line, region by region, the first first.
	Waiting []Place
	// Waits is how many runs have had to wait so far, Refused how often Azure refused a group all the same.
	Waits, Refused int
	// Regions are those that were used, by name.
	Regions []RegionStatus
}

// RegionStatus is what is known of one region.
type RegionStatus struct {
	// Location is its name. Empty: the client's own region.
	Location string
	// Limits are Azure's, Used as the ledger counts on from its last read.
	Limits []aci.Usage
	// Creates and Deletes are this worker's in the last hour.
	Creates, Deletes int
}

// Status returns a snapshot.
func (l *Ledger) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{Waits: l.waits, Refused: l.refused}
	for _, r := range l.regions {
		s.Waiting = append(s.Waiting, r.places()...)
		s.Regions = append(s.Regions, r.status())
	}
	slices.SortStableFunc(s.Waiting, func(a, b Place) int { return strings.Compare(a.Location, b.Location) })
	slices.SortFunc(s.Regions, func(a, b RegionStatus) int { return strings.Compare(a.Location, b.Location) })
	return s
}

// region finds or makes a region; the caller holds the lock.
func (l *Ledger) region(location string) *region {
	location = strings.ToLower(strings.ReplaceAll(location, " ", ""))
	r := l.regions[location]
	if r == nil {
		r = newRegion(location, func() aci.CreatesLeft { return l.client.CreatesLeft(location) })
		l.regions[location] = r
	}
	return r
}
