package rbac_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

type definition struct {
	ID, Name, Type string
	Properties     struct {
		RoleName, Type, Description string
		AssignableScopes            []string
		Permissions                 []struct{ Actions, NotActions, DataActions, NotDataActions []string }
	}
}

func definitionPath(scope, id string) string {
	return strings.TrimSuffix(scope, "/") + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

func definitionBody(name, action string, scopes ...string) string {
	return fmt.Sprintf(`{"properties":{"roleName":%q,"description":"d","type":"CustomRole","permissions":[{"actions":[%q]}],"assignableScopes":["%s"]}}`,
		name, action, strings.Join(scopes, `","`))
}

// names are the roles' names in a list.
func (w *world) roles(scope, filter string) []string {
	w.Helper()
	var list struct{ Value []definition }
	path := strings.TrimSuffix(scope, "/") + "/providers/Microsoft.Authorization/roleDefinitions"
	if filter != "" {
		path += "?$filter=" + strings.ReplaceAll(filter, " ", "%20")
	}
	w.call(200, "GET", path, "", &list)
	var names []string
	for _, d := range list.Value {
		names = append(names, d.Properties.RoleName)
	}
	slices.Sort(names)
	return names
}

func TestBuiltInDefinitions(t *testing.T) {
	w := newWorld(t, "")
	for scope, prefix := range map[string]string{sub: sub, group: sub, box: sub, "/": ""} {
		var list struct{ Value []definition }
		w.call(200, "GET", strings.TrimSuffix(scope, "/")+"/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName%20eq%20'Contributor'", "", &list)
		if len(list.Value) != 1 {
			t.Fatalf("%s: %+v", scope, list)
		}
		d := list.Value[0]
		if d.ID != prefix+"/providers/Microsoft.Authorization/roleDefinitions/"+contributor || d.Name != contributor || d.Properties.Type != "BuiltInRole" ||
			d.Properties.AssignableScopes[0] != "/" || d.Properties.Permissions[0].Actions[0] != "*" || len(d.Properties.Permissions[0].NotActions) != 11 ||
			d.Properties.Permissions[0].DataActions == nil {
			t.Errorf("%s: %+v", scope, d)
		}
		var one definition
		w.call(200, "GET", definitionPath(scope, strings.ToUpper(contributor)), "", &one)
		if one.ID != d.ID {
			t.Errorf("%s: by id %+v", scope, one)
		}
	}
	if got := w.roles(sub, ""); len(got) < 15 || !slices.Contains(got, "AcrPull") {
		t.Errorf("built-in roles: %v", got)
	}
	w.refused(404, "RoleDefinitionDoesNotExist", "GET", definitionPath(sub, uuid.NewString()), "")
	w.refused(400, "InvalidRoleDefinitionType", "PUT", definitionPath(sub, reader), definitionBody("mine", "*/read", sub))
	w.refused(400, "InvalidRoleDefinitionType", "DELETE", definitionPath(sub, reader), "")
}

func TestCustomRole(t *testing.T) {
	w := newWorld(t, "")
	id, who := uuid.NewString(), w.principal()
	path := definitionPath(group, id)
	w.call(204, "DELETE", path, "", nil)
	var made definition
	w.call(201, "PUT", path, definitionBody("box reader", "Contoso.Storage/boxes/read", group), &made)
	if made.ID != definitionPath(sub, id) || made.Properties.Type != "CustomRole" || made.Properties.RoleName != "box reader" || made.Properties.Description != "d" {
		t.Errorf("made %+v", made)
	}
	for scope, want := range map[string][]string{group: {"box reader"}, box: {"box reader"}, sub: nil, sub + "/resourceGroups/h": nil} {
		if got := w.roles(scope, "type eq 'CustomRole'"); !slices.Equal(got, want) {
			t.Errorf("%s: custom roles %v, want %v", scope, got, want)
		}
	}
	if got := w.roles(sub, "atScopeAndBelow() and type eq 'CustomRole'"); !slices.Equal(got, []string{"box reader"}) {
		t.Errorf("below the subscription: %v", got)
	}
	given := w.assign(id, who, group)
	if got := w.send(who, "GET", box, ""); got.Code != 200 {
		t.Errorf("with the custom role: %d %s", got.Code, got.Body)
	}
	w.refused(400, "RoleDefinitionDoesNotExist", "PUT", assignmentPath(sub, uuid.NewString()), assignmentBody(id, who))
	w.refused(400, "RoleDefinitionHasAssignments", "DELETE", path, "")
	w.call(201, "PUT", path, definitionBody("box writer", "Contoso.Storage/boxes/write", group), nil)
	if got := w.send(who, "GET", box, ""); got.Code != 403 {
		t.Errorf("after the role has changed: %d", got.Code)
	}
	w.call(200, "DELETE", given, "", nil)
	w.call(200, "DELETE", path, "", &made)
	if got := w.roles(group, "type eq 'CustomRole'"); len(got) != 0 {
		t.Errorf("after the delete: %v", got)
	}
}

func TestDefinitionRefusals(t *testing.T) {
	w := newWorld(t, "")
	w.call(201, "PUT", definitionPath(sub, uuid.NewString()), definitionBody("taken", "*/read", sub), nil)
	path := definitionPath(group, uuid.NewString())
	for _, tt := range []struct {
		status     int
		code       string
		path, body string
	}{
		{400, "InvalidRoleDefinitionId", definitionPath(sub, "mine"), definitionBody("x", "*/read", sub)},
		{400, "InvalidRoleDefinitionId", definitionPath(sub, "{"+uuid.NewString()+"}"), definitionBody("x", "*/read", sub)},
		{400, "InvalidRoleDefinitionId", definitionPath(sub, strings.ReplaceAll(uuid.NewString(), "-", "")), definitionBody("x", "*/read", sub)},
		{400, "InvalidRoleDefinitionName", path, definitionBody(" ", "*/read", group)},
		{400, "InvalidRoleDefinitionType", path, strings.Replace(definitionBody("x", "*/read", group), "CustomRole", "BuiltInRole", 1)},
		{400, "MissingRolePermissions", path, strings.Replace(definitionBody("x", "*/read", group), `{"actions":["*/read"]}`, "", 1)},
		{400, "MissingRoleAssignableScopes", path, strings.Replace(definitionBody("x", "*/read", group), `"`+group+`"`, "", 1)},
		{400, "InvalidRoleAssignableScope", path, definitionBody("x", "*/read", "/subscriptions/"+uuid.NewString())},
		{400, "InvalidRoleAssignableScope", path, definitionBody("x", "*/read", "/")},
		{400, "InvalidRoleAssignableScope", path, definitionBody("x", "*/read", sub+"/resourceGroups/h")},
		{400, "InvalidActionOrNotAction", path, definitionBody("x", "read", group)},
		{400, "InvalidActionOrNotAction", path, definitionBody("x", "Microsoft.Nope/x", group)},
		{400, "InvalidActionOrNotAction", path, definitionBody("x", "microsoft.nope/*", group)},
		{400, "InvalidActionOrNotAction", path, strings.Replace(definitionBody("x", "*/read", group), `"actions"`, `"notActions":["Microsoft.Nope/x"],"actions"`, 1)},
		{409, "RoleDefinitionWithSameNameExists", path, definitionBody("TAKEN", "*/read", group)},
		{409, "RoleDefinitionWithSameNameExists", path, definitionBody("Reader", "*/read", group)},
	} {
		w.refused(tt.status, tt.code, "PUT", tt.path, tt.body)
	}
	w.refused(400, "InvalidFilter", "GET", sub+"/providers/Microsoft.Authorization/roleDefinitions?$filter=atScope()", "")
	for i, action := range []string{"*", "Microsoft.*/read", "microsoft.authorization/*", "Microsoft.Support/*", "Contoso.Other/x/read"} {
		w.call(201, "PUT", definitionPath(group, uuid.NewString()), definitionBody(fmt.Sprint("role ", i), action, group), nil)
	}
}

// Who may define roles at one scope may not make one that can be assigned elsewhere.
func TestCustomRoleNeedsAllItsScopes(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	w.assign(owner, who, group)
	got := w.send(who, "PUT", definitionPath(group, uuid.NewString()), definitionBody("wide", "*", group, sub))
	if code, message := got.Fault(); got.Code != 403 || code != "LinkedAuthorizationFailed" || !strings.Contains(message, "linked scope(s) '"+sub+"'") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := w.send(who, "PUT", definitionPath(group, uuid.NewString()), definitionBody("narrow", "*", group)); got.Code != 201 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	// Nor may it change or delete a role of another group's by naming that role in its own.
	const elsewhere = sub + "/resourceGroups/h"
	others := uuid.NewString()
	w.call(201, "PUT", definitionPath(elsewhere, others), definitionBody("another group's", "*/read", elsewhere), nil)
	for _, method := range []string{"PUT", "DELETE"} {
		got := w.send(who, method, definitionPath(group, others), definitionBody("taken over", "*", group))
		if code, message := got.Fault(); got.Code != 403 || code != "LinkedAuthorizationFailed" || !strings.Contains(message, "linked scope(s) '"+elsewhere+"'") {
			t.Errorf("%s: %d %s", method, got.Code, got.Body)
		}
	}
	if got := w.roles(elsewhere, "type eq 'CustomRole'"); !slices.Equal(got, []string{"another group's"}) {
		t.Errorf("custom roles of the other group: %v", got)
	}
	w.call(200, "DELETE", definitionPath(elsewhere, others), "", nil)
}
