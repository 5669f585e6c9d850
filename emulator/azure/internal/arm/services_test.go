package arm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

func TestRouting(t *testing.T) {
	c := newCore(t, "")
	group(t, c, "Group")
	putBox(t, c, "group", "Box-1", `{"location":"eastus"}`)
	want := sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/Box-1"
	for _, path := range []string{
		want,
		"/SUBSCRIPTIONS/" + strings.ToUpper(subscription) + "/RESOURCEGROUPS/GROUP/PROVIDERS/CONTOSO.STORAGE/BOXES/BOX-1",
		sub + "/resourcegroups/group/providers/contoso.storage//boxes/box-1", // as az container create --file sends it
		"//" + strings.TrimPrefix(want, "/") + "/",
		strings.Replace(want, "Box-1", "%42ox%2D1", 1),
	} {
		var got box
		res := call(c, "GET", path, "")
		if res.json(t, &got); res.Code != 200 || got.ID != want {
			t.Errorf("%s: %d %s", path, res.Code, res.Body)
		}
	}
	again := call(c, "PUT", strings.ToLower(want), `{"location":"eastus"}`)
	var got box
	if again.json(t, &got); again.Code != 200 || got.ID != want {
		t.Errorf("a PUT in another case: %d %s", again.Code, again.Body)
	}
	for _, version := range []string{"2023-05-01", "2022-12-01", "2022-09-01", "2031-01-01", "2024-05-01-preview", "2024-05-01-PREVIEW"} {
		if got := call(c, "GET", want+"?api-version="+version, ""); got.Code != 200 {
			t.Errorf("api-version %s: %d %s", version, got.Code, got.Body)
		}
	}
}

func TestHandleTwicePanics(t *testing.T) {
	c := newCore(t, "")
	defer func() {
		if recover() == nil {
			t.Error("two operations on one route")
		}
	}()
	c.Handle(arm.Operation{ID: "X", Method: "GET", Path: "/Subscriptions/{x}"}, nil)
}

func TestSubscriptions(t *testing.T) {
	c := newCore(t, "")
	var list struct {
		Value []struct{ ID, SubscriptionID, TenantID, DisplayName, State string }
	}
	call(c, "GET", "/subscriptions?api-version=2019-11-01", "").json(t, &list)
	if len(list.Value) != 1 || list.Value[0].ID != sub || list.Value[0].SubscriptionID != subscription || list.Value[0].TenantID != tenant || list.Value[0].State != "Enabled" {
		t.Errorf("%+v", list)
	}
	var tenants struct {
		Value []struct{ TenantID, DefaultDomain string }
	}
	call(c, "GET", "/tenants?api-version=2022-12-01", "").json(t, &tenants)
	if len(tenants.Value) != 1 || tenants.Value[0].TenantID != tenant || tenants.Value[0].DefaultDomain == "" {
		t.Errorf("%+v", tenants)
	}
	if c.TenantID() != tenant || c.SubscriptionID() != subscription {
		t.Errorf("%s %s", c.TenantID(), c.SubscriptionID())
	}
	var operations struct{ Value []struct{ Name string } }
	call(c, "GET", "/providers/Microsoft.Resources/operations", "").json(t, &operations)
	found := false
	for _, op := range operations.Value {
		found = found || op.Name == "Microsoft.Resources/subscriptions/resourceGroups/write"
	}
	if !found {
		t.Errorf("%+v", operations)
	}
}

func TestLocations(t *testing.T) {
	c := newCore(t, `{"regions":["westeurope","moonbase1"]}`)
	for version, want := range map[string][2]bool{"2019-11-01": {false, false}, "2021-01-01": {true, false}, "2022-12-01": {true, true}, "2031-01-01": {true, true}} {
		var list struct {
			Value []struct {
				Name, DisplayName, Type string
				Metadata                struct{ Geography, PhysicalLocation string }
			}
		}
		call(c, "GET", sub+"/locations?api-version="+version, "").json(t, &list)
		if len(list.Value) != 2 || list.Value[0].DisplayName != "West Europe" || list.Value[1].DisplayName != "moonbase1" || list.Value[1].Metadata.PhysicalLocation == "" {
			t.Fatalf("%s: %+v", version, list)
		}
		if got := [2]bool{list.Value[0].Type != "", list.Value[0].Metadata.Geography != ""}; got != want {
			t.Errorf("%s: type, geography are there: %v, want %v", version, got, want)
		}
	}
}

