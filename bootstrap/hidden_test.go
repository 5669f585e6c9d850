package bootstrap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/steps"
)

// as signs somebody else in, who has these roles at a scope, and returns how to sign the owner in again.
func (s *site) as(scope string, roles ...string) (back func()) {
	s.t.Helper()
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	rights, err := access.NewClient(s.cloud, access.Options{})
	check(err)
	app, _, err := rights.EnsureApplication(s.t.Context(), "somebody")
	check(err)
	principal, _, err := rights.EnsureServicePrincipal(s.t.Context(), app.ClientID)
	check(err)
	secret, err := rights.ReplaceSecret(s.t.Context(), app, "s", 0)
	check(err)
	for _, role := range roles {
		_, err = rights.Assign(s.t.Context(), access.Assignment{Scope: scope, Role: role, Principal: principal.ObjectID})
		check(err)
	}
	time.Sleep(time.Hour) // for the directory
	values := map[string]string{"AZURE_TENANT_ID": s.request.Tenant, "AZURE_CLIENT_ID": app.ClientID, "AZURE_CLIENT_SECRET": secret.Text}
	cloud, err := azure.NewCloud(s.t.Context(), azure.Options{Transport: s, LookupEnv: func(name string) (string, bool) { value, ok := values[name]; return value, ok }})
	check(err)
	owner := s.cloud
	s.cloud = cloud
	return func() { s.cloud = owner }
}

const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

// TestOwnerOfGroupAlone: who may not see the subscription's deleted vaults recovers that of the group all the same, and is told
// that a purge has not been one.
func TestOwnerOfGroupAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		back := s.as(s.groupID(), owner)
		vault := s.must().KeyVault
		purge := bootstrap.DestroyOptions{Purge: true}
		if _, err := s.bootstrapper().Destroy(t.Context(), purge); err != nil {
			t.Fatal(err)
		}
		const kept = "it is deleted, this account may not purge it, and its name stays taken"
		if i := slices.IndexFunc(s.events, func(e steps.Event) bool { return e.Err != nil && strings.Contains(e.Err.Error(), kept) }); i < 0 {
			t.Errorf("nobody is told that the vault is not purged: %v", s.events)
		}
		plan, err := s.bootstrapper().PlanDestroy(t.Context(), purge)
		want := "keep deleted key vault " + vault + ", if there is one, it is not purged: this account may not see deleted key vaults"
		if err != nil || !slices.Contains(rows(plan), want) {
			t.Errorf("a second plan lacks %q: %q, %v", want, rows(plan), err)
		}
		if again := s.must(); again.KeyVault != vault {
			t.Errorf("got %+v", again)
		}
		back()
		s.settled()
	})
}

// TestNameIsElsewhereUnseen: the vault that has the name is not of this group, so that there is nothing to recover.
func TestNameIsElsewhereUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		s.group("other", "northeurope")
		s.request.KeyVault = "taken-1"
		s.put("/subscriptions/"+s.request.Subscription+"/resourceGroups/other/providers/Microsoft.KeyVault/vaults/taken-1", "2023-07-01", `{"location":"northeurope",
			"properties":{"tenantId":"`+s.request.Tenant+`","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true}}`)
		s.fault(`{"match":{"operation":"Vaults_ListDeleted"},"times":9,"effect":{"status":403,"code":"AuthorizationFailed","message":"It does not have authorization to perform action."}}`)
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if e, ok := errors.AsType[*bootstrap.VaultNameError](err); !ok || e.Reason != "another key vault has it, or a deleted one, which this account may not see" {
			t.Errorf("got %v", err)
		}
		if got := s.inGroup(); len(got) > 0 {
			t.Errorf("something was made: %q", got)
		}
	})
}

// TestNameHeldUnseen: the same for who may ask whether a name is free, and not what has it.
func TestNameHeldUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		vault := s.must().KeyVault
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		s.fault(`{"match":{"operation":"Vaults_ListDeleted"},"times":9,"effect":{"status":403,"code":"AuthorizationFailed","message":"It does not have authorization to perform action."}}`)
		plan, err := s.bootstrapper().PlanDestroy(t.Context(), bootstrap.DestroyOptions{Purge: true})
		want := "keep deleted key vault " + vault + ", its name is still taken, and this account may not see or purge deleted key vaults"
		if err != nil || !slices.Contains(rows(plan), want) {
			t.Errorf("the plan to destroy lacks %q: %q, %v", want, rows(plan), err)
		}
		s.plansTo("recover key vault VAULT, with its secrets, if a deleted one of this resource group has the name: this account may not see that")
		if again := s.must(); again.KeyVault != vault {
			t.Errorf("got %+v", again)
		}
	})
}
