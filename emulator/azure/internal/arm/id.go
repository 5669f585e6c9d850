package arm

import (
	"fmt"
	"slices"
	"strings"
)

// ResourceID is a parsed resource id: of the tenant (the zero value), a subscription, a resource group, a
// resource in one of them, or an extension resource, which is on another resource:
//
//	/
//	/subscriptions/S
//	/subscriptions/S/resourceGroups/G
//	SCOPE/providers/NAMESPACE/TYPE/NAME[/TYPE/NAME…]
//
// SCOPE is any of the four, without its slash for the tenant. A role assignment on a vault has the vault as its
// SCOPE.
type ResourceID struct {
	// Subscription and ResourceGroup are what the id begins with; empty above that level.
	Subscription, ResourceGroup string
	// On is the resource that an extension resource is on; nil where the scope is no resource.
	On *ResourceID
	// Namespace is the provider, such as Microsoft.ContainerInstance; empty for an id that is no resource's.
	Namespace string
	// Types and Names go together: one of each a level.
	Types, Names []string
}

// The types of the scopes that are no resources.
const (
	tenantType        = "Microsoft.Resources/tenants"
	subscriptionType  = "Microsoft.Resources/subscriptions"
	resourceGroupType = "Microsoft.Resources/resourceGroups"
)

// ParseResourceID reads an id, its keywords in any case and with or without a slash at the end.
func ParseResourceID(s string) (ResourceID, error) {
	if !strings.HasPrefix(s, "/") {
		return ResourceID{}, fmt.Errorf("resource id %q does not start with a slash", s)
	}
	trimmed := strings.Trim(s, "/")
	if trimmed == "" {
		return ResourceID{}, nil
	}
	parts := strings.Split(trimmed, "/")
	if slices.Contains(parts, "") {
		return ResourceID{}, fmt.Errorf("resource id %q has an empty part", s)
	}
	id, read := readID(parts)
	switch {
	case read == 0:
		return ResourceID{}, fmt.Errorf("resource id %q starts with neither /subscriptions/ID nor /providers/NAMESPACE", s)
	case read < len(parts):
		return ResourceID{}, fmt.Errorf("resource id %q does not go on with pairs of type and name at %q", s, strings.Join(parts[read:], "/"))
	case id.ofProvider():
		return ResourceID{}, fmt.Errorf("resource id %q names no resource of the provider %s", s, id.Namespace)
	}
	return id, nil
}

// readID reads an id from the parts of a path as far as it goes, and says how many parts that is. The last thing it
// reads may be a provider without a type, as in the paths of lists. A part with a slash in it ends the id.
func readID(parts []string) (id ResourceID, read int) {
	if i := slices.IndexFunc(parts, func(part string) bool { return strings.Contains(part, "/") }); i >= 0 {
		parts = parts[:i]
	}
	keyword := func(word string) bool { return read+1 < len(parts) && strings.EqualFold(parts[read], word) }
	if keyword("subscriptions") {
		id.Subscription = parts[1]
		read = 2
		if keyword("resourceGroups") {
			id.ResourceGroup = parts[3]
			read = 4
		}
	}
	for keyword("providers") && !id.ofProvider() {
		if id.Namespace != "" {
			id = ResourceID{Subscription: id.Subscription, ResourceGroup: id.ResourceGroup, On: new(id)}
		}
		id.Namespace = parts[read+1]
		for read += 2; read+1 < len(parts) && !keyword("providers"); read += 2 {
			id.Types, id.Names = append(id.Types, parts[read]), append(id.Names, parts[read+1])
		}
	}
	return id, read
}

// ofProvider reports whether the id ends with a provider, and so is that of no resource: the path of a list.
func (id ResourceID) ofProvider() bool { return id.Namespace != "" && len(id.Types) == 0 }

