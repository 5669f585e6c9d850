package bootstrap_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/bootstrap"
)

const assigns = "Microsoft.Authorization/roleAssignments/write"

// plannedAndRun wants a plan and a run to be refused for a right, or both to be done; a plan promises nothing else.
func (s *site) plannedAndRun(refused bool) {
	s.t.Helper()
	_, planned := s.bootstrapper().Plan(s.t.Context())
	_, ran := s.bootstrapper().Bootstrap(s.t.Context())
	for what, err := range map[string]error{"plan": planned, "run": ran} {
		e, ok := errors.AsType[*access.RightsError](err)
		if ok != refused || ok && !slices.Equal(e.Actions, []string{assigns}) || !ok && err != nil {
			s.t.Errorf("%s: %v", what, err)
		}
	}
}

// TestContributorReruns: who may not assign roles may do the rest where the role is assigned, and is refused where it is not.
func TestContributorReruns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.must()
		s.as("/subscriptions/"+s.request.Subscription, string(access.Contributor))
		s.request.Secrets = append(s.request.Secrets, bootstrap.Secret{Name: "more", Value: "a"})
		s.plannedAndRun(false)
		s.remove(s.groupID()+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-identity", "2023-01-31")
		s.plannedAndRun(true) // a new identity needs a new assignment
	})
}

// TestRightOnOneResource: the right to assign roles on the vault alone is enough.
func TestRightOnOneResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.groupID() + "/providers/Microsoft.KeyVault/vaults/" + s.must().KeyVault
		back := s.as("/subscriptions/"+s.request.Subscription, string(access.Contributor))
		s.remove(s.groupID()+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-identity", "2023-01-31")
		s.plannedAndRun(true)
		back()
		s.as(vault, "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9") // User Access Administrator
		s.plannedAndRun(false)
	})
}

// TestTemplateNeedsAllRights: a template of the caller's writes also what is there.
func TestTemplateNeedsAllRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		const someone = `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"someone","location":"northeurope"}`
		s.useOwn(someone + "," + roleFor("[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities','someone'),'2023-01-31').principalId]"))
		s.must()
		s.useOwn(someone + "," + roleFor("[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities','someone'),'2023-01-31').principalId]") +
			`,{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"other","location":"northeurope"}`)
		s.as("/subscriptions/"+s.request.Subscription, string(access.Contributor))
		s.plannedAndRun(true)
	})
}

// TestWorkerLacks: what the worker's identity may not do is seen, until it has a role for that.
func TestWorkerLacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		const write = "Microsoft.ContainerInstance/containerGroups/write"
		result := s.must()
		if !slices.Equal(result.WorkerLacks, []string{write}) {
			t.Errorf("at first it lacks %q", result.WorkerLacks)
		}
		var identity struct {
			Properties struct{ PrincipalID string }
		}
		if err := json.Unmarshal([]byte(s.get(result.Identity+"?api-version=2023-01-31")), &identity); err != nil {
			t.Fatal(err)
		}
		rights, err := access.NewClient(s.cloud, access.Options{})
		if err != nil {
			t.Fatal(err)
		}
		role := access.Assignment{Scope: s.groupID(), Role: string(access.Contributor), Principal: identity.Properties.PrincipalID}
		if _, err := rights.Assign(t.Context(), role); err != nil {
			t.Fatal(err)
		}
		if again := s.must(); len(again.WorkerLacks) > 0 {
			t.Errorf("with a role it lacks %q", again.WorkerLacks)
		}
	})
}

// TestRolesCannotBeRead: who may assign roles and not read them deploys, and is told that it is done, also the next time.
func TestRolesCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.fault(`{"match": {"method": "GET", "path": "*/Microsoft.Authorization/roleAssignments*"}, "effect": {"status": 403, "code": "AuthorizationFailed", "message": "no"}}`)
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent = true
		}
		s.must()
		if again := s.must(); slices.Contains(again.Changed, bootstrap.KindDeployment) {
			t.Errorf("the second run changed %v", again.Changed)
		}
	})
}
