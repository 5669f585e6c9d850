package aci

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Wait watches a group that exists, whichever process made it, as [Client.Run] does, and cleans up as the options or the
// group's tags say. A missing group is [ErrNotFound]. The result and the other errors are those of Run.
//
// A job of Run has a lease (see [TagWatchedUntil]), which Wait renews from then on. A job of [Client.Create] has none and
// gets none here.
func (c *Client) Wait(ctx context.Context, name string, opts WaitOptions) (*Result, error) {
	type end struct {
		result *Result
		err    error
	}
	ended := make(chan end, 1)
	c.Watch(ctx, name, opts, func(result *Result, err error) { ended <- end{result, err} })
	e := <-ended
	return e.result, e.err
}

// Watch is [Client.Wait] without the wait, for callers with many jobs: it returns at once, and a watch takes a goroutine only while
// it has something to do. ended is called once, on another goroutine, with what Wait would return. It may block.
func (c *Client) Watch(ctx context.Context, name string, opts WaitOptions, ended func(*Result, error)) *Watching {
	v := &Watching{}
	go c.watch(ctx, name, opts, waiter{v, ended})
	return v
}

// A Watching is a watch of [Client.Watch].
type Watching struct {
	watch atomic.Pointer[watch] // nil until the group has been read
}

// Look makes the next read of the group come at once, and those after it in short intervals: something may have happened to it.
// It does nothing once the watch has ended.
func (v *Watching) Look() {
	if w := v.watch.Load(); w != nil {
		w.heard.look.Store(true)
		w.actor.wake()
	}
}

// waiter is who called Watch.
type waiter struct {
	watching *Watching
	ended    func(*Result, error)
}

// watch begins the watch of a group that exists.
func (c *Client) watch(ctx context.Context, name string, opts WaitOptions, by waiter) {
	ctx, told := withEvents(ctx, opts.Events)
	count := &requestCount{}
	ctx = withRequestCount(ctx, count)
	g, err := opts.Seen, error(nil)
	if g == nil {
		g, err = c.confirmGone(ctx, name)
	}
	if err == nil && g == nil {
		err = fmt.Errorf("%w in resource group %q", ErrNotFound, c.resourceGroup)
	}
	if err != nil {
		told()
		by.ended(nil, fmt.Errorf("waiting for container group %q: %w", name, err))
		return
	}
	w := c.newWait(g, opts, count)
	w.emit = func(e Event) { c.emit(ctx, name, e) }
	keep := opts.Keep
	if keep == "" {
		keep = g.Keep
	}
	if !g.Managed && opts.Keep == "" {
		keep = KeepAlways // not ours to delete without being told
	}
	// For as long as the job runs, g and opts are not kept: the watch keeps less of the group.
	w.begin(ctx, func(end ending) {
		if end.failed {
			failure := w.startFailure(ctx, "")
			end.err, end.reason = failure, failure.Error()
		}
		result, err := w.finish(ctx, end, cleanup{keep: keep, sent: true, remove: w.remove})
		told()
		by.ended(result, err)
	})
	by.watching.watch.Store(w)
}

// newWait is the watch of a group that exists. The token that it has now decides later which group is ours.
func (c *Client) newWait(g *Group, opts WaitOptions, count *requestCount) *watch {
	w := &watch{
		c: c, name: g.Name, count: count, output: outputWanted{to: opts.Output},
		limits: limits{poll: opts.PollInterval, grace: graceOr(opts.StopGrace), requested: g.Created, deadline: opts.Deadline},
		seen:   seen{group: g, token: g.Tags[TagToken]},
		heard:  heard{alive: opts.Alive},
		res:    &Result{Name: g.Name, ID: g.ID, Container: g.Container, Phases: Phases{Requested: g.Created}},
	}
	if opts.Detach {
		w.mode = modeDetach
	}
	if w.limits.deadline.IsZero() {
		w.limits.deadline = g.Deadline
	}
	if w.limits.requested.IsZero() {
		w.limits.requested = time.Now()
	}
	timeout := opts.StartTimeout
	if timeout <= 0 {
		timeout, w.limits.placeBy = DefaultStartTimeout, w.limits.requested.Add(DefaultPlaceTimeout)
	}
	w.limits.startBy = w.limits.requested.Add(timeout)
	return w
}
