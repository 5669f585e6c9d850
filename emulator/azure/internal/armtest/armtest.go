// Package armtest is what the tests of the core and of its services share: a core with the service Microsoft.Resources, a
// resource type of its own (Contoso.Storage/boxes), and calls to it with a good token.
package armtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
	"github.com/pacific-aci/pacific/emulator/azure/internal/resources"
)

// The ids of the core's tenant and subscription, and the subscription's resource id.
const (
	Tenant       = "7ac1f1c0-0a2e-4d51-9c1b-5f6e2d3b8a01"
	Subscription = "7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02"
	Sub          = "/subscriptions/" + Subscription
)

// Box is a resource of the tests' own type.
type Box struct {
	ID       string            `json:"id"`
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// NewCore is a core whose token "good" is a caller's, with one type of its own.
func NewCore(t *testing.T, settings string) *arm.Core {
	t.Helper()
	switches := faults.New()
	if settings != "" {
		if err := switches.Start([]byte(settings)); err != nil {
			t.Fatal(err)
		}
	}
	c := arm.New(arm.Options{TenantID: Tenant, SubscriptionID: Subscription, Faults: switches})
	t.Cleanup(c.Close)
	c.Authenticate = func(_ context.Context, bearer string) (*arm.Principal, error) {
		switch bearer {
		case "good":
			return &arm.Principal{ObjectID: "object", AppID: "application", TenantID: Tenant}, nil
		case "forged":
			return nil, errors.New("the signature with the key 0815 is wrong")
		case "nobody":
			return nil, nil
		}
		return nil, arm.InvalidToken("")
	}
	resources.Register(c)
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/boxes", APIVersions: []string{"2023-05-01", "2022-09-01"}})
	one := "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Contoso.Storage/boxes/{boxName}"
	c.Handle(arm.Operation{ID: "Boxes_CreateOrUpdate", Method: "PUT", Path: one}, func(r *arm.Request) (*arm.Response, error) {
		var body Box
		if err := r.Decode(&body); err != nil {
			return nil, err
		}
		location, err := c.CheckLocation(body.Location, "Contoso.Storage/boxes")
		if err != nil {
			return nil, err
		}
		if err := arm.CheckTags(body.Tags); err != nil {
			return nil, err
		}
		status := 200
		created, err := c.Put(arm.Resource{ID: r.ResourceID(), Location: location, Tags: body.Tags})
		if err != nil {
			return nil, err
		}
		if created {
			status = 201
		}
		return &arm.Response{Status: status, Body: Box{ID: r.ResourceID().String(), Location: location, Tags: body.Tags}}, nil
	})
	c.Handle(arm.Operation{ID: "Boxes_Get", Method: "GET", Path: one}, func(r *arm.Request) (*arm.Response, error) {
		res, ok := c.Get(r.ResourceID())
		if !ok {
			return nil, arm.ResourceNotFound(r.ResourceID())
		}
		return &arm.Response{Body: Box{ID: res.ID.String(), Location: res.Location, Tags: res.Tags}}, nil
	})
	return c
}

// Reply is what a call brought.
type Reply struct {
	*httptest.ResponseRecorder
	// Dropped is set if the connection was closed without an answer.
	Dropped bool
}

func (r Reply) JSON(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), v); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
}

func (r Reply) Fault() (code, message string) {
	var body struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(r.Body.Bytes(), &body)
	return body.Error.Code, body.Error.Message
}

// Call sends a request with a good token, unless a header says otherwise, and an api-version unless there is one.
func Call(c *arm.Core, method, path, body string, header ...string) (got Reply) {
	if !strings.Contains(path, "api-version") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "api-version=2023-05-01"
	}
	r := httptest.NewRequest(method, "https://management.azure.com"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	got.ResponseRecorder = httptest.NewRecorder()
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			got.Dropped = true
		} else if v != nil {
			panic(v)
		}
	}()
	c.ServeHTTP(got.ResponseRecorder, r)
	return got
}

// Group makes a resource group.
func Group(t *testing.T, c *arm.Core, name string) {
	t.Helper()
	if got := Call(c, "PUT", Sub+"/resourcegroups/"+name, `{"location":"eastus"}`); got.Code != 201 {
		t.Fatalf("making group %s: %d %s", name, got.Code, got.Body)
	}
}

// PutBox makes a box.
func PutBox(t *testing.T, c *arm.Core, groupName, name, body string) {
	t.Helper()
	if got := Call(c, "PUT", Sub+"/resourceGroups/"+groupName+"/providers/Contoso.Storage/boxes/"+name, body); got.Code/100 != 2 {
		t.Fatalf("making box %s: %d %s", name, got.Code, got.Body)
	}
}

// Put puts a resource that no operation of these tests makes.
func Put(t *testing.T, c *arm.Core, res arm.Resource) {
	t.Helper()
	if _, err := c.Put(res); err != nil {
		t.Fatal(err)
	}
}

// BoxID is a box's id.
func BoxID(groupName, name string) arm.ResourceID {
	return arm.ResourceID{Subscription: Subscription, ResourceGroup: groupName, Namespace: "Contoso.Storage", Types: []string{"boxes"}, Names: []string{name}}
}
