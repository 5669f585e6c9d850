package resources_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

type groupView struct {
	ID, Name, Type, Location, ManagedBy string
	Tags                                map[string]string
	Properties                          struct{ ProvisioningState string }
}

func TestGroupLife(t *testing.T) {
	c := armtest.NewCore(t, "")
	var got groupView
	made := armtest.Call(c, "PUT", sub+"/resourcegroups/My-Group_(1).x", `{"location":"North Europe","tags":{"a":"b"},"managedBy":"me"}`)
	made.JSON(t, &got)
	want := groupView{ID: sub + "/resourceGroups/My-Group_(1).x", Name: "My-Group_(1).x", Type: "Microsoft.Resources/resourceGroups", Location: "northeurope", ManagedBy: "me", Tags: map[string]string{"a": "b"}}
	want.Properties.ProvisioningState = "Succeeded"
	if diff := cmp.Diff(want, got); made.Code != 201 || diff != "" {
		t.Errorf("%d (-want +got):\n%s", made.Code, diff)
	}
	again := armtest.Call(c, "PUT", sub+"/resourceGroups/MY-group_(1).X", `{"location":"northeurope"}`)
	got = groupView{}
	again.JSON(t, &got)
	want.Tags, want.ManagedBy = nil, ""
	if diff := cmp.Diff(want, got); again.Code != 200 || diff != "" {
		t.Errorf("second PUT: %d (-want +got):\n%s", again.Code, diff)
	}
	for _, tt := range []struct {
		body string
		tags map[string]string
	}{
		{`{"tags":{"c":"d"}}`, map[string]string{"c": "d"}},
		{`{}`, map[string]string{"c": "d"}},
		{`{"tags":{}}`, map[string]string{}},
	} {
		patched := armtest.Call(c, "PATCH", sub+"/resourcegroups/my-group_(1).x", tt.body)
		got = groupView{}
		patched.JSON(t, &got)
		if diff := cmp.Diff(tt.tags, got.Tags); patched.Code != 200 || diff != "" {
			t.Errorf("PATCH %s: %d (-want +got):\n%s", tt.body, patched.Code, diff)
		}
	}
	head := armtest.Call(c, "HEAD", sub+"/resourcegroups/my-group_(1).x", "")
	if head.Code != 204 || head.Body.Len() != 0 {
		t.Errorf("HEAD: %d %q", head.Code, head.Body)
	}
	head = armtest.Call(c, "HEAD", sub+"/resourcegroups/none", "")
	if head.Code != 404 || head.Body.Len() != 0 {
		t.Errorf("HEAD of none: %d %q", head.Code, head.Body)
	}
}

func TestGroupRefusals(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "there")
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprintf("t%d", i)] = ""
	}
	tags := func(m string) string { return `{"location":"eastus","tags":` + m + `}` }
	tests := []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"ends with a period", "PUT", "x.", `{"location":"eastus"}`, 400, "InvalidResourceGroup"},
		{"space", "PUT", "a%20b", `{"location":"eastus"}`, 400, "InvalidResourceGroup"},
		{"slash", "PUT", "a%2Fb", `{"location":"eastus"}`, 400, "InvalidResourceGroup"},
		{"91 characters", "PUT", strings.Repeat("x", 91), `{"location":"eastus"}`, 400, "InvalidParameter"},
		{"90 characters", "PUT", strings.Repeat("x", 90), `{"location":"eastus"}`, 201, ""},
		{"letters of any language", "PUT", "%C3%BC%E6%97%A5", `{"location":"eastus"}`, 201, ""},
		{"no location", "PUT", "g", `{}`, 400, "LocationRequired"},
		{"unknown location", "PUT", "g", `{"location":"moon"}`, 400, "LocationNotAvailableForResourceGroup"},
		{"another location", "PUT", "THERE", `{"location":"westus2"}`, 409, "InvalidResourceGroupLocation"},
		{"51 tags", "PUT", "g", tags(quote(many)), 400, "TooManyTags"},
		{"long tag name", "PUT", "g", tags(`{"` + strings.Repeat("x", 513) + `":""}`), 400, "InvalidTagNameLength"},
		{"longest tag", "PUT", "tagged", tags(`{"` + strings.Repeat("x", 512) + `":"` + strings.Repeat("y", 256) + `"}`), 201, ""},
		{"long tag value", "PUT", "g", tags(`{"a":"` + strings.Repeat("x", 257) + `"}`), 400, "InvalidTagValueLength"},
		{"empty tag name", "PUT", "g", tags(`{"":"a"}`), 400, "InvalidTagName"},
		{"tag with a slash", "PUT", "g", tags(`{"a/b":"a"}`), 400, "InvalidTagNameCharacters"},
		{"reserved tag", "PUT", "g", tags(`{"Azure-x":"a"}`), 400, "ReservedTagNamePrefix"},
		{"tag twice", "PUT", "g", tags(`{"a":"1","A":"2"}`), 400, "DuplicateTagName"},
		{"tag that is an object", "PUT", "g", tags(`{"a":{}}`), 400, "InvalidRequestContent"},
		{"bad tag in a patch", "PATCH", "there", `{"tags":{"a?":""}}`, 400, "InvalidTagNameCharacters"},
		{"patch of none", "PATCH", "none", `{"tags":{}}`, 404, "ResourceGroupNotFound"},
		{"delete of none", "DELETE", "none", ``, 404, "ResourceGroupNotFound"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := armtest.Call(c, tt.method, sub+"/resourcegroups/"+tt.path, tt.body)
			if code, _ := got.Fault(); got.Code != tt.status || code != tt.code {
				t.Errorf("%d %s, want %d %s", got.Code, got.Body, tt.status, tt.code)
			}
		})
	}
	if got := armtest.Call(c, "HEAD", sub+"/resourcegroups/g", ""); got.Code != 404 {
		t.Error("a refused PUT made a group")
	}
}

func TestGroupDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"latency":{"operation":"10m"},"retryAfter":"1500ms"}`)
		var deleted []string
		c.AddType(arm.ResourceType{Type: "Contoso.Storage/boxes/lids", Delete: func(_ context.Context, id arm.ResourceID) error {
			deleted = append(deleted, id.Name())
			time.Sleep(5 * time.Minute)
			c.Delete(id)
			return nil
		}})
		armtest.Group(t, c, "Group")
		armtest.PutBox(t, c, "group", "b", `{"location":"eastus"}`)
		lid, err := arm.ParseResourceID(sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/b/lids/l")
		if err != nil {
			t.Fatal(err)
		}
		armtest.Put(t, c, arm.Resource{ID: lid})
		first := armtest.Call(c, "DELETE", sub+"/resourcegroups/GROUP", "")
		location := first.Header().Get("Location")
		if first.Code != 202 || first.Body.Len() != 0 || !strings.HasPrefix(location, "https://management.azure.com"+sub+"/operationresults/") || first.Header().Get("Retry-After") != "2" {
			t.Fatalf("%d %q, Location %q, Retry-After %q", first.Code, first.Body, location, first.Header().Get("Retry-After"))
		}
		poll := strings.TrimPrefix(location, "https://management.azure.com")
		got := armtest.Call(c, "GET", poll, "")
		if got.Code != 202 || got.Header().Get("Location") != location || got.Header().Get("Retry-After") != "2" || got.Header().Get("Retry-After-Ms") != "1500" {
			t.Errorf("while it runs: %d %v", got.Code, got.Header())
		}
		again := armtest.Call(c, "DELETE", sub+"/resourcegroups/group", "")
		if again.Code != 202 {
			t.Errorf("a second DELETE: %d %s", again.Code, again.Body)
		}
		second := strings.TrimPrefix(again.Header().Get("Location"), "https://management.azure.com")
		// What passed the core's look at the group before the DELETE came.
		if _, err := c.Put(arm.Resource{ID: armtest.BoxID("group", "late")}); err == nil || !strings.Contains(err.Error(), "ResourceGroupBeingDeleted") {
			t.Errorf("a resource put late: %v", err)
		}
		for method, path := range map[string]string{"PUT": sub + "/resourcegroups/group", "PATCH": sub + "/resourcegroups/group"} {
			blocked := armtest.Call(c, method, path, `{"location":"eastus"}`)
			if code, _ := blocked.Fault(); blocked.Code != 409 || code != "ResourceGroupBeingDeleted" {
				t.Errorf("%s meanwhile: %d %s", method, blocked.Code, blocked.Body)
			}
		}
		blocked := armtest.Call(c, "PUT", sub+"/resourceGroups/group/providers/Contoso.Storage/boxes/new", `{"location":"eastus"}`)
		if code, _ := blocked.Fault(); blocked.Code != 409 || code != "ResourceGroupBeingDeleted" {
			t.Errorf("a resource meanwhile: %d %s", blocked.Code, blocked.Body)
		}
		time.Sleep(14 * time.Minute)
		for _, poll := range []string{poll, second} {
			if got := armtest.Call(c, "GET", poll, ""); got.Code != 202 {
				t.Errorf("after 14 minutes: %d", got.Code)
			}
		}
		time.Sleep(time.Minute + time.Second)
		if got := armtest.Call(c, "GET", poll, ""); got.Code != 200 || got.Header().Get("Location") != "" || got.Header().Get("Retry-After-Ms") != "" {
			t.Errorf("at the end: %d %v", got.Code, got.Header())
		}
		if got := armtest.Call(c, "GET", second, ""); got.Code != 200 {
			t.Errorf("the second DELETE at the end: %d", got.Code)
		}
		if got := armtest.Call(c, "GET", sub+"/resourcegroups/group", ""); got.Code != 404 {
			t.Errorf("the group is still there: %d", got.Code)
		}
		if _, err := c.Put(arm.Resource{ID: armtest.BoxID("group", "late")}); err == nil || !strings.Contains(err.Error(), "ResourceGroupNotFound") {
			t.Errorf("a resource put too late: %v", err)
		}
		if left := c.List(arm.Filter{}); len(left) != 0 || !slices.Equal(deleted, []string{"l"}) {
			t.Errorf("left %v, deleted %v", left, deleted)
		}
	})
}

func TestGroupDeleteBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		c.AddType(arm.ResourceType{Type: "Contoso.Storage/safes", Delete: func(context.Context, arm.ResourceID) error { return errors.New("locked") }})
		armtest.Group(t, c, "g")
		id, err := arm.ParseResourceID(sub + "/resourceGroups/g/providers/Contoso.Storage/safes/s")
		if err != nil {
			t.Fatal(err)
		}
		armtest.Put(t, c, arm.Resource{ID: id})
		poll := strings.TrimPrefix(armtest.Call(c, "DELETE", sub+"/resourcegroups/g", "").Header().Get("Location"), "https://management.azure.com")
		synctest.Wait()
		got := armtest.Call(c, "GET", poll, "")
		code, message := got.Fault()
		if got.Code != http.StatusConflict || code != "ResourceGroupDeletionBlocked" || !strings.Contains(message, id.String()) {
			t.Errorf("%d %s %s", got.Code, code, message)
		}
		if got := armtest.Call(c, "PATCH", sub+"/resourcegroups/g", `{}`); got.Code != 200 {
			t.Errorf("the group does not come back: %d %s", got.Code, got.Body)
		}
	})
}

func quote(m map[string]string) string {
	var parts []string
	for k, v := range m {
		parts = append(parts, fmt.Sprintf("%q:%q", k, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
