package arm

import (
	"context"
	"slices"
	"strings"
)

// ResourceType tells the core what it must know of a type: for the providers list, the
// location and api-version rules, and the deletion of resource groups.
type ResourceType struct {
	// Type is NAMESPACE/TYPE, such as Microsoft.ContainerInstance/containerGroups.
	Type string
	// APIVersions are the ones to name in lists and errors, newest first. Older ones than the last are refused,
	// newer ones and those between are served.
	APIVersions []string
	// Global types have no regions.
	Global bool
	// AnswersReads is set for a type of child resources whose service itself answers a GET of one whose parent is missing.
	AnswersReads bool
	// CheckName is the error of a PUT for the name of a resource alone; nil: every name will do. [Core.CheckPut] asks it.
	CheckName func(name string) error
	// Delete removes a resource, with its latencies, before its resource group goes; it returns when the resource
	// is out of the store. Nil: the core drops it from the store.
	Delete func(ctx context.Context, id ResourceID) error
	// Purge ends everything that the service has, at once and without latencies, for a reset. Nil: nothing to end.
	Purge func(ctx context.Context)
	// Event makes a control event (restart, evict, unhealthy, vanish) happen to a resource now. The error is
	// shown to the caller. Nil: the type knows no events.
	Event func(ctx context.Context, id ResourceID, kind string) error
	// Tagged is called when another service has set a resource's tags in the store. It may be nil.
	Tagged func(id ResourceID, tags map[string]string)
}

// Namespace is the part of the type that is the provider's.
func (t ResourceType) Namespace() string { ns, _, _ := strings.Cut(t.Type, "/"); return ns }

// Path is the part of the type after the provider.
func (t ResourceType) Path() string { _, path, _ := strings.Cut(t.Type, "/"); return path }

// AddType makes a resource type known. It is called before the core serves.
func (c *Core) AddType(t ResourceType) {
	c.types = append(c.types, t)
	c.providers.add(t.Namespace())
}

// Types are all types that were added, in that order.
func (c *Core) Types() []ResourceType { return slices.Clone(c.types) }

// TypeOf finds a type by its name in any case.
func (c *Core) TypeOf(name string) (ResourceType, bool) {
	i := slices.IndexFunc(c.types, func(t ResourceType) bool { return strings.EqualFold(t.Type, name) })
	if i < 0 {
		return ResourceType{}, false
	}
	return c.types[i], true
}

// NormalLocation is a location's short form: "West Europe" is westeurope.
func NormalLocation(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, " ", ""))
}

// CheckLocation returns the short form of a location where a type can be created, or
// an *Error: 400 LocationRequired or LocationNotAvailableForResourceType.
func (c *Core) CheckLocation(location, resourceType string) (string, error) {
	if strings.TrimSpace(location) == "" {
		return "", LocationRequired()
	}
	regions := c.Faults.Settings().Regions
	short := NormalLocation(location)
	if !slices.Contains(regions, short) {
		return "", LocationNotAvailable(location, resourceType, regions)
	}
	return short, nil
}
