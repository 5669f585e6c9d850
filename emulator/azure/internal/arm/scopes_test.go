package arm_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// newGrants is a core with an extension type, as role assignments are one, and a child type of boxes.
func newGrants(t *testing.T) *arm.Core {
	t.Helper()
	c := armtest.NewCore(t, "")
	c.AddType(arm.ResourceType{Type: "Contoso.Rights/grants", Global: true})
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/boxes/lids"})
	const scope = "/{scope}/providers/Contoso.Rights/grants"
	put := func(r *arm.Request) (*arm.Response, error) {
		created, err := c.Put(arm.Resource{ID: r.ResourceID()})
		if err != nil {
			return nil, err
		}
		status := http.StatusOK
		if created {
			status = http.StatusCreated
		}
		return &arm.Response{Status: status, Body: box{ID: r.ResourceID().String()}}, nil
	}
	get := func(r *arm.Request) (*arm.Response, error) {
		if _, ok := c.Get(r.ResourceID()); !ok {
			return nil, arm.ResourceNotFound(r.ResourceID())
		}
		return &arm.Response{Body: box{ID: r.ResourceID().String()}}, nil
	}
	c.Handle(arm.Operation{ID: "Grants_Create", Method: "PUT", Path: scope + "/{grantName}"}, put)
	c.Handle(arm.Operation{ID: "Grants_Get", Method: "GET", Path: scope + "/{grantName}"}, get)
	c.Handle(arm.Operation{ID: "Grants_ListForScope", Method: "GET", Path: scope}, func(r *arm.Request) (*arm.Response, error) {
		return &arm.Response{Body: box{ID: r.ResourceID().String()}}, nil
	})
	const lids = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Contoso.Storage/boxes/{boxName}/lids"
	c.Handle(arm.Operation{ID: "Lids_Create", Method: "PUT", Path: lids + "/{lidName}"}, put)
	c.Handle(arm.Operation{ID: "Lids_Get", Method: "GET", Path: lids + "/{lidName}"}, get)
	armtest.Group(t, c, "Group")
	armtest.PutBox(t, c, "group", "Box", `{"location":"westus2"}`)
	return c
}

// The scopes of the grants, as their creators spelt them.
var (
	boxScope  = sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/Box"
	grantPath = "/providers/Contoso.Rights/grants/"
)

func TestExtensionResources(t *testing.T) {
	c := newGrants(t)
	for _, scope := range []string{"", sub, sub + "/resourceGroups/Group", boxScope, boxScope + grantPath + "Nested"} {
		if strings.HasSuffix(scope, "Nested") {
			armtest.Call(c, "PUT", scope, "")
		}
		var got box
		made := armtest.Call(c, "PUT", strings.ToLower(scope)+strings.ToUpper(grantPath)+"A", "")
		made.JSON(t, &got)
		if want := scope + grantPath + "A"; made.Code != 201 || got.ID != want {
			t.Errorf("on %q: %d, id %s, want %s", scope, made.Code, got.ID, want)
		}
		for _, path := range []string{scope + grantPath + "a", strings.ToUpper(scope + grantPath + "a")} {
			read := armtest.Call(c, "GET", path, "")
			got = box{}
			if read.JSON(t, &got); read.Code != 200 || got.ID != scope+grantPath+"A" {
				t.Errorf("GET %s: %d %s", path, read.Code, read.Body)
			}
		}
		listed := armtest.Call(c, "GET", scope+strings.TrimSuffix(grantPath, "/"), "")
		got = box{}
		if listed.JSON(t, &got); listed.Code != 200 || got.ID != scope && got.ID+scope != "/" {
			t.Errorf("the list on %q is in %s", scope, got.ID)
		}
	}
	if n := len(c.List(arm.Filter{Type: "contoso.rights/GRANTS"})); n != 6 {
		t.Errorf("%d grants, want 6", n)
	}
	var all struct{ Value []struct{ Name string } }
	armtest.Call(c, "GET", sub+"/resources", "").JSON(t, &all)
	if len(all.Value) != 1 || all.Value[0].Name != "Box" {
		t.Errorf("ARM lists %v, want what it tracks: the box", all.Value)
	}
	if got := armtest.Call(c, "HEAD", boxScope+grantPath+"A", ""); got.Code != 204 {
		t.Errorf("HEAD: %d", got.Code)
	}
}

