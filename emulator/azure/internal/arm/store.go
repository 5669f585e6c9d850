package arm

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Resource is what the core knows of a resource. The service that owns the type keeps
// the rest in Value.
type Resource struct {
	// ID in the creator's spelling; Name and Type follow from it and need not be given.
	ID   ResourceID
	Name string
	Type string
	// Location in Azure's short form. It is empty for resources that ARM does not track: they are in no generic list.
	Location string
	// Tags may be nil; the store keeps a copy.
	Tags map[string]string
	// Identity is shown in generic lists as it is; nil for none.
	Identity any
	// ProvisioningState is shown in generic lists with $expand=provisioningState.
	ProvisioningState string
	// Refers are the resources that this one refers to, where only its sender knows what it is; nil for the types of
	// services, which know. It is not changed once stored.
	Refers []ResourceID
	// Created is set by the store at the first Put; Changed at each.
	Created, Changed time.Time
	// Value is the service's own; the store hands it around and never looks inside.
	Value any
}

// store holds resources by the lower-case id.
type store struct {
	mu   sync.RWMutex
	byID map[string]Resource
	// on are the ids of the extension resources on a resource and of the kept children below it, by its id.
	on map[string]map[string]bool
}

// Put creates or replaces a resource and reports whether it is new. A replaced one keeps
// its ID's spelling and its Created time. The error is an *Error: what the resource is in, on or below has gone, or the
// group has begun to go, since the core looked, and nobody would ever delete what came into it now.
func (c *Core) Put(r Resource) (created bool, err error) {
	c.groups.mu.Lock()
	defer c.groups.mu.Unlock()
	if r.ID.ResourceGroup != "" {
		if err := c.groups.takes(r.ID.ResourceGroup); err != nil {
			return false, err
		}
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if err := c.missingAncestor(r.ID); err != nil {
		return false, err
	}
	key, now := r.ID.Key(), time.Now().UTC()
	old, exists := c.store.byID[key]
	r.Created, r.Changed = now, now
	if exists {
		r.ID, r.Created = old.ID, old.Created
	}
	r.Name, r.Type, r.Tags = r.ID.Name(), r.ID.Type(), maps.Clone(r.Tags)
	c.store.byID[key] = r
	if r.ID.On != nil {
		c.store.extend(r.ID.On.Key(), key)
	}
	c.linkKept(r.ID)
	return !exists, nil
}

// Get finds a resource by id, in any spelling.
func (c *Core) Get(id ResourceID) (Resource, bool) {
	c.store.mu.RLock()
	defer c.store.mu.RUnlock()
	r, ok := c.store.byID[id.Key()]
	r.Tags = maps.Clone(r.Tags)
	return r, ok
}

// Update changes a stored resource under the store's lock and reports whether it exists. change must not call the core.
func (c *Core) Update(id ResourceID, change func(*Resource)) bool {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	r, ok := c.store.byID[id.Key()]
	if !ok {
		return false
	}
	r.Tags = maps.Clone(r.Tags)
	change(&r)
	r.Changed = time.Now().UTC()
	c.store.byID[id.Key()] = r
	return true
}

// Delete forgets a resource, the extension resources on it and the kept ones below it, and reports whether it was there. Its
// other child resources are the service's to delete first.
func (c *Core) Delete(id ResourceID) bool {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return c.store.delete(id.Key())
}

// extend notes that one resource is on another.
func (s *store) extend(resource, extension string) {
	if s.on == nil {
		s.on = map[string]map[string]bool{}
	}
	if s.on[resource] == nil {
		s.on[resource] = map[string]bool{}
	}
	s.on[resource][extension] = true
}

func (s *store) delete(key string) (there bool) {
	r, there := s.byID[key]
	delete(s.byID, key)
	if there {
		s.unlink(r.ID)
	}
	for extension := range s.on[key] {
		s.delete(extension)
	}
	delete(s.on, key)
	return there
}

// Filter narrows [Core.List]. Empty fields match all; case does not count.
type Filter struct {
	Subscription, ResourceGroup, Type string
}

// List returns the resources that match, sorted by lower-case id, which is what
// [Paginate] needs to continue a list that changes meanwhile.
func (c *Core) List(f Filter) []Resource {
	same := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	c.store.mu.RLock()
	defer c.store.mu.RUnlock()
	var keys []string
	for key, r := range c.store.byID {
		if same(f.Subscription, r.ID.Subscription) && same(f.ResourceGroup, r.ID.ResourceGroup) && same(f.Type, r.Type) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	list := make([]Resource, 0, len(keys))
	for _, key := range keys {
		r := c.store.byID[key]
		r.Tags = maps.Clone(r.Tags)
		list = append(list, r)
	}
	return list
}

// Referrers are the resources with the id among their Refers, sorted by id.
func (c *Core) Referrers(id ResourceID) []Resource {
	key := id.Key()
	var list []Resource
	c.store.mu.RLock()
	defer c.store.mu.RUnlock()
	for _, r := range c.store.byID {
		if slices.ContainsFunc(r.Refers, func(other ResourceID) bool { return other.Key() == key }) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Resource) int { return strings.Compare(a.ID.Key(), b.ID.Key()) })
	return list
}

func (s *store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byID)
	clear(s.on)
}
