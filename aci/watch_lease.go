package aci

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// A job that Run watches has a lease: the tag [TagWatchedUntil], a time until which somebody promises to watch it.
//
//	PUT: now + leaseTime ──▶ held ──▶ renewed every renewEvery, by whoever watches: Run, or Wait after it
//	                          │
//	                          └─ the watcher died ──▶ runs out ──▶ after clockSkew: left behind, found by Reap
//
// The PUT itself grants the first lease, so that a job of less than renewEvery costs no request for it. A job of
// [Client.Create] has no lease and needs none: nobody promised to watch it.
const (
	// leaseTime is how long a lease lasts. A watcher that is alive is taken for dead only when three renewals in a row
	// have failed.
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

// watched reports whether somebody watches the group: its lease has not run out.
func (g *Group) watched(now time.Time) bool {
	return !g.WatchedUntil.IsZero() && now.Sub(g.WatchedUntil) <= clockSkew
}

// unwatched reports whether the group's lease has run out. A group without a lease is neither watched nor unwatched.
func (g *Group) unwatched(now time.Time) bool { return !g.WatchedUntil.IsZero() && !g.watched(now) }

// lease is the watch's part in the group's lease.
type lease struct {
	tried    time.Time // when it was last renewed, with success or without; zero: not yet
	renewing bool
	said     bool       // the caller knows that renewals fail
	done     chan error // the renewal's answer; nil: there was none
}

// renewDue is when the lease must be renewed; zero: not as things are. It goes by the tag that was last read, as another
// watcher may renew the lease too, but never renews sooner than renewEvery after the last try: a read may still show the
// old tag.
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

// renew starts a renewal. A failed one does not affect the job; the next is due after renewEvery.
func (w *watch) renew(work context.Context) {
	if w.lease.renewing {
		return
	}
	w.lease.renewing, w.lease.tried, w.lease.done = true, time.Now(), make(chan error, 1)
	token, done := w.seen.token, w.lease.done
	go func() {
		defer w.actor.wake()
		ctx, cancel := context.WithTimeout(work, renewTimeout)
		defer cancel()
		done <- w.c.renewLease(ctx, w.name, token)
	}()
}

// renewed ends a renewal, and reports the first of a row of failures.
func (w *watch) renewed(err error) {
	w.lease.renewing = false
	if err != nil && !w.lease.said {
		w.emit(Event{Kind: EventRenewFailed, Wait: renewEvery, Err: err})
	}
	w.lease.said = err != nil
}

// renewLease renews the lease of the group with this token. ACI replaces all tags of a group at once, and takes no
// condition (ETag). So the group is read right before: our tags on another's group would make it look like ours.
func (c *Client) renewLease(ctx context.Context, name, token string) error {
	g, err := c.read(ctx, name)
	switch {
	case isNotFound(err):
		return nil // the reads of the watch decide whether the group is gone
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
	return azure.Plain(err)
}
