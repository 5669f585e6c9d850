package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azcli"
)

// azRole is a custom role as az lists it, and as its update reads it: by the full id and the name.
type azRole struct {
	ID          string              `json:"id"`
	RoleName    string              `json:"roleName"`
	Description string              `json:"description"`
	Permissions []access.Permission `json:"permissions"`
	Scopes      []string            `json:"assignableScopes"`
}

// findRole is the custom role of a grant as az shows it; nil if there is none. Without a scope az shows the roles that can
// be assigned in the whole subscription, which one for a resource group is not.
func (a *Az) findRole(ctx context.Context, g Grant) (*azRole, error) {
	var found []azRole
	args := a.in("role", "definition", "list", "--name", g.Custom.Name, "--scope", g.Scope, "--custom-role-only", "true")
	if err := a.decode(ctx, &found, args...); err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (a *Az) roleComplete(ctx context.Context, g Grant) (bool, error) {
	have, err := a.findRole(ctx, g)
	if have == nil || err != nil {
		return false, err
	}
	_, _, lacks := g.Custom.Extend(have.Permissions, have.Scopes, g.Scope)
	return !lacks, nil
}

// ensureRole makes the custom role of a grant, or adds what the one of that name lacks. The role's id follows from its name
// and scope, as in [access.Client.EnsureRole], so that it is safe to repeat.
func (a *Az) ensureRole(ctx context.Context, g Grant) error {
	role, err := a.findRole(ctx, g)
	if err != nil {
		return err
	}
	if role == nil {
		id := "/subscriptions/" + a.subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + g.Custom.ID(g.Scope)
		role = &azRole{ID: id, RoleName: g.Custom.Name, Description: g.Custom.Description}
	}
	var lacks bool
	if role.Permissions, role.Scopes, lacks = g.Custom.Extend(role.Permissions, role.Scopes, g.Scope); !lacks {
		return nil
	}
	text, err := json.Marshal(role)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "pacific-role-")
	if err != nil {
		return fmt.Errorf("writing the role for az: %w", err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "role.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("writing the role for az: %w", err)
	}
	_, err = a.exec(ctx, a.in("role", "definition", "update", "--role-definition", "@"+file), azcli.Options{})
	return err
}
