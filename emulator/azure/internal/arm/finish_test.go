package arm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// A call's operation is awaited in whichever way its service tells of it, and its error is given back.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"latency":{"operation":"1m"}}`)
		armtest.Group(t, c, "g")
		for name, spec := range map[string]arm.OperationSpec{
			"async": {Namespace: "Contoso.Storage", Location: "eastus"}, "location": {Style: arm.Location}, "state": {Style: arm.BodyState}, "own": {Path: sub + "/shakes"},
		} {
			for _, fails := range []bool{false, true} {
				id := name + map[bool]string{true: "-fails"}[fails]
				path := sub + "/resourceGroups/{resourceGroupName}/providers/Contoso.Storage/" + id + "/{name}"
				c.Handle(arm.Operation{ID: "Shakes_" + id, Method: "PUT", Path: path}, func(r *arm.Request) (*arm.Response, error) {
					spec := spec
					spec.Work = func(context.Context, *arm.AsyncOperation) error {
						if fails {
							return arm.Conflict("TooOld", "It does not work.")
						}
						return nil
					}
					return &arm.Response{Header: c.StartOperation(r, spec).Header()}, nil
				})
				call := arm.Call{Method: "PUT", URL: sub + "/resourceGroups/g/providers/Contoso.Storage/" + id + "/x?api-version=2023-05-01", Body: []byte(`{}`)}
				began := time.Now()
				answer, err := c.Do(t.Context(), deployer, call)
				if err != nil {
					t.Fatal(err)
				}
				early, cancel := context.WithTimeout(t.Context(), time.Second)
				if err := c.Finish(early, call, answer); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: before its end: %v", id, err)
				}
				cancel()
				_, code := refused(c.Finish(t.Context(), call, answer))
				if took := time.Since(began); took != time.Minute || (code == "TooOld") != fails {
					t.Errorf("%s: %q after %s", id, code, took)
				}
				if _, code := refused(c.Finish(t.Context(), call, answer)); time.Since(began) != time.Minute || (code == "TooOld") != fails {
					t.Errorf("%s: once more: %q", id, code)
				}
			}
		}
	})
}

// What a PUT would be refused for is known before it is sent, and nothing is made.
func TestCheckPut(t *testing.T) {
	c := armtest.NewCore(t, "")
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/named", CheckName: func(name string) error {
		if name == "bad" {
			return arm.BadRequest("BadName", "No.")
		}
		return nil
	}})
	c.Handle(arm.Operation{ID: "Named_Create", Method: "PUT", Path: sub + "/resourceGroups/{resourceGroupName}/providers/Contoso.Storage/named/{name}"}, nil)
	armtest.Group(t, c, "g")
	box := sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/b"
	for _, one := range []struct{ id, version, location, code string }{
		{box, "2023-05-01", "eastus", ""},
		{box, "2023-05-01", "", ""},
		{box, "2023-05-01", "global", ""},
		{strings.ToLower(box), "2023-05-01", "East US", ""},
		{box, "2023-05-01", "moon", "LocationNotAvailableForResourceType"},
		{box, "2001-01-01", "eastus", "NoRegisteredProviderFound"},
		{box, "new", "eastus", "InvalidApiVersionParameter"},
		{box, "", "eastus", "MissingApiVersionParameter"},
		{strings.Replace(box, "/g/", "/none/", 1), "2023-05-01", "eastus", "ResourceGroupNotFound"},
		{strings.Replace(box, "Contoso", "Nobody", 1), "2023-05-01", "eastus", "InvalidResourceNamespace"},
		{strings.Replace(box, "boxes", "bags", 1), "2023-05-01", "eastus", "InvalidResourceType"},
		{strings.Replace(box, armtest.Subscription, armtest.Tenant, 1), "2023-05-01", "eastus", "SubscriptionNotFound"},
		{strings.Replace(box, "boxes/b", "named/bad", 1), "2023-05-01", "eastus", "BadName"},
		{strings.Replace(box, "boxes/b", "named/good", 1), "2023-05-01", "eastus", ""},
	} {
		if _, code := refused(c.CheckPut(one.id, one.version, one.location)); code != one.code {
			t.Errorf("%s %s %s: %q, want %q", one.id, one.version, one.location, code, one.code)
		}
	}
	if list := c.List(arm.Filter{}); len(list) > 0 {
		t.Errorf("made %v", list)
	}
}
