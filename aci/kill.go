package aci

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// Kill ends a job: it stops the containers, waits for their end, at most KillOptions.Grace, and deletes the group. A missing
// group is [ErrNotFound]. A group that Pacific did not make is left alone, with [ErrNotManaged], unless Force is set. A job
// that had ended before is deleted too, with [ErrAlreadyEnded].
func (c *Client) Kill(ctx context.Context, name string, opts KillOptions) error {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	grace := opts.Grace
	g, err := c.confirmGone(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("killing container group %q: %w", name, azure.Plain(err))
	case g == nil:
		return fmt.Errorf("killing container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	if !g.Managed && !opts.Force {
		return fmt.Errorf("killing container group %q: %w", name, ErrNotManaged)
	}
	_, ended := g.Ended()
	stopped := ended
	remove := func() error { return c.removeSeen(ctx, removal{name: name, token: g.Tags[TagToken]}) }
	if !ended && grace > 0 && g.Main() != nil && g.Main().Current != nil {
		c.emit(ctx, name, Event{Kind: EventStopping})
		if stopped, err = c.stopWithin(ctx, name, grace); err != nil {
			return fmt.Errorf("killing container group %q: %w", name, err)
		}
		remove = func() error { return c.removeOwned(ctx, name, g.Tags[TagToken]) } // the stop took its time
	}
	if stopped && opts.Ended != nil {
		opts.Ended()
	}
	if opts.Turn != nil {
		began := time.Now()
		if err := opts.Turn(ctx); err != nil {
			return fmt.Errorf("killing container group %q: %w", name, err)
		}
		if time.Since(began) > c.goneAfter() {
			remove = func() error { return c.removeOwned(ctx, name, g.Tags[TagToken]) }
		}
	}
	if err := remove(); err != nil {
		return err
	}
	if ended {
		return fmt.Errorf("killing container group %q: %w", name, ErrAlreadyEnded)
	}
	return nil
}

// stopWithin stops the group and waits for the end of its job, at most for grace. It reports whether that was seen.
// Only the end of ctx is an error: a group that cannot be stopped is deleted without it.
func (c *Client) stopWithin(ctx context.Context, name string, grace time.Duration) (ended bool, _ error) {
	within, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := c.stop(within, name); err != nil {
		if err := stopFailure(err); err != nil && ctx.Err() == nil {
			c.emit(ctx, name, Event{Kind: EventStopFailed, Err: err})
		}
		return false, context.Cause(ctx)
	}
	for wait := (pace{c.firstPoll, 5 * time.Second}); ; {
		g, err := c.getDefinite(within, name)
		if err != nil {
			return false, context.Cause(ctx)
		}
		if g == nil {
			return true, nil
		}
		if _, ended := g.Ended(); ended {
			return true, nil
		}
		if azure.Sleep(within, wait.step()) != nil {
			return false, context.Cause(ctx)
		}
	}
}
