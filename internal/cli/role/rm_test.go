package role_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// listed is what ls prints as JSON.
type listed struct {
	Name, Role, ID string
	Scopes         []string
	Principals     []string
}

func list(h *clitest.Harness) (all []listed) {
	h.T.Helper()
	h.JSON(h.Must("role", "ls", "--output", "json"), &all)
	return all
}

// scopeOf is a resource group as an ARM id.
func scopeOf(h *clitest.Harness, group string) string {
	return "/subscriptions/" + h.Server.Account().SubscriptionID + "/resourceGroups/" + group
}

// TestRm: what create and service-principal create made is found and removed, but not while an account has it.
func TestRm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, nil)
		if all := list(h); len(all) != 0 {
			t.Errorf("got %+v before one was made", all)
		}
		h.Must("role", "create", "worker")
		h.Must("service-principal", "create", "app", "--role", "aci-job-creator")
		name := access.JobCreator.At(scopeOf(h, clitest.Group)).Name
		all := list(h)
		if len(all) != 2 || all[0].Name != name || all[0].Role != "aci-job-creator" || all[1].Role != "worker" || len(all[0].Principals) != 1 || len(all[1].Principals) != 0 || len(all[1].Scopes) != 1 {
			t.Fatalf("got %+v", all)
		}
		table := h.Must("role", "ls").Stdout
		if !strings.Contains(table, "1 account\n") || !strings.Contains(table, "no account\n") || !strings.Contains(table, "  "+clitest.Group+" ") {
			t.Errorf("got\n%s", table)
		}
		h.Run("role", "rm", "aci-job-creator", "--yes").Wants(t, 1, "", "the role "+name+" is still assigned to 1 account: "+all[0].Principals[0])
		h.Must("service-principal", "rm", "app", "--yes")
		h.Run("role", "rm", "aci-job-creator").Wants(t, 3, "", "delete role "+name+", which can be assigned in "+clitest.Group)
		h.Run("role", "rm", "aci-job-creator", "--yes").Wants(t, 0, "", "deleted role "+name)
		h.Run("role", "rm", "aci-job-creator", "--yes").Wants(t, 1, "", `no role "aci-job-creator" in resource group `+clitest.Group)
		// The group may be gone: its role is found by its full name all the same.
		h.Must("group", "rm", clitest.Group, "--yes")
		h.With(map[string]string{"PACIFIC_RESOURCE_GROUP": ""}).Run("role", "rm", "worker", "--yes").Wants(t, 2, "", "no resource group is set")
		h.Run("role", "rm", all[1].Name, "--yes", "--output", "json").Wants(t, 0, `"id":"`+all[1].ID+`"`, "")
		if all := list(h); len(all) != 0 {
			t.Errorf("got %+v", all)
		}
		h.Run("role", "rm").Wants(t, 2, "", "needs the name of a role")
		h.Run("role", "rm", "worker", "x").Wants(t, 2, "", `takes one role, got also "x"`)
	})
}

// TestRmOfOthers: a role that Pacific did not make is not listed, and is deleted only by its full name.
func TestRmOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, nil)
		scope := scopeOf(h, clitest.Group)
		name := access.Worker.At(scope).Name
		account := h.Server.Account()
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: h.Server.Transport(), Credential: azure.CredentialOptions{
			TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer cloud.CloseIdleConnections()
		credential, err := cloud.Credential()
		if err != nil {
			t.Fatal(err)
		}
		definitions, err := armauthorization.NewRoleDefinitionsClient(credential, cloud.ARMOptions())
		if err != nil {
			t.Fatal(err)
		}
		_, err = definitions.CreateOrUpdate(t.Context(), scope, "11111111-2222-3333-4444-555555555555", armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{
			RoleName: &name, RoleType: new("CustomRole"), AssignableScopes: []*string{&scope},
			Permissions: []*armauthorization.Permission{{Actions: []*string{new("Microsoft.ContainerInstance/containerGroups/read")}}},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if all := list(h); len(all) != 0 {
			t.Errorf("got %+v", all)
		}
		r := h.Run("role", "rm", "worker", "--yes")
		r.Wants(t, 1, "", "the role "+name+" was not created by Pacific, and is not deleted")
		r.Wants(t, 1, "", "hint: if you no longer need it: pacific role rm '"+name+"'\n")
		h.Run("role", "rm", name).Wants(t, 3, "", "which can be assigned in "+clitest.Group+" and was not created by Pacific")
		h.Run("role", "rm", name, "--yes").Wants(t, 0, "", "deleted role "+name)
	})
}
