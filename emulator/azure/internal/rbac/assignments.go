package rbac

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// maxAssignments is Azure's limit for a subscription
// (learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits).
const maxAssignments = 4000

// servicePrincipal is the only type of principal that this tenant has.
const servicePrincipal = "ServicePrincipal"

var principalTypes = []string{"User", "Group", servicePrincipal, "ForeignGroup", "Device"}

// assignment is a role assignment. One that is in the tables is never changed, only replaced.
type assignment struct {
	id arm.ResourceID
	// role is the GUID of a role, principal an object id.
	role, principal, principalType string
	description                    string
	// created is zero for the one of the start, which holds at once.
	created, updated   time.Time
	creator, lastActor string
}

// scope is where the role is given.
func (a *assignment) scope() arm.ResourceID { return a.id.Scope() }

type assignmentView struct {
	Properties assignmentProperties `json:"properties"`
	ID         string               `json:"id"`
	Type       string               `json:"type"`
	Name       string               `json:"name"`
}

type assignmentProperties struct {
	RoleDefinitionID                   string    `json:"roleDefinitionId"`
	PrincipalID                        string    `json:"principalId"`
	PrincipalType                      string    `json:"principalType"`
	Scope                              string    `json:"scope"`
	Condition                          *string   `json:"condition"`
	ConditionVersion                   *string   `json:"conditionVersion"`
	CreatedOn                          time.Time `json:"createdOn"`
	UpdatedOn                          time.Time `json:"updatedOn"`
	CreatedBy                          *string   `json:"createdBy"`
	UpdatedBy                          *string   `json:"updatedBy"`
	DelegatedManagedIdentityResourceID *string   `json:"delegatedManagedIdentityResourceId"`
	Description                        *string   `json:"description"`
}

func (a *assignment) view() assignmentView {
	p := assignmentProperties{
		RoleDefinitionID: definitionID(a.id.Subscription, a.role), PrincipalID: a.principal, PrincipalType: a.principalType,
		Scope: a.scope().String(), CreatedOn: a.created, UpdatedOn: a.updated, CreatedBy: &a.creator, UpdatedBy: &a.lastActor,
	}
	if a.created.IsZero() {
		p.CreatedOn, p.UpdatedOn = firstRoles, firstRoles
	}
	if a.description != "" {
		p.Description = &a.description
	}
	return assignmentView{Properties: p, ID: a.id.String(), Type: assignmentType, Name: a.id.Name()}
}

func (s *service) registerAssignments() {
	const in = "/providers/" + assignmentType
	const one = "/{scope}" + in + "/{roleAssignmentName}"
	s.handle("RoleAssignments_ListForSubscription", http.MethodGet, "/subscriptions/{subscriptionId}"+in, s.listAssignments)
	s.handle("RoleAssignments_ListForResourceGroup", http.MethodGet, "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"+in, s.listAssignments)
	s.handle("RoleAssignments_ListForScope", http.MethodGet, "/{scope}"+in, s.listAssignments)
	s.handle("RoleAssignments_Get", http.MethodGet, one, s.getAssignment)
	s.handle("RoleAssignments_Create", http.MethodPut, one, s.putAssignment)
	s.handle("RoleAssignments_Delete", http.MethodDelete, one, s.deleteAssignment)
}

