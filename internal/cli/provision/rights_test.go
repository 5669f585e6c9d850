package provision_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// owner is Azure's built-in role Owner.
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

// directory is what the owner sees of principals and their rights.
func directory(h *clitest.Harness) *access.Client {
	h.T.Helper()
	account := h.Server.Account()
	cloud, err := azure.NewCloud(h.T.Context(), azure.Options{Transport: h.Server.Transport(), Credential: azure.CredentialOptions{
		TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		h.T.Fatal(err)
	}
	client, err := access.NewClient(cloud, access.Options{})
	if err != nil {
		h.T.Fatal(err)
	}
	return client
}

// reduced gives the one who runs the commands another role in the subscription instead of Owner, or below it in a group.
func reduced(h *clitest.Harness, role access.BuiltIn, below ...string) {
	h.T.Helper()
	client := directory(h)
	account := h.Server.Account()
	self, err := client.ServicePrincipal(h.T.Context(), account.ClientID)
	if err != nil {
		h.T.Fatal(err)
	}
	// Azure keeps one owner.
	app, _, err := client.EnsureApplication(h.T.Context(), "the boss")
	if err != nil {
		h.T.Fatal(err)
	}
	boss, _, err := client.EnsureServicePrincipal(h.T.Context(), app.ClientID)
	if err != nil {
		h.T.Fatal(err)
	}
	right := access.Assignment{Scope: "/subscriptions/" + account.SubscriptionID, Role: string(role), Principal: self.ObjectID}
	other := right
	other.Scope += strings.Join(below, "")
	for _, one := range []access.Assignment{other, {Scope: right.Scope, Role: owner, Principal: boss.ObjectID}} {
		if _, err := client.Assign(h.T.Context(), one); err != nil {
			h.T.Fatal(err)
		}
	}
	right.Role = owner // in the subscription
	if err := client.Unassign(h.T.Context(), right); err != nil {
		h.T.Fatal(err)
	}
}

// nothingMade fails if something was made in Azure, in the directory or in Prefect.
func nothingMade(h *clitest.Harness) {
	h.T.Helper()
	wantsNoGroup(h)
	if apps, err := directory(h).Applications(h.T.Context(), "prefect-aci-push-pool-app"); err == nil && len(apps) > 0 {
		h.T.Error("the app registration was made")
	}
	if _, err := h.Client().WorkPool(h.T.Context(), "push"); err == nil {
		h.T.Error("the pool was made")
	}
}

// TestProvisionMissingRights: whoever lacks a right in Azure is told so before anything is made, with who can give it.
func TestProvisionMissingRights(t *testing.T) {
	const assign = "Microsoft.Authorization/roleAssignments/write"
	for name, test := range map[string]struct {
		role  access.BuiltIn
		flags string
		lacks string
	}{
		"a reader": {access.Reader, "", assign + ", Microsoft.ContainerRegistry/registries/write, Microsoft.ManagedIdentity/userAssignedIdentities/write, " +
			"Microsoft.Resources/subscriptions/resourceGroups/write"},
		"a contributor":                {access.Contributor, "", assign},
		"a contributor, least role":    {access.Contributor, "--role least", assign + ", Microsoft.Authorization/roleDefinitions/write"},
		"a contributor who only plans": {access.Contributor, "--plan", assign},
	} {
		t.Run(name, func(t *testing.T) {
			h := newProvisionHarness(t)
			reduced(h, test.role)
			args := append([]string{"provision", "push"}, strings.Fields(test.flags)...)
			shown := "create  resource group: prefect-aci-push-pool-rg"
			if test.flags != "--plan" {
				args, shown = append(args, "--yes"), ""
			}
			r := h.Run(args...)
			r.Wants(t, 1, shown, " has no role that allows "+test.lacks+" at /subscriptions/")
			r.Wants(t, 1, shown, "hint: ask an Owner or User Access Administrator of the subscription to give this account the role Owner there")
			nothingMade(h)
		})
	}
}

// TestProvisionMissingRightsInGroup: an account that may read its roles in one resource group alone is told so, too.
func TestProvisionMissingRightsInGroup(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("group", "create", "prefect-aci-push-pool-rg", "--location", "westeurope")
	grantListing(h)
	reduced(h, access.Contributor, "/resourceGroups/prefect-aci-push-pool-rg")
	h.Run("provision", "push", "--yes").Wants(t, 1, "", " has no role that allows Microsoft.Authorization/roleAssignments/write at /subscriptions/")
	if apps, err := directory(h).Applications(h.T.Context(), "prefect-aci-push-pool-app"); err != nil || len(apps) > 0 {
		t.Errorf("the app registration was made: %v, %v", apps, err)
	}
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made")
	}
}

// grantListing lets the one who runs the commands list registries in the subscription, without its role assignments.
func grantListing(h *clitest.Harness) {
	h.T.Helper()
	client, account := directory(h), h.Server.Account()
	scope := "/subscriptions/" + account.SubscriptionID
	self, err := client.ServicePrincipal(h.T.Context(), account.ClientID)
	if err != nil {
		h.T.Fatal(err)
	}
	lister, _, err := client.EnsureRole(h.T.Context(), scope, access.Role{Name: "Registry lister", Actions: []access.Action{{Name: "Microsoft.ContainerRegistry/registries/read"}}})
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := client.Assign(h.T.Context(), access.Assignment{Scope: scope, Role: lister, Principal: self.ObjectID}); err != nil {
		h.T.Fatal(err)
	}
}

// TestProvisionMissingDirectoryRights: the directory has rights of its own, which nobody can ask for; what it refuses says
// who can give them.
func TestProvisionMissingDirectoryRights(t *testing.T) {
	h := newProvisionHarness(t)
	h.Fault(`{"match":{"method":"GET","host":"graph.microsoft.com","path":"*/applications"},"times":1,"effect":{"status":403,"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`)
	r := h.Run("provision", "push", "--yes")
	r.Wants(t, 1, "", "Insufficient privileges to complete the operation")
	r.Wants(t, 1, "", "hint: ask an administrator of the tenant for the role Application Developer, or to let users register applications\n")
	nothingMade(h)
}
