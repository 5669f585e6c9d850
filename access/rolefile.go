package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/jsonplace"
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
		return Role{}, fmt.Errorf("reading the role definition: %w", mistake(text, err))
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

// mistake says in the file's words what is wrong with it: the library's own name Go's types.
func mistake(text []byte, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
		if field == "" {
			field = "the file"
		}
		return fmt.Errorf("%s: want %s, got %s", strings.ToLower(field[:1])+field[1:], kindWords[wrong.Type.Kind().String()], kindWords[strings.Fields(wrong.Value)[0]])
	}
	placed, _ := jsonplace.Find(text, err)
	return placed
}

// kindWords are kinds of values for people: Go's, and those of package json.
var kindWords = map[string]string{
	"string": "a text", "slice": "a list", "array": "a list", "struct": "an object", "ptr": "an object", "object": "an object", "number": "a number", "bool": "true or false",
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
