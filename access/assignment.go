package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/azure"
)

// Assignment gives a principal a role at a scope.
type Assignment struct {
	// Scope is the ARM id of a subscription, resource group or resource.
	Scope string
	// Role is a built-in role's id ([BuiltIn]), or a definition's full id, as [Client.EnsureRole] returns it.
	Role string
	// Principal is the object id of a service principal or of a managed identity; not the client id.
	Principal string
}

// Assign gives the right, and is content if the principal has it already. created reports whether it had to be given. A
// principal that Azure Resource Manager does not know yet is waited for as long as ctx lasts.
//
// The assignment's id follows from its three parts, and the request names the principal's kind, so that Azure looks it up
// in the directory only to refuse one that it does not know (learn.microsoft.com/azure/role-based-access-control/
// troubleshooting, "principal not found"). An assignment that another tool made has another id; Azure says so, and that
// counts as given.
func (c *Client) Assign(ctx context.Context, a Assignment) (created bool, err error) {
	what := armauthorization.RoleAssignmentCreateParameters{Properties: &armauthorization.RoleAssignmentProperties{
		RoleDefinitionID: new(a.roleID()),
		PrincipalID:      new(a.Principal),
		PrincipalType:    to.Ptr(armauthorization.PrincipalTypeServicePrincipal),
	}}
	if has, err := c.Assigned(ctx, a); err != nil || has {
		return false, err
	}
	err = c.repeat(ctx, "Azure to know the principal "+a.Principal, func(ctx context.Context) error {
		_, err := c.assignments.Create(ctx, a.Scope, a.name(), what, nil)
		if e := azure.Explain(err); e != nil && e.Has("RoleAssignmentExists") {
			return nil
		}
		created = created || err == nil
		return err
	}, func(e *azure.Error) bool { return e.Has("PrincipalNotFound") })
	if err != nil {
		return false, fmt.Errorf("giving %s the role %s at %s: %w", a.Principal, a.roleName(), a.Scope, err)
	}
	return created, nil
}

// Assigned reports whether the principal has exactly that role at exactly that scope, whoever gave it. Rights that come
// from a wider scope or another role are not looked at.
func (c *Client) Assigned(ctx context.Context, a Assignment) (bool, error) {
	id, err := c.assignmentID(ctx, a)
	if err != nil {
		return false, fmt.Errorf("reading the roles at %s: %w", a.Scope, err)
	}
	return id != "", nil
}

// Unassign takes the right away; one that is not there, or whose scope is gone, is no error.
func (c *Client) Unassign(ctx context.Context, a Assignment) error {
	id, err := c.assignmentID(ctx, a)
	if err = ignoreNotFound(err); err == nil && id != "" {
		err = c.deleteAssignment(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("taking the role %s at %s from %s: %w", a.roleName(), a.Scope, a.Principal, err)
	}
	return nil
}

// assignmentID is the id of the assignment that says this; empty if there is none. The list has what counts at the scope,
// wider ones too; its filter knows no principal together with a scope that both hold.
func (c *Client) assignmentID(ctx context.Context, a Assignment) (id string, err error) {
	err = c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		pages := c.assignments.NewListForScopePager(a.Scope, &armauthorization.RoleAssignmentsClientListForScopeOptions{
			Filter: new("atScope()"),
		})
		for id = ""; pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, have := range page.Value {
				if have.ID != nil && a.equals(have.Properties) {
					id = *have.ID
				}
			}
		}
		return nil
	}, nil)
	return id, err
}

// equals reports whether what Azure has is this assignment. Azure spells ids as it likes, and a definition's by the scope
// that it is seen from, so case does not count and of the definition only its own id does.
func (a Assignment) equals(p *armauthorization.RoleAssignmentProperties) bool {
	return p != nil && p.Scope != nil && p.PrincipalID != nil && p.RoleDefinitionID != nil &&
		strings.EqualFold(strings.TrimRight(*p.Scope, "/"), strings.TrimRight(a.Scope, "/")) &&
		strings.EqualFold(*p.PrincipalID, a.Principal) && strings.EqualFold(lastSegment(*p.RoleDefinitionID), lastSegment(a.Role))
}

// name is the assignment's id: the same for the same three parts, however they are spelled.
func (a Assignment) name() string {
	parts := []string{"assignment", strings.TrimRight(a.Scope, "/"), lastSegment(a.Role), a.Principal}
	return uuid.NewSHA1(namespace, []byte(strings.ToLower(strings.Join(parts, "|")))).String()
}

// roleID is the definition's full id. Built-in roles have no scope of their own, and are named from the assignment's
// subscription.
func (a Assignment) roleID() string {
	if strings.HasPrefix(a.Role, "/") {
		return a.Role
	}
	id := "/providers/Microsoft.Authorization/roleDefinitions/" + a.Role
	if parts := strings.Split(a.Scope, "/"); len(parts) > 2 && strings.EqualFold(parts[1], "subscriptions") {
		id = "/subscriptions/" + parts[2] + id
	}
	return id
}

// roleName is the role in words, for errors.
func (a Assignment) roleName() string {
	id := lastSegment(a.Role)
	if name := BuiltIn(id).Name(); name != "" {
		return name
	}
	return id
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
