package provision_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/fakeaz"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// TestAzExists: that a thing of a name exists somewhere does not say that it is ours.
func TestAzExists(t *testing.T) {
	t.Parallel()
	s := newSiteVia(t, az, "")
	c := s.way(nil)
	group, err := c.CreateGroup(t.Context(), provision.Group{Name: "rg", Location: "westeurope"})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(argv []string, run func() fakeaz.Output) fakeaz.Output {
		switch fakeaz.Name(argv) {
		case "role definition update":
			return fakeaz.Output{Code: 1, Stderr: "ERROR: (RoleDefinitionWithSameNameExists) A custom role with the same name already exists in this directory. Use a different name.\n"}
		case "group delete":
			return fakeaz.Output{Code: 1, Stderr: "ERROR: (Conflict) A lock already exists.\n"}
		}
		return run()
	}
	s.changeAz(func() { s.onAz = answer })
	role := access.JobRunner
	err = c.Grant(t.Context(), provision.Grant{Principal: nobody, Custom: &role, Scope: group.ID})
	if err == nil || !strings.Contains(err.Error(), "RoleDefinitionWithSameNameExists") {
		t.Errorf("got %v, want that the name is taken", err)
	}
	for _, argv := range s.asked.all() {
		if fakeaz.Name(argv) == "role assignment create" {
			t.Errorf("a stranger's role was given: %q", argv)
		}
	}
	if err := c.DeleteGroup(t.Context(), "rg"); err == nil {
		t.Error("a group that was not deleted counts as deleted")
	}
}

// TestBlockOfNoGUID: a client id is an argument of az, and anybody can write a block.
func TestBlockOfNoGUID(t *testing.T) {
	s := newSite(t, "")
	if _, err := s.prefect.SaveBlock(t.Context(), "aci-push-pool-credentials", &prefect.AzureContainerInstanceCredentials{
		ClientID: "--help", TenantID: s.azure.Account().TenantID, ClientSecret: "x",
	}, prefect.SaveBlockOptions{}); err != nil {
		t.Fatal(err)
	}
	plan, err := provision.New(s.options()).Plan(t.Context(), "aci", baseTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range plan.Resources {
		if r.Kind == provision.KindCredentials && r.Detail != "its client id is not a GUID" {
			t.Errorf("got %+v", r)
		}
	}
}
