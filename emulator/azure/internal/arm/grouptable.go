package arm

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Group is a resource group.
type Group struct {
	// Name in the creator's spelling.
	Name      string
	Location  string
	Tags      map[string]string
	ManagedBy string
	// Deleting is set from the DELETE on; the group is gone when its resources are.
	Deleting bool

	deletion *deletion // nil unless Deleting
}

// deletion is a resource group on its way out. err is valid once done is closed.
type deletion struct {
	done chan struct{}
	err  error
}

type groupTable struct {
	mu     sync.Mutex
	byName map[string]Group
}

// Group finds a resource group by name, in any case.
func (c *Core) Group(name string) (Group, bool) { return c.groups.get(name) }

// Groups are all resource groups, sorted by lower-case name.
func (c *Core) Groups() []Group { return c.groups.list() }

// ChangeGroup reads, alters and writes a group in one step, and reports whether it is new. change says what to do with the
// group that is there (ok) or not; its error leaves everything as it was.
func (c *Core) ChangeGroup(name string, change func(g *Group, ok bool) error) (g Group, created bool, err error) {
	return c.groups.change(name, change)
}

// DeleteGroup marks a group as being deleted and returns what empties it and then deletes it. What a second call returns
// waits for the end of the first.
func (c *Core) DeleteGroup(name string) (empty func(ctx context.Context) error, err error) {
	mine := &deletion{done: make(chan struct{})}
	g, _, err := c.groups.change(name, func(g *Group, ok bool) error {
		if !ok {
			return ResourceGroupNotFound(name)
		}
		if !g.Deleting {
			g.Deleting, g.deletion = true, mine
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if g.deletion == mine {
			mine.err = c.emptyGroup(ctx, name)
			close(mine.done)
		}
		select {
		case <-g.deletion.done:
			return g.deletion.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}, nil
}

// emptyGroup deletes what is in a group, children before parents, and then the group. What is in use by another resource
// of the group is tried again after that one. What cannot be deleted keeps the group alive, as in Azure.
func (c *Core) emptyGroup(ctx context.Context, name string) error {
	resources := c.List(Filter{Subscription: c.options.SubscriptionID, ResourceGroup: name})
	slices.SortStableFunc(resources, func(a, b Resource) int { return b.ID.depth() - a.ID.depth() })
	for len(resources) > 0 {
		var left []Resource
		var errs []error
		for _, res := range resources {
			if err := c.deleteResource(ctx, res); err != nil {
				left, errs = append(left, res), append(errs, err)
			}
		}
		if len(left) == len(resources) {
			return c.keepGroup(name, left, errs)
		}
		resources = left
	}
	c.groups.remove(name)
	return nil
}

// keepGroup keeps a group that is not empty, and says why.
func (c *Core) keepGroup(name string, left []Resource, errs []error) error {
	var stuck []string
	for i, res := range left {
		c.log.Error("deleting a resource of a resource group", "id", res.ID.String(), "error", errs[i])
		stuck = append(stuck, res.ID.String())
	}
	_, _, _ = c.groups.change(name, func(g *Group, _ bool) error { g.Deleting, g.deletion = false, nil; return nil })
	return Conflict("ResourceGroupDeletionBlocked",
		"Deletion of resource group '%s' failed as resources with identifiers '%s' could not be deleted. The provisioning state of the resource group will be rolled back.",
		name, strings.Join(stuck, ","))
}

// deleteResource deletes a resource as the service of its type does.
func (c *Core) deleteResource(ctx context.Context, res Resource) error {
	t, _ := c.TypeOf(res.Type)
	if t.Delete == nil {
		c.Delete(res.ID)
		c.Directory.DeleteIdentity(res.ID.String()) // the one that it may have had of its own
		return nil
	}
	return t.Delete(ctx, res.ID)
}

func (t *groupTable) get(name string) (Group, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.byName[strings.ToLower(name)]
	g.Tags = maps.Clone(g.Tags)
	return g, ok
}

// change reads, alters and writes a group in one step. change says what to do with the
// group that is there (ok) or not; its error leaves everything as it was.
func (t *groupTable) change(name string, change func(g *Group, ok bool) error) (g Group, created bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := strings.ToLower(name)
	g, ok := t.byName[key]
	g.Tags = maps.Clone(g.Tags)
	if err := change(&g, ok); err != nil {
		return Group{}, false, err
	}
	if t.byName == nil {
		t.byName = map[string]Group{}
	}
	t.byName[key] = g
	g.Tags = maps.Clone(g.Tags)
	return g, !ok, nil
}

// takes reports whether a group is there to put something into. It is called with mu held.
func (t *groupTable) takes(name string) error {
	switch g, ok := t.byName[strings.ToLower(name)]; {
	case !ok:
		return ResourceGroupNotFound(name)
	case g.Deleting:
		return ResourceGroupBeingDeleted(g.Name)
	}
	return nil
}

func (t *groupTable) put(g Group) {
	_, _, _ = t.change(g.Name, func(there *Group, _ bool) error { *there = g; return nil })
}

func (t *groupTable) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byName, strings.ToLower(name))
}

func (t *groupTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byName = nil
}

func (t *groupTable) list() []Group {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Group, 0, len(t.byName))
	for _, key := range slices.Sorted(maps.Keys(t.byName)) {
		g := t.byName[key]
		g.Tags = maps.Clone(g.Tags)
		list = append(list, g)
	}
	return list
}
