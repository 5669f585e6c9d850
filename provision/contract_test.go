package provision_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/provision"
)

// contract is the scenarios of Prefect's own tests of its provisioner's parts, as they hold for every [provision.Cloud]:
// what is asked for is not there, is made, and is there. Each goes on from the one before.
var contract = []struct {
	name string
	test func(t *testing.T, c *made)
}{
	{"a resource group", func(t *testing.T, c *made) {
		found, err := c.Group(t.Context(), "rg")
		c.absent(found == nil, err)
		want := &provision.Group{ID: c.scope, Name: "rg", Location: "westeurope", Tags: map[string]string{provision.TagProvisioned: "push-pool"}}
		c.group, err = c.CreateGroup(t.Context(), provision.Group{Name: "rg", Location: "westeurope", Tags: want.Tags})
		c.same(want, c.group, err)
		again, err := c.CreateGroup(t.Context(), provision.Group{Name: "rg", Location: "westeurope", Tags: want.Tags})
		c.same(want, again, err)
		found, err = c.Group(t.Context(), "rg")
		c.same(want, found, err)
	}},
	{"an application", func(t *testing.T, c *made) {
		found, err := c.Application(t.Context(), "app")
		c.absent(found == nil, err)
		found, err = c.ApplicationByID(t.Context(), nobody)
		c.absent(found == nil, err)
		c.app, err = c.CreateApplication(t.Context(), "app")
		c.same("app", c.app.Name, err)
		if !c.app.Provisioned {
			t.Error("the application has no mark")
		}
		again, err := c.CreateApplication(t.Context(), "app")
		c.same(c.app.ClientID, again.ClientID, err)
		if _, err = c.CreateApplication(t.Context(), "app 2"); err != nil { // which begins with the name
			t.Fatal(err)
		}
		found, err = c.Application(t.Context(), "app")
		c.same(c.app.ClientID, found.ClientID, err)
		c.same(true, found.Provisioned, err)
		found, err = c.ApplicationByID(t.Context(), c.app.ClientID)
		c.same(c.app.ObjectID, found.ObjectID, err)
		// One that somebody made is not marked, even if it is seen too late.
		c.graph("POST", "/applications", `{"displayName":"theirs"}`)
		theirs, err := c.CreateApplication(t.Context(), "theirs")
		c.same(false, theirs.Provisioned, err)
		found, err = c.Application(t.Context(), "theirs")
		c.same(false, found.Provisioned, err)
		names, err := c.FederatedCredentials(t.Context(), *theirs)
		c.same(0, len(names), err)
		c.graph("POST", "/applications/"+theirs.ObjectID+"/federatedIdentityCredentials",
			`{"name":"ci","issuer":"https://token.example","subject":"repo:x","audiences":["api://AzureADTokenExchange"]}`)
		names, err = c.FederatedCredentials(t.Context(), *theirs)
		c.same([]string{"ci"}, names, err)
	}},
	{"a service principal", func(t *testing.T, c *made) {
		found, err := c.Principal(t.Context(), c.app.ClientID)
		c.absent(found == nil, err)
		c.principal, err = c.CreatePrincipal(t.Context(), c.app.ClientID)
		c.same(c.app.ClientID, c.principal.ClientID, err)
		again, err := c.CreatePrincipal(t.Context(), c.app.ClientID)
		c.same(c.principal, again, err)
		found, err = c.Principal(t.Context(), c.app.ClientID)
		c.same(c.principal, found, err)
	}},
	{"a secret", func(t *testing.T, c *made) {
		first, err := c.CreateSecret(t.Context(), *c.app, "block", 0)
		c.same(nil, c.signIn(t.Context(), c.tenant, c.app.ClientID, first.Text), err)
		second, err := c.CreateSecret(t.Context(), *c.app, "block", 48*time.Hour)
		c.same(nil, c.signIn(t.Context(), c.tenant, c.app.ClientID, second.Text), err)
		if c.signIn(t.Context(), c.tenant, c.app.ClientID, first.Text) == nil {
			t.Error("the secret that was replaced still signs in")
		}
		found, err := c.ApplicationByID(t.Context(), c.app.ClientID)
		c.same(1, len(found.Secrets), err)
		if left := time.Until(found.Secrets[0].End); left < 47*time.Hour || left > 49*time.Hour {
			t.Errorf("the secret is valid for %v, want 48h", left)
		}
		c.same(nil, nil, c.DeleteSecret(t.Context(), *found, access.SecretInfo{DisplayName: "block"}))
		c.same(nil, nil, c.DeleteSecret(t.Context(), *found, access.SecretInfo{DisplayName: "block"}))
		c.same(nil, nil, c.DeleteSecret(t.Context(), provision.Application{ObjectID: nobody, ClientID: nobody}, access.SecretInfo{DisplayName: "block"}))
	}},
	{"a role", func(t *testing.T, c *made) {
		c.role(provision.Grant{Principal: c.principal.ObjectID, Role: access.Contributor, Scope: c.scope})
	}},
	{"a role of Pacific's own", func(t *testing.T, c *made) {
		role := access.JobRunner
		c.role(provision.Grant{Principal: c.principal.ObjectID, Custom: &role, Scope: c.scope})
		more := role.With(access.AssignIdentity)
		c.role(provision.Grant{Principal: c.principal.ObjectID, Custom: &more, Scope: c.scope})
	}},
	{"a registry", func(t *testing.T, c *made) {
		all, err := c.Registries(t.Context())
		c.same(0, len(all), err)
		ask := provision.Registry{Name: "contract1", Group: "rg", Location: "westeurope", Tags: map[string]string{provision.TagProvisioned: "push-pool"}}
		want := ask
		want.ID, want.LoginServer = c.scope+"/providers/Microsoft.ContainerRegistry/registries/contract1", "contract1.azurecr.io"
		if c.registry, err = c.CreateRegistry(t.Context(), ask); err == nil {
			if want.Created = c.registry.Created; want.Created.IsZero() {
				t.Error("nothing says when the registry was made")
			}
		}
		c.same(&want, c.registry, err)
		again, err := c.CreateRegistry(t.Context(), ask)
		c.same(&want, again, err)
		all, err = c.Registries(t.Context())
		c.same([]provision.Registry{want}, all, err)
		c.same(nil, nil, c.Login(t.Context(), want))
	}},
	{"a managed identity", func(t *testing.T, c *made) {
		found, err := c.Identity(t.Context(), "rg", "identity")
		c.absent(found == nil, err)
		found, err = c.Identity(t.Context(), "nowhere", "identity")
		c.absent(found == nil, err)
		ask := provision.Identity{Name: "identity", Group: "rg", Location: "westeurope", Tags: map[string]string{provision.TagProvisioned: "push-pool"}}
		if c.identity, err = c.CreateIdentity(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
		want := ask
		want.ID, want.PrincipalID = c.scope+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity", c.identity.PrincipalID
		c.same(&want, c.identity, err)
		again, err := c.CreateIdentity(t.Context(), ask)
		c.same(&want, again, err)
		found, err = c.Identity(t.Context(), "rg", "identity")
		c.same(&want, found, err)
		c.role(provision.Grant{Principal: want.PrincipalID, Role: access.AcrPull, Scope: c.registry.ID})
	}},
	{"the end of all", func(t *testing.T, c *made) {
		ids, err := c.GroupResources(t.Context(), "rg")
		c.same(2, len(ids), err)
		for range 2 { // what is not there counts as deleted
			c.same(nil, nil, c.Revoke(t.Context(), provision.Grant{Principal: c.principal.ObjectID, Role: access.Contributor, Scope: c.scope}))
			c.same(nil, nil, c.DeleteIdentity(t.Context(), *c.identity))
			c.same(nil, nil, c.DeleteRegistry(t.Context(), *c.registry))
			c.same(nil, nil, c.DeleteGroup(t.Context(), "rg"))
			c.same(nil, nil, c.DeleteApplication(t.Context(), *c.app))
			c.same(nil, nil, c.Revoke(t.Context(), provision.Grant{Principal: c.principal.ObjectID, Role: access.Contributor, Scope: c.scope}))
			ids, err := c.GroupResources(t.Context(), "rg")
			c.same(0, len(ids), err)
		}
		found, err := c.ApplicationByID(t.Context(), c.app.ClientID)
		c.absent(found == nil, err)
	}},
}

// nobody is an id that nothing has.
const nobody = "11111111-2222-4333-8444-555555555555"

// made is an implementation of Cloud, and what it has made so far.
type made struct {
	provision.Cloud
	*site
	scope, tenant string
	group         *provision.Group
	app           *provision.Application
	principal     *provision.Principal
	registry      *provision.Registry
	identity      *provision.Identity
}

func (c *made) absent(nothing bool, err error) {
	c.t.Helper()
	if !nothing || err != nil {
		c.t.Fatalf("got something or %v, want nothing", err)
	}
}

func (c *made) same(want, got any, err error) {
	c.t.Helper()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		c.t.Fatalf("got %v: %s", err, diff)
	}
}

