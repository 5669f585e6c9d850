package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/pacific-aci/pacific/azure"
)

// EnsureRole makes a custom role, or brings the one of that name up to date, and lets it be assigned at scope too; scope
// is a subscription or a resource group, as an ARM id. It returns the definition's full id, for [Assignment.Role].
// changed reports whether anything had to be written.
//
// The definition's id is [Role.ID], so that a second run finds the first one's. A role of the same name that somebody made
// gets the actions that it lacks, in a permission of their own; its permissions and its description stay as they are. A role
// of that name that cannot be assigned at scope is a [*RoleNameError], because names are unique in the tenant; [Role.At]
// avoids that.
func (c *Client) EnsureRole(ctx context.Context, scope string, role Role) (id string, changed bool, err error) {
	found, err := c.roleByName(ctx, scope, role.Name)
	if err != nil {
		return "", false, fmt.Errorf("reading the role %q: %w", role.Name, err)
	}
	wanted, name, changed := merged(found, scope, role)
	if !changed {
		return *found.ID, false, nil
	}
	err = c.repeat(ctx, "Azure to take the role "+role.Name, func(ctx context.Context) error {
		answer, err := c.definitions.CreateOrUpdate(ctx, scope, name, wanted, nil)
		if err == nil && answer.ID != nil {
			id = *answer.ID
		}
		return err
	}, nil)
	if e := azure.Explain(err); e != nil && e.Has("RoleDefinitionWithSameNameExists") {
		return "", false, &RoleNameError{Name: role.Name, Scope: scope, err: err}
	}
	if err != nil {
		return "", false, fmt.Errorf("writing the role %q: %w", role.Name, err)
	}
	return id, true, nil
}

// FindRole finds a custom role by name, as it is seen from scope. id is its full id, empty if there is none; complete
// reports whether it has all of role's actions and may be assigned at scope.
func (c *Client) FindRole(ctx context.Context, scope string, role Role) (id string, complete bool, err error) {
	found, err := c.roleByName(ctx, scope, role.Name)
	if err != nil {
		return "", false, fmt.Errorf("reading the role %q: %w", role.Name, err)
	}
	if found == nil {
		return "", false, nil
	}
	_, _, changed := merged(found, scope, role)
	return *found.ID, !changed, nil
}

// merged is the definition to write, its id, and whether it differs from what is there.
func merged(found *armauthorization.RoleDefinition, scope string, role Role) (armauthorization.RoleDefinition, string, bool) {
	name := role.ID(scope)
	var have []Permission
	var at []string
	if found != nil && found.Properties != nil {
		name, at = *found.Name, values(found.Properties.AssignableScopes)
		have = permissionsOf(found.Properties.Permissions)
	}
	all, scopes, changed := role.Extend(have, at, scope)
	wanted := &armauthorization.RoleDefinitionProperties{
		RoleName:         new(role.Name),
		Description:      new(role.Description),
		RoleType:         new("CustomRole"),
		AssignableScopes: pointers(scopes),
	}
	if found != nil && found.Properties != nil {
		wanted.Description, wanted.Permissions = found.Properties.Description, found.Properties.Permissions
	}
	for _, p := range all[len(have):] {
		wanted.Permissions = append(slices.Clone(wanted.Permissions), &armauthorization.Permission{
			Actions: pointers(p.Actions), NotActions: pointers(p.NotActions), DataActions: pointers(p.DataActions), NotDataActions: pointers(p.NotDataActions),
		})
	}
	return armauthorization.RoleDefinition{Properties: wanted}, name, changed
}

// permissionsOf are permissions as [Role.Extend] reads them, as many as the SDK's.
func permissionsOf(list []*armauthorization.Permission) []Permission {
	all := make([]Permission, len(list))
	for i, p := range list {
		if p != nil {
			all[i] = Permission{values(p.Actions), values(p.NotActions), values(p.DataActions), values(p.NotDataActions)}
		}
	}
	return all
}

// roleByName is the definition with that name that can be seen from scope; nil if there is none.
func (c *Client) roleByName(ctx context.Context, scope, name string) (*armauthorization.RoleDefinition, error) {
	var found *armauthorization.RoleDefinition
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		found = nil
		pages := c.definitions.NewListPager(scope, &armauthorization.RoleDefinitionsClientListOptions{
			Filter: new("roleName eq " + quoted(name)),
		})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, d := range page.Value {
				if d.Properties != nil && d.Properties.RoleName != nil && strings.EqualFold(*d.Properties.RoleName, name) && d.ID != nil && d.Name != nil {
					found = d
				}
			}
		}
		return nil
	}, nil)
	return found, err
}

// DeleteRole deletes a custom role by its full id; a missing one is no error. Azure refuses while it is assigned.
func (c *Client) DeleteRole(ctx context.Context, scope, id string) error {
	name := lastSegment(id)
	err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		_, err := c.definitions.Delete(ctx, scope, name, nil)
		return ignoreNotFound(err)
	}, nil)
	if err != nil {
		return fmt.Errorf("deleting the role %s: %w", name, err)
	}
	return nil
}

func values(pointers []*string) []string {
	var all []string
	for _, p := range pointers {
		if p != nil {
			all = append(all, *p)
		}
	}
	return all
}

func pointers(texts []string) []*string {
	all := make([]*string, 0, len(texts))
	for _, text := range texts {
		all = append(all, new(text))
	}
	return all
}
