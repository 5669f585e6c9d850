package aci

import (
	"context"
	"fmt"
	"time"
)

// A name in a resource group is no identity: our group can be deleted by somebody else, and another made under its
// name. The token tag tells the two apart. In this file and in remove, a group with another token counts as none of
// ours: it is neither stopped nor deleted. An empty token is that of a group without the tag.

// anyToken stands for whatever group has the name, for callers who name the group themselves. No token is like it.
const anyToken = "*"

// owns reports whether the group is the one that was made with this token.
func (g *Group) owns(token string) bool { return token == anyToken || g.Tags[TagToken] == token }

// getPatiently is getDefinite for a stop or a delete: a refusal to tell of the group is waited out, since a group that is
// left behind is billed.
func (c *Client) getPatiently(ctx context.Context, name string) (*Group, error) {
	return c.readPatiently(ctx, name, c.getDefinite)
}

// readPatiently repeats a read that is refused, for as long as cleanupTime.
func (c *Client) readPatiently(ctx context.Context, name string, read func(context.Context, string) (*Group, error)) (*Group, error) {
	wait := pace{c.firstPoll, 30 * time.Second}
	for began := time.Now(); ; {
		g, err := read(ctx, name)
		if err == nil || ctx.Err() != nil || time.Since(began) >= cleanupTime {
			return g, err
		}
		d := wait.step()
		c.emit(ctx, name, Event{Kind: EventRetry, Wait: d, Err: err})
		if sleep(ctx, d) != nil {
			return nil, err
		}
	}
}

// removeOwned deletes the group with this token. It is read first, right before the delete, as Azure cannot delete on
// a condition; a group that is gone, or another's by now, is no error.
func (c *Client) removeOwned(ctx context.Context, name, token string) error {
	g, err := c.getPatiently(ctx, name)
	if err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	if g == nil || !g.owns(token) {
		return nil
	}
	return c.removeSeen(ctx, name, token)
}

// removeSeen is removeOwned for a caller that has just read the group.
func (c *Client) removeSeen(ctx context.Context, name, token string) error {
	if err := c.remove(ctx, name, token); err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	return nil
}

// stopOwned stops the group with this token, after a read as in removeOwned.
func (c *Client) stopOwned(ctx context.Context, name, token string) error {
	g, err := c.getPatiently(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("stopping container group %q: %w", name, err)
	case g == nil || !g.owns(token):
		return fmt.Errorf("stopping container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	return c.Stop(ctx, name)
}