// role gives a role twice.
func (c *made) role(g provision.Grant) {
	c.t.Helper()
	for i := range 2 {
		has, err := c.Granted(c.t.Context(), g)
		c.same(i > 0, has, err)
		c.same(nil, nil, c.Grant(c.t.Context(), g))
	}
	has, err := c.Granted(c.t.Context(), g)
	c.same(true, has, err)
}

func TestContract(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		account := s.azure.Account()
		c := &made{Cloud: s.way(nil), site: s, tenant: account.TenantID, scope: "/subscriptions/" + account.SubscriptionID + "/resourceGroups/rg"}
		for _, scenario := range contract {
			t.Log(scenario.name)
			scenario.test(t, c)
		}
	})
}

// calls are one call of each method of Cloud, by the operation of Azure that is to fail.
var calls = map[string]func(context.Context, provision.Cloud) error{
	"ResourceGroups_CreateOrUpdate": func(ctx context.Context, c provision.Cloud) error {
		_, err := c.CreateGroup(ctx, provision.Group{Name: "rg", Location: "westeurope"})
		return err
	},
	"Graph_ListApplications": func(ctx context.Context, c provision.Cloud) error {
		_, err := c.Application(ctx, "app")
		return err
	},
	"Graph_CreateServicePrincipal": func(ctx context.Context, c provision.Cloud) error {
		app, err := c.CreateApplication(ctx, "app")
		if err == nil {
			_, err = c.CreatePrincipal(ctx, app.ClientID)
		}
		return err
	},
	"Graph_AddApplicationPassword": func(ctx context.Context, c provision.Cloud) error {
		app, err := c.CreateApplication(ctx, "app")
		if err == nil {
			_, err = c.CreateSecret(ctx, *app, "block", 0)
		}
		return err
	},
	"RoleAssignments_ListForResourceGroup": func(ctx context.Context, c provision.Cloud) error {
		app, err := c.CreateApplication(ctx, "app")
		if err != nil {
			return err
		}
		principal, err := c.CreatePrincipal(ctx, app.ClientID)
		if err == nil {
			_, err = c.Granted(ctx, provision.Grant{Principal: principal.ObjectID, Role: access.Contributor, Scope: "/subscriptions/7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02/resourceGroups/local"})
		}
		return err
	},
	"Registries_List": func(ctx context.Context, c provision.Cloud) error {
		_, err := c.Registries(ctx)
		return err
	},
	"Registries_Create": func(ctx context.Context, c provision.Cloud) error {
		_, err := c.CreateRegistry(ctx, provision.Registry{Name: "contract1", Group: "local", Location: "westeurope"})
		return err
	},
	"UserAssignedIdentities_CreateOrUpdate": func(ctx context.Context, c provision.Cloud) error {
		_, err := c.CreateIdentity(ctx, provision.Identity{Name: "identity", Group: "local", Location: "westeurope"})
		return err
	},
}

