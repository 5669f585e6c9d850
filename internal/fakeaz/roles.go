package fakeaz

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"

	"github.com/google/uuid"
)

const rolesVersion = "2022-04-01"

// definitions lists the roles that can be assigned at a scope, of one name unless that is empty.
func (c *call) definitions(scope, name string) ([]object, error) {
	filter := ""
	if name != "" {
		filter = "roleName eq '" + name + "'"
	}
	a, err := c.arm(armCall{method: http.MethodGet, path: scope + "/providers/Microsoft.Authorization/roleDefinitions", version: rolesVersion, filter: filter})
	return flatDefinitions(a.body.list("value")), err
}

// flatDefinitions are definitions as az shows them: without a resource group, whatever their id, and with two types.
func flatDefinitions(list []object) []object {
	all := []object{}
	for _, resource := range list {
		d := flat(resource)
		delete(d, "resourceGroup")
		d["roleType"] = resource.object("properties")["type"]
		all = append(all, d)
	}
	return all
}

// role is the id of a role by its name.
func (c *call) role(scope, name string) (string, error) {
	found, err := c.definitions(scope, name)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", failed("Role '%s' doesn't exist.", name)
	}
	return found[0].text("id"), nil
}

// assignments are those of an assignee that have the role at exactly the scope of the options.
func (c *call) assignments(principal string) ([]object, error) {
	scope := c.get("--scope")
	a, err := c.arm(armCall{method: http.MethodGet, path: scope + "/providers/Microsoft.Authorization/roleAssignments", version: rolesVersion, filter: "atScope()"})
	if err != nil {
		return nil, err
	}
	all := flatAll(a.body.list("value"))
	if len(all) == 0 {
		return all, nil
	}
	role, err := c.role(scope, c.get("--role"))
	if err != nil {
		return nil, err
	}
	found := []object{}
	for _, have := range all {
		if strings.EqualFold(have.text("scope"), scope) && have.text("principalId") == principal && strings.EqualFold(have.text("roleDefinitionId"), role) {
			found = append(found, have)
		}
	}
	return found, nil
}

// named adds what az looks up for people: the names of roles and principals.
func (c *call) named(found []object) ([]object, error) {
	if len(found) == 0 {
		return found, nil
	}
	roles, err := c.definitions(c.get("--scope"), "")
	if err != nil {
		return nil, err
	}
	for _, have := range found {
		for _, role := range roles {
			if role.text("id") == have.text("roleDefinitionId") {
				have["roleDefinitionName"] = role.text("roleName")
			}
		}
	}
	principals, err := c.objects(found[0].text("principalId"))
	if err != nil {
		return nil, err
	}
	for _, p := range principals {
		if names, ok := p["servicePrincipalNames"].([]any); ok && len(names) > 0 {
			found[0]["principalName"] = names[0]
		}
	}
	return found, nil
}

func (c *call) assignmentList() (any, error) {
	principal, err := c.principal(c.get("--assignee"))
	if err != nil {
		return nil, err
	}
	found, err := c.assignments(principal)
	if err != nil {
		return nil, err
	}
	return c.named(found)
}

