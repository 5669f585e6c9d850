package arm_test

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
)

const (
	tenant       = "7ac1f1c0-0a2e-4d51-9c1b-5f6e2d3b8a01"
	subscription = "7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02"
	sub          = "/subscriptions/" + subscription
)

// box is a resource of the tests' own type.
type box struct {
	ID       string            `json:"id"`
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// newCore is a core whose token "good" is a caller's, with one type of its own.
func newCore(t *testing.T, settings string) *arm.Core {
	t.Helper()
	switches := faults.New()
	if settings != "" {
		if err := switches.Start([]byte(settings)); err != nil {
			t.Fatal(err)
		}
	}
	c := arm.New(arm.Options{TenantID: tenant, SubscriptionID: subscription, Faults: switches})
	t.Cleanup(c.Close)
	c.Authenticate = func(_ context.Context, bearer string) (*arm.Principal, error) {
		switch bearer {
		case "good":
			return &arm.Principal{ObjectID: "object", AppID: "application", TenantID: tenant}, nil
		case "forged":
			return nil, errors.New("the signature with the key 0815 is wrong")
		case "nobody":
			return nil, nil
		}
		return nil, arm.InvalidToken("")
	}
	c.AddType(arm.ResourceType{Type: "Contoso.Storage/boxes", APIVersions: []string{"2023-05-01", "2022-09-01"}})
	one := "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Contoso.Storage/boxes/{boxName}"
	c.Handle(arm.Operation{ID: "Boxes_CreateOrUpdate", Method: "PUT", Path: one}, func(r *arm.Request) (*arm.Response, error) {
		var body box
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
		return &arm.Response{Status: status, Body: box{ID: r.ResourceID().String(), Location: location, Tags: body.Tags}}, nil
	})
	c.Handle(arm.Operation{ID: "Boxes_Get", Method: "GET", Path: one}, func(r *arm.Request) (*arm.Response, error) {
		res, ok := c.Get(r.ResourceID())
		if !ok {
			return nil, arm.ResourceNotFound(r.ResourceID())
		}
		return &arm.Response{Body: box{ID: res.ID.String(), Location: res.Location, Tags: res.Tags}}, nil
	})
	return c
}

// reply is what a call brought.
type reply struct {
	*httptest.ResponseRecorder
	dropped bool
}

func (r reply) json(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), v); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
}

func (r reply) fault() (code, message string) {
	var body struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(r.Body.Bytes(), &body)
	return body.Error.Code, body.Error.Message
}

// call sends a request with a good token, unless a header says otherwise, and an api-version unless there is one.
func call(c *arm.Core, method, path, body string, header ...string) (got reply) {
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
			got.dropped = true
		} else if v != nil {
			panic(v)
		}
	}()
	c.ServeHTTP(got.ResponseRecorder, r)
	return got
}

// group makes a resource group.
func group(t *testing.T, c *arm.Core, name string) {
	t.Helper()
	if got := call(c, "PUT", sub+"/resourcegroups/"+name, `{"location":"eastus"}`); got.Code != 201 {
		t.Fatalf("making group %s: %d %s", name, got.Code, got.Body)
	}
}

// putBox makes a box.
func putBox(t *testing.T, c *arm.Core, groupName, name, body string) {
	t.Helper()
	if got := call(c, "PUT", sub+"/resourceGroups/"+groupName+"/providers/Contoso.Storage/boxes/"+name, body); got.Code/100 != 2 {
		t.Fatalf("making box %s: %d %s", name, got.Code, got.Body)
	}
}

// put puts a resource that no operation of these tests makes.
func put(t *testing.T, c *arm.Core, res arm.Resource) {
	t.Helper()
	if _, err := c.Put(res); err != nil {
		t.Fatal(err)
	}
}

// boxID is a box's id.
func boxID(groupName, name string) arm.ResourceID {
	return arm.ResourceID{Subscription: subscription, ResourceGroup: groupName, Namespace: "Contoso.Storage", Types: []string{"boxes"}, Names: []string{name}}
}
