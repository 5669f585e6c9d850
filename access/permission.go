package access

import (
	"slices"
	"strings"
)

// Permission is one of the permissions of a role definition, in the form that Azure's JSON has. A definition allows what
// one of its permissions allows.
type Permission struct {
	// Actions are what it allows, and NotActions what of that it does not; * in one stands for any text.
	Actions    []string `json:"actions"`
	NotActions []string `json:"notActions"`
	// DataActions and NotDataActions are the same for data.
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// allows reports whether the permission allows an action, without regard to case, as in Azure.
func (p Permission) allows(action string) bool {
	return matches(p.Actions, action) && !matches(p.NotActions, action)
}

// lacking are those of the actions that no permission allows.
func lacking(permissions []Permission, actions []string) []string {
	return slices.DeleteFunc(slices.Clone(actions), func(action string) bool {
		return slices.ContainsFunc(permissions, func(p Permission) bool { return p.allows(action) })
	})
}

// equals reports whether two permissions have the same lists, in whatever order and case.
func (p Permission) equals(other Permission) bool {
	same := func(a, b []string) bool {
		sorted := func(list []string) []string {
			list = strings.Split(strings.ToLower(strings.Join(list, "\n")), "\n")
			slices.Sort(list)
			return list
		}
		return slices.Equal(sorted(a), sorted(b))
	}
	return same(p.Actions, other.Actions) && same(p.NotActions, other.NotActions) &&
		same(p.DataActions, other.DataActions) && same(p.NotDataActions, other.NotDataActions)
}

// Extend adds to the permissions and scopes of a definition what the role needs to be assigned at scope. What is there
// stays: the actions that no permission allows come last, in a permission of their own, because what one excludes another
// one can still allow. changed reports whether anything was missing.
func (r Role) Extend(permissions []Permission, scopes []string, scope string) (allPermissions []Permission, allScopes []string, changed bool) {
	allPermissions, allScopes = slices.Clone(permissions), slices.Clone(scopes)
	if missing := lacking(permissions, r.Names()); len(missing) > 0 {
		allPermissions = append(allPermissions, Permission{Actions: missing, NotActions: []string{}, DataActions: []string{}, NotDataActions: []string{}})
	}
	for _, more := range r.Permissions {
		if !slices.ContainsFunc(permissions, more.equals) {
			allPermissions = append(allPermissions, more)
		}
	}
	if !slices.ContainsFunc(scopes, func(have string) bool { return strings.EqualFold(have, scope) }) {
		allScopes = append(allScopes, scope)
	}
	return allPermissions, allScopes, len(allPermissions) > len(permissions) || len(allScopes) > len(scopes)
}
