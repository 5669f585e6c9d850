package arm_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// What ARM itself refuses, in its words.
func TestRefusals(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "Group")
	if got := armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/register", ""); got.Code != 200 {
		t.Fatal(got.Body)
	}
	const in = sub + "/resourceGroups/group/providers/"
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code, message            string
	}{
		{"no api-version", "GET", "/subscriptions?x=api-version", "", nil, 400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."},
		{"no api-version, no token", "GET", "/subscriptions?x=api-version", "", []string{"Authorization", ""}, 400, "MissingApiVersionParameter", ""},
		{"malformed api-version", "GET", "/subscriptions?api-version=latest", "", nil, 400, "InvalidApiVersionParameter", "The api-version 'latest' is invalid."},
		{"api-version of no date", "GET", "/subscriptions?api-version=2023-13-01", "", nil, 400, "InvalidApiVersionParameter", ""},
		{"api-version with a tail", "GET", "/subscriptions?api-version=2023-05-01-x", "", nil, 400, "InvalidApiVersionParameter", ""},
		{"no token", "GET", "/subscriptions", "", []string{"Authorization", ""}, 401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."},
		{"another scheme", "GET", "/subscriptions", "", []string{"Authorization", "Basic good"}, 401, "AuthenticationFailedInvalidHeader", "invalid format"},
		{"empty bearer", "GET", "/subscriptions", "", []string{"Authorization", "Bearer "}, 401, "AuthenticationFailedInvalidHeader", ""},
		{"bad token", "GET", "/subscriptions", "", []string{"Authorization", "Bearer bad"}, 401, "InvalidAuthenticationToken", "The access token is invalid."},
		{"unverifiable token", "GET", "/subscriptions", "", []string{"Authorization", "Bearer forged"}, 401, "InvalidAuthenticationToken", "cannot be verified"},
		{"token of nobody", "GET", "/subscriptions", "", []string{"Authorization", "Bearer nobody"}, 401, "InvalidAuthenticationToken", "names no caller"},
		{"no token on an unknown path", "GET", "/nonsense", "", []string{"Authorization", ""}, 401, "AuthenticationFailed", ""},
		{"unknown path", "GET", "/nonsense", "", nil, 404, "NotFound", "'/nonsense'"},
		{"root", "GET", "/", "", nil, 404, "NotFound", ""},
		{"malformed subscription", "GET", "/subscriptions/mine/resourcegroups", "", nil, 400, "InvalidSubscriptionId", "The provided subscription identifier 'mine' is malformed or invalid."},
		{"unknown subscription", "GET", "/subscriptions/00000000-0000-4000-8000-000000000000/resourcegroups", "", nil, 404, "SubscriptionNotFound",
			"The subscription '00000000-0000-4000-8000-000000000000' could not be found."},
		{"unknown group", "GET", sub + "/resourcegroups/none", "", nil, 404, "ResourceGroupNotFound", "Resource group 'none' could not be found."},
		{"resource in an unknown group", "GET", sub + "/resourcegroups/none/providers/Contoso.Storage/boxes/b", "", nil, 404, "ResourceGroupNotFound", "'none'"},
		{"list of an unknown group", "GET", sub + "/resourceGroups/none/resources", "", nil, 404, "ResourceGroupNotFound", "'none'"},
		{"unknown resource", "GET", in + "contoso.storage/BOXES/b", "", nil, 404, "ResourceNotFound",
			"The Resource 'Contoso.Storage/boxes/b' under resource group 'Group' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"},
		{"unknown provider", "GET", in + "Contoso.Nothing/x/y", "", nil, 404, "InvalidResourceNamespace", "The resource namespace 'Contoso.Nothing' is invalid."},
		{"unknown type", "PUT", in + "Contoso.Storage/crates/c", "{}", nil, 404, "InvalidResourceType",
			"The resource type 'crates' could not be found in the namespace 'Contoso.Storage' for api version '2023-05-01'."},
		{"unknown action", "POST", in + "Contoso.Storage/boxes/b/shake", "", nil, 404, "InvalidResourceType", "'boxes/shake'"},
		{"wrong method", "POST", in + "Contoso.Storage/boxes/b", "", nil, 405, "MethodNotAllowed", "does not support http method 'POST'"},
		{"too old", "GET", in + "Contoso.Storage/boxes/b?api-version=2019-01-01", "", nil, 400, "NoRegisteredProviderFound",
			"No registered resource provider found for location 'eastus' and API version '2019-01-01' for type 'boxes'. The supported api-versions are '2023-05-01, 2022-09-01'."},
		{"another media type", "PUT", in + "Contoso.Storage/boxes/b", "<x/>", []string{"Content-Type", "application/xml"}, 415, "UnsupportedMediaType",
			"The content media type 'application/xml' is not supported. Only 'application/json' is supported."},
		{"no media type", "PUT", in + "Contoso.Storage/boxes/b", "{}", []string{"Content-Type", ""}, 415, "UnsupportedMediaType", "The content media type '<null>' is not supported."},
		{"no body", "PUT", in + "Contoso.Storage/boxes/b", "", nil, 400, "InvalidRequestContent", "could not be deserialized"},
		{"malformed body", "PUT", in + "Contoso.Storage/boxes/b", `{"location":`, nil, 400, "InvalidRequestContent", "Unexpected end"},
		{"syntax", "PUT", in + "Contoso.Storage/boxes/b", `{location:1}`, nil, 400, "InvalidRequestContent", "position 2"},
		{"two documents", "PUT", in + "Contoso.Storage/boxes/b", `{} {}`, nil, 400, "InvalidRequestContent", "Additional text"},
		{"wrong type", "PUT", in + "Contoso.Storage/boxes/b", `{"location":[5]}`, nil, 400, "InvalidRequestContent", "Path 'location'"},
		{"list as body", "PUT", in + "Contoso.Storage/boxes/b", `[]`, nil, 400, "InvalidRequestContent", "a list to an object"},
		{"no location", "PUT", in + "Contoso.Storage/boxes/b", `{}`, nil, 400, "LocationRequired", "location property is required"},
		{"unknown location", "PUT", in + "Contoso.Storage/boxes/b", `{"location":"moon"}`, nil, 400, "LocationNotAvailableForResourceType",
			"The provided location 'moon' is not available for resource type 'Contoso.Storage/boxes'. List of available regions for the resource type is 'eastus,westeurope,northeurope,westus2'."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := armtest.Call(c, tt.method, tt.path, tt.body, tt.header...)
			code, message := got.Fault()
			if got.Code != tt.status || code != tt.code || !strings.Contains(message, tt.message) || message == "" {
				t.Errorf("%d %s %q, want %d %s …%s…", got.Code, code, message, tt.status, tt.code, tt.message)
			}
			if kind := got.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", kind)
			}
			challenge := got.Header().Get("Www-Authenticate")
			if want := `Bearer authorization_uri="https://login.windows.net/` + tenant + `", error="invalid_token"`; tt.status == 401 && !strings.HasPrefix(challenge, want) {
				t.Errorf("WWW-Authenticate %q, want %q…", challenge, want)
			}
			if tt.status == 405 && got.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func TestNotRegistered(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	if got := armtest.Call(c, "POST", sub+"/providers/contoso.storage/unregister", ""); got.Code != 200 {
		t.Fatal(got.Body)
	}
	got := armtest.Call(c, "PUT", sub+"/resourceGroups/g/providers/Contoso.Storage/boxes/b", `{"location":"eastus"}`)
	code, message := got.Fault()
	if got.Code != 409 || code != "MissingSubscriptionRegistration" || !strings.Contains(message, "The subscription is not registered to use namespace 'Contoso.Storage'.") {
		t.Errorf("%d %s %s", got.Code, code, message)
	}
	armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/register", "")
	armtest.PutBox(t, c, "g", "b", `{"location":"eastus"}`)
	got = armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/unregister", "")
	if code, _ := got.Fault(); got.Code != 409 || code != "CannotUnregisterRegistrationAlreadyInUse" {
		t.Errorf("unregistering a provider in use: %d %s", got.Code, got.Body)
	}
	got = armtest.Call(c, "POST", sub+"/providers/Microsoft.Resources/unregister", "")
	if code, _ := got.Fault(); got.Code != 409 || code != "CannotUnregisterProvider" {
		t.Errorf("unregistering ARM: %d %s", got.Code, got.Body)
	}
}

func TestPanicIsAnError(t *testing.T) {
	c := armtest.NewCore(t, "")
	c.Handle(arm.Operation{ID: "Boxes_Panic", Method: "GET", Path: "/panic"}, func(*arm.Request) (*arm.Response, error) {
		panic("a secret inside")
	})
	c.Handle(arm.Operation{ID: "Boxes_Unwritable", Method: "GET", Path: "/unwritable"}, func(*arm.Request) (*arm.Response, error) {
		return &arm.Response{Body: func() {}}, nil
	})
	c.Handle(arm.Operation{ID: "Boxes_Plain", Method: "GET", Path: "/plain"}, func(*arm.Request) (*arm.Response, error) {
		return nil, errPlain{}
	})
	for _, path := range []string{"/panic", "/unwritable", "/plain"} {
		got := armtest.Call(c, "GET", path, "")
		if code, _ := got.Fault(); got.Code != 500 || code != "InternalServerError" || strings.Contains(got.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}

type errPlain struct{}

func (errPlain) Error() string { return "a secret inside" }

func TestAuthorize(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "Group")
	var asked []arm.Access
	c.Authorize = func(_ context.Context, a arm.Access) error {
		asked = append(asked, a)
		return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
	}
	c.Reaches = func(*arm.Principal, arm.ResourceID) bool { return false }
	tests := []struct{ method, path, action, scope string }{
		{"GET", sub, "Microsoft.Resources/subscriptions/read", sub},
		{"GET", sub + "/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups/read", sub},
		{"PUT", sub + "/resourcegroups/group", "Microsoft.Resources/subscriptions/resourceGroups/write", sub + "/resourceGroups/Group"},
		{"DELETE", sub + "/resourcegroups/group", "Microsoft.Resources/subscriptions/resourceGroups/delete", sub + "/resourceGroups/Group"},
		{"PUT", sub + "/resourcegroups/group/providers/contoso.storage/BOXES/b", "Contoso.Storage/boxes/write", sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/b"},
		{"GET", sub + "/resourcegroups/group/providers/contoso.storage/BOXES/b", "Contoso.Storage/boxes/read", sub + "/resourceGroups/Group/providers/Contoso.Storage/boxes/b"},
		{"POST", sub + "/providers/Contoso.Storage/register", "Contoso.Storage/register/action", sub},
		{"GET", sub + "/providers/Contoso.Storage", "Microsoft.Resources/subscriptions/providers/read", sub},
		{"PATCH", sub + "/resourceGroups/group/providers/Microsoft.Resources/tags/default", "Microsoft.Resources/tags/write", sub + "/resourceGroups/Group/providers/Microsoft.Resources/tags/default"},
	}
	for _, tt := range tests {
		asked = nil
		got := armtest.Call(c, tt.method, tt.path, "")
		code, message := got.Fault()
		if got.Code != 403 || code != "AuthorizationFailed" ||
			!strings.HasPrefix(message, "The client 'application' with object id 'object' does not have authorization to perform action '"+tt.action+"' over scope '"+tt.scope+"'") {
			t.Errorf("%s %s: %d %s %s", tt.method, tt.path, got.Code, code, message)
		}
		if len(asked) != 1 || asked[0].Action != tt.action || asked[0].Scope.String() != tt.scope {
			t.Errorf("%s %s asks %+v", tt.method, tt.path, asked)
		}
	}
	asked = nil
	c.Reaches = func(*arm.Principal, arm.ResourceID) bool { return true }
	got := armtest.Call(c, "GET", sub+"/resourcegroups", "")
	if got.Code != 200 || strings.Contains(got.Body.String(), "Group\"") || len(asked) != 1 || asked[0].Scope.Name() != "Group" {
		t.Errorf("a list shows what its reader may not read, or does not ask for each: %d %s, asks %+v", got.Code, got.Body, asked)
	}
	asked = nil
	for _, path := range []string{"/subscriptions", "/tenants", "/providers", "/providers/Microsoft.Resources/operations"} {
		if got := armtest.Call(c, "GET", path, ""); got.Code != 200 || len(asked) != 0 {
			t.Errorf("GET %s needs a right: %d, asks %+v", path, got.Code, asked)
		}
	}
	if got := armtest.Call(c, "GET", "/subscriptions", "", "Authorization", ""); got.Code != 401 {
		t.Errorf("GET /subscriptions without a token: %d", got.Code)
	}
}
