package resources_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestSubscriptions(t *testing.T) {
	c := armtest.NewCore(t, "")
	var list struct {
		Value []struct{ ID, SubscriptionID, TenantID, DisplayName, State string }
	}
	armtest.Call(c, "GET", "/subscriptions?api-version=2019-11-01", "").JSON(t, &list)
	if len(list.Value) != 1 || list.Value[0].ID != sub || list.Value[0].SubscriptionID != subscription || list.Value[0].TenantID != tenant || list.Value[0].State != "Enabled" {
		t.Errorf("%+v", list)
	}
	var tenants struct {
		Value []struct{ TenantID, DefaultDomain string }
	}
	armtest.Call(c, "GET", "/tenants?api-version=2022-12-01", "").JSON(t, &tenants)
	if len(tenants.Value) != 1 || tenants.Value[0].TenantID != tenant || tenants.Value[0].DefaultDomain == "" {
		t.Errorf("%+v", tenants)
	}
	if c.TenantID() != tenant || c.SubscriptionID() != subscription {
		t.Errorf("%s %s", c.TenantID(), c.SubscriptionID())
	}
	var operations struct{ Value []struct{ Name string } }
	armtest.Call(c, "GET", "/providers/Microsoft.Resources/operations", "").JSON(t, &operations)
	found := false
	for _, op := range operations.Value {
		found = found || op.Name == "Microsoft.Resources/subscriptions/resourceGroups/write"
	}
	if !found {
		t.Errorf("%+v", operations)
	}
}

func TestLocations(t *testing.T) {
	c := armtest.NewCore(t, `{"regions":["westeurope","moonbase1"]}`)
	for version, want := range map[string][2]bool{"2019-11-01": {false, false}, "2021-01-01": {true, false}, "2022-12-01": {true, true}, "2031-01-01": {true, true}} {
		var list struct {
			Value []struct {
				Name, DisplayName, Type string
				Metadata                struct{ Geography, PhysicalLocation string }
			}
		}
		armtest.Call(c, "GET", sub+"/locations?api-version="+version, "").JSON(t, &list)
		if len(list.Value) != 2 || list.Value[0].DisplayName != "West Europe" || list.Value[1].DisplayName != "moonbase1" || list.Value[1].Metadata.PhysicalLocation == "" {
			t.Fatalf("%s: %+v", version, list)
		}
		if got := [2]bool{list.Value[0].Type != "", list.Value[0].Metadata.Geography != ""}; got != want {
			t.Errorf("%s: type, geography are there: %v, want %v", version, got, want)
		}
	}
}

