package bootstrap_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/bootstrap"
)

// groupID is the environment's resource group.
func (s *site) groupID() string {
	return "/subscriptions/" + s.request.Subscription + "/resourceGroups/aci-rg"
}

// jobIn is a container group of somebody's in the environment's network.
func (s *site) jobIn(subnet string) {
	s.put(s.groupID()+"/providers/Microsoft.ContainerInstance/containerGroups/job", "2023-05-01", `{"location":"northeurope","properties":{
		"osType":"Linux","subnetIds":[{"id":"`+subnet+`"}],
		"containers":[{"name":"main","properties":{"image":"a:1","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`)
}

func TestDestroy(t *testing.T) {
	for name, test := range map[string]struct {
		purge bool
		// held: the vault's name is held afterwards.
		held bool
	}{"the vault can be recovered": {false, true}, "the vault is purged": {true, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				vault := s.must().KeyVault
				plan, err := s.bootstrapper().PlanDestroy(t.Context(), bootstrap.DestroyOptions{Purge: test.purge})
				if err != nil || !plan.Changes() {
					t.Fatal(plan, err)
				}
				for _, row := range rows(plan) {
					if !strings.HasPrefix(row, "delete ") {
						t.Errorf("it stays: %s", row)
					}
				}
				changed, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{Purge: test.purge})
				if err != nil || len(changed) != len(plan.Resources) {
					t.Errorf("changed %v of %v: %v", changed, rows(plan), err)
				}
				if text := s.get(s.groupID() + "?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
					t.Errorf("the group is left: %s", text)
				}
				deleted := s.get("/subscriptions/" + s.request.Subscription + "/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01")
				if strings.Contains(deleted, vault) != test.held {
					t.Errorf("deleted vaults: %s", deleted)
				}
				again, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{Purge: test.purge})
				if err != nil || len(again) > 0 {
					t.Errorf("a second time: %v %v", again, err)
				}
				if test.held {
					late, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{Purge: true})
					if err != nil || !slices.Equal(late, []bootstrap.Kind{bootstrap.KindDeletedVault}) {
						t.Errorf("a purge afterwards: %v %v", late, err)
					}
				}
				s.settled()
			})
		})
	}
}

// TestDestroyKeepsWhatIsNotOurs: a group that was there, what somebody put into it, and what that uses.
func TestDestroyKeepsWhatIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		s.jobIn(s.must().Subnet)
		plan, err := s.bootstrapper().PlanDestroy(t.Context(), bootstrap.DestroyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"keep virtual network prefect-network, container group job uses it", "keep NAT gateway prefect-nat, container group job uses it",
			"keep public IP address prefect-nat-address, container group job uses it", "keep resource group aci-rg, it was not made by bootstrap",
			"delete managed identity prefect-identity",
		} {
			if !slices.Contains(rows(plan), want) {
				t.Errorf("the plan lacks %q: %q", want, rows(plan))
			}
		}
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		got := s.inGroup()
		slices.Sort(got)
		want := []string{"containerGroups job", "natGateways prefect-nat", "publicIPAddresses prefect-nat-address", "virtualNetworks prefect-network"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		s.settledWith("containerGroups job")
	})
}

// settledWith is settled beside what somebody else has in the group.
func (s *site) settledWith(others ...string) {
	s.t.Helper()
	s.must()
	got := s.inGroup()
	for _, other := range others {
		if !slices.Contains(got, other) {
			s.t.Errorf("%s is gone: %q", other, got)
		}
	}
	if len(got) != 6+len(others) {
		s.t.Errorf("in the group: %q", got)
	}
}

// TestDestroyCancels: a deployment that a killed client left is cancelled, and nothing of it is left.
func TestDestroyCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.settings(`{"latency":{"operation":"30s"}}`)
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		if _, err := s.bootstrapper().Bootstrap(ctx); err == nil {
			t.Fatal("it was not interrupted")
		}
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{Purge: true}); err != nil {
			t.Fatal(err)
		}
		if text := s.get(s.groupID() + "?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
			t.Errorf("the group is left with %q", s.inGroup())
		}
		s.settled()
	})
}

// TestForeignResourceIsRefused: what has one of our names and was made by somebody else is not taken over.
func TestForeignResourceIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		s.put(s.groupID()+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-identity", "2023-01-31", `{"location":"northeurope"}`)
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if err == nil || err.Error() != "managed identity prefect-identity exists, and was not made by bootstrap" {
			t.Errorf("got %v", err)
		}
	})
}

