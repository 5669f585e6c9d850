package aci

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// A job that is watched has a lease: the tag [TagWatchedUntil], which its watcher renews. Who dies renews nothing, and
// so the group is found. A job that ends within renewEvery costs no request for it.
const (
	// leaseTime is how long a lease lasts. Three renewals may fail before a living watcher is taken for dead.
	leaseTime = 30 * time.Minute
	// renewEvery is the time between two renewals.
	renewEvery = 10 * time.Minute
	// renewTimeout bounds one renewal.
	renewTimeout = 2 * time.Minute
	// clockSkew is how far the clocks of the watcher and of whoever looks for leftovers may differ.
	clockSkew = 5 * time.Minute
)

// leaseUntil is the tag's value for a lease that begins now.
func leaseUntil(now time.Time) string { return now.Add(leaseTime).UTC().Format(time.RFC3339) }

// watched reports that somebody watches the group: its lease lasts.
func (g *Group) watched(now time.Time) bool {
	return !g.WatchedUntil.IsZero() && now.Sub(g.WatchedUntil) <= clockSkew
}

// unwatched reports that whoever watched the group has gone: its lease ran out. A group without one needs nobody.
func (g *Group) unwatched(now time.Time) bool { return !g.WatchedUntil.IsZero() && !g.watched(now) }

// lease is how the watch renews the group's lease.
type lease struct {
	tried    time.Time // the last renewal; zero: none
	renewing bool
	said     bool // the caller was told that it fails
	done     chan error
}

// renewDue is when the lease is to be renewed; zero: never, as things are. Another watcher may renew it too, and what was
// renewed need not show in the next read.
func (w *watch) renewDue() time.Time {
	g := w.seen.group
	if g == nil || g.WatchedUntil.IsZero() || w.mode == modeFollow || w.lease.renewing {
		return time.Time{}
	}
	due := g.WatchedUntil.Add(renewEvery - leaseTime)
	if next := w.lease.tried.Add(renewEvery); !w.lease.tried.IsZero() && next.After(due) {
		return next
	}
	return due
}

// renew renews the lease. Its failure never affects the job: the next renewal is another try.
func (w *watch) renew(work context.Context) {
	if w.lease.renewing {
		return
	}
	w.lease.renewing, w.lease.tried = true, time.Now()
	token := w.seen.token
	go func() {
		ctx, cancel := context.WithTimeout(work, renewTimeout)
		defer cancel()
		w.lease.done <- w.c.renewLease(ctx, w.name, token)
	}()
}

// renewed takes what came of a renewal.
func (w *watch) renewed(err error) {
	w.lease.renewing = false
	if err != nil && !w.lease.said {
		w.emit(Event{Kind: EventRenewFailed, Wait: renewEvery, Err: err})
	}
	w.lease.said = err != nil
}

// renewLease renews the lease of the group with this token. Azure changes tags only all together and on no condition, and
// foreign tags would make another's group look like ours: so the group is read right before.
func (c *Client) renewLease(ctx context.Context, name, token string) error {
	g, err := c.read(ctx, name)
	switch {
	case isNotFound(err):
		return nil // the watch finds out by itself
	case err != nil:
		return err
	case !g.owns(token), g.WatchedUntil.IsZero():
		return nil
	}
	tags := map[string]*string{}
	for k, v := range g.Tags {
		tags[k] = &v
	}
	tags[TagWatchedUntil] = new(leaseUntil(time.Now()))
	_, err = c.groups.Update(c.regional(ctx), c.resourceGroup, name, armcontainerinstance.Resource{Tags: tags}, nil)
	return explained(err)
}
