package access

import (
	"fmt"
	"slices"
	"strings"
)

// RightsError says that the one who is signed in lacks rights in Azure.
type RightsError struct {
	// Principal is the object id of who is signed in.
	Principal string
	// Actions are the actions that no role allows, and Scope where they are needed.
	Actions []string
	Scope   string
}

// Error names the actions and the scope.
func (e *RightsError) Error() string {
	return fmt.Sprintf("the account %s has no role that allows %s at %s", e.Principal, strings.Join(e.Actions, ", "), e.Scope)
}

// Hint says which role is missing, and who can give it.
func (e *RightsError) Hint() string {
	assigns := slices.ContainsFunc(e.Actions, func(a string) bool { return strings.HasPrefix(a, "Microsoft.Authorization/") })
	return RoleHint(assigns)
}

// RoleHint says whom to ask for which role: Contributor, or Owner for what gives rights.
func RoleHint(assigns bool) string {
	role, by := "Contributor", "an Owner"
	if assigns {
		role, by = "Owner", "an Owner or User Access Administrator"
	}
	return fmt.Sprintf("ask %s of the subscription to give this account the role %s there; a new role can take some minutes to take effect", by, role)
}

// RoleNameError says that the tenant has a custom role of that name already, which cannot be assigned at a scope.
type RoleNameError struct {
	Name, Scope string
	err         error
}

// Error names the role and the scope.
func (e *RoleNameError) Error() string {
	return fmt.Sprintf("the role %q exists in this tenant, and cannot be assigned at %s", e.Name, e.Scope)
}

// Unwrap is Azure's answer.
func (e *RoleNameError) Unwrap() error { return e.err }

// Hint says how both can be.
func (e *RoleNameError) Hint() string {
	return "names of roles are unique in a tenant: give the new role another name, or add this resource group to the assignable scopes of the role that exists"
}
