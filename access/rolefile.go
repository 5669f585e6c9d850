package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// definitionFile is a role definition in the two forms that files have: with its members at the top, as az takes it, and
// with properties, as Azure Resource Manager and the portal have it. Names count without case.
type definitionFile struct {
	Name, RoleName, Description string
	Permission
	Permissions []Permission
	Properties  *definitionFile
}

// ReadRole reads a custom role from the JSON of a role definition: the form that az role definition create takes, or that
// of Azure Resource Manager. Ids and assignable scopes are not looked at: whoever makes the role says where.
func ReadRole(text []byte) (Role, error) {
	var file definitionFile
	if err := json.Unmarshal(text, &file); err != nil {
		return Role{}, fmt.Errorf("reading the role definition: %w", err)
	}
	if file.Properties != nil {
		file = *file.Properties
	}
	role := Role{Name: strings.TrimSpace(file.RoleName), Description: file.Description}
	if role.Name == "" {
		role.Name = strings.TrimSpace(file.Name)
	}
	if role.Name == "" {
		return Role{}, errors.New("reading the role definition: it has no name")
	}
	for _, p := range append(file.Permissions, file.Permission) {
		switch {
		case len(p.NotActions)+len(p.DataActions)+len(p.NotDataActions) > 0:
			role.Permissions = append(role.Permissions, p)
		default:
			for _, name := range p.Actions {
				role.Actions = append(role.Actions, Action{Name: name})
			}
		}
	}
	if len(role.Actions)+len(role.Permissions) == 0 {
		return Role{}, fmt.Errorf("reading the role definition: the role %q allows nothing", role.Name)
	}
	return role, nil
}

// Definition is the role as az role definition create takes it, to be assigned at one scope, an ARM id. A role with
// Permissions besides its Actions is an error.
func (r Role) Definition(scope string) ([]byte, error) {
	if len(r.Permissions) > 0 {
		return nil, fmt.Errorf("writing the role %q: a file of this form has no room for its exceptions", r.Name)
	}
	actions := append([]string{}, r.Names()...)
	return json.Marshal(struct {
		Name             string
		IsCustom         bool
		Description      string
		Actions          []string
		NotActions       []string
		DataActions      []string
		NotDataActions   []string
		AssignableScopes []string
	}{r.Name, true, r.Description, actions, []string{}, []string{}, []string{}, []string{scope}})
}
