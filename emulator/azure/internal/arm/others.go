package arm

import (
	"net/http"
	"slices"
	"strings"
)

// KeepTypes makes resource types of a provider known that no service has: requests for their resources go to the handlers
// of [Core.HandleKept]. types are paths below the provider, such as routeTables, each with all that is below it; none are
// all types that no service has. It is called before the core serves.
func (c *Core) KeepTypes(namespace string, types ...string) {
	if c.kept == nil {
		c.kept = map[string][]string{}
	}
	c.kept[strings.ToLower(namespace)] = types
	c.providers.add(namespace)
}

// KeepTracked names kept types whose resources have a location. It is called before the core serves.
func (c *Core) KeepTracked(types ...string) {
	if c.tracked == nil {
		c.tracked = map[string]bool{}
	}
	for _, name := range types {
		c.tracked[strings.ToLower(name)] = true
	}
}

// NeedsLocation reports whether a resource of a type must say where it is: Azure Resource Manager tracks it.
func (c *Core) NeedsLocation(name string) bool {
	if t, ok := c.TypeOf(name); ok {
		return !t.Global && !strings.Contains(t.Path(), "/") && !strings.EqualFold(t.Namespace(), "Microsoft.Resources")
	}
	return c.tracked[strings.ToLower(name)]
}

// LocationRequired is the 400 for a resource that does not say where it is and must.
func LocationRequired() *Error {
	return BadRequest("LocationRequired", "The location property is required for this definition.")
}

// HandleKept adds the operation for a method on a single resource of a kept type or, with list, for a GET of many. The
// handler finds the resource, or what the list is in, with [Request.ResourceID], and the type with [Request.ListedType].
func (c *Core) HandleKept(op Operation, list bool, h Handler) {
	key := op.Method
	if list {
		key += " list"
	}
	if c.keptRoutes == nil {
		c.keptRoutes = map[string]*route{}
	}
	c.keptRoutes[key] = &route{op: op, handler: h}
}

// keeps reports whether a type is one of those of KeepTypes.
func (c *Core) keeps(namespace string, types []string) bool {
	kept, ok := c.kept[strings.ToLower(namespace)]
	if !ok || len(types) == 0 {
		return false
	}
	path := strings.Join(types, "/")
	if _, served := c.TypeOf(namespace + "/" + path); served {
		return false
	}
	lower := strings.ToLower(path) + "/"
	return len(kept) == 0 || slices.ContainsFunc(kept, func(k string) bool { return strings.HasPrefix(lower, strings.ToLower(k)+"/") })
}

// keptRoute finds the operation for a path that no service's route matches; nil if there is none.
func (c *Core) keptRoute(r *Request) *route {
	namespace, types := r.provider()
	if !c.keeps(namespace, types) {
		return nil
	}
	key := r.Method
	switch {
	case len(r.rest) == 1: // the type whose resources are listed
		key += " list"
	case len(r.rest) > 0 || r.id.ofProvider():
		return nil
	}
	known, ok := c.keptRoutes[key]
	if !ok {
		return nil
	}
	found := *known
	found.op.Action = namespace + "/" + strings.Join(types, "/") + "/" + verbs[r.Method]
	return &found
}

// verbs are how the actions of methods end.
var verbs = map[string]string{
	http.MethodGet: "read", http.MethodHead: "read", http.MethodPut: "write", http.MethodPatch: "write", http.MethodDelete: "delete", http.MethodPost: "action",
}

// ListedType is the type of the resources that a list of kept resources is of.
func (r *Request) ListedType() string {
	namespace, types := r.provider()
	return namespace + "/" + strings.Join(types, "/")
}

// ancestors are the ids of the resources that a child resource is below, nearest first.
func (id ResourceID) ancestors() []ResourceID {
	var list []ResourceID
	for n := len(id.Types) - 1; n > 0; n-- {
		up := id
		up.Types, up.Names = id.Types[:n:n], id.Names[:n:n]
		list = append(list, up)
	}
	return list
}

// Root is the resource that a child resource is below, at whatever depth; any other's is itself.
func (id ResourceID) Root() ResourceID {
	if up := id.ancestors(); len(up) > 0 {
		return up[len(up)-1]
	}
	return id
}

// linkKept makes a kept child go with the resources that it is below, whose services do not know of it.
func (c *Core) linkKept(id ResourceID) {
	if len(id.Types) > 1 && c.keeps(id.Namespace, id.Types) {
		for _, up := range id.ancestors() {
			c.store.extend(up.Key(), id.Key())
		}
	}
}

// unlink forgets whom a resource goes with.
func (s *store) unlink(id ResourceID) {
	up := id.ancestors()
	if id.On != nil {
		up = append(up, *id.On)
	}
	for _, at := range up {
		delete(s.on[at.Key()], id.Key())
	}
}
