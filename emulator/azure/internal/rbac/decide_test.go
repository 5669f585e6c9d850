package rbac_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestEnforcement(t *testing.T) {
	const boxBody = `{"location":"eastus"}`
	for _, tt := range []struct {
		role, scope        string
		method, path, body string
		want               int
	}{
		{"", "", "GET", box, "", 403},
		{"", "", "GET", sub, "", 403},
		{"", "", "PUT", sub + "/resourcegroups/new", boxBody, 403},
		{reader, sub, "GET", box, "", 200},
		{reader, group, "GET", box, "", 200},
		{reader, box, "GET", box, "", 200},
		{reader, strings.ToUpper(box), "GET", strings.ToLower(box), "", 200},
		{reader, box, "GET", otherBox, "", 403},
		{reader, sub + "/resourceGroups/h", "GET", box, "", 403},
		{reader, box, "GET", sub + "/resourcegroups/g", "", 403},
		{reader, group, "HEAD", box, "", 204},
		{reader, sub, "PUT", box, boxBody, 403},
		{reader, sub, "DELETE", sub + "/resourcegroups/h", "", 403},
		{contributor, group, "PUT", box, boxBody, 200},
		{contributor, group, "PUT", sub + "/resourcegroups/new", boxBody, 403},
		{contributor, sub, "PUT", sub + "/resourcegroups/new", boxBody, 201},
		{contributor, sub, "POST", sub + "/providers/Contoso.Storage/register", "", 200},
		{reader, sub, "POST", sub + "/providers/Contoso.Storage/register", "", 403},
		{contributor, sub, "PUT", assignmentPath(group, uuid.NewString()), assignmentBody(reader, uuid.NewString()), 403},
		{accessAdmin, group, "PUT", assignmentPath(box, uuid.NewString()), assignmentBody(reader, uuid.NewString()), 201},
		{accessAdmin, box, "PUT", assignmentPath(group, uuid.NewString()), assignmentBody(reader, uuid.NewString()), 403},
		{owner, box, "PUT", assignmentPath(box, uuid.NewString()), assignmentBody(reader, uuid.NewString()), 201},
		{acrPull, sub, "GET", box, "", 403},
		{"", "", "GET", "/subscriptions", "", 200},
		{"", "", "GET", "/tenants", "", 200},
		{"", "", "GET", "/providers/Microsoft.Authorization/roleDefinitions/" + reader, "", 200},
		{"", "", "GET", sub + "/providers/Microsoft.Authorization/roleDefinitions", "", 403},
		{reader, group, "GET", group + "/providers/Microsoft.Authorization/roleDefinitions", "", 200},
	} {
		w := newWorld(t, "")
		who := w.principal()
		if tt.role != "" {
			w.assign(tt.role, who, tt.scope)
		}
		got := w.send(who, tt.method, tt.path, tt.body)
		if code, _ := got.Fault(); got.Code != tt.want || tt.want == 403 && code != "AuthorizationFailed" {
			t.Errorf("role %q at %q: %s %s: %d %s, want %d", tt.role, tt.scope, tt.method, tt.path, got.Code, got.Body, tt.want)
		}
	}
}

func TestRefusalNamesAll(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	_, message := w.send(who, "PUT", assignmentPath(group, "1a2b3c4d-0000-4000-8000-000000000000"), "{}").Fault()
	want := "The client 'app of " + who + "' with object id '" + who + "' does not have authorization to perform action " +
		"'Microsoft.Authorization/roleAssignments/write' over scope '" + assignmentPath(group, "1a2b3c4d-0000-4000-8000-000000000000") + "' or the scope is invalid."
	if !strings.HasPrefix(message, want) {
		t.Errorf("message %q, want %q", message, want)
	}
}

// Lists of groups and resources show each caller its own; the subscription is seen by those who have something in it.
func TestListsShowEachItsOwn(t *testing.T) {
	w := newWorld(t, "")
	armtest.PutBox(t, w.core, "h", "d", `{"location":"eastus"}`)
	names := func(as, path string) (list []string) {
		got := w.send(as, "GET", path, "")
		if got.Code != 200 {
			return []string{got.Body.String()[:30]}
		}
		var page struct {
			Value []struct{ Name, DisplayName string }
		}
		got.JSON(t, &page)
		for _, v := range page.Value {
			list = append(list, v.Name+v.DisplayName)
		}
		return list
	}
	nobody, inGroup, onBox, all := w.principal(), w.principal(), w.principal(), w.principal()
	w.assign(reader, inGroup, group)
	w.assign(reader, onBox, box)
	w.assign(reader, all, sub)
	const refused = `{"error":{"code":"Authorizatio`
	for _, tt := range []struct {
		as, path string
		want     []string
	}{
		{nobody, "/subscriptions", nil},
		{nobody, sub + "/resourcegroups", []string{refused}},
		{nobody, sub + "/resources", []string{refused}},
		{inGroup, "/subscriptions", []string{"Emulated subscription"}},
		{inGroup, sub + "/resourcegroups", []string{"g"}},
		{inGroup, sub + "/resources", []string{"b", "c"}},
		{inGroup, sub + "/resourceGroups/h/resources", []string{refused}},
		{onBox, "/subscriptions", []string{"Emulated subscription"}},
		{onBox, sub + "/resourcegroups", nil},
		{onBox, group + "/resources", []string{"b"}},
		{all, sub + "/resourcegroups", []string{"g", "h"}},
		{all, sub + "/resources", []string{"b", "c", "d"}},
	} {
		if got := names(tt.as, tt.path); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.path, got, tt.want)
		}
	}
}

