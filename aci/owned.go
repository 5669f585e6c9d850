package aci

import (
	"context"
	"fmt"
)

// A name in a resource group is no identity: our group can be deleted by somebody else, and another made under its
// name. The token tag tells the two apart. In this file and in remove, a group with another token counts as none of
// ours: it is neither stopped nor deleted. An empty token is that of a group without the tag.

// anyToken stands for whatever group has the name, for callers who name the group themselves. No token is like it.
const anyToken = "*"

// owns reports whether the group is the one that was made with this token.
func (g *Group) owns(token string) bool { return token == anyToken || g.Tags[TagToken] == token }

// getOwned is getDefinite for the group with this token; nil if it is gone or its name is another's.
func (c *Client) getOwned(ctx context.Context, name, token string) (*Group, error) {
	g, err := c.getDefinite(ctx, name)
	if err != nil || g == nil || !g.owns(token) {
		return nil, err
	}
	return g, nil
}

// removeOwned deletes the group with this token. It is read first, right before the delete, as Azure cannot delete on
// a condition; a group that is gone, or another's by now, is no error.
func (c *Client) removeOwned(ctx context.Context, name, token string) error {
	g, err := c.getOwned(ctx, name, token)
	if err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	if g == nil {
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
	g, err := c.getOwned(ctx, name, token)
	switch {
	case err != nil:
		return fmt.Errorf("stopping container group %q: %w", name, err)
	case g == nil:
		return fmt.Errorf("stopping container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	return c.Stop(ctx, name)
}