// String is the canonical form: the keywords in ARM's spelling, all else as it is.
func (id ResourceID) String() string {
	var b strings.Builder
	id.write(&b)
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

func (id ResourceID) write(b *strings.Builder) {
	if id.On != nil {
		id.On.write(b)
	} else {
		if id.Subscription != "" {
			b.WriteString("/subscriptions/" + id.Subscription)
		}
		if id.ResourceGroup != "" {
			b.WriteString("/resourceGroups/" + id.ResourceGroup)
		}
	}
	if id.Namespace != "" {
		b.WriteString("/providers/" + id.Namespace)
	}
	for i := range id.Types {
		b.WriteString("/" + id.Types[i] + "/" + id.Names[i])
	}
}

// Key is what two spellings of one id share.
func (id ResourceID) Key() string { return strings.ToLower(id.String()) }

// Within reports whether the id is scope's own or below it, as rights at a scope hold for all below.
func (id ResourceID) Within(scope ResourceID) bool {
	below, ok := strings.CutPrefix(id.Key(), strings.TrimSuffix(scope.Key(), "/"))
	return ok && (below == "" || below[0] == '/')
}

// Scope is what the resource is in or, an extension resource, on: a tenant, subscription, resource group or resource.
// An id that is no resource's is its own scope.
func (id ResourceID) Scope() ResourceID {
	if id.On != nil {
		return *id.On
	}
	return ResourceID{Subscription: id.Subscription, ResourceGroup: id.ResourceGroup}
}

// Parent is the id one level up: the resource that a child resource belongs to, else the scope. The parent of a
// resource group is its subscription, that of a subscription the tenant, which has none.
func (id ResourceID) Parent() (ResourceID, bool) {
	last := len(id.Types) - 1
	switch {
	case last > 0:
		id.Types, id.Names = id.Types[:last:last], id.Names[:last:last]
		return id, true
	case id.Namespace != "":
		return id.Scope(), true
	case id.ResourceGroup != "":
		return ResourceID{Subscription: id.Subscription}, true
	}
	return ResourceID{}, id.Subscription != ""
}

// Child is the id of a child resource.
func (id ResourceID) Child(kind, name string) ResourceID {
	id.Types, id.Names = append(slices.Clip(id.Types), kind), append(slices.Clip(id.Names), name)
	return id
}

// Resource is the id of a resource in this scope or, if the scope is a resource, on it.
func (id ResourceID) Resource(namespace, kind, name string) ResourceID {
	scoped := ResourceID{Subscription: id.Subscription, ResourceGroup: id.ResourceGroup, Namespace: namespace, Types: []string{kind}, Names: []string{name}}
	if id.Namespace != "" {
		scoped.On = &id
	}
	return scoped
}

// Type is NAMESPACE/TYPE[/TYPE…]; tenants, subscriptions and resource groups have types of Microsoft.Resources.
func (id ResourceID) Type() string {
	switch {
	case id.Namespace != "":
		return id.Namespace + "/" + strings.Join(id.Types, "/")
	case id.ResourceGroup != "":
		return resourceGroupType
	case id.Subscription != "":
		return subscriptionType
	}
	return tenantType
}

// Name is the last name; the tenant has none.
func (id ResourceID) Name() string {
	switch {
	case len(id.Names) > 0:
		return id.Names[len(id.Names)-1]
	case id.ResourceGroup != "":
		return id.ResourceGroup
	}
	return id.Subscription
}

// typedName is NAMESPACE/TYPE/NAME[/TYPE/NAME…], as ARM's not-found message has it.
func (id ResourceID) typedName() string {
	if id.Namespace == "" {
		return id.Type() + "/" + id.Name()
	}
	parts := []string{id.Namespace}
	for i := range id.Types {
		parts = append(parts, id.Types[i], id.Names[i])
	}
	return strings.Join(parts, "/")
}

// depth is how many names the id has: what is below another resource has more.
func (id ResourceID) depth() int {
	n := len(id.Names)
	if id.On != nil {
		n += id.On.depth()
	}
	return n
}
