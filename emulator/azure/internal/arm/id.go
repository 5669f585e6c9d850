package arm

import (
	"fmt"
	"slices"
	"strings"
)

// ResourceID is a parsed resource id. The zero value is no resource.
type ResourceID struct {
	Subscription  string
	ResourceGroup string
	// Namespace is the provider, such as Microsoft.ContainerInstance; empty for a resource group's own id.
	Namespace string
	// Types and Names go together: one of each a level.
	Types, Names []string
}

// ParseResourceID reads /subscriptions/S/resourceGroups/G[/providers/NS/TYPE/NAME[/TYPE/NAME]…],
// its keywords in any case. Ids of other scopes are errors.
func ParseResourceID(s string) (ResourceID, error) {
	var id ResourceID
	if !strings.HasPrefix(s, "/") {
		return id, fmt.Errorf("resource id %q does not start with /subscriptions/", s)
	}
	parts := strings.Split(strings.Trim(s, "/"), "/")
	if slices.Contains(parts, "") {
		return id, fmt.Errorf("resource id %q has an empty part", s)
	}
	if len(parts) < 4 || !strings.EqualFold(parts[0], "subscriptions") || !strings.EqualFold(parts[2], "resourceGroups") {
		return id, fmt.Errorf("resource id %q is not /subscriptions/ID/resourceGroups/NAME/…", s)
	}
	id.Subscription, id.ResourceGroup = parts[1], parts[3]
	rest := parts[4:]
	if len(rest) == 0 {
		return id, nil
	}
	if len(rest) < 4 || !strings.EqualFold(rest[0], "providers") || len(rest)%2 != 0 {
		return ResourceID{}, fmt.Errorf("resource id %q does not go on with /providers/NAMESPACE/TYPE/NAME", s)
	}
	id.Namespace = rest[1]
	for i := 2; i < len(rest); i += 2 {
		id.Types = append(id.Types, rest[i])
		id.Names = append(id.Names, rest[i+1])
	}
	return id, nil
}

// String is the canonical form: subscriptions, resourceGroups and providers in ARM's spelling, all else as it is.
func (id ResourceID) String() string {
	var b strings.Builder
	b.WriteString("/subscriptions/" + id.Subscription + "/resourceGroups/" + id.ResourceGroup)
	if id.Namespace != "" {
		b.WriteString("/providers/" + id.Namespace)
		for i := range id.Types {
			b.WriteString("/" + id.Types[i] + "/" + id.Names[i])
		}
	}
	return b.String()
}

// Key is what two spellings of one id share.
func (id ResourceID) Key() string { return strings.ToLower(id.String()) }

// Type is NAMESPACE/TYPE[/TYPE…]; a resource group's is Microsoft.Resources/resourceGroups.
func (id ResourceID) Type() string {
	if id.Namespace == "" {
		return "Microsoft.Resources/resourceGroups"
	}
	return id.Namespace + "/" + strings.Join(id.Types, "/")
}

// Name is the last name.
func (id ResourceID) Name() string {
	if len(id.Names) == 0 {
		return id.ResourceGroup
	}
	return id.Names[len(id.Names)-1]
}

// typedName is NAMESPACE/TYPE/NAME[/TYPE/NAME…], as ARM's not-found message has it.
func (id ResourceID) typedName() string {
	parts := []string{id.Namespace}
	for i := range id.Types {
		parts = append(parts, id.Types[i], id.Names[i])
	}
	return strings.Join(parts, "/")
}