// TestForeignDeletedVaultIsRefused: a deleted vault that somebody else made is not recovered, in the plan and in the run.
func TestForeignDeletedVaultIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		s.request.KeyVault = "theirs-1"
		id := s.groupID() + "/providers/Microsoft.KeyVault/vaults/theirs-1"
		s.put(id, "2023-07-01", `{"location":"northeurope","tags":{"owner":"somebody"},"properties":{"tenantId":"`+s.request.Tenant+`","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true}}`)
		s.remove(id, "2023-07-01")
		_, planned := s.bootstrapper().Plan(t.Context())
		_, ran := s.bootstrapper().Bootstrap(t.Context())
		for _, err := range []error{planned, ran} {
			e, ok := errors.AsType[*bootstrap.VaultNameError](err)
			if !ok || !e.Foreign || e.Reason != "a deleted key vault that bootstrap did not make still has it" || strings.Contains(e.Hint(), "purge") {
				t.Errorf("got %v", err)
			}
		}
		if got := s.inGroup(); len(got) > 0 {
			t.Errorf("something was changed: %q", got)
		}
	})
}

// protect gives a vault of ours purge protection, which nobody can take away again.
func (s *site) protect(vault string) {
	s.put(s.groupID()+"/providers/Microsoft.KeyVault/vaults/"+vault, "2023-07-01", `{"location":"northeurope","tags":{"pacific-bootstrap":"prefect"},"properties":{
		"tenantId":"`+s.request.Tenant+`","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true,"enablePurgeProtection":true}}`)
}

// TestPurgeProtectedVaultStays: what Azure does not purge is in the plan with its reason, and all else is deleted; also
// where the vault gets its protection after the plan.
func TestPurgeProtectedVaultStays(t *testing.T) {
	for name, late := range map[string]bool{"protected before": false, "protected after the plan": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				vault := s.must().KeyVault
				if !late {
					s.protect(vault)
				}
				purge := bootstrap.DestroyOptions{Purge: true}
				b := s.destroyer(func() { s.protect(vault) })
				plan, err := b.PlanDestroy(t.Context(), purge)
				want := "delete key vault " + vault + ", it is not purged: purge protection keeps it as a deleted one for 90 days"
				if err != nil || slices.Contains(rows(plan), want) == late {
					t.Errorf("%q, %v", rows(plan), err)
				}
				if _, err := b.Destroy(t.Context(), purge); err != nil {
					t.Fatal(err)
				}
				if text := s.get(s.groupID() + "?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
					t.Errorf("the group is left with %q", s.inGroup())
				}
				plan, err = s.bootstrapper().PlanDestroy(t.Context(), purge)
				until := time.Now().AddDate(0, 0, 90).Format(time.DateOnly)
				if want := "keep deleted key vault " + vault + ", purge protection keeps it until " + until; err != nil || !slices.Contains(rows(plan), want) || plan.Changes() {
					t.Errorf("the second plan is %q, not %q, %v", rows(plan), want, err)
				}
				if changed, err := s.bootstrapper().Destroy(t.Context(), purge); err != nil || len(changed) > 0 {
					t.Errorf("a second time: %v, %v", changed, err)
				}
			})
		})
	}
}

// destroyer is a bootstrapper that does something between its plan and what it does.
func (s *site) destroyer(between func()) *bootstrap.Bootstrapper {
	s.t.Helper()
	b, err := bootstrap.New(bootstrap.Options{Cloud: s.cloud, Request: s.request, Confirm: func(context.Context, bootstrap.Plan) error { between(); return nil }})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// TestDestroyKeepsOthersRecords: a deployment that has one of our names, and is somebody else's, stays in the history.
func TestDestroyKeepsOthersRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "northeurope")
		for _, name := range []string{"prefect-rights", "pacific-bootstrap-prefect"} {
			s.put(s.groupID()+"/providers/Microsoft.Resources/deployments/"+name, "2022-09-01", `{"properties":{"mode":"Incremental","template":{
				"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[]}}}`)
		}
		plan, err := s.bootstrapper().PlanDestroy(t.Context(), bootstrap.DestroyOptions{})
		if err != nil || plan.Changes() {
			t.Errorf("%q, %v", rows(plan), err)
		}
		s.must()
		plan, err = s.bootstrapper().PlanDestroy(t.Context(), bootstrap.DestroyOptions{})
		for _, want := range []string{"delete deployment prefect-rights, from the history", "delete deployment pacific-bootstrap-prefect, from the history"} {
			if err != nil || !slices.Contains(rows(plan), want) {
				t.Errorf("the plan lacks %q: %q, %v", want, rows(plan), err)
			}
		}
	})
}
