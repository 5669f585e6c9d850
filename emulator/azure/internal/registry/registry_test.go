package registry_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry"
)

const (
	inGroup = armtest.Sub + "/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/"
	newest  = "2026-09-01-preview"
	basic   = `{"location":"eastus","sku":{"name":"Basic"},"properties":{"adminUserEnabled":false,"anonymousPullEnabled":false}}`
)

// principals by their Entra token, which is also their secret; allowed are the rights of each.
type directory struct {
	allowed map[string][]string
}

const (
	pullRight   = "Microsoft.ContainerRegistry/registries/pull/read"
	pushRight   = "Microsoft.ContainerRegistry/registries/push/write"
	deleteRight = "Microsoft.ContainerRegistry/registries/artifacts/delete"
)

// setup is a core with registries, a resource group g and principals: owner may all, puller pulls, pusher pulls and pushes,
// deleter deletes, nobody has no right.
func setup(t *testing.T, settings string) *arm.Core {
	t.Helper()
	c := armtest.NewCore(t, settings)
	registry.Register(c, registry.Options{})
	d := directory{allowed: map[string][]string{
		"owner": {pullRight, pushRight, deleteRight}, "puller": {pullRight}, "pusher": {pullRight, pushRight},
		"deleter": {deleteRight}, "nobody": nil,
	}}
	c.Verify = func(_ context.Context, token string, audiences ...string) (*arm.Principal, error) {
		name, audience, _ := strings.Cut(token, "@")
		if _, ok := d.allowed[name]; !ok || !slices.Contains(audiences, audience) {
			return nil, arm.InvalidToken("")
		}
		return &arm.Principal{ObjectID: name, AppID: name}, nil
	}
	c.SignIn = func(_ context.Context, id, secret string) (*arm.Principal, error) {
		if _, ok := d.allowed[id]; !ok || secret != "secret of "+id {
			return nil, arm.InvalidToken("")
		}
		return &arm.Principal{ObjectID: id, AppID: id}, nil
	}
	c.Authorize = func(_ context.Context, a arm.Access) error {
		if a.Principal.ObjectID == "object" || slices.Contains(d.allowed[a.Principal.ObjectID], a.Action) && strings.Contains(a.Scope.String(), "/registries/") {
			return nil
		}
		return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
	}
	armtest.Group(t, c, "g")
	return c
}

// made makes a registry and waits for it; call it in a bubble of synctest.
func made(t *testing.T, c *arm.Core, name, body string) {
	t.Helper()
	if got := armtest.Call(c, "PUT", inGroup+name, body); got.Code/100 != 2 {
		t.Fatalf("making %s: %d %s", name, got.Code, got.Body)
	}
	synctest.Wait()
}

type registryJSON struct {
	ID, Name, Location string
	SKU                struct{ Name, Tier string }
	Tags               map[string]string
	Properties         struct {
		LoginServer, ProvisioningState         string
		AdminUserEnabled, AnonymousPullEnabled bool
		Policies                               struct {
			AzureADAuthenticationAsArmPolicy struct{ Status string }
			RetentionPolicy                  struct {
				Days   int
				Status string
			}
			QuarantinePolicy, ExportPolicy struct{ Status string }
		}
	}
}

func call(t *testing.T, c *arm.Core, method, path, body string, want int) registryJSON {
	t.Helper()
	got := armtest.Call(c, method, path+"?api-version="+newest, body)
	if got.Code != want {
		t.Fatalf("%s %s: %d %s, want %d", method, path, got.Code, got.Body, want)
	}
	var view registryJSON
	if got.Body.Len() > 0 {
		got.JSON(t, &view)
	}
	return view
}

func TestLifecycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, `{"latency":{"operation":"5s"}}`)
		answer := armtest.Call(c, "PUT", inGroup+"MyRegistry1?api-version="+newest, basic)
		var view registryJSON
		answer.JSON(t, &view)
		p := view.Properties
		if answer.Code != 201 || p.ProvisioningState != "Creating" || view.Name != "MyRegistry1" || p.LoginServer != "myregistry1.azurecr.io" ||
			view.SKU.Tier != "Basic" || view.Tags == nil || p.Policies.AzureADAuthenticationAsArmPolicy.Status != "enabled" {
			t.Errorf("PUT: %d %s", answer.Code, answer.Body)
		}
		poll, err := url.Parse(answer.Header().Get("Azure-AsyncOperation"))
		if err != nil || poll.Path == "" {
			t.Fatalf("no Azure-AsyncOperation: %v", answer.Header())
		}
		status := func() string {
			var body struct{ Status string }
			armtest.Call(c, "GET", poll.RequestURI(), "").JSON(t, &body)
			return body.Status
		}
		if got := status(); got != "Creating" {
			t.Errorf("at first the operation is %s", got)
		}
		if _, ok := c.Host("myregistry1.azurecr.io"); ok {
			t.Error("the host answers before the registry is there")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := status(); got != "Succeeded" {
			t.Errorf("in the end the operation is %s", got)
		}
		if _, ok := c.Host("myregistry1.azurecr.io:443"); !ok {
			t.Error("the host does not answer")
		}
		if got := call(t, c, "GET", inGroup+"myregistry1", "", 200); got.Name != "MyRegistry1" || got.Properties.ProvisioningState != "Succeeded" {
			t.Errorf("GET: %+v", got)
		}
		for _, list := range []string{"/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries", "/providers/Microsoft.ContainerRegistry/registries", "/resources"} {
			if got := armtest.Call(c, "GET", armtest.Sub+list, ""); !strings.Contains(got.Body.String(), "/registries/MyRegistry1") {
				t.Errorf("%s: %s", list, got.Body)
			}
		}
		changed := call(t, c, "PATCH", inGroup+"MyRegistry1", `{"tags":{"a":"b"},"sku":{"name":"standard"},"properties":{"adminUserEnabled":true,"anonymousPullEnabled":true,
			"policies":{"retentionPolicy":{"days":30,"status":"enabled"},"azureADAuthenticationAsArmPolicy":{"status":"disabled"}}}}`, 200)
		p = changed.Properties
		if changed.Tags["a"] != "b" || changed.SKU.Name != "Standard" || !p.AdminUserEnabled || !p.AnonymousPullEnabled || p.Policies.RetentionPolicy.Days != 30 ||
			p.Policies.RetentionPolicy.Status != "enabled" || p.Policies.AzureADAuthenticationAsArmPolicy.Status != "disabled" || p.Policies.ExportPolicy.Status != "enabled" {
			t.Errorf("PATCH: %+v", changed)
		}
		if kept := call(t, c, "PATCH", inGroup+"MyRegistry1", `{"properties":{"adminUserEnabled":false}}`, 200); kept.Tags["a"] != "b" || !kept.Properties.AnonymousPullEnabled {
			t.Errorf("PATCH forgets: %+v", kept)
		}
		if again := call(t, c, "PUT", inGroup+"MyRegistry1", basic, 200); len(again.Tags) != 0 || again.Properties.AnonymousPullEnabled || again.Properties.ProvisioningState != "Succeeded" {
			t.Errorf("PUT again: %+v", again)
		}
		call(t, c, "DELETE", inGroup+"MyRegistry1", "", 200)
		call(t, c, "DELETE", inGroup+"MyRegistry1", "", 204)
		if _, ok := c.Host("myregistry1.azurecr.io"); ok {
			t.Error("the host answers after the delete")
		}
		if got := armtest.Call(c, "GET", inGroup+"MyRegistry1", ""); got.Code != 404 {
			t.Errorf("GET after the delete: %d", got.Code)
		}
	})
}