func TestScopeRefusals(t *testing.T) {
	c := newGrants(t)
	const boxes = "/resourceGroups/group/providers/Contoso.Storage/boxes/"
	for _, tt := range []struct {
		method, path string
		status       int
		code, text   string
	}{
		{"PUT", sub + boxes + "none" + grantPath + "a", 404, "ResourceNotFound", "'Contoso.Storage/boxes/none' under resource group 'Group'"},
		{"GET", sub + boxes + "none" + grantPath + "a", 404, "ResourceNotFound", "'Contoso.Storage/boxes/none'"},
		{"GET", sub + boxes + "none/providers/Contoso.Rights/grants", 404, "ResourceNotFound", "'Contoso.Storage/boxes/none'"},
		{"GET", boxScope + grantPath + "none", 404, "ResourceNotFound", "'Contoso.Rights/grants/none' under resource group 'Group'"},
		{"GET", sub + grantPath + "none", 404, "ResourceNotFound", "'Contoso.Rights/grants/none' under resource group '<null>'"},
		{"PUT", sub + "/resourceGroups/group/providers/Contoso.Nothing/x/y" + grantPath + "a", 404, "InvalidResourceNamespace", "'Contoso.Nothing'"},
		{"PUT", sub + "/resourceGroups/none" + grantPath + "a", 404, "ResourceGroupNotFound", "'none'"},
		{"PUT", "/subscriptions/00000000-0000-4000-8000-000000000000" + grantPath + "a", 404, "SubscriptionNotFound", ""},
		{"PUT", "/global" + grantPath + "a", 404, "MissingSubscription", "did not have a subscription or a valid tenant level resource provider"},
		{"PUT", "/global/providers/Contoso.Rights/other/a", 404, "MissingSubscription", ""},
		{"PUT", sub + "/boxes/b" + grantPath + "a", 404, "NotFound", ""},
		{"PUT", sub + boxes + "Box/lids" + grantPath + "a", 404, "InvalidResourceType", ""},
		{"PUT", boxScope + grantPath + "a%2Fb", 400, "InvalidResourceName", "'a/b'"},
		{"PUT", sub + "/resourceGroups/a%2Fb/providers/Contoso.Storage/boxes/b", 400, "InvalidResourceName", "'a/b'"},
		{"POST", boxScope + grantPath + "a", 405, "MethodNotAllowed", "'POST'"},
		{"PUT", sub + boxes + "none/lids/l", 404, "ParentResourceNotFound", "Can not perform requested operation on nested resource. Parent resource 'none' not found."},
		{"GET", sub + boxes + "none/lids/l", 404, "ParentResourceNotFound", "'none'"},
		{"GET", sub + boxes + "box/lids/l", 404, "ResourceNotFound", "'Contoso.Storage/boxes/box/lids/l'"},
	} {
		got := armtest.Call(c, tt.method, tt.path, "")
		if code, message := got.Fault(); got.Code != tt.status || code != tt.code || !strings.Contains(message, tt.text) {
			t.Errorf("%s %s: %d %s, want %d %s …%s…", tt.method, tt.path, got.Code, got.Body, tt.status, tt.code, tt.text)
		}
	}
	if got := armtest.Call(c, "POST", boxScope+grantPath+"a", ""); got.Header().Get("Allow") != "GET, PUT" {
		t.Errorf("Allow %q", got.Header().Get("Allow"))
	}
}

