package rbac

import (
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// role is a role definition. A role that is in the table is never changed, only replaced.
type role struct {
	// id is a lower-case GUID.
	id, name, description string
	builtIn               bool
	permissions           []permission
	// scopes are the assignable ones; built-in roles have the tenant.
	scopes             []string
	created, updated   time.Time
	creator, lastActor string
}

// allows reports whether the role grants an action; a role that is not there grants none.
func (r *role) allows(action string, data bool) bool {
	if r == nil {
		return false
	}
	for _, p := range r.permissions {
		if p.allows(action, data) {
			return true
		}
	}
	return false
}

// assignableAt reports whether the role can be assigned at a scope.
func (r *role) assignableAt(scope arm.ResourceID) bool {
	return r.overlaps(scope, false)
}

// overlaps reports whether one of the assignable scopes is the scope or above it or, with below, under it.
func (r *role) overlaps(scope arm.ResourceID, below bool) bool {
	return slices.ContainsFunc(r.scopeIDs(), func(id arm.ResourceID) bool { return scope.Within(id) || below && id.Within(scope) })
}

// scopeIDs are the assignable scopes.
func (r *role) scopeIDs() []arm.ResourceID {
	var ids []arm.ResourceID
	for _, text := range r.scopes {
		if id, err := arm.ParseResourceID(text); err == nil { // they were read before they were taken
			ids = append(ids, id)
		}
	}
	return ids
}

// role finds a role by its GUID; nil if there is none. It is called with mu held.
func (s *service) role(id string) *role {
	if r := builtIn[strings.ToLower(id)]; r != nil {
		return r
	}
	return s.custom[strings.ToLower(id)]
}

// definitionView is a role definition on the wire.
type definitionView struct {
	ID         string               `json:"id"`
	Type       string               `json:"type"`
	Name       string               `json:"name"`
	Properties definitionProperties `json:"properties"`
}

type definitionProperties struct {
	RoleName         string       `json:"roleName"`
	Type             string       `json:"type"`
	Description      string       `json:"description"`
	AssignableScopes []string     `json:"assignableScopes"`
	Permissions      []permission `json:"permissions"`
	CreatedOn        time.Time    `json:"createdOn"`
	UpdatedOn        time.Time    `json:"updatedOn"`
	CreatedBy        *string      `json:"createdBy"`
	UpdatedBy        *string      `json:"updatedBy"`
}

// The words for a role's type.
const (
	builtInRole = "BuiltInRole"
	customRole  = "CustomRole"
)

func (r *role) kind() string {
	if r.builtIn {
		return builtInRole
	}
	return customRole
}

// view shows a role as seen from a scope: its id begins with the scope's subscription.
func (r *role) view(scope arm.ResourceID) definitionView {
	v := definitionView{ID: definitionID(scope.Subscription, r.id), Type: definitionType, Name: r.id, Properties: definitionProperties{
		RoleName: r.name, Type: r.kind(), Description: r.description, AssignableScopes: r.scopes, CreatedOn: r.created, UpdatedOn: r.updated,
	}}
	for _, p := range r.permissions {
		v.Properties.Permissions = append(v.Properties.Permissions, permission{
			filled(p.Actions), filled(p.NotActions), filled(p.DataActions), filled(p.NotDataActions),
		})
	}
	if r.creator != "" {
		v.Properties.CreatedBy, v.Properties.UpdatedBy = &r.creator, &r.lastActor
	}
	return v
}

// filled is never nil, so that JSON has [] and not null.
func filled(list []string) []string { return append([]string{}, list...) }

// definitionID is a role's resource id, in a subscription or, if that is empty, in the tenant.
func definitionID(subscription, id string) string {
	return arm.ResourceID{Subscription: subscription, Namespace: namespace, Types: []string{"roleDefinitions"}, Names: []string{id}}.String()
}
