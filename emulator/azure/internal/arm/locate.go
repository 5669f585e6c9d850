package arm

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// pathID reads the resource id that a path names, as far as it goes, in canonical spelling, and what is left of the
// path after it.
func (c *Core) pathID(segments []string) (id ResourceID, rest []string) {
	id, read := readID(segments)
	return c.canonical(id), segments[read:]
}

// canonical spells an id as ARM does: the provider and types as registered, the group and the resource as their creator
// wrote them.
func (c *Core) canonical(id ResourceID) ResourceID {
	if strings.EqualFold(id.Subscription, c.options.SubscriptionID) {
		id.Subscription = c.options.SubscriptionID
	}
	if group, ok := c.groups.get(id.ResourceGroup); ok {
		id.ResourceGroup = group.Name
	}
	if id.On != nil {
		id.On = new(c.canonical(*id.On))
	}
	c.canonicalType(&id)
	if stored, ok := c.Get(id); ok {
		return stored.ID
	}
	return id
}

// canonicalType spells provider and types as their AddType did.
func (c *Core) canonicalType(id *ResourceID) {
	if p, ok := c.providers.get(id.Namespace); ok {
		id.Namespace = p.Namespace
	}
	for _, t := range c.types {
		if strings.EqualFold(t.Namespace(), id.Namespace) {
			id.Namespace = t.Namespace()
		}
		for i, name := range strings.Split(t.Path(), "/") {
			if strings.EqualFold(t.Namespace(), id.Namespace) && i < len(id.Types) && strings.EqualFold(id.Types[i], name) {
				id.Types[i] = name
			}
		}
	}
}

// scope is what the authorisation hook is asked about: the resource, group or subscription of the path. For a list it is
// the provider in the group or subscription, as ARM's refusals name it.
func (c *Core) scope(r *Request) ResourceID {
	if r.Params["resourceProviderNamespace"] != "" { // what the path names is a provider of the subscription, and no resource
		return r.id.Scope()
	}
	return r.id
}

// region finds where the call's resource is, or would be.
func (c *Core) region(r *Request) string {
	if location := r.Params["location"]; location != "" {
		return c.knownRegion(location)
	}
	for id, ok := r.id, true; ok; id, ok = id.Parent() {
		if stored, ok := c.Get(id); ok && stored.Location != "" {
			return stored.Location
		}
	}
	var body struct{ Location string }
	if len(r.Body) > 0 && decodeJSON(r.Body, &body) == nil && body.Location != "" {
		return c.knownRegion(body.Location)
	}
	if group, ok := c.groups.get(r.id.ResourceGroup); ok {
		return group.Location
	}
	return ""
}

// knownRegion is the short form of a location, or empty for one that there is not: what a client sends as a location must
// not get into headers, or have a token bucket of its own.
func (c *Core) knownRegion(location string) string {
	if short := NormalLocation(location); slices.Contains(c.Faults.Settings().Regions, short) {
		return short
	}
	return ""
}

// locate answers for ARM itself before a handler runs: subscription, route, provider and group must be there, and what the
// resource is in or on.
func (c *Core) locate(r *Request, segments []string, found match) error {
	if err := c.locateRoute(r, segments, found); err != nil {
		return err
	}
	if t, _ := c.TypeOf(r.id.Type()); t.AnswersReads && r.Method == http.MethodGet || r.Operation.AnyScope {
		return nil
	}
	return c.checkAncestors(r.id)
}

// locateRoute demands subscription, route, provider and group.
func (c *Core) locateRoute(r *Request, segments []string, found match) error {
	if len(segments) >= 2 && strings.EqualFold(segments[0], "subscriptions") {
		if uuid.Validate(segments[1]) != nil {
			return BadRequest("InvalidSubscriptionId", "The provided subscription identifier '%s' is malformed or invalid.", segments[1])
		}
		if !strings.EqualFold(segments[1], c.options.SubscriptionID) {
			return SubscriptionNotFound(segments[1])
		}
	}
	if err := c.checkProvider(r); err != nil {
		return err
	}
	if found.route == nil {
		return c.noRoute(r, found)
	}
	if err := checkSlashes(r); err != nil {
		return err
	}
	if found.route.scoped {
		if _, err := ParseResourceID(r.Params[found.route.names[0]]); err != nil {
			return c.noRoute(r, found)
		}
	}
	return c.checkGroup(r)
}

// checkSlashes refuses a name with an encoded slash, which could pass for two parts of an id. A resource group's own
// operations refuse it themselves.
func checkSlashes(r *Request) error {
	i := slices.IndexFunc(r.rest, func(part string) bool { return strings.Contains(part, "/") })
	if i < 0 || i == 1 && len(r.rest) == 2 && strings.EqualFold(r.rest[0], "resourceGroups") {
		return nil
	}
	return BadRequest("InvalidResourceName", "The name '%s' is invalid: it holds a slash.", r.rest[i])
}

// checkAncestors demands what a resource cannot be without.
func (c *Core) checkAncestors(id ResourceID) error {
	c.store.mu.RLock()
	defer c.store.mu.RUnlock()
	return c.missingAncestor(id)
}

