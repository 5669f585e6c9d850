package arm

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// registerOwn fills the routing table with ARM's own operations.
func (c *Core) registerOwn() {
	c.registerMetadata()
	c.registerPolls()
}

// Reset goes back to the subscription of the start: background work of the core ends, the types'
// resources are purged, groups, operations, registrations, faults and settings are as at the start. The
// request log stays, so that its numbers go on.
func (c *Core) Reset(ctx context.Context) {
	c.life.next()
	c.groups.clear() // first, so that a call under way can put nothing more into them
	for _, t := range c.types {
		if t.Purge != nil {
			t.Purge(ctx)
		}
	}
	for _, hook := range c.onReset {
		hook(ctx)
	}
	c.store.clear()
	c.Subnets.clear()
	c.operations.clear()
	c.providers.clear()
	c.Directory.Reset()
	c.Faults.Reset()
	for _, g := range c.initial {
		c.groups.put(g)
	}
	for _, f := range c.onStart {
		f()
	}
}

// StartWith adds a resource group that is there from the start, and again after a reset.
func (c *Core) StartWith(name, location string) {
	g := Group{Name: name, Location: location}
	c.initial = append(c.initial, g)
	c.groups.put(g)
}

// Event makes a control event happen to a resource now. The error is an *Error: 404 for an unknown resource, 400 for one
// whose type knows no events, else the type's own.
func (c *Core) Event(ctx context.Context, kind, resourceID string) error {
	id, err := ParseResourceID(resourceID)
	if err != nil {
		return &Error{Status: http.StatusBadRequest, Code: "InvalidResourceId", Message: err.Error(), Target: "resourceId"}
	}
	stored, ok := c.Get(id)
	if !ok {
		return ResourceNotFound(id)
	}
	t, _ := c.TypeOf(stored.Type)
	if t.Event == nil {
		return BadRequest("InvalidEvent", "resourceId: resources of type %s have no events", stored.Type)
	}
	return t.Event(ctx, stored.ID, kind)
}

// Operations are all rows of the routing table, by ID; for the tests that hold the evidence
// table and Microsoft's API files against it.
func (c *Core) Operations() []Operation { return c.routes.operations() }

func (rt *router) operations() []Operation {
	var list []Operation
	for _, r := range rt.scoped {
		list = append(list, r.op)
	}
	list = rt.root.operations(list)
	slices.SortFunc(list, func(a, b Operation) int { return strings.Compare(a.ID+a.Path, b.ID+b.Path) })
	return list
}

func (n *node) operations(list []Operation) []Operation {
	for _, r := range n.ops {
		list = append(list, r.op)
	}
	for next := range maps.Values(n.fixed) {
		list = next.operations(list)
	}
	if n.param != nil {
		list = n.param.operations(list)
	}
	return list
}
