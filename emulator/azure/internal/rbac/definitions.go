package rbac

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// Azure's limit for the custom roles of a tenant (learn.microsoft.com/azure/role-based-access-control/custom-roles).
const maxCustomRoles = 5000

// pageSize is how many roles or assignments a list has in one answer.
const pageSize = 1000

func (s *service) registerDefinitions() {
	const all, tenant = "/{scope}/providers/" + definitionType, "/providers/" + definitionType
	s.handle("RoleDefinitions_List", http.MethodGet, all, s.listDefinitions)
	s.handle("RoleDefinitions_List", http.MethodGet, tenant, s.listDefinitions)
	s.handle("RoleDefinitions_Get", http.MethodGet, all+"/{roleDefinitionId}", s.getDefinition)
	s.handle("RoleDefinitions_GetById", http.MethodGet, tenant+"/{roleDefinitionId}", s.getDefinition)
	s.handle("RoleDefinitions_CreateOrUpdate", http.MethodPut, all+"/{roleDefinitionId}", s.putDefinition)
	s.handle("RoleDefinitions_Delete", http.MethodDelete, all+"/{roleDefinitionId}", s.deleteDefinition)
}

// listDefinitions shows the roles that can be assigned in the scope, sorted by their id.
func (s *service) listDefinitions(r *arm.Request) (*arm.Response, error) {
	f, err := parseFilter(r, "atScopeAndBelow()", "roleName", "type")
	if err != nil {
		return nil, err
	}
	scope := r.ResourceID()
	s.mu.RLock()
	defer s.mu.RUnlock()
	var views []definitionView
	for _, table := range []map[string]*role{builtIn, s.custom} {
		for _, role := range table {
			if role.overlaps(scope, f.below) && f.same("roleName", role.name) && f.same("type", role.kind()) {
				views = append(views, role.view(scope))
			}
		}
	}
	slices.SortFunc(views, func(a, b definitionView) int { return strings.Compare(a.Name, b.Name) })
	page, err := arm.Paginate(r, views, pageSize, func(v definitionView) string { return v.Name })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

func (s *service) getDefinition(r *arm.Request) (*arm.Response, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id := r.Params["roleDefinitionId"]
	role := s.role(id)
	if role == nil {
		return nil, arm.NotFound("RoleDefinitionDoesNotExist", doesNotExist, shortID(id))
	}
	return &arm.Response{Body: role.view(r.ResourceID())}, nil
}

const doesNotExist = "The specified role definition with ID '%s' does not exist."

// shortID is a GUID as the service's messages have it: without its dashes.
func shortID(id string) string { return strings.ReplaceAll(strings.ToLower(id), "-", "") }

// definitionBody is what a client may say of a role.
type definitionBody struct {
	Properties struct {
		RoleName         string       `json:"roleName"`
		Description      string       `json:"description"`
		Type             string       `json:"type"`
		Permissions      []permission `json:"permissions"`
		AssignableScopes []string     `json:"assignableScopes"`
	} `json:"properties"`
}

func (s *service) putDefinition(r *arm.Request) (*arm.Response, error) {
	id := strings.ToLower(r.Params["roleDefinitionId"])
	if !arm.IsGUID(id) {
		return nil, arm.BadRequest("InvalidRoleDefinitionId", "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", id)
	}
	var body definitionBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := s.checkDefinition(r, id, &body); err != nil {
		return nil, err
	}
	p, now := body.Properties, time.Now().UTC()
	next := &role{
		id: id, name: p.RoleName, description: p.Description, permissions: p.Permissions, scopes: p.AssignableScopes,
		created: now, updated: now, creator: r.Principal.ObjectID, lastActor: r.Principal.ObjectID,
	}
	old, unlock, err := s.change(r, id, "/write")
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, table := range []map[string]*role{builtIn, s.custom} {
		for _, other := range table {
			if other.id != id && strings.EqualFold(other.name, p.RoleName) {
				return nil, arm.Conflict("RoleDefinitionWithSameNameExists", "A custom role with the same name already exists in this directory. Use a different name.")
			}
		}
	}
	if old != nil {
		next.created, next.creator = old.created, old.creator
	} else if len(s.custom) >= maxCustomRoles {
		return nil, arm.BadRequest("RoleDefinitionLimitExceeded", "Role definition limit exceeded. No more role definitions can be created.")
	}
	s.custom[id] = next
	return &arm.Response{Status: http.StatusCreated, Body: next.view(r.ResourceID())}, nil
}

// change locks mu for a change of a custom role, which needs the right to that at all scopes that the role has now: who may
// define roles in one resource group must not change or take away those of another. old is nil if there is no such role.
func (s *service) change(r *arm.Request, id, verb string) (old *role, unlock func(), err error) {
	for {
		s.mu.RLock()
		old = s.custom[id]
		s.mu.RUnlock()
		if old != nil {
			if err := s.core.Linked(r, definitionType+verb, old.scopeIDs()...); err != nil {
				return nil, nil, err
			}
		}
		s.mu.Lock()
		if s.custom[id] == old {
			return old, s.mu.Unlock, nil
		}
		s.mu.Unlock()
	}
}

// checkDefinition holds what Azure documents of custom roles, and wants the right to define roles at all their scopes.
func (s *service) checkDefinition(r *arm.Request, id string, body *definitionBody) error {
	p := body.Properties
	switch {
	case builtIn[id] != nil:
		return arm.BadRequest("InvalidRoleDefinitionType", "The role '%s' is a built-in role, which cannot be changed.", builtIn[id].name)
	case strings.TrimSpace(p.RoleName) == "":
		return arm.BadRequest("InvalidRoleDefinitionName", "The role definition needs a name in 'roleName'.")
	case p.Type != "" && !strings.EqualFold(p.Type, customRole):
		return arm.BadRequest("InvalidRoleDefinitionType", "The type '%s' of the role definition is not valid: only '%s' can be created.", p.Type, customRole)
	case len(p.Permissions) == 0:
		return arm.BadRequest("MissingRolePermissions", "The role definition needs permissions.")
	case len(p.AssignableScopes) == 0:
		return arm.BadRequest("MissingRoleAssignableScopes", "The role definition needs at least one assignable scope.")
	}
	for _, permission := range p.Permissions {
		for _, action := range slices.Concat(permission.Actions, permission.NotActions, permission.DataActions, permission.NotDataActions) {
			if !s.knowsAction(action) {
				return arm.BadRequest("InvalidActionOrNotAction", "'%s' does not match any of the actions supported by the providers.", action)
			}
		}
	}
	var scopes []arm.ResourceID
	here := false
	for _, text := range p.AssignableScopes {
		scope, err := arm.ParseResourceID(text)
		if err != nil || !strings.EqualFold(scope.Subscription, s.core.SubscriptionID()) {
			return arm.BadRequest("InvalidRoleAssignableScope", "The assignable scope '%s' is not valid: give a subscription of this tenant, or what is in one.", text)
		}
		scopes = append(scopes, scope)
		here = here || r.ResourceID().Scope().Within(scope)
	}
	if !here {
		return arm.BadRequest("InvalidRoleAssignableScope", "The scope '%s' of the request is not among the assignable scopes of the role.", r.ResourceID().Scope())
	}
	return s.core.Linked(r, definitionType+"/write", scopes...)
}

// knowsAction reports whether an action may be one of a provider. Of Microsoft's the provider is checked, of others the form.
func (s *service) knowsAction(action string) bool {
	namespace, _, ok := strings.Cut(action, "/")
	if action == "*" || !ok || strings.Contains(namespace, "*") || !strings.HasPrefix(strings.ToLower(namespace), "microsoft.") {
		return action == "*" || ok
	}
	if _, err := s.core.Provider(namespace); err == nil {
		return true
	}
	return slices.ContainsFunc(actionProviders, func(name string) bool { return strings.EqualFold(name, namespace) })
}

// actionProviders have actions, but no resources in a resource group, so that the emulator does not have them otherwise
// (learn.microsoft.com/azure/role-based-access-control/resource-provider-operations).
var actionProviders = []string{
	"Microsoft.AadIam", "Microsoft.Addons", "Microsoft.ADHybridHealthService", "Microsoft.Billing", "Microsoft.BillingBenefits", "Microsoft.Capacity",
	"Microsoft.CertificateRegistration", "Microsoft.ClassicCompute", "Microsoft.ClassicNetwork", "Microsoft.ClassicStorage", "Microsoft.ClassicSubscription",
	"Microsoft.Commerce", "Microsoft.Features", "Microsoft.Intune", "Microsoft.Management", "Microsoft.Marketplace", "Microsoft.MarketplaceOrdering",
	"Microsoft.OffAzureSpringBoot", "Microsoft.Quota", "Microsoft.ResourceHealth", "Microsoft.SerialConsole", "Microsoft.Services", "Microsoft.Subscription",
	"Microsoft.Support", "Microsoft.WorkloadMonitor",
}

// deleteDefinition answers 200 with the role that was, or 204 if there was none.
func (s *service) deleteDefinition(r *arm.Request) (*arm.Response, error) {
	id := strings.ToLower(r.Params["roleDefinitionId"])
	if builtIn[id] != nil {
		return nil, arm.BadRequest("InvalidRoleDefinitionType", "The role '%s' is a built-in role, which cannot be deleted.", builtIn[id].name)
	}
	role, unlock, err := s.change(r, id, "/delete")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if role == nil {
		return noContent(), nil
	}
	s.gone()
	for _, a := range s.assignments {
		if a.role == id {
			return nil, arm.BadRequest("RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).")
		}
	}
	delete(s.custom, id)
	return &arm.Response{Body: role.view(r.ResourceID())}, nil
}
