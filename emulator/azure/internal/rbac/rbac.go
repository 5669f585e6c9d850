// Package rbac is the service Microsoft.Authorization: role definitions, built-in and custom, role assignments at every
// scope, and the decision whether a principal may do something. [Register] makes the core ask it for every call.
//
// How it is decided: an assignment gives a role at a scope and at all below it. A role grants an action that one of its
// permissions names among its actions and not among its notActions, with * for any text; data actions go by the lists of
// their own. One role that grants is enough, and nothing denies.
//
// Assignments are resources in the core's store, so that they go with the resource or group that they are on.
package rbac

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const (
	namespace      = "Microsoft.Authorization"
	assignmentType = namespace + "/roleAssignments"
	definitionType = namespace + "/roleDefinitions"
)

// ownerAssignment names the assignment that makes the emulator's own principal Owner, the same at every start.
var ownerAssignment = uuid.NewSHA1(uuid.NameSpaceURL, []byte("owner of the subscription")).String()

type service struct {
	core *arm.Core

	mu sync.RWMutex
	// custom are the custom roles by their lower-case GUID.
	custom map[string]*role
	// assignments are all assignments by their id's key, and again by principal. What the store no longer has is gone.
	assignments map[string]*assignment
	byPrincipal map[string]map[string]*assignment
}

// Register adds role definitions and assignments to the core, and makes it ask for every call whether the caller has the
// right. owner is the object id of the principal that owns the subscription from the start.
func Register(core *arm.Core, owner string) {
	s := &service{core: core}
	core.AddType(arm.ResourceType{Type: assignmentType, Global: true, Delete: s.deleteResource, APIVersions: []string{
		"2022-04-01", "2021-04-01-preview", "2020-10-01-preview", "2020-08-01-preview", "2020-04-01-preview", "2018-01-01-preview", "2015-07-01"}})
	core.AddType(arm.ResourceType{Type: definitionType, Global: true, APIVersions: []string{
		"2022-05-01-preview", "2022-04-01", "2018-01-01-preview", "2015-07-01"}})
	core.OnStart(func() { s.begin(owner) })
	s.registerDefinitions()
	s.registerAssignments()
	core.Authorize, core.Reaches = s.authorize, s.reaches
}

// begin is the state of the start: no custom role, and one owner.
func (s *service) begin(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.custom = map[string]*role{}
	s.assignments, s.byPrincipal = map[string]*assignment{}, map[string]map[string]*assignment{}
	scope := arm.ResourceID{Subscription: s.core.SubscriptionID()}
	_, _ = s.put(&assignment{
		id: scope.Resource(namespace, "roleAssignments", ownerAssignment), role: ownerRole, principal: owner, principalType: servicePrincipal,
	})
}

// authorize is the core's hook.
func (s *service) authorize(_ context.Context, a arm.Access) error {
	if a.Principal == nil { // a call that no principal makes
		a.Principal = &arm.Principal{}
	}
	if s.allowed(a) {
		return nil
	}
	return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
}

func (s *service) allowed(a arm.Access) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for key, given := range s.byPrincipal[strings.ToLower(a.Principal.ObjectID)] {
		if s.holds(key, given) && a.Scope.Within(given.scope()) && s.role(given.role).allows(a.Action, a.Data) {
			return true
		}
	}
	return false
}

// reaches is the core's hook for lists that show each caller its own.
func (s *service) reaches(p *arm.Principal, scope arm.ResourceID) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for key, given := range s.byPrincipal[strings.ToLower(p.ObjectID)] {
		if s.holds(key, given) && (scope.Within(given.scope()) || given.scope().Within(scope)) {
			return true
		}
	}
	return false
}

// holds reports whether an assignment is still there and old enough to be known to Azure Resource Manager. It is called
// with mu held.
func (s *service) holds(key string, a *assignment) bool {
	if s.assignments[key] != a || !a.created.IsZero() && time.Since(a.created) < s.core.Faults.Settings().Propagation.RoleAssignment.Std() {
		return false
	}
	_, there := s.core.Get(a.id)
	return there
}

// put enters an assignment into the store and the tables; it is called with mu held.
func (s *service) put(a *assignment) (created bool, err error) {
	created, err = s.core.Put(arm.Resource{ID: a.id, Value: a})
	if err != nil {
		return false, err
	}
	key, principal := a.id.Key(), strings.ToLower(a.principal)
	s.assignments[key] = a
	if s.byPrincipal[principal] == nil {
		s.byPrincipal[principal] = map[string]*assignment{}
	}
	s.byPrincipal[principal][key] = a
	return created, nil
}

// forget drops an assignment from the tables; it is called with mu held.
func (s *service) forget(a *assignment) {
	delete(s.assignments, a.id.Key())
	principal := strings.ToLower(a.principal)
	delete(s.byPrincipal[principal], a.id.Key())
	if len(s.byPrincipal[principal]) == 0 {
		delete(s.byPrincipal, principal)
	}
}

// deleteResource removes an assignment whose resource group goes.
func (s *service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.assignments[id.Key()]; a != nil {
		s.forget(a)
	}
	s.core.Delete(id)
	return nil
}

// gone drops what the store no longer has: assignments on resources that were deleted. It is called with mu held.
func (s *service) gone() {
	for _, a := range s.assignments {
		if _, there := s.core.Get(a.id); !there {
			s.forget(a)
		}
	}
}

// handle adds operations to the core.
func (s *service) handle(id, method, path string, h arm.Handler) {
	op := arm.Operation{ID: id, Method: method, Path: path}
	op.TokenOnly = strings.HasPrefix(path, "/providers/") // the roles that every tenant has are no secret
	s.core.Handle(op, h)
}

func noContent() *arm.Response { return &arm.Response{Status: http.StatusNoContent} }
