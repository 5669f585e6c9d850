package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
)

// CustomRole is a custom role as Azure has it.
type CustomRole struct {
	// ID is the definition's full id.
	ID string
	// Name is unique in the tenant.
	Name string
	// Scopes are the ARM ids of where it can be assigned.
	Scopes []string
	// Own reports whether [Client.EnsureRole] made it: its id follows from its name and one of its scopes.
	Own bool
}

// CustomRoles lists the custom roles that can be assigned at a scope or below it, sorted by name.
func (c *Client) CustomRoles(ctx context.Context, scope string) ([]CustomRole, error) {
	var all []CustomRole
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		all = nil
		// Only this filter is documented to look below the scope; whether it goes together with a type is not.
		pages := c.definitions.NewListPager(scope, &armauthorization.RoleDefinitionsClientListOptions{Filter: new("atScopeAndBelow()")})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, d := range page.Value {
				if p := d.Properties; d.ID != nil && p != nil && p.RoleName != nil && p.RoleType != nil && strings.EqualFold(*p.RoleType, "CustomRole") {
					all = append(all, customRole(*d.ID, p))
				}
			}
		}
		return nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("listing the custom roles: %w", err)
	}
	slices.SortFunc(all, func(a, b CustomRole) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

func customRole(id string, p *armauthorization.RoleDefinitionProperties) CustomRole {
	role := CustomRole{ID: id, Name: *p.RoleName, Scopes: values(p.AssignableScopes)}
	role.Own = slices.ContainsFunc(role.Scopes, func(scope string) bool {
		return strings.EqualFold(Role{Name: role.Name}.ID(scope), lastSegment(id))
	})
	return role
}

// Has reports whether an assignment gives this role.
func (r CustomRole) Has(a Assignment) bool {
	return strings.EqualFold(lastSegment(r.ID), lastSegment(a.Role))
}

// Assignments lists the role assignments of a subscription that can be seen, at all its scopes.
func (c *Client) Assignments(ctx context.Context, subscription string) ([]Assignment, error) {
	var all []Assignment
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		all = nil
		for pages := c.assignments.NewListForScopePager("/subscriptions/"+subscription, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, a := range page.Value {
				if p := a.Properties; p != nil && p.Scope != nil && p.RoleDefinitionID != nil && p.PrincipalID != nil {
					all = append(all, Assignment{Scope: *p.Scope, Role: *p.RoleDefinitionID, Principal: *p.PrincipalID})
				}
			}
		}
		return nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("listing the role assignments of subscription %s: %w", subscription, err)
	}
	return all, nil
}

// ApplicationsTagged lists the app registrations that have a tag, oldest first. The directory's lists can lag some seconds
// behind what was made.
func (c *Client) ApplicationsTagged(ctx context.Context, tag string) ([]Application, error) {
	found, err := list[Application](ctx, c, "/applications", "tags/any(t:t eq "+quoted(tag)+")")
	if err != nil {
		return nil, fmt.Errorf("listing the app registrations with the tag %q: %w", tag, err)
	}
	return oldestFirst(found), nil
}

// RoleName is the name of a role that an assignment gives, as Azure shows it.
func (c *Client) RoleName(ctx context.Context, a Assignment) (string, error) {
	if name := BuiltIn(lastSegment(a.Role)).Name(); name != "" {
		return name, nil
	}
	definition, err := c.definition(ctx, a.Scope, a.Role)
	if err != nil || definition.RoleName == nil {
		return "", err
	}
	return *definition.RoleName, nil
}