func TestProviders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"latency":{"operation":"1m"}}`)
		type view struct {
			ID, Namespace, RegistrationState, RegistrationPolicy string
			ResourceTypes                                        []struct {
				ResourceType           string
				Locations, APIVersions []string
			}
		}
		var got view
		armtest.Call(c, "GET", sub+"/providers/contoso.STORAGE", "").JSON(t, &got)
		if got.ID != sub+"/providers/Contoso.Storage" || got.RegistrationState != "Registered" || len(got.ResourceTypes) != 1 ||
			got.ResourceTypes[0].ResourceType != "boxes" || got.ResourceTypes[0].Locations[1] != "West Europe" || got.ResourceTypes[0].APIVersions[0] != "2023-05-01" {
			t.Errorf("%+v", got)
		}
		var list struct{ Value []view }
		armtest.Call(c, "GET", sub+"/providers", "").JSON(t, &list)
		if len(list.Value) != 2 || list.Value[0].Namespace != "Contoso.Storage" || list.Value[1].Namespace != "Microsoft.Resources" {
			t.Errorf("%+v", list)
		}
		state := func(method, path string) string {
			var v view
			armtest.Call(c, method, sub+"/providers/Contoso.Storage"+path, "").JSON(t, &v)
			return v.RegistrationState
		}
		var states []string
		states = append(states, state("POST", "/unregister"), state("GET", ""))
		time.Sleep(time.Minute + 1)
		states = append(states, state("GET", ""), state("POST", "/unregister"), state("POST", "/register"))
		time.Sleep(time.Minute + 1)
		states = append(states, state("GET", ""), state("POST", "/register"))
		want := []string{"Unregistering", "Unregistering", "NotRegistered", "NotRegistered", "Registering", "Registered", "Registered"}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, path := range []string{"/providers/x.y", sub + "/providers/x.y", sub + "/providers/x.y/resourceTypes"} {
			res := armtest.Call(c, "GET", path, "")
			if code, _ := res.Fault(); res.Code != 404 || code != "InvalidResourceNamespace" {
				t.Errorf("%s: %d %s", path, res.Code, res.Body)
			}
		}
		var types struct {
			Value []struct{ ResourceType string }
		}
		armtest.Call(c, "GET", sub+"/providers/Contoso.Storage/resourceTypes", "").JSON(t, &types)
		if len(types.Value) != 1 || types.Value[0].ResourceType != "boxes" {
			t.Errorf("%+v", types)
		}
		var global view
		armtest.Call(c, "GET", "/providers/Contoso.Storage", "").JSON(t, &global)
		if global.ID != "/providers/Contoso.Storage" || global.RegistrationState != "" {
			t.Errorf("at tenant scope: %+v", global)
		}
	})
}

func TestTagsAtScope(t *testing.T) {
	c := armtest.NewCore(t, "")
	var told map[string]string
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/crates", Tagged: func(_ arm.ResourceID, tags map[string]string) { told = tags }})
	armtest.Group(t, c, "g")
	armtest.PutBox(t, c, "g", "b", `{"location":"eastus","tags":{"a":"1"}}`)
	crate := armtest.BoxID("g", "c")
	crate.Types = []string{"crates"}
	armtest.Put(t, c, arm.Resource{ID: crate})
	const tags = "/providers/Microsoft.Resources/tags/default"
	for _, scope := range []string{sub + "/resourcegroups/G", armtest.BoxID("G", "B").String(), crate.String()} {
		steps := []struct {
			method, body string
			want         map[string]string
		}{
			{"PUT", `{"properties":{"tags":{"a":"1"}}}`, map[string]string{"a": "1"}},
			{"PATCH", `{"operation":"Merge","properties":{"tags":{"A":"2","b":"3"}}}`, map[string]string{"A": "2", "b": "3"}},
			{"GET", "", map[string]string{"A": "2", "b": "3"}},
			{"PATCH", `{"operation":"Delete","properties":{"tags":{"b":"3","a":"other"}}}`, map[string]string{"A": "2"}},
			{"PATCH", `{"operation":"replace","properties":{"tags":{"x":"y"}}}`, map[string]string{"x": "y"}},
		}
		for _, step := range steps {
			var got struct {
				ID         string
				Properties struct{ Tags map[string]string }
			}
			res := armtest.Call(c, step.method, scope+tags, step.body)
			res.JSON(t, &got)
			if diff := cmp.Diff(step.want, got.Properties.Tags); res.Code != 200 || diff != "" || !strings.HasSuffix(got.ID, tags) {
				t.Errorf("%s %s %s: %d %s (-want +got):\n%s", step.method, scope, step.body, res.Code, got.ID, diff)
			}
		}
	}
	if diff := cmp.Diff(map[string]string{"x": "y"}, told); diff != "" {
		t.Errorf("the owner is told (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		method, scope, body string
		status              int
		code                string
	}{
		{"PATCH", sub + "/resourceGroups/g", `{"operation":"Explode"}`, 400, "InvalidTagsPatchOperation"},
		{"PUT", sub + "/resourceGroups/g", `{"properties":{"tags":{"a/":""}}}`, 400, "InvalidTagNameCharacters"},
		{"PUT", armtest.BoxID("g", "b").String(), `{"properties":{"tags":{"a/":""}}}`, 400, "InvalidTagNameCharacters"},
		{"GET", sub + "/resourceGroups/none", "", 404, "ResourceGroupNotFound"},
		{"GET", armtest.BoxID("g", "none").String(), "", 404, "ResourceNotFound"},
		{"GET", sub, "", 501, "NotImplemented"},
	} {
		got := armtest.Call(c, tt.method, tt.scope+tags, tt.body)
		if code, _ := got.Fault(); got.Code != tt.status || code != tt.code {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.scope, tt.body, got.Code, got.Body)
		}
	}
	if got := armtest.Call(c, "DELETE", sub+"/resourceGroups/g"+tags, ""); got.Code != 200 {
		t.Errorf("DELETE: %d", got.Code)
	}
	if g, _ := c.Group("G"); len(g.Tags) != 0 {
		t.Errorf("left %v", g.Tags)
	}
}