// A registry whose making a fault lets fail never serves images, and a second PUT mends it.
func TestFailedCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"Registries_Create"},"times":1,"effect":{"provisioningState":"Failed"}}`)); err != nil {
			t.Fatal(err)
		}
		made(t, c, "registry1", basic)
		if got := call(t, c, "GET", inGroup+"registry1", "", 200); got.Properties.ProvisioningState != "Failed" {
			t.Errorf("state %s", got.Properties.ProvisioningState)
		}
		if _, ok := c.Host("registry1.azurecr.io"); ok {
			t.Error("the host of a failed registry answers")
		}
		if got := call(t, c, "PUT", inGroup+"registry1", basic, 200); got.Properties.ProvisioningState != "Succeeded" {
			t.Errorf("state %s", got.Properties.ProvisioningState)
		}
	})
}

// The group's end and a reset take registries with them, and their names are free again.
func TestGroupDeleteAndReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		for _, end := range []func(){
			func() { armtest.Call(c, "DELETE", armtest.Sub+"/resourcegroups/g", "") },
			func() { c.Reset(t.Context()) },
		} {
			made(t, c, "registry1", basic)
			end()
			synctest.Wait()
			if _, ok := c.Host("registry1.azurecr.io"); ok {
				t.Error("the host of a registry that has gone answers")
			}
			armtest.Group(t, c, "g")
		}
		made(t, c, "registry1", basic)
	})
}

func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		armtest.Group(t, c, "other")
		made(t, c, "Taken1", basic)
		check := func(name string) (available bool, reason, server string) {
			var got struct {
				NameAvailable                             bool
				Reason, Message, AvailableLoginServerName string
			}
			armtest.Call(c, "POST", armtest.Sub+"/providers/Microsoft.ContainerRegistry/checkNameAvailability?api-version=2026-09-01-preview",
				`{"name":"`+name+`","type":"Microsoft.ContainerRegistry/registries","autoGeneratedDomainNameLabelScope":"Unsecure"}`).JSON(t, &got)
			if got.NameAvailable == (got.Message != "") {
				t.Errorf("%s: available %v, message %q", name, got.NameAvailable, got.Message)
			}
			return got.NameAvailable, got.Reason, got.AvailableLoginServerName
		}
		for _, name := range []string{"four", "with-hyphen", "with.dot", "umlautä", strings.Repeat("a", 51)} {
			if got := armtest.Call(c, "PUT", inGroup+name, basic); got.Code != 400 {
				t.Errorf("PUT %s: %d %s", name, got.Code, got.Body)
			}
			if ok, reason, _ := check(name); ok || reason != "Invalid" {
				t.Errorf("%s is available: %v, %s", name, ok, reason)
			}
		}
		got := armtest.Call(c, "PUT", armtest.Sub+"/resourceGroups/other/providers/Microsoft.ContainerRegistry/registries/TAKEN1", basic)
		if code, message := got.Fault(); got.Code != 409 || code != "AlreadyInUse" || !strings.Contains(message, "taken1.azurecr.io") {
			t.Errorf("a taken name: %d %s", got.Code, got.Body)
		}
		if ok, reason, _ := check("tAKEN1"); ok || reason != "AlreadyExists" {
			t.Errorf("a taken name is available: %v, %s", ok, reason)
		}
		for _, name := range []string{"five5", strings.Repeat("a", 50)} {
			if ok, _, server := check(name); !ok || server != name+".azurecr.io" {
				t.Errorf("%s: %v %s", name, ok, server)
			}
			made(t, c, name, basic)
		}
		if got := armtest.Call(c, "POST", armtest.Sub+"/providers/Microsoft.ContainerRegistry/checkNameAvailability", `{"name":"five5","type":"x"}`); got.Code != 400 {
			t.Errorf("another type: %d", got.Code)
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		for body, want := range map[string]string{
			`{"sku":{"name":"Basic"}}`:                                                          "LocationRequired",
			`{"location":"mars","sku":{"name":"Basic"}}`:                                        "LocationNotAvailableForResourceType",
			`{"location":"eastus"}`:                                                             "SkuRequired",
			`{"location":"eastus","sku":{"name":"Huge"}}`:                                       "InvalidSku",
			property(`"anonymousPullEnabled":true`):                                             "InvalidRegistryProperty",
			property(`"zoneRedundancy":"Perhaps"`):                                              "InvalidRegistryProperty",
			property(`"policies":{"exportPolicy":{"status":"x"}}`):                              "InvalidRegistryProperty",
			property(`"publicNetworkAccess":"Disabled"`):                                        "NotImplemented",
			property(`"networkRuleSet":{"defaultAction":"Deny"}`):                               "NotImplemented",
			property(`"encryption":{"status":"enabled"}`):                                       "NotImplemented",
			property(`"dataEndpointEnabled":true`):                                              "NotImplemented",
			property(`"autoGeneratedDomainNameLabelScope":"TenantReuse"`):                       "NotImplemented",
			property(`"roleAssignmentMode":"AbacRepositoryPermissions"`):                        "NotImplemented",
			`{"location":"eastus","sku":{"name":"Basic"},"identity":{"type":"SystemAssigned"}}`: "NotImplemented",
		} {
			got := armtest.Call(c, "PUT", inGroup+"registry1", body)
			if code, _ := got.Fault(); code != want {
				t.Errorf("%s: %d %s, want %s", body, got.Code, got.Body, want)
			}
		}
		// What says that something is off is taken.
		made(t, c, "registry1", property(`"publicNetworkAccess":"Enabled","networkRuleSet":{"defaultAction":"Allow"},"encryption":{"status":"disabled"},
			"dataEndpointEnabled":false,"autoGeneratedDomainNameLabelScope":"Unsecure","roleAssignmentMode":"LegacyRegistryPermissions"`))
		if got := armtest.Call(c, "PUT", inGroup+"registry1", strings.Replace(basic, "eastus", "westeurope", 1)); got.Code != 409 {
			t.Errorf("another location: %d", got.Code)
		}
	})
}

func property(text string) string {
	return `{"location":"eastus","sku":{"name":"Basic"},"properties":{` + text + `}}`
}

func TestAdminUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, "")
		made(t, c, "Registry1", basic)
		got := armtest.Call(c, "POST", inGroup+"Registry1/listCredentials", "")
		if code, _ := got.Fault(); got.Code != 400 || code != "UnAuthorizedForCredentialOperations" {
			t.Errorf("without an admin user: %d %s", got.Code, got.Body)
		}
		call(t, c, "PATCH", inGroup+"Registry1", `{"properties":{"adminUserEnabled":true}}`, 200)
		first := adminOf(t, c, "POST", inGroup+"Registry1/listCredentials", "")
		if first.Username != "Registry1" || len(first.Passwords) != 2 || first.Passwords[0].Value == first.Passwords[1].Value {
			t.Errorf("%+v", first)
		}
		second := adminOf(t, c, "POST", inGroup+"Registry1/regenerateCredential", `{"name":"password2"}`)
		if second.Passwords[0] != first.Passwords[0] || second.Passwords[1] == first.Passwords[1] {
			t.Errorf("%+v then %+v", first, second)
		}
		if got := armtest.Call(c, "POST", inGroup+"Registry1/regenerateCredential", `{"name":"password3"}`); got.Code != 400 {
			t.Errorf("a third password: %d", got.Code)
		}
	})
}

type adminJSON struct {
	Username  string
	Passwords []struct{ Name, Value string }
}

func adminOf(t *testing.T, c *arm.Core, method, path, body string) adminJSON {
	t.Helper()
	var admin adminJSON
	got := armtest.Call(c, method, path, body)
	got.JSON(t, &admin)
	if got.Code != 200 {
		t.Fatalf("%s: %d %s", path, got.Code, got.Body)
	}
	return admin
}