// listAssignments shows the assignments at the scope and above it and, unless the filter says atScope(), below it.
func (s *service) listAssignments(r *arm.Request) (*arm.Response, error) {
	f, err := parseFilter(r, "atScope()", "assignedTo()", "principalId")
	if err != nil {
		return nil, err
	}
	scope := r.ResourceID()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone()
	var views []assignmentView
	for _, a := range s.assignments {
		inScope := scope.Within(a.scope()) || !f.atScope && a.scope().Within(scope)
		if inScope && f.same("principalId", a.principal) && f.same("assignedTo()", a.principal) {
			views = append(views, a.view())
		}
	}
	key := func(v assignmentView) string { return strings.ToLower(v.ID) }
	slices.SortFunc(views, func(a, b assignmentView) int { return strings.Compare(key(a), key(b)) })
	page, err := arm.Paginate(r, views, pageSize, key)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// find is the assignment of the request's path; nil if there is none. It is called with mu held.
func (s *service) find(r *arm.Request) *assignment {
	if _, there := s.core.Get(r.ResourceID()); !there {
		return nil
	}
	return s.assignments[r.ResourceID().Key()]
}

func (s *service) getAssignment(r *arm.Request) (*arm.Response, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.find(r)
	if a == nil {
		return nil, arm.NotFound("RoleAssignmentNotFound", "The role assignment '%s' is not found.", shortID(r.Params["roleAssignmentName"]))
	}
	return &arm.Response{Body: a.view()}, nil
}

// assignmentBody is what a client may say of an assignment.
type assignmentBody struct {
	Properties struct {
		RoleDefinitionID                   string `json:"roleDefinitionId"`
		PrincipalID                        string `json:"principalId"`
		PrincipalType                      string `json:"principalType"`
		Description                        string `json:"description"`
		Condition                          string `json:"condition"`
		DelegatedManagedIdentityResourceID string `json:"delegatedManagedIdentityResourceId"`
	} `json:"properties"`
}

func (s *service) putAssignment(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	if !arm.IsGUID(id.Name()) {
		return nil, arm.BadRequest("InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", id.Name())
	}
	var body assignmentBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	next, err := s.newAssignment(id, &body)
	if err != nil {
		return nil, err
	}
	next.creator, next.lastActor = r.Principal.ObjectID, r.Principal.ObjectID
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(next); err != nil {
		return nil, err
	}
	created, err := s.put(next)
	if err != nil {
		return nil, err
	}
	v := next.view()
	if !created {
		return &arm.Response{Body: v}, nil
	}
	v.Properties.CreatedBy = nil // known only to later answers
	return &arm.Response{Status: http.StatusCreated, Body: v}, nil
}

// newAssignment reads a body and checks its principal.
func (s *service) newAssignment(id arm.ResourceID, body *assignmentBody) (*assignment, error) {
	p, now := body.Properties, time.Now().UTC()
	definition, err := arm.ParseResourceID(p.RoleDefinitionID)
	switch {
	case err != nil || !strings.EqualFold(definition.Type(), definitionType):
		return nil, arm.BadRequest("BadRequestFormat", "The request was incorrectly formatted.")
	case !arm.IsGUID(p.PrincipalID):
		return nil, arm.BadRequest("InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")
	case p.Condition != "":
		return nil, arm.NotYet("A condition on a role assignment: the local Azure does not evaluate conditions yet.")
	case p.DelegatedManagedIdentityResourceID != "":
		return nil, arm.NotYet("A delegated managed identity: the local Azure has no other tenants.")
	}
	kind, err := s.principalType(p.PrincipalID, p.PrincipalType)
	if err != nil {
		return nil, err
	}
	return &assignment{
		id: id, role: strings.ToLower(definition.Name()), principal: strings.ToLower(p.PrincipalID), principalType: kind, description: p.Description,
		created: now, updated: now,
	}, nil
}

// principalType checks the principal against the directory. A principal whose type the client names is not looked for:
// that is how to give a role to a principal that was made a moment ago.
func (s *service) principalType(id, named string) (string, error) {
	principal, there := s.core.Directory.Principal(id)
	if named == "" {
		if !there || !s.core.Directory.Settled(principal.Created) {
			return "", arm.BadRequest("PrincipalNotFound",
				"Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
				shortID(id), s.core.TenantID())
		}
		return servicePrincipal, nil
	}
	i := slices.IndexFunc(principalTypes, func(known string) bool { return strings.EqualFold(known, named) })
	if i < 0 {
		return "", arm.BadRequest("InvalidPrincipalType", "The principal type '%s' is not valid. The valid types are %s.", named, strings.Join(principalTypes, ", "))
	}
	if there && principalTypes[i] != servicePrincipal {
		return "", arm.BadRequest("UnmatchedPrincipalType", "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'.",
			shortID(id), servicePrincipal, principalTypes[i])
	}
	return principalTypes[i], nil
}

const updateNotPermitted = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."

// admit decides whether an assignment may be: its role is assignable there, no other assignment gives the same, and
// the one of its name, if there is one, is changed in nothing but its description. It is called with mu held.
func (s *service) admit(next *assignment) error {
	role := s.role(next.role)
	if role == nil || !role.assignableAt(next.scope()) {
		return arm.BadRequest("RoleDefinitionDoesNotExist", doesNotExist, shortID(next.role))
	}
	s.gone()
	key := next.id.Key()
	if old := s.assignments[key]; old != nil {
		if old.role != next.role || old.principal != next.principal {
			return arm.BadRequest("RoleAssignmentUpdateNotPermitted", updateNotPermitted)
		}
		next.created, next.creator = old.created, old.creator
		return nil
	}
	for _, other := range s.assignments { // a name is one assignment's in the whole tenant, and so this would move it
		if strings.EqualFold(other.id.Name(), next.id.Name()) {
			return arm.BadRequest("RoleAssignmentUpdateNotPermitted", updateNotPermitted)
		}
	}
	for _, other := range s.byPrincipal[next.principal] {
		if other.role == next.role && other.scope().Key() == next.scope().Key() {
			return arm.Conflict("RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.", shortID(other.id.Name()))
		}
	}
	if len(s.assignments) >= maxAssignments {
		return arm.BadRequest("RoleAssignmentLimitExceeded", "The role assignment limit has been exceeded. No more role assignments can be created.")
	}
	return nil
}

// deleteAssignment answers 200 with the assignment that was, or 204 if there was none.
func (s *service) deleteAssignment(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.find(r)
	if a == nil {
		return noContent(), nil
	}
	if s.lastOwner(a) {
		return nil, arm.Conflict("CannotDeleteLastRbacAdminAssignment", "Cannot delete the last RBAC admin assignment.")
	}
	s.core.Delete(a.id)
	s.forget(a)
	return &arm.Response{Body: a.view()}, nil
}

// lastOwner reports whether an assignment is the subscription's last one of Owner. It is called with mu held.
func (s *service) lastOwner(a *assignment) bool {
	subscription := arm.ResourceID{Subscription: s.core.SubscriptionID()}.Key()
	if a.role != ownerRole || a.scope().Key() != subscription {
		return false
	}
	for _, other := range s.assignments {
		if other != a && other.role == ownerRole && other.scope().Key() == subscription {
			return false
		}
	}
	return true
}
