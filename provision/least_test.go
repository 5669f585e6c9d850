package provision_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/provision"
)

// TestLeastRoles: names of custom roles are unique in the tenant, and still each resource group has its least role. Both
// ways to Azure make the same one, and a group that is made again gets its own again.
func TestLeastRoles(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		o := s.options()
		o.Request.Role = provision.RoleLeast
		least := func(pool, group string) {
			t.Helper()
			o.Request.Names = provision.Names{ResourceGroup: group}
			if _, err := provision.New(o).Provision(ctx, pool, baseTemplate(t)); err != nil {
				t.Fatal(err)
			}
			scope := s.groupID(group)
			id, complete, err := s.admin.FindRole(ctx, scope, leastAt(scope))
			if err != nil || !complete || !strings.HasSuffix(id, "/"+leastAt(scope).ID(scope)) {
				t.Errorf("the role of %s: got %q, %t, %v", group, id, complete, err)
			}
			for _, role := range []provision.Role{"", provision.RoleLeast} { // without a role, the one that is there
				o.Request.Role = role
				plan, err := provision.New(o).Plan(ctx, pool, baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				want := provision.Resource{Kind: provision.KindRole, Name: leastAt(scope).Name, Action: provision.ActionKeep}
				if !slices.Contains(plan.Resources, want) || plan.Request.Role != provision.RoleLeast {
					t.Errorf("role %q: the role is not kept: %+v", role, plan.Resources)
				}
			}
		}
		least("one", "first")
		least("two", "second")
		if err := s.owner.DeleteGroup(ctx, "second"); err != nil {
			t.Fatal(err)
		}
		least("two", "Second")
	})
}

// TestFormerLeastRole: the role that earlier versions gave under one name for the tenant is enough where it is assigned, and
// is taken away with the rest.
func TestFormerLeastRole(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		template, err := provision.New(s.options()).Provision(ctx, "aci", baseTemplate(t)) // as Contributor
		if err != nil {
			t.Fatal(err)
		}
		s.settled()
		scope := s.groupID(provision.DefaultResourceGroup)
		app, err := s.owner.Application(ctx, provision.DefaultNames("aci").Application)
		if err != nil {
			t.Fatal(err)
		}
		principal, err := s.owner.Principal(ctx, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		former := access.JobRunner.With(access.AssignIdentity)
		grant := provision.Grant{Principal: principal.ObjectID, Custom: &former, Scope: scope}
		o := s.options()
		o.Request.Role = provision.RoleLeast
		for _, want := range []provision.Action{provision.ActionCreate, provision.ActionKeep} {
			plan, err := provision.New(o).Plan(ctx, "aci", template)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range plan.Resources {
				if r.Kind == provision.KindRole && r.Action != want {
					t.Errorf("got %+v, want %s", r, want)
				}
			}
			if err := s.owner.Grant(ctx, grant); err != nil {
				t.Fatal(err)
			}
		}
		// With something else in it, the group stays, and what is assigned there.
		if _, err := s.owner.CreateIdentity(ctx, provision.Identity{Name: "theirs", Group: provision.DefaultResourceGroup, Location: "eastus"}); err != nil {
			t.Fatal(err)
		}
		if _, err := provision.New(o).Destroy(ctx, "aci", template); err != nil {
			t.Fatal(err)
		}
		if has, err := s.owner.Granted(ctx, grant); err != nil || has {
			t.Errorf("after the destroy: %t, %v", has, err)
		}
	})
}

// TestExtendedRole: what somebody wrote into the role stays as it is, and what it takes away is given again.
func TestExtendedRole(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		s.local()
		scope := s.groupID("local")
		role := leastAt(scope)
		theirs := &armauthorization.Permission{
			Actions:     pointers("Microsoft.ContainerInstance/*", "Microsoft.Storage/*/read"),
			NotActions:  pointers("microsoft.containerinstance/containergroups/*/exec/ACTION"),
			DataActions: pointers("Microsoft.Storage/*"), NotDataActions: pointers("Microsoft.Storage/*/delete"),
		}
		id := role.ID("of somebody's")
		if _, err := s.definitions().CreateOrUpdate(ctx, scope, id, armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{
			RoleName: &role.Name, Description: new("theirs"), RoleType: new("CustomRole"), AssignableScopes: pointers(scope),
			Permissions: []*armauthorization.Permission{theirs},
		}}, nil); err != nil {
			t.Fatal(err)
		}
		app, err := s.owner.CreateApplication(ctx, "app")
		if err != nil {
			t.Fatal(err)
		}
		principal, err := s.owner.CreatePrincipal(ctx, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		s.settled()
		if _, err := s.admin.Assign(ctx, access.Assignment{Scope: scope, Role: id, Principal: principal.ObjectID}); err != nil {
			t.Fatal(err)
		}
		grant := provision.Grant{Principal: principal.ObjectID, Custom: &role, Scope: scope}
		c := s.way(nil)
		if has, err := c.Granted(ctx, grant); err != nil || has {
			t.Errorf("a role that excludes one of the actions: got %t, %v", has, err)
		}
		if err := c.Grant(ctx, grant); err != nil {
			t.Fatal(err)
		}
		if has, err := c.Granted(ctx, grant); err != nil || !has {
			t.Errorf("after it was extended: got %t, %v", has, err)
		}
		got, err := s.definitions().Get(ctx, scope, id, nil)
		if err != nil {
			t.Fatal(err)
		}
		none := pointers()
		want := []*armauthorization.Permission{theirs, {
			Actions: pointers(
				"Microsoft.Resources/subscriptions/resourceGroups/read",
				"Microsoft.ContainerInstance/containerGroups/containers/exec/action",
				access.AssignIdentity.Name,
			), NotActions: none, DataActions: none, NotDataActions: none,
		}}
		if diff := cmp.Diff(want, got.Properties.Permissions); diff != "" || *got.Properties.Description != "theirs" {
			t.Errorf("the role %q now allows: %s", *got.Properties.Description, diff)
		}
	})
}

func pointers(texts ...string) []*string {
	all := make([]*string, 0, len(texts))
	for _, text := range texts {
		all = append(all, &text)
	}
	return all
}

// TestGroupElsewhere: a resource group cannot be moved, so a region that contradicts it is refused before anything is made.
func TestGroupElsewhere(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		if _, err := s.owner.CreateGroup(ctx, provision.Group{Name: "flows", Location: "westeurope"}); err != nil {
			t.Fatal(err)
		}
		o := s.options()
		o.Request.Names = provision.Names{ResourceGroup: "flows"}
		o.Request.Location = "northeurope"
		_, err := provision.New(o).Provision(ctx, "aci", baseTemplate(t))
		if e, ok := errors.AsType[*provision.ElsewhereError](err); !ok || e.Group != "flows" || e.Location != "westeurope" || e.Asked != "northeurope" {
			t.Errorf("got %v", err)
		}
		if app, err := s.owner.Application(ctx, provision.DefaultNames("aci").Application); err != nil || app != nil {
			t.Errorf("an application was made: %v, %v", app, err)
		}
		o.Request.Location = "West Europe"
		if _, err := provision.New(o).Plan(ctx, "aci", baseTemplate(t)); err != nil {
			t.Error(err)
		}
	})
}
