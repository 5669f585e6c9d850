package identity_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/identity"
)

const in = armtest.Sub + "/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"

func newCore(t *testing.T) *arm.Core {
	t.Helper()
	c := armtest.NewCore(t, "")
	identity.Register(c)
	armtest.Group(t, c, "g")
	return c
}

// view is an identity on the wire.
type view struct {
	ID, Name, Location string
	Tags               map[string]string
	Properties         struct{ TenantID, PrincipalID, ClientID, IsolationScope string }
}

// An identity has a principal for as long as it is there, and after that never again the same.
func TestPrincipalComesAndGoes(t *testing.T) {
	c := newCore(t)
	var made, again view
	put := func(want int, v *view) {
		t.Helper()
		got := armtest.Call(c, "PUT", in+"me-too", `{"location":"eastus","tags":{"a":"b"},"properties":{"isolationScope":"Regional"}}`)
		if got.Code != want {
			t.Fatalf("%d %s, want %d", got.Code, got.Body, want)
		}
		got.JSON(t, v)
	}
	put(201, &made)
	put(200, &again)
	if made.Properties != again.Properties || made.Properties.IsolationScope != "Regional" || made.Tags["a"] != "b" || made.Properties.TenantID != armtest.Tenant {
		t.Errorf("made %+v, put again %+v", made, again)
	}
	p, ok := c.Directory.Principal(made.Properties.PrincipalID)
	if !ok || p.AppID != made.Properties.ClientID || p.ResourceID != made.ID || !p.UserAssigned {
		t.Errorf("principal %+v", p)
	}
	for _, want := range []int{200, 204} {
		if got := armtest.Call(c, "DELETE", strings.ToUpper(in+"me-too"), ""); got.Code != want {
			t.Errorf("delete: %d %s, want %d", got.Code, got.Body, want)
		}
	}
	if _, ok := c.Directory.Principal(p.ID); ok {
		t.Error("the principal outlives its identity")
	}
	put(201, &again)
	if again.Properties.PrincipalID == made.Properties.PrincipalID || again.Properties.ClientID == made.Properties.ClientID {
		t.Error("a new identity has the ids of the old one")
	}
	empty, err := c.DeleteGroup("g")
	if err != nil {
		t.Fatal(err)
	}
	if err := empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Directory.Principal(again.Properties.PrincipalID); ok {
		t.Error("the principal outlives the resource group")
	}
}

func TestRefusals(t *testing.T) {
	c := newCore(t)
	if got := armtest.Call(c, "PUT", in+"there", `{"location":"eastus"}`); got.Code != 201 {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	for _, tt := range []struct {
		status             int
		code, method, path string
		body               string
	}{
		{404, "ResourceNotFound", "GET", in + "none", ""},
		{404, "ResourceNotFound", "PATCH", in + "none", `{"tags":{}}`},
		{400, "LocationRequired", "PUT", in + "new", `{}`},
		{400, "LocationNotAvailableForResourceType", "PUT", in + "new", `{"location":"moon"}`},
		{409, "InvalidResourceLocation", "PUT", in + "there", `{"location":"westeurope"}`},
		{400, "ReservedTagNamePrefix", "PUT", in + "new", `{"location":"eastus","tags":{"azure-x":"y"}}`},
		{400, "ReservedTagNamePrefix", "PATCH", in + "there", `{"tags":{"azure-x":"y"}}`},
		{400, "InvalidResourceName", "PUT", in + "ab", `{"location":"eastus"}`},
		{400, "InvalidResourceName", "PUT", in + "-abc", `{"location":"eastus"}`},
		{400, "InvalidResourceName", "PUT", in + "a.bc", `{"location":"eastus"}`},
		{400, "InvalidResourceName", "PUT", in + strings.Repeat("x", 129), `{"location":"eastus"}`},
		{404, "ResourceGroupNotFound", "PUT", strings.Replace(in, "/g/", "/none/", 1) + "new", `{"location":"eastus"}`},
		{501, "NotImplemented", "GET", in + "there/federatedIdentityCredentials", ""},
	} {
		got := armtest.Call(c, tt.method, tt.path, tt.body)
		if code, _ := got.Fault(); got.Code != tt.status || code != tt.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, got.Code, got.Body, tt.status, tt.code)
		}
	}
}

// A resource's own identity is shown below that resource, and a user-assigned one nowhere but at its own address.
func TestSystemAssigned(t *testing.T) {
	c := newCore(t)
	armtest.PutBox(t, c, "g", "b", `{"location":"eastus","tags":{"a":"b"}}`)
	path := armtest.BoxID("g", "b").String() + "/providers/Microsoft.ManagedIdentity/identities/default"
	if got := armtest.Call(c, "GET", path, ""); got.Code != 404 {
		t.Errorf("a resource without an identity: %d %s", got.Code, got.Body)
	}
	p := c.Directory.AddIdentity(armtest.BoxID("g", "b").String(), "b", false)
	got := armtest.Call(c, "GET", path, "")
	var v view
	got.JSON(t, &v)
	if got.Code != 200 || v.Properties.PrincipalID != p.ID || v.Location != "eastus" || v.Tags["a"] != "b" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// Requests that make and delete one identity at a time leave no principal without an identity, whose ids the next one of
// the name would get.
func TestMadeAndDeletedAtOnce(t *testing.T) {
	c := newCore(t)
	for range 3000 {
		var both sync.WaitGroup
		both.Go(func() {
			if got := armtest.Call(c, "PUT", in+"me-too", `{"location":"eastus"}`); got.Code/100 != 2 {
				t.Errorf("PUT: %d %s", got.Code, got.Body)
			}
		})
		both.Go(func() { armtest.Call(c, "DELETE", in+"me-too", "") })
		both.Wait()
		got := armtest.Call(c, "GET", in+"me-too", "")
		if principal, ok := c.Directory.Identity(in + "me-too"); ok != (got.Code == 200) {
			t.Fatalf("the identity: %d %s; its principal: %+v", got.Code, got.Body, principal)
		}
	}
}