// assignmentCreate makes one of a random id, and shows the one that is there if Azure has it already.
func (c *call) assignmentCreate() (any, error) {
	scope, principal := c.get("--scope"), c.get("--assignee-object-id")
	if !c.given("--assignee-principal-type") {
		if _, err := c.objects(principal); err != nil {
			return nil, err
		}
	}
	role, err := c.role(scope, c.get("--role"))
	if err != nil {
		return nil, err
	}
	properties := object{"roleDefinitionId": role, "principalId": principal}
	if kind := c.get("--assignee-principal-type"); kind != "" {
		properties["principalType"] = kind
	}
	a, err := c.arm(armCall{
		method: http.MethodPut, path: scope + "/providers/Microsoft.Authorization/roleAssignments/" + uuid.NewString(),
		version: rolesVersion, body: object{"properties": properties},
	})
	if a.status != http.StatusConflict || a.body.object("error").text("code") != "RoleAssignmentExists" {
		return flat(a.body), err
	}
	found, err := c.assignments(principal)
	if err != nil {
		return nil, err
	}
	if found, err = c.named(found); err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

func (c *call) assignmentDelete() (any, error) {
	principal, err := c.principal(c.get("--assignee"))
	if err != nil {
		return nil, err
	}
	found, err := c.assignments(principal)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, failed("No matched assignments were found to delete")
	}
	for _, have := range found {
		if _, err := c.arm(armCall{method: http.MethodDelete, path: have.text("id"), version: rolesVersion}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (c *call) definitionList() (any, error) {
	scope := c.get("--scope")
	if scope == "" {
		scope = c.subscription()
	}
	name := c.get("--name")
	all, err := c.definitions(scope, name)
	if err != nil {
		return nil, err
	}
	found := []object{} // Azure ignores case in the name, az does not
	for _, d := range all {
		if (d.text("roleName") == name || d.text("name") == name) && (c.get("--custom-role-only") != "true" || d.text("roleType") == "CustomRole") {
			found = append(found, d)
		}
	}
	return found, nil
}

// input reads the role of --role-definition, whose keys may begin with a capital.
func (c *call) input() (object, error) {
	text := []byte(c.get("--role-definition"))
	if file, ok := strings.CutPrefix(string(text), "@"); ok {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, misused("Failed to load file '%s'", file)
		}
	}
	var given map[string]any
	if json.Unmarshal(text, &given) != nil {
		return nil, failed("Invalid role definition. A valid dictionary JSON representation is expected.")
	}
	role := object{}
	for name, value := range given {
		role[strings.ToLower(name[:1])+name[1:]] = value
	}
	return role, nil
}

func (c *call) definitionCreate() (any, error) {
	role, err := c.input()
	if err != nil {
		return nil, err
	}
	if role.text("name") == "" {
		return nil, failed("please provide role name")
	}
	return c.putDefinition(role, uuid.NewString(), role.text("name"))
}

// definitionUpdate takes the role by its full id, together with its name by the key roleName, or looks one up by its name
// in the first of its scopes. An id without roleName makes az fail with a Python KeyError.
func (c *call) definitionUpdate() (any, error) {
	role, err := c.input()
	if err != nil {
		return nil, err
	}
	if id := role.text("id"); id != "" {
		name := role.text("roleName")
		if name == "" {
			return nil, failed("The command failed with an unexpected error. Here is the traceback:\nERROR: 'roleName'")
		}
		return c.putDefinition(role, id[strings.LastIndexByte(id, '/')+1:], name)
	}
	c.warn(`Role "id" is missing. Look for the role in the current subscription...`)
	found, err := c.definitions(firstScope(role), role.text("name"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, failed(`No definition was found with the name of "%s"`, role.text("name"))
	}
	return c.putDefinition(role, found[0].text("name"), found[0].text("roleName"))
}

func firstScope(role object) string {
	if scopes, ok := role["assignableScopes"].([]any); ok && len(scopes) > 0 {
		scope, _ := scopes[0].(string)
		return scope
	}
	return ""
}

// putDefinition writes a definition at the first of its scopes. Its permissions are a list, or the four fields of one.
func (c *call) putDefinition(role object, id, name string) (any, error) {
	if firstScope(role) == "" {
		return nil, failed("please provide 'assignableScopes'")
	}
	permissions := []object{permission(role)}
	if _, given := role["permissions"]; given {
		permissions = nil
		for _, p := range role.list("permissions") {
			permissions = append(permissions, permission(p))
		}
	}
	a, err := c.arm(armCall{
		method: http.MethodPut, path: firstScope(role) + "/providers/Microsoft.Authorization/roleDefinitions/" + id, version: rolesVersion,
		body: object{"properties": object{
			"roleName": name, "description": role["description"], "type": "CustomRole", "assignableScopes": role["assignableScopes"],
			"permissions": permissions,
		}},
	})
	if err != nil {
		return nil, err
	}
	return flatDefinitions([]object{a.body})[0], nil
}

// permission is the one that an object describes; az leaves out what has no value.
func permission(from object) object {
	p := object{}
	for _, name := range []string{"actions", "notActions", "dataActions", "notDataActions"} {
		if value := from[name]; value != nil {
			p[name] = value
		}
	}
	return p
}