// TestRefused: what Azure refuses is an error with its reason, and is not asked again; Prefect's provisioner goes on.
func TestRefused(t *testing.T) {
	for operation, call := range calls {
		t.Run(operation, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				s.local()
				s.fault(`{"match":{"operation":"` + operation + `"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"Nobody may do that here."}}`)
				err := call(t.Context(), s.way(nil))
				if err == nil || !strings.Contains(err.Error(), "obody may do that here") {
					t.Errorf("got %v", err)
				}
				if hits := s.azure.Faults()[0].Hits; hits != 1 {
					t.Errorf("it was asked %d times", hits)
				}
			})
		})
	}
}

// local makes the resource group that the calls are about.
func (s *site) local() {
	s.t.Helper()
	if _, err := s.owner.CreateGroup(s.t.Context(), provision.Group{Name: "local", Location: "westeurope"}); err != nil {
		s.t.Fatal(err)
	}
}

// fault adds a fault to the emulated Azure.
func (s *site) fault(text string) {
	s.t.Helper()
	if err := s.azure.AddFaults([]byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// TestLost: failures of Azure's own are waited out, and somebody is told. az does not tell them apart where Microsoft Graph
// fails; it has asked some times then.
func TestLost(t *testing.T) {
	for operation, call := range calls {
		t.Run(operation, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				if via == az && strings.HasPrefix(operation, "Graph_") {
					t.Skip("az drops the codes of Microsoft Graph")
				}
				s := newSiteVia(t, via, "")
				s.local()
				s.fault(`{"match":{"operation":"` + operation + `"},"times":1,"effect":{"status":503,"code":"ServerBusy","message":"Later."}}`)
				waits := 0
				if err := call(t.Context(), s.way(func(azure.Wait) { waits++ })); err != nil || waits != 1 {
					t.Errorf("got %v after %d waits", err, waits)
				}
			})
		})
	}
}