func TestMetadata(t *testing.T) {
	c := newCore(t, "")
	anonymous := []string{"Authorization", ""}
	var old struct {
		GalleryEndpoint string
		Authentication  struct {
			LoginEndpoint string
			Audiences     []string
		}
	}
	call(c, "GET", "/metadata/endpoints?api-version=2015-01-01", "", anonymous...).json(t, &old)
	if old.GalleryEndpoint == "" || len(old.Authentication.Audiences) != 2 {
		t.Errorf("2015-01-01: %+v", old)
	}
	type cloud struct {
		Name, ResourceManager, MicrosoftGraphResourceID string
		Suffixes                                        struct{ KeyVaultDNS, AcrLoginServer string }
	}
	var many []cloud
	call(c, "GET", "/metadata/endpoints?api-version=2019-05-01", "", anonymous...).json(t, &many)
	var one cloud
	call(c, "GET", "/metadata/endpoints?api-version=2022-09-01", "", anonymous...).json(t, &one)
	if diff := cmp.Diff(many, []cloud{one}); diff != "" || one.ResourceManager != "https://management.azure.com/" || one.Suffixes.AcrLoginServer != "azurecr.io" {
		t.Errorf("%+v\n%s", one, diff)
	}
	if got := call(c, "GET", "/metadata/endpoints?x=api-version", "", anonymous...); got.Code != 400 {
		t.Errorf("without api-version: %d", got.Code)
	}
}

func TestProviders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t, `{"latency":{"operation":"1m"}}`)
		type view struct {
			ID, Namespace, RegistrationState, RegistrationPolicy string
			ResourceTypes                                        []struct {
				ResourceType           string
				Locations, APIVersions []string
			}
		}
		var got view
		call(c, "GET", sub+"/providers/contoso.STORAGE", "").json(t, &got)
		if got.ID != sub+"/providers/Contoso.Storage" || got.RegistrationState != "Registered" || len(got.ResourceTypes) != 1 ||
			got.ResourceTypes[0].ResourceType != "boxes" || got.ResourceTypes[0].Locations[1] != "West Europe" || got.ResourceTypes[0].APIVersions[0] != "2023-05-01" {
			t.Errorf("%+v", got)
		}
		var list struct{ Value []view }
		call(c, "GET", sub+"/providers", "").json(t, &list)
		if len(list.Value) != 2 || list.Value[0].Namespace != "Contoso.Storage" || list.Value[1].Namespace != "Microsoft.Resources" {
			t.Errorf("%+v", list)
		}
		state := func(method, path string) string {
			var v view
			call(c, method, sub+"/providers/Contoso.Storage"+path, "").json(t, &v)
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
			res := call(c, "GET", path, "")
			if code, _ := res.fault(); res.Code != 404 || code != "InvalidResourceNamespace" {
				t.Errorf("%s: %d %s", path, res.Code, res.Body)
			}
		}
		var types struct {
			Value []struct{ ResourceType string }
		}
		call(c, "GET", sub+"/providers/Contoso.Storage/resourceTypes", "").json(t, &types)
		if len(types.Value) != 1 || types.Value[0].ResourceType != "boxes" {
			t.Errorf("%+v", types)
		}
		var global view
		call(c, "GET", "/providers/Contoso.Storage", "").json(t, &global)
		if global.ID != "/providers/Contoso.Storage" || global.RegistrationState != "" {
			t.Errorf("at tenant scope: %+v", global)
		}
	})
}

