package resources_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/resources"
)

// keeping is a core that keeps other types, with a group g.
func keeping(t *testing.T) *arm.Core {
	t.Helper()
	c := armtest.NewCore(t, "")
	resources.KeepOthers(c)
	armtest.Group(t, c, "g")
	return c
}

const providers = armtest.Sub + "/resourceGroups/g/providers/"

// call sends a request, demands a status and returns the body.
func call(t *testing.T, c *arm.Core, method, path, body string, want int) map[string]any {
	t.Helper()
	got := armtest.Call(c, method, path, body)
	if got.Code != want {
		t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, got.Code, got.Body, want)
	}
	var v map[string]any
	if got.Body.Len() > 0 {
		got.JSON(t, &v)
	}
	return v
}

// A resource of a type that no service has comes back as it was sent, with what Azure adds.
func TestKeptAsSent(t *testing.T) {
	c := keeping(t)
	path := providers + "Microsoft.OperationalInsights/workspaces/w"
	sent := `{"Location":"East US","tags":{"a":"b"},"sku":{"name":"PerGB2018"},"apiVersion":"2020-08-01","dependsOn":[],"identity":{"type":"SystemAssigned"},
		"properties":{"retentionInDays":30,"provisioningState":"Mine","features":{"x":[1,null,"two",{"adminPassword":"hush"}]},"adminPassword":"hush","passwordPolicy":{"length":8}}}`
	made := call(t, c, "PUT", path, sent, 201)
	p, ok := c.Directory.Identity(path)
	if !ok {
		t.Fatal("no principal")
	}
	want := map[string]any{
		"id": path, "name": "w", "type": "Microsoft.OperationalInsights/workspaces", "location": "East US", "tags": map[string]any{"a": "b"},
		"sku":      map[string]any{"name": "PerGB2018"},
		"identity": map[string]any{"type": "SystemAssigned", "principalId": p.ID, "tenantId": armtest.Tenant},
		"properties": map[string]any{"retentionInDays": 30.0, "provisioningState": "Succeeded", "passwordPolicy": map[string]any{"length": 8.0},
			"features": map[string]any{"x": []any{1.0, nil, "two", map[string]any{}}}},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, call(t, c, "GET", strings.ToLower(path), "", 200)); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	patched := call(t, c, "PATCH", path, `{"tags":{"c":"d"},"properties":{"retentionInDays":60,"features":null}}`, 200)
	want["tags"] = map[string]any{"c": "d"}
	want["properties"] = map[string]any{"retentionInDays": 60.0, "provisioningState": "Succeeded", "passwordPolicy": map[string]any{"length": 8.0}}
	if diff := cmp.Diff(want, patched); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
	for _, list := range []string{providers + "Microsoft.OperationalInsights/workspaces", armtest.Sub + "/providers/microsoft.operationalinsights/WORKSPACES", providers[:len(providers)-len("/providers/")] + "/resources"} {
		if rows := call(t, c, "GET", list, "", 200)["value"].([]any); len(rows) != 1 || rows[0].(map[string]any)["id"] != path {
			t.Errorf("%s: %v", list, rows)
		}
	}
	call(t, c, "PUT", path, `{"location":"eastus"}`, 200)
	if _, ok := c.Directory.Identity(path); ok {
		t.Error("the principal outlives the identity")
	}
	call(t, c, "DELETE", path, "", 200)
	call(t, c, "DELETE", path, "", 204)
	call(t, c, "GET", path, "", 404)
}

// Children and extensions go with what they are below or on, whichever service has that.
func TestKeptBelowOthers(t *testing.T) {
	c := keeping(t)
	c.AddType(arm.ResourceType{Type: "Microsoft.Storage/storageAccounts"})
	account := providers + "Microsoft.Storage/storageAccounts/a"
	id, err := arm.ParseResourceID(account)
	if err != nil {
		t.Fatal(err)
	}
	child := account + "/blobServices/default/containers/c"
	if code, _ := armtest.Call(c, "PUT", child, `{}`).Fault(); code != "ParentResourceNotFound" {
		t.Errorf("without its account: %s", code)
	}
	armtest.Put(t, c, arm.Resource{ID: id, Location: "eastus"})
	extension := account + "/providers/Microsoft.Insights/diagnosticSettings/s"
	call(t, c, "PUT", child, `{"properties":{"publicAccess":"None"}}`, 201)
	call(t, c, "PUT", extension, `{"properties":{"logs":[]}}`, 201)
	if rows := call(t, c, "GET", account+"/blobServices/default/containers", "", 200)["value"].([]any); len(rows) != 1 {
		t.Errorf("%v", rows)
	}
	if rows := call(t, c, "GET", providers[:len(providers)-len("/providers/")]+"/resources", "", 200)["value"].([]any); len(rows) != 1 {
		t.Errorf("what has no location is in the list of all: %v", rows)
	}
	c.Delete(id)
	armtest.Put(t, c, arm.Resource{ID: id, Location: "eastus"})
	call(t, c, "GET", child, "", 404)
	call(t, c, "GET", extension, "", 404)
}

