package arm_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestRouting(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "Group")
	armtest.PutBox(t, c, "group", "Box-1", `{"location":"eastus"}`)
	want := sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/Box-1"
	for _, path := range []string{
		want,
		"/SUBSCRIPTIONS/" + strings.ToUpper(subscription) + "/RESOURCEGROUPS/GROUP/PROVIDERS/CONTOSO.STORAGE/BOXES/BOX-1",
		sub + "/resourcegroups/group/providers/contoso.storage//boxes/box-1", // as az container create --file sends it
		"//" + strings.TrimPrefix(want, "/") + "/",
		strings.Replace(want, "Box-1", "%42ox%2D1", 1),
	} {
		var got box
		res := armtest.Call(c, "GET", path, "")
		if res.JSON(t, &got); res.Code != 200 || got.ID != want {
			t.Errorf("%s: %d %s", path, res.Code, res.Body)
		}
	}
	again := armtest.Call(c, "PUT", strings.ToLower(want), `{"location":"eastus"}`)
	var got box
	if again.JSON(t, &got); again.Code != 200 || got.ID != want {
		t.Errorf("a PUT in another case: %d %s", again.Code, again.Body)
	}
	for _, version := range []string{"2023-05-01", "2022-12-01", "2022-09-01", "2031-01-01", "2024-05-01-preview", "2024-05-01-PREVIEW"} {
		if got := armtest.Call(c, "GET", want+"?api-version="+version, ""); got.Code != 200 {
			t.Errorf("api-version %s: %d %s", version, got.Code, got.Body)
		}
	}
}

func TestHandleTwicePanics(t *testing.T) {
	c := armtest.NewCore(t, "")
	defer func() {
		if recover() == nil {
			t.Error("two operations on one route")
		}
	}()
	c.Handle(arm.Operation{ID: "X", Method: "GET", Path: "/Subscriptions/{x}"}, nil)
}

func TestMetadata(t *testing.T) {
	c := armtest.NewCore(t, "")
	anonymous := []string{"Authorization", ""}
	var old struct {
		GalleryEndpoint string
		Authentication  struct {
			LoginEndpoint string
			Audiences     []string
		}
	}
	armtest.Call(c, "GET", "/metadata/endpoints?api-version=2015-01-01", "", anonymous...).JSON(t, &old)
	if old.GalleryEndpoint == "" || len(old.Authentication.Audiences) != 2 {
		t.Errorf("2015-01-01: %+v", old)
	}
	type cloud struct {
		Name, ResourceManager, MicrosoftGraphResourceID string
		Suffixes                                        struct{ KeyVaultDNS, AcrLoginServer string }
	}
	var many []cloud
	armtest.Call(c, "GET", "/metadata/endpoints?api-version=2019-05-01", "", anonymous...).JSON(t, &many)
	var one cloud
	armtest.Call(c, "GET", "/metadata/endpoints?api-version=2022-09-01", "", anonymous...).JSON(t, &one)
	if diff := cmp.Diff(many, []cloud{one}); diff != "" || one.ResourceManager != "https://management.azure.com/" || one.Suffixes.AcrLoginServer != "azurecr.io" {
		t.Errorf("%+v\n%s", one, diff)
	}
	if got := armtest.Call(c, "GET", "/metadata/endpoints?x=api-version", "", anonymous...); got.Code != 400 {
		t.Errorf("without api-version: %d", got.Code)
	}
}

func TestEvent(t *testing.T) {
	c := armtest.NewCore(t, "")
	var happened []string
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/crates", Event: func(_ context.Context, id arm.ResourceID, kind string) error {
		happened = append(happened, kind+" "+id.Name())
		return errors.New("no more")
	}})
	armtest.Group(t, c, "g")
	crate := armtest.BoxID("g", "C")
	crate.Types = []string{"crates"}
	armtest.Put(t, c, arm.Resource{ID: crate})
	armtest.Put(t, c, arm.Resource{ID: armtest.BoxID("g", "b")})
	if err := c.Event(t.Context(), "evict", strings.ToLower(crate.String())); err == nil || err.Error() != "no more" {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"evict C"}, happened); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for id, want := range map[string]string{"x": "InvalidResourceId", armtest.BoxID("g", "b").String(): "InvalidEvent", armtest.BoxID("g", "none").String(): "ResourceNotFound"} {
		if e, ok := errors.AsType[*arm.Error](c.Event(t.Context(), "evict", id)); !ok || e.Code != want {
			t.Errorf("%s: %v, want %s", id, e, want)
		}
	}
}

func TestWorkloads(t *testing.T) {
	c := armtest.NewCore(t, "")
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
}

// What the store gives out is the caller's own.
func TestStoreCopies(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	tags := map[string]string{"a": "1"}
	armtest.Put(t, c, arm.Resource{ID: armtest.BoxID("g", "b"), Tags: tags})
	tags["a"] = "2"
	got, _ := c.Get(armtest.BoxID("G", "B"))
	got.Tags["a"] = "3"
	c.List(arm.Filter{Type: "contoso.storage/BOXES"})[0].Tags["a"] = "4"
	if again, _ := c.Get(armtest.BoxID("g", "b")); again.Tags["a"] != "1" || again.Type != "Contoso.Storage/boxes" || again.Created.IsZero() {
		t.Errorf("%+v", again)
	}
	if c.Update(armtest.BoxID("g", "none"), func(*arm.Resource) {}) || c.Delete(armtest.BoxID("g", "none")) {
		t.Error("what is not there is changed or deleted")
	}
}