// missingAncestor is the error for a resource that is not there and that id cannot be without: the one that an extension
// resource is on, and a child's parent where both are of known types. It is called with the store's mu held.
func (c *Core) missingAncestor(id ResourceID) error {
	if id.On != nil {
		if _, served := c.providers.get(id.On.Namespace); !served {
			return c.unknownNamespace(id.On.Namespace)
		}
		if _, ok := c.store.byID[id.On.Key()]; !ok {
			return ResourceNotFound(*id.On)
		}
	}
	if len(id.Types) < 2 {
		return nil
	}
	parent, _ := id.Parent()
	_, known := c.TypeOf(id.Type())
	_, parentKnown := c.TypeOf(parent.Type())
	if _, ok := c.store.byID[parent.Key()]; known && parentKnown && !ok {
		return ParentResourceNotFound(parent)
	}
	return nil
}

// checkGroup demands that the path's resource group exists, and is not on its way out for what would put
// something into it. Operations on the group itself look for themselves.
func (c *Core) checkGroup(r *Request) error {
	if r.id.ResourceGroup == "" || r.id.Namespace == "" && len(r.rest) == 0 {
		return nil
	}
	group, ok := c.groups.get(r.id.ResourceGroup)
	if !ok {
		return ResourceGroupNotFound(r.id.ResourceGroup)
	}
	if group.Deleting && (r.Method == http.MethodPut || r.Method == http.MethodPatch) {
		return ResourceGroupBeingDeleted(group.Name)
	}
	return nil
}

// checkProvider demands that the provider and type of the path exist, that the subscription is
// registered for what would create, and that the api-version is not older than the type.
func (c *Core) checkProvider(r *Request) error {
	namespace, types := r.provider()
	if namespace == "" || r.id.Subscription == "" || len(types) == 0 || r.Params["resourceProviderNamespace"] != "" {
		return nil
	}
	provider, ok := c.providers.get(namespace)
	if !ok {
		return c.unknownNamespace(namespace)
	}
	if r.Method == http.MethodPut && provider.State != "Registered" {
		return Conflict("MissingSubscriptionRegistration",
			"The subscription is not registered to use namespace '%s'. See https://aka.ms/rps-not-found for how to register subscriptions.", provider.Namespace)
	}
	t, ok := c.TypeOf(namespace + "/" + types[0])
	if !ok || len(t.APIVersions) == 0 {
		return nil
	}
	if oldest := slices.Min(t.APIVersions); cmp.Less(r.APIVersion, oldest) {
		regions := strings.Join(c.Faults.Settings().Regions, ", ")
		return BadRequest("NoRegisteredProviderFound",
			"No registered resource provider found for location '%s' and API version '%s' for type '%s'. The supported api-versions are '%s'. The supported locations are '%s'.",
			r.Region, r.APIVersion, t.Path(), strings.Join(t.APIVersions, ", "), regions)
	}
	return nil
}

// provider is the last provider of a path and the types after it.
func (r *Request) provider() (namespace string, types []string) {
	if r.id.Namespace == "" {
		return "", nil
	}
	types = slices.Clone(r.id.Types)
	for i := 0; i < len(r.rest); i += 2 {
		types = append(types, r.rest[i])
	}
	return r.id.Namespace, types
}

// noRoute explains a path that leads nowhere, in ARM's order.
func (c *Core) noRoute(r *Request, found match) error {
	if len(found.allowed) > 0 {
		e := Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The requested resource does not support http method '%s'.", r.Method)
		e.Header = http.Header{"Allow": {strings.Join(found.allowed, ", ")}}
		return e
	}
	if r.id.Subscription+r.id.Namespace == "" && strings.Contains(strings.ToLower(r.URL.Path), "/providers/") {
		return NotFound("MissingSubscription", "The request did not have a subscription or a valid tenant level resource provider.")
	}
	namespace, types := r.provider()
	if _, served := c.providers.get(namespace); namespace != "" && !served {
		return c.unknownNamespace(namespace)
	}
	if namespace == "" || len(types) == 0 {
		return NotFound("NotFound", "No operation of this emulator serves the path '%s'.", r.URL.Path)
	}
	if r.id.ResourceGroup != "" {
		if _, ok := c.groups.get(r.id.ResourceGroup); !ok {
			return ResourceGroupNotFound(r.id.ResourceGroup)
		}
	}
	if c.keeps(namespace, r.id.Types) && len(r.rest) == 1 && r.Method == http.MethodPost {
		return NotYet("The local Azure keeps resources of the type '%s' and does nothing with them: it has no action '%s'.", r.id.Type(), r.rest[0])
	}
	if _, known := c.TypeOf(namespace + "/" + strings.Join(types, "/")); known && len(r.id.Types) == len(types) {
		return ResourceNotFound(r.id)
	}
	e := NotFound("InvalidResourceType", "The resource type '%s' could not be found in the namespace '%s' for api version '%s'.",
		strings.Join(types, "/"), namespace, r.APIVersion)
	if t, ok := c.TypeOf(namespace + "/" + types[0]); ok {
		e.Message += " The supported api-versions are '" + strings.Join(t.APIVersions, ",") + "'."
	}
	return e
}