// TestGatewaysNotFound: a 404 that is not Azure's own does not say that a thing is not there.
func TestGatewaysNotFound(t *testing.T) {
	reads := map[string]func(context.Context, provision.Cloud) error{
		"group": func(ctx context.Context, c provision.Cloud) error { _, err := c.Group(ctx, "local"); return err },
		"application": func(ctx context.Context, c provision.Cloud) error {
			_, err := c.ApplicationByID(ctx, nobody)
			return err
		},
		"principal": func(ctx context.Context, c provision.Cloud) error { _, err := c.Principal(ctx, nobody); return err },
		"identity": func(ctx context.Context, c provision.Cloud) error {
			_, err := c.Identity(ctx, "local", "identity")
			return err
		},
		"resources": func(ctx context.Context, c provision.Cloud) error {
			_, err := c.GroupResources(ctx, "local")
			return err
		},
		"registry": func(ctx context.Context, c provision.Cloud) error {
			return c.DeleteRegistry(ctx, provision.Registry{Name: "contract1", Group: "local"})
		},
		"secret": func(ctx context.Context, c provision.Cloud) error {
			return c.DeleteSecret(ctx, provision.Application{ObjectID: nobody, ClientID: nobody}, access.SecretInfo{DisplayName: "block"})
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				s.local()
				s.wire.instead = func(r *http.Request) *http.Response {
					if r.Method == http.MethodHead || r.URL.Host == "login.microsoftonline.com" {
						return nil
					}
					page := "<html><head><title>404 Not Found</title></head></html>"
					return &http.Response{
						StatusCode: http.StatusNotFound, Status: "404 Not Found", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
						Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(bytes.NewReader([]byte(page))), Request: r,
					}
				}
				if err := read(t.Context(), s.way(nil)); err == nil {
					t.Error("a gateway's page counts as Azure's answer")
				}
			})
		})
	}
}
