package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
)

// Grant is a role that a principal has.
type Grant struct {
	// Scope is where it was given, Role the definition's full id, and RoleName its name as Azure shows it.
	Scope, Role, RoleName string
	// Own reports whether [Client.Assign] gave it to the principal itself, and not another tool, nor to a group of it.
	Own bool

	// id is the assignment's.
	id string
}

// Grants are the roles that count for a principal at a scope: those that were given there, above, and to its groups.
func (c *Client) Grants(ctx context.Context, scope, principal string) ([]Grant, error) {
	all, err := c.grants(ctx, scope, principal)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(g Grant) bool { return !counts(g.Scope, scope) })
	for i, g := range all {
		definition, err := c.definition(ctx, scope, g.Role)
		if err != nil {
			return nil, err
		}
		if definition.RoleName != nil {
			all[i].RoleName = *definition.RoleName
		}
	}
	return all, nil
}

// grants are a principal's roles as they are seen from a scope: those given there, above and below. Their RoleName is empty.
func (c *Client) grants(ctx context.Context, scope, principal string) ([]Grant, error) {
	var all []Grant
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		all = nil
		pages := c.assignments.NewListForScopePager(scope, &armauthorization.RoleAssignmentsClientListForScopeOptions{
			Filter: new("assignedTo(" + quoted(principal) + ")"),
		})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, a := range page.Value {
				if p := a.Properties; a.ID != nil && p != nil && p.Scope != nil && p.RoleDefinitionID != nil {
					own := Assignment{Scope: *p.Scope, Role: *p.RoleDefinitionID, Principal: principal}
					all = append(all, Grant{Scope: *p.Scope, Role: *p.RoleDefinitionID, Own: strings.EqualFold(lastSegment(*a.ID), own.name()), id: *a.ID})
				}
			}
		}
		return nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the roles of %s: %w", principal, err)
	}
	return all, nil
}

// definition reads a role as it is seen from a scope: an account of one resource group may not read it from elsewhere.
func (c *Client) definition(ctx context.Context, scope, role string) (*armauthorization.RoleDefinitionProperties, error) {
	properties := &armauthorization.RoleDefinitionProperties{}
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		found, err := c.definitions.Get(ctx, scope, lastSegment(role), nil)
		if err == nil && found.Properties != nil {
			properties = found.Properties
		}
		return err
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the role %s: %w", lastSegment(role), err)
	}
	return properties, nil
}
