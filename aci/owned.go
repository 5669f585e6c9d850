package aci

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// A name is not an identity: somebody may delete our group and make another with its name. The owner token in the tags
// tells the two apart. Nothing in this file, and not remove either, stops or deletes a group with another token. The empty
// token is that of a group without the tag.
//
//	remove       sends DELETEs until the group is gone; it reads after each one, not before the first
//	removeSeen   remove, for a caller that has just read the group
//	removeOwned  reads the group first; Azure cannot delete on a condition
//	stopOwned    reads the group first, then stops it

// anyToken stands for any group of the name, for Delete, whose caller names the group. No real token equals it.
const anyToken = "*"

// owns reports whether the group is the one that was made with this token.
func (g *Group) owns(token string) bool { return token == anyToken || g.Tags[TagToken] == token }

// getPatiently is getDefinite for a stop or a delete. It retries refusals too, since a group that is left behind costs
// money.
func (c *Client) getPatiently(ctx context.Context, name string) (*Group, error) {
	return c.readPatiently(ctx, name, c.getDefinite)
}

// confirmPatiently is getPatiently where one false 404 would leave the group behind: it needs two to return nil.
func (c *Client) confirmPatiently(ctx context.Context, name string) (*Group, error) {
	return c.readPatiently(ctx, name, c.confirmGone)
}

// readPatiently repeats a read that is refused, for at most cleanupTime. A cause that does not pass by itself, such as a
// certificate that is not trusted, is told after lastingTime: repeating it would only delay the news that a group is left.
func (c *Client) readPatiently(ctx context.Context, name string, read func(context.Context, string) (*Group, error)) (*Group, error) {
	wait := pace{c.firstPoll, 30 * time.Second}
	for began := time.Now(); ; {
		g, err := read(ctx, name)
		d := wait.step()
		most := cleanupTime
		if e := azure.Explain(err); e != nil && e.Class == azure.ClassConnection {
			most = lastingTime - d // none is begun that would end later
		}
		if err == nil || ctx.Err() != nil || time.Since(began) >= most {
			return g, err
		}
		c.emit(ctx, name, Event{Kind: EventRetry, Wait: d, Err: err})
		if azure.Sleep(ctx, d) != nil {
			return nil, err
		}
	}
}

// lastingTime is for how long a cause that does not pass is repeated all the same. Somebody may just be switching a proxy.
const lastingTime = 20 * time.Second

// removeOwned deletes the group with this token. A group that is gone, or whose name is another's by now, is not an error.
func (c *Client) removeOwned(ctx context.Context, name, token string) error {
	g, err := c.confirmPatiently(ctx, name)
	if err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	if g == nil || !g.owns(token) {
		return nil
	}
	return c.removeSeen(ctx, removal{name: name, token: token})
}

// removeSeen is removeOwned for a caller that has just read the group.
func (c *Client) removeSeen(ctx context.Context, r removal) error {
	if err := c.remove(ctx, r); err != nil {
		return fmt.Errorf("deleting container group %q: %w", r.name, err)
	}
	return nil
}

// stopOwned stops the group with this token. A group that is gone, or whose name is another's by now, is [ErrNotFound].
func (c *Client) stopOwned(ctx context.Context, name, token string) error {
	g, err := c.confirmPatiently(ctx, name)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("stopping container group %q: %w", name, &lateStop{last: azure.Explain(err), ended: err})
	case err != nil:
		return fmt.Errorf("stopping container group %q: %w", name, err)
	case g == nil || !g.owns(token):
		return fmt.Errorf("stopping container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	return c.Stop(ctx, name)
}