func TestDecisionsForServices(t *testing.T) {
	w := newWorld(t, "")
	who := &arm.Principal{ObjectID: w.principal(), AppID: "app"}
	w.assign(acrPull, who.ObjectID, box)
	w.assign("4633458b-17de-408a-b874-0445c86b69e6", who.ObjectID, box)
	scope := armtest.BoxID("g", "b")
	for _, tt := range []struct {
		action string
		data   bool
		scope  arm.ResourceID
		want   bool
	}{
		{"Microsoft.ContainerRegistry/registries/pull/read", false, scope, true},
		{"Microsoft.ContainerRegistry/registries/push/write", false, scope, false},
		{"Microsoft.ContainerRegistry/registries/pull/read", false, armtest.BoxID("g", "c"), false},
		{"Microsoft.KeyVault/vaults/secrets/getSecret/action", true, scope.Child("secrets", "s"), true},
		{"Microsoft.KeyVault/vaults/secrets/getSecret/action", false, scope, false},
		{"Microsoft.KeyVault/vaults/secrets/setSecret/action", true, scope, false},
	} {
		err := w.core.Allowed(t.Context(), arm.Access{Principal: who, Action: tt.action, Data: tt.data, Scope: tt.scope})
		if (err == nil) != tt.want {
			t.Errorf("%s (data %t) at %s: %v, want allowed %t", tt.action, tt.data, tt.scope, err, tt.want)
		}
	}
}

func TestRoleAssignmentPropagation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `{"propagation":{"roleAssignment":"1m","directory":"1m"}}`)
		who := w.principal()
		body := strings.Replace(assignmentBody(reader, who), `,"principalType":"ServicePrincipal"`, "", 1)
		path := assignmentPath(group, uuid.NewString())
		message := w.refused(400, "PrincipalNotFound", "PUT", path, body)
		if !strings.Contains(message, "Principal "+strings.ReplaceAll(who, "-", "")+" does not exist in the directory ") {
			t.Errorf("message %q", message)
		}
		time.Sleep(time.Minute)
		w.call(201, "PUT", path, body, nil)
		if got := w.send(who, "GET", box, ""); got.Code != 403 {
			t.Errorf("a new right holds at once: %d", got.Code)
		}
		if got := w.send(who, "GET", "/subscriptions", ""); strings.Contains(got.Body.String(), "Emulated") {
			t.Errorf("a new right shows the subscription at once: %s", got.Body)
		}
		time.Sleep(time.Minute)
		if got := w.send(who, "GET", box, ""); got.Code != 200 {
			t.Errorf("a right does not hold after its delay: %d", got.Code)
		}
		w.call(200, "DELETE", path, "", nil)
		if got := w.send(who, "GET", box, ""); got.Code != 403 {
			t.Errorf("a right holds after its end: %d", got.Code)
		}
	})
}

// Rights on a resource or group end with it, and do not come back with its name.
func TestRightsGoWithTheirScope(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	w.assign(reader, who, box)
	w.assign(contributor, who, sub+"/resourceGroups/h")
	w.core.Delete(armtest.BoxID("g", "b"))
	armtest.PutBox(t, w.core, "g", "b", `{"location":"eastus"}`)
	if got := w.send(who, "GET", box, ""); got.Code != 403 {
		t.Errorf("the right on a resource outlives it: %d", got.Code)
	}
	empty, err := w.core.DeleteGroup("h")
	if err != nil {
		t.Fatal(err)
	}
	if err := empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	armtest.Group(t, w.core, "h")
	if got := w.send(who, "GET", sub+"/resourcegroups/h", ""); got.Code != 403 {
		t.Errorf("the right on a group outlives it: %d", got.Code)
	}
	if got := w.assignments(sub, ""); len(got) != 1 {
		t.Errorf("assignments at %v, want the owner's alone", got)
	}
}

func TestReset(t *testing.T) {
	w := newWorld(t, "")
	who := w.principal()
	w.assign(owner, who, sub)
	w.core.Reset(t.Context())
	if got := w.send(who, "GET", sub, ""); got.Code != 403 {
		t.Errorf("a right outlives a reset: %d", got.Code)
	}
	w.call(200, "GET", sub, "", nil)
	if got := w.assignments(sub, ""); len(got) != 1 || got[0] != sub {
		t.Errorf("assignments at %v", got)
	}
}
