package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pacific-aci/pacific/azcli"
)

// azRole is a custom role as az reads it: a new one by its name alone, one to update by its full id and its name, which
// then has another key.
type azRole struct {
	ID          string   `json:"id,omitempty"`
	Name        string   `json:"name,omitempty"`
	RoleName    string   `json:"roleName,omitempty"`
	Description string   `json:"description"`
	Actions     []string `json:"actions"`
	Scopes      []string `json:"assignableScopes"`
}

// findRole is the custom role of a grant as az shows it; nil if there is none. Without a scope az shows the roles that can
// be assigned in the whole subscription, which one for a resource group is not.
func (a *Az) findRole(ctx context.Context, g Grant) (*azRole, error) {
	var found []struct {
		ID          string `json:"id"`
		Name        string `json:"roleName"`
		Permissions []struct {
			Actions []string `json:"actions"`
		} `json:"permissions"`
		Scopes []string `json:"assignableScopes"`
	}
	args := a.in("role", "definition", "list", "--name", g.Custom.Name, "--scope", g.Scope, "--custom-role-only", "true")
	if err := a.decode(ctx, &found, args...); err != nil || len(found) == 0 {
		return nil, err
	}
	role := &azRole{ID: found[0].ID, RoleName: found[0].Name, Description: g.Custom.Description, Scopes: found[0].Scopes}
	for _, p := range found[0].Permissions {
		role.Actions = append(role.Actions, p.Actions...)
	}
	return role, nil
}

func (a *Az) roleComplete(ctx context.Context, g Grant) (bool, error) {
	have, err := a.findRole(ctx, g)
	if have == nil || err != nil {
		return false, err
	}
	_, _, lacks := g.Custom.Extend(have.Actions, have.Scopes, g.Scope)
	return !lacks, nil
}

// ensureRole makes the custom role of a grant, or adds what the one of that name lacks.
func (a *Az) ensureRole(ctx context.Context, g Grant) error {
	have, err := a.findRole(ctx, g)
	if err != nil {
		return err
	}
	verb := "update"
	if have == nil {
		verb, have = "create", &azRole{Name: g.Custom.Name, Description: g.Custom.Description}
	}
	var lacks bool
	if have.Actions, have.Scopes, lacks = g.Custom.Extend(have.Actions, have.Scopes, g.Scope); !lacks {
		return nil
	}
	text, err := json.Marshal(have)
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
	made, err := a.exec(ctx, a.in("role", "definition", verb, "--role-definition", "@"+file), azcli.Options{IgnoreExists: true})
	if err != nil || made.Status != azcli.Exists {
		return err
	}
	_, err = a.exec(ctx, a.in("role", "definition", verb, "--role-definition", "@"+file), azcli.Options{})
	if e := answerOf(err); e != nil && e.Has("RoleDefinitionWithSameNameExists") {
		// It is ours if the answer to an earlier try was lost. A role of that name elsewhere in the tenant is not to be given.
		if complete, findErr := a.roleComplete(ctx, g); findErr == nil && complete {
			return nil
		}
	}
	return err
}