func TestTagsAtScope(t *testing.T) {
	c := newCore(t, "")
	var told map[string]string
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/crates", Tagged: func(_ arm.ResourceID, tags map[string]string) { told = tags }})
	group(t, c, "g")
	putBox(t, c, "g", "b", `{"location":"eastus","tags":{"a":"1"}}`)
	crate := boxID("g", "c")
	crate.Types = []string{"crates"}
	put(t, c, arm.Resource{ID: crate})
	const tags = "/providers/Microsoft.Resources/tags/default"
	for _, scope := range []string{sub + "/resourcegroups/G", boxID("G", "B").String(), crate.String()} {
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
			res := call(c, step.method, scope+tags, step.body)
			res.json(t, &got)
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
		{"PUT", boxID("g", "b").String(), `{"properties":{"tags":{"a/":""}}}`, 400, "InvalidTagNameCharacters"},
		{"GET", sub + "/resourceGroups/none", "", 404, "ResourceGroupNotFound"},
		{"GET", boxID("g", "none").String(), "", 404, "ResourceNotFound"},
		{"GET", sub, "", 501, "NotImplemented"},
	} {
		got := call(c, tt.method, tt.scope+tags, tt.body)
		if code, _ := got.fault(); got.Code != tt.status || code != tt.code {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.scope, tt.body, got.Code, got.Body)
		}
	}
	if got := call(c, "DELETE", sub+"/resourceGroups/g"+tags, ""); got.Code != 200 {
		t.Errorf("DELETE: %d", got.Code)
	}
	if g, _ := c.Group("G"); len(g.Tags) != 0 {
		t.Errorf("left %v", g.Tags)
	}
}

func TestEvent(t *testing.T) {
	c := newCore(t, "")
	var happened []string
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/crates", Event: func(_ context.Context, id arm.ResourceID, kind string) error {
		happened = append(happened, kind+" "+id.Name())
		return errors.New("no more")
	}})
	group(t, c, "g")
	crate := boxID("g", "C")
	crate.Types = []string{"crates"}
	put(t, c, arm.Resource{ID: crate})
	put(t, c, arm.Resource{ID: boxID("g", "b")})
	if err := c.Event(t.Context(), "evict", strings.ToLower(crate.String())); err == nil || err.Error() != "no more" {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"evict C"}, happened); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for id, want := range map[string]string{"x": "InvalidResourceId", boxID("g", "b").String(): "InvalidEvent", boxID("g", "none").String(): "ResourceNotFound"} {
		if e, ok := errors.AsType[*arm.Error](c.Event(t.Context(), "evict", id)); !ok || e.Code != want {
			t.Errorf("%s: %v, want %s", id, e, want)
		}
	}
}

func TestWorkloadsAndIdentities(t *testing.T) {
	c := newCore(t, "")
	if _, ok := c.Workloads.Get("h"); ok {
		t.Error("an empty table knows something")
	}
	c.Workloads.Add("h", arm.Workload{ContainerGroup: "g"})
	if w, ok := c.Workloads.Get("h"); !ok || w.ContainerGroup != "g" {
		t.Errorf("%+v %t", w, ok)
	}
	c.Workloads.Remove("h")
	if _, ok := c.Workloads.Get("h"); ok {
		t.Error("a removed workload is there")
	}
	p1, c1 := c.IdentityIDs("/subscriptions/S/x")
	p2, c2 := newCore(t, "").IdentityIDs("/SUBSCRIPTIONS/s/X")
	p3, _ := c.IdentityIDs("/subscriptions/S/y")
	if p1 != p2 || c1 != c2 || p1 == c1 || p1 == p3 || len(p1) != 36 {
		t.Errorf("%s %s, %s %s, %s", p1, c1, p2, c2, p3)
	}
}

// What the store gives out is the caller's own.
func TestStoreCopies(t *testing.T) {
	c := newCore(t, "")
	group(t, c, "g")
	tags := map[string]string{"a": "1"}
	put(t, c, arm.Resource{ID: boxID("g", "b"), Tags: tags})
	tags["a"] = "2"
	got, _ := c.Get(boxID("G", "B"))
	got.Tags["a"] = "3"
	c.List(arm.Filter{Type: "contoso.storage/BOXES"})[0].Tags["a"] = "4"
	if again, _ := c.Get(boxID("g", "b")); again.Tags["a"] != "1" || again.Type != "Contoso.Storage/boxes" || again.Created.IsZero() {
		t.Errorf("%+v", again)
	}
	if c.Update(boxID("g", "none"), func(*arm.Resource) {}) || c.Delete(boxID("g", "none")) {
		t.Error("what is not there is changed or deleted")
	}
}
