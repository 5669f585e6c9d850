package rbac_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestAssignmentLifecycle(t *testing.T) {
	w := newWorld(t, "")
	who, name := w.principal(), uuid.NewString()
	for _, scope := range []string{sub, group, box} {
		path := assignmentPath(scope, name)
		w.refused(404, "RoleAssignmentNotFound", "GET", path, "")
		w.call(204, "DELETE", path, "", nil)
		var made, read, gone assignment
		w.call(201, "PUT", strings.ToLower(path), assignmentBody(reader, strings.ToUpper(who)), &made)
		if made.ID != path || made.Name != name || made.Type != "Microsoft.Authorization/roleAssignments" || made.Properties.Scope != scope ||
			made.Properties.RoleDefinitionID != roleID(reader) || made.Properties.PrincipalID != who || made.Properties.PrincipalType != "ServicePrincipal" || made.Properties.CreatedOn == "" {
			t.Errorf("made %+v", made)
		}
		w.call(200, "GET", strings.ToUpper(path), "", &read)
		if read != made {
			t.Errorf("read %+v, made %+v", read, made)
		}
		w.call(200, "PUT", path, assignmentBody(reader, who), nil)
		w.call(200, "DELETE", path, "", &gone)
		if gone.ID != path {
			t.Errorf("deleted %+v", gone)
		}
		w.refused(404, "RoleAssignmentNotFound", "GET", path, "")
	}
}

func TestAssignmentExists(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	path := w.assign(reader, who, group)
	existing := strings.ReplaceAll(path[strings.LastIndexByte(path, '/')+1:], "-", "")
	message := w.refused(409, "RoleAssignmentExists", "PUT", assignmentPath(group, uuid.NewString()), assignmentBody(reader, who))
	if !strings.Contains(message, "The role assignment already exists.") || !strings.Contains(message, existing) {
		t.Errorf("message %q, want the id %s", message, existing)
	}
	w.refused(400, "RoleAssignmentUpdateNotPermitted", "PUT", path, assignmentBody(contributor, who))
	w.refused(400, "RoleAssignmentUpdateNotPermitted", "PUT", path, assignmentBody(reader, w.principal()))
	for _, scope := range []string{sub, box} { // the name is taken in the whole tenant
		w.refused(400, "RoleAssignmentUpdateNotPermitted", "PUT", assignmentPath(scope, path[strings.LastIndexByte(path, '/')+1:]), assignmentBody(reader, who))
	}
	w.assign(reader, who, sub) // another scope is another assignment
	w.assign(contributor, who, group)
}

func TestAssignmentRefusals(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	path := assignmentPath(group, uuid.NewString())
	body := func(role, principal, more string) string {
		return fmt.Sprintf(`{"properties":{"roleDefinitionId":"%s","principalId":"%s"%s}}`, role, principal, more)
	}
	for _, tt := range []struct {
		status     int
		code       string
		path, body string
	}{
		{400, "InvalidRoleAssignmentId", assignmentPath(group, "mine"), body(roleID(reader), who, "")},
		{400, "InvalidRequestContent", path, `{`},
		{400, "BadRequestFormat", path, `{"properties":{}}`},
		{400, "BadRequestFormat", path, body(reader, who, "")},
		{400, "BadRequestFormat", path, body(box, who, "")},
		{400, "InvalidPrincipalId", path, body(roleID(reader), "me", "")},
		{400, "InvalidPrincipalId", path, body(roleID(reader), "", "")},
		{400, "PrincipalNotFound", path, body(roleID(reader), uuid.NewString(), "")},
		{400, "UnmatchedPrincipalType", path, body(roleID(reader), who, `,"principalType":"User"`)},
		{400, "InvalidPrincipalType", path, body(roleID(reader), who, `,"principalType":"Robot"`)},
		{400, "RoleDefinitionDoesNotExist", path, body(roleID(uuid.NewString()), who, "")},
		{501, "NotImplemented", path, body(roleID(reader), who, `,"condition":"true","conditionVersion":"2.0"`)},
		{404, "ResourceGroupNotFound", assignmentPath(sub+"/resourceGroups/none", uuid.NewString()), body(roleID(reader), who, "")},
		{404, "ResourceNotFound", assignmentPath(group+"/providers/Contoso.Storage/boxes/none", uuid.NewString()), body(roleID(reader), who, "")},
	} {
		w.refused(tt.status, tt.code, "PUT", tt.path, tt.body)
	}
	// A type that the client names spares the look into the directory.
	w.call(201, "PUT", path, body("/providers/Microsoft.Authorization/roleDefinitions/"+reader, uuid.NewString(), `,"principalType":"servicePrincipal"`), nil)
}

func TestAssignmentLists(t *testing.T) {
	w := newWorld(t, "")
	one, two := w.principal(), w.principal()
	for _, scope := range []string{sub, group, box, otherBox} {
		w.assign(reader, one, scope)
	}
	w.assign(reader, two, group)
	for _, tt := range []struct {
		scope, filter string
		want          []string
	}{
		{sub, "principalId eq '" + one + "'", []string{sub, group, box, otherBox}},
		{sub, "principalId eq " + one, []string{sub, group, box, otherBox}},
		{group, "principalId eq '" + one + "'", []string{sub, group, box, otherBox}},
		{box, "principalId eq '" + one + "'", []string{sub, group, box}},
		{sub, "atScope() and assignedTo('" + one + "')", []string{sub}},
		{group, "atScope() and assignedTo('" + strings.ToUpper(one) + "')", []string{sub, group}},
		{group, "assignedTo('" + two + "')", []string{group}},
		{sub + "/resourceGroups/h", "principalId eq '" + one + "'", []string{sub}},
		{group, "atScope()", []string{sub, sub, group, group}},
		{sub, "atScope()", []string{sub, sub}},
	} {
		got, want := w.assignments(tt.scope, tt.filter), slices.Clone(tt.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s, %s: %v, want %v", tt.scope, tt.filter, got, want)
		}
	}
	if got := w.assignments(sub, ""); len(got) != 6 {
		t.Errorf("without a filter: %v", got)
	}
	for _, bad := range []string{"atScope()%20and%20principalId%20eq%20'x'", "color%20eq%20'red'", "principalId", "atScope(", "principalId%20ne%20'x'"} {
		w.refused(400, "InvalidFilter", "GET", sub+"/providers/Microsoft.Authorization/roleAssignments?$filter="+bad, "")
	}
	var page struct {
		Value    []assignment
		NextLink string
	}
	w.call(200, "GET", sub+"/providers/Microsoft.Authorization/roleAssignments?$top=2", "", &page)
	if len(page.Value) != 2 || !strings.HasPrefix(page.NextLink, "https://") {
		t.Errorf("a page of two: %+v", page)
	}
}

func TestLastOwnerStays(t *testing.T) {
	w := newWorld(t, "")
	var list struct{ Value []assignment }
	w.call(200, "GET", sub+"/providers/Microsoft.Authorization/roleAssignments", "", &list)
	first := list.Value[0].ID
	w.refused(409, "CannotDeleteLastRbacAdminAssignment", "DELETE", first, "")
	second := w.principal()
	w.assign(owner, second, sub)
	w.call(http.StatusOK, "DELETE", first, "", nil)
	if got := w.send("", "GET", sub, ""); got.Code != 403 {
		t.Errorf("who gave its right away still has it: %d", got.Code)
	}
	if got := armtest.Call(w.core, "GET", sub, "", "Authorization", "Bearer "+second); got.Code != 200 {
		t.Errorf("the new owner: %d %s", got.Code, got.Body)
	}
}