// The hook is asked about the extension resource itself and, for a list, about the provider in its scope.
func TestAuthorizeScopes(t *testing.T) {
	c := newGrants(t)
	var asked arm.Access
	c.Authorize = func(_ context.Context, a arm.Access) error {
		asked = a
		return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
	}
	boxID, err := arm.ParseResourceID(boxScope)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path, action, scope string
		inBox                       bool
	}{
		{"PUT", strings.ToLower(boxScope) + grantPath + "a", "Contoso.Rights/grants/write", boxScope + grantPath + "a", true},
		{"PUT", sub + grantPath + "a", "Contoso.Rights/grants/write", sub + grantPath + "a", false},
		{"GET", grantPath + "a", "Contoso.Rights/grants/read", grantPath + "a", false},
		{"GET", boxScope + "/providers/contoso.rights/grants", "Contoso.Rights/grants/read", boxScope + "/providers/Contoso.Rights", true},
		{"GET", sub + "/resourceGroups/group/providers/Contoso.Rights/grants", "Contoso.Rights/grants/read", sub + "/resourceGroups/Group/providers/Contoso.Rights", false},
	} {
		got := armtest.Call(c, tt.method, tt.path, "")
		if asked.Action != tt.action || asked.Scope.String() != tt.scope || asked.Scope.Within(boxID) != tt.inBox {
			t.Errorf("%s %s asks for %s on %s, want %s on %s", tt.method, tt.path, asked.Action, asked.Scope, tt.action, tt.scope)
		}
		if _, message := got.Fault(); !strings.Contains(message, "over scope '"+tt.scope+"'") {
			t.Errorf("%s %s: %s", tt.method, tt.path, message)
		}
	}
}

// What is on a resource, or in a group, goes with it.
func TestExtensionsGoWithTheirResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newGrants(t)
		grants := func() (ids []string) {
			for _, r := range c.List(arm.Filter{Type: "Contoso.Rights/grants"}) {
				ids = append(ids, r.ID.String())
			}
			return ids
		}
		armtest.PutBox(t, c, "group", "Box2", `{"location":"eastus"}`)
		scopes := []string{sub, sub + "/resourceGroups/Group", boxScope, boxScope + grantPath + "a", boxScope + "2", boxScope + "/lids/l"}
		armtest.Call(c, "PUT", boxScope+"/lids/l", "")
		for _, scope := range scopes {
			if got := armtest.Call(c, "PUT", scope+grantPath+"a", ""); got.Code != 201 {
				t.Fatalf("%s: %d %s", scope, got.Code, got.Body)
			}
		}
		box := armtest.BoxID("group", "box")
		c.Delete(box.Child("lids", "l"))
		c.Delete(box)
		left := []string{sub + "/resourceGroups/Group" + grantPath + "a", boxScope + "2" + grantPath + "a", sub + grantPath + "a"}
		if diff := cmp.Diff(slices.Sorted(slices.Values(left)), slices.Sorted(slices.Values(grants()))); diff != "" {
			t.Errorf("after the box (-want +got):\n%s", diff)
		}
		armtest.PutBox(t, c, "group", "box", `{"location":"eastus"}`) // a new one has none of the old one's
		if got := grants(); len(got) != len(left) {
			t.Errorf("a new box has %v", got)
		}
		c.Delete(box)
		if _, err := c.Put(arm.Resource{ID: box.Resource("Contoso.Rights", "grants", "late")}); err == nil || !strings.Contains(err.Error(), "ResourceNotFound") {
			t.Errorf("a grant put late: %v", err)
		}
		armtest.Call(c, "DELETE", sub+"/resourceGroups/group", "")
		synctest.Wait()
		if diff := cmp.Diff([]string{sub + grantPath + "a"}, grants()); diff != "" {
			t.Errorf("after the group (-want +got):\n%s", diff)
		}
	})
}

// A fault for a region finds what is on a resource there.
func TestRegionOfExtension(t *testing.T) {
	c := newGrants(t)
	if err := c.Faults.AddFaults([]byte(`{"match":{"region":"westus2"},"effect":{"status":599}}`)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{boxScope + grantPath + "a": 599, sub + "/resourceGroups/group" + grantPath + "a": 201, sub + grantPath + "a": 201} {
		if got := armtest.Call(c, "PUT", path, ""); got.Code != want {
			t.Errorf("%s: %d, want %d", path, got.Code, want)
		}
	}
}
