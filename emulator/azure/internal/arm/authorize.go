package arm

import (
	"context"
	"net/http"
	"strings"
)

// authorize asks whether the caller may send a request. Operations that nothing serves need no right: their answer says
// so.
func (c *Core) authorize(r *Request) error {
	if r.Operation.ID == "" || r.Operation.TokenOnly {
		return nil
	}
	scope := c.scope(r)
	if r.Operation.PerItem && (c.Reaches == nil || c.Reaches(r.Principal, scope)) {
		return nil
	}
	return c.Allowed(r.Context(), Access{Principal: r.Principal, Action: c.action(r, scope), Scope: scope})
}

// action is the operation's, with what its path leaves open.
func (c *Core) action(r *Request, scope ResourceID) string {
	return strings.NewReplacer("{resourceProviderNamespace}", r.Params["resourceProviderNamespace"], "{resourceType}", scope.Type()).Replace(r.Operation.Action)
}

// Allowed is nil if a principal may do an action at a scope, else ARM's 403. The core asks it for every operation;
// services ask it for what is decided within a call (the linked scopes of a body) and for their data planes (a pull
// from a registry, a secret of a vault).
func (c *Core) Allowed(ctx context.Context, a Access) error {
	if c.Authorize == nil {
		return nil
	}
	return c.Authorize(ctx, a)
}

// Linked demands a right at the other resources that a request's body names, such as the identities of a container group.
// The error is ARM's 403 LinkedAuthorizationFailed.
func (c *Core) Linked(r *Request, action string, resources ...ResourceID) error {
	var refused []string
	for _, id := range resources {
		if c.Allowed(r.Context(), Access{Principal: r.Principal, Action: action, Scope: id}) != nil {
			refused = append(refused, id.String())
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return Errorf(http.StatusForbidden, "LinkedAuthorizationFailed",
		"The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, it does not have permission to perform action(s) '%s' on the linked scope(s) '%s' (respectively) or the linked scope(s) are invalid.",
		r.Principal.AppID, r.Principal.ObjectID, r.Operation.Action, r.id, action, strings.Join(refused, ","))
}