// What Azure does not have, and what belongs to a service, is not kept.
func TestNotKept(t *testing.T) {
	c := keeping(t)
	for _, tt := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"PUT", "Contoso.Nothing/things/t", `{}`, 404, "InvalidResourceNamespace"},
		{"PUT", "Microsoft.Nothing/things/t", `{}`, 404, "InvalidResourceNamespace"},
		{"GET", "Microsoft.Nothing/things", "", 404, "InvalidResourceNamespace"},
		{"PUT", "Contoso.Storage/other/t", `{}`, 404, "InvalidResourceType"},
		{"PUT", "Microsoft.Network/unheardOf/t", `{}`, 404, "InvalidResourceType"},
		{"PATCH", "Contoso.Storage/boxes/b", `{}`, 405, "MethodNotAllowed"},
		{"GET", "Microsoft.Web/sites/s", "", 404, "ResourceNotFound"},
		{"PATCH", "Microsoft.Web/sites/s", `{}`, 404, "ResourceNotFound"},
		{"POST", "Microsoft.Web/sites/s/restart", "", 501, "NotImplemented"},
		{"PUT", "Microsoft.Web/sites/s", `[]`, 400, "InvalidRequestContent"},
		{"PUT", "Microsoft.Web/sites/s", `{"properties":1}`, 400, "InvalidRequestContent"},
		{"PUT", "Microsoft.Web/sites/s", `{"location":"eastus","tags":{"a":{}}}`, 400, "InvalidRequestContent"},
		{"PUT", "Microsoft.Web/sites/s", `{"location":"moon"}`, 400, "LocationNotAvailableForResourceType"},
		{"PUT", "Microsoft.Web/sites/s/slots/t", `{}`, 404, "ParentResourceNotFound"},
	} {
		got := armtest.Call(c, tt.method, providers+tt.path, tt.body)
		if code, _ := got.Fault(); got.Code != tt.status || code != tt.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, got.Code, got.Body, tt.status, tt.code)
		}
	}
	call(t, c, "PUT", providers+"Microsoft.Network/privateDnsZones/z", `{"location":"global"}`, 201)
	call(t, c, "PUT", providers+"Microsoft.Web/sites/s", `{"location":"eastus"}`, 201)
	if code, _ := armtest.Call(c, "PUT", providers+"Microsoft.Web/sites/s", `{"location":"westeurope"}`).Fault(); code != "InvalidResourceLocation" {
		t.Errorf("moved: %s", code)
	}
}

// Rights are those of the type, as for every other.
func TestKeptNeedsTheRight(t *testing.T) {
	c := keeping(t)
	asked := ""
	c.Authorize = func(_ context.Context, a arm.Access) error { asked = a.Action + " " + a.Scope.Type(); return nil }
	for _, tt := range []struct{ method, path, want string }{
		{"PUT", "Microsoft.Web/sites/s", "Microsoft.Web/sites/write Microsoft.Web/sites"},
		{"GET", "Microsoft.Web/sites/s", "Microsoft.Web/sites/read Microsoft.Web/sites"},
		{"GET", "Microsoft.Web/sites", "Microsoft.Web/sites/read Microsoft.Web/"},
		{"DELETE", "microsoft.web/sites/s", "Microsoft.Web/sites/delete Microsoft.Web/sites"},
	} {
		armtest.Call(c, tt.method, providers+tt.path, `{}`)
		if asked != tt.want {
			t.Errorf("%s %s asks for %q, want %q", tt.method, tt.path, asked, tt.want)
		}
	}
}

// What Azure takes and never gives back is not shown, in no answer.
func TestKeptSecrets(t *testing.T) {
	c := keeping(t)
	for _, one := range [][2]string{
		{"Microsoft.Compute/virtualMachines/vm", `{"location":"eastus","properties":{"osProfile":{"computerName":"seen","adminPassword":"hush","customData":"aHVzaA==hush",
			"linuxConfiguration":{"ssh":{"publicKeys":[{"path":"seen","keyData":"seen"}]}}}}}`},
		{"Microsoft.Compute/virtualMachines/vm/extensions/e", `{"location":"eastus","properties":{"type":"seen","settings":{"a":"seen"},"protectedSettings":{"commandToExecute":"hush"}}}`},
		{"Microsoft.ContainerService/managedClusters/k", `{"location":"eastus","properties":{"servicePrincipalProfile":{"clientId":"seen","secret":"hush"}}}`},
		{"Microsoft.App/containerApps/a", `{"location":"eastus","properties":{"configuration":{"secrets":[{"name":"seen","value":"hush"},{"name":"seen","keyVaultUrl":"seen"}],"registries":[{"passwordSecretRef":"seen"}]}}}`},
		{"Microsoft.Web/sites/s", `{"location":"eastus","properties":{"enabled":"seen","siteConfig":{"linuxFxVersion":"seen","appSettings":[{"name":"KEY","value":"hush"}]}}}`},
		{"Microsoft.Web/sites/s/config/appsettings", `{"properties":{"KEY":"hush"}}`},
		{"Microsoft.Network/connections/c", `{"location":"eastus","properties":{"connectionType":"seen","sharedKey":"hush"}}`},
	} {
		path, sent := one[0], one[1]
		for _, method := range []string{"PUT", "GET"} {
			got := armtest.Call(c, method, providers+path, map[string]string{"PUT": sent}[method])
			if got.Code/100 != 2 || strings.Contains(got.Body.String(), "hush") || strings.Count(got.Body.String(), `"seen"`) != strings.Count(sent, `"seen"`) {
				t.Errorf("%s %s: %d %s", method, path, got.Code, got.Body)
			}
		}
	}
}
