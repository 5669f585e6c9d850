package role_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestShow prints every action with its reason, and the definition for az.
func TestShow(t *testing.T) {
	h := clitest.NewBare(t)
	for name, role := range map[string]access.Role{"aci-job-creator": access.JobCreator, "worker": access.Worker} {
		out := h.Must("role", "show", name).Stdout
		for line := range strings.SplitSeq(out, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: a line of %d columns: %s", name, len(line), line)
			}
		}
		words := strings.Join(strings.Fields(out), " ")
		for _, action := range role.Actions {
			if !strings.Contains(words, action.Name+" "+action.Reason) {
				t.Errorf("%s: %s or its reason is missing in\n%s", name, action.Name, out)
			}
		}
	}
	const subscription = "11111111-2222-3333-4444-555555555555"
	var definition struct {
		Name             string
		IsCustom         bool
		Actions          []string
		AssignableScopes []string
	}
	h.JSON(h.Must("role", "show", "aci-job-creator", "--resource-group", "aci-rg", "--subscription", subscription, "--output", "json"), &definition)
	scope := "/subscriptions/" + subscription + "/resourceGroups/aci-rg"
	if definition.Name != access.JobCreator.At(scope).Name || !definition.IsCustom || len(definition.Actions) != len(access.JobCreator.Actions) ||
		len(definition.AssignableScopes) != 1 || definition.AssignableScopes[0] != scope {
		t.Errorf("got %+v", definition)
	}
	named := h.Must("role", "show", "aci-job-creator", "--resource-group", "aci-rg", "--subscription", subscription).Stdout
	if want := `aci-job-creator, in Azure "` + access.JobCreator.At(scope).Name + "\"\n"; !strings.HasPrefix(named, want) {
		t.Errorf("got %q, want it to begin with %q", named, want)
	}
	h.Run("role", "show", "worker", "--resource-group", "aci-rg").Wants(t, 0, `in Azure "`+access.Worker.Name+` (aci-rg, …)"`, "")
	h.Run("role", "show", "worker").Wants(t, 0, "(GROUP, …)", "")
	h.Run("role", "show", "aci-job-creator", "--output", "json").Wants(t, 2, "", "no resource group is set")
	h.Run("role", "show", "worker", "--output", "json", "--resource-group", "a b!", "--subscription", subscription).Wants(t, 2, "", `"a b!" is not a valid resource group name`)
	h.Run("role", "show").Wants(t, 2, "", "needs the name of a role")
	h.Run("role", "show", "aci-job-creater").Wants(t, 2, "", `unknown role "aci-job-creater"`)
	h.Run("role", "show", "worker", "x").Wants(t, 2, "", `takes one role, got also "x"`)
}

// TestCreate makes a role once for each group.
func TestCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, nil)
		made := h.Run("role", "create", "worker")
		made.Wants(t, 0, "", "): created\n")
		// What it prints is a name that az role assignment create --role takes.
		if want := access.Worker.At("/subscriptions/"+h.Server.Account().SubscriptionID+"/resourceGroups/"+clitest.Group).Name + "\n"; made.Stdout != want {
			t.Errorf("it prints %q, want %q", made.Stdout, want)
		}
		h.Run("role", "create", "worker", "--output", "json").Wants(t, 0, `"changed":false`, "already exists")
		h.Run("role", "create", "worker", "--resource-group", "none").Wants(t, 1, "", `no resource group "none"`)
		// One that somebody has cut down is completed, and that is what it says.
		scope := "/subscriptions/" + h.Server.Account().SubscriptionID + "/resourceGroups/" + clitest.Group
		h.Write("less.json", `{"Name": "`+access.JobCreator.At(scope).Name+`", "Actions": ["Microsoft.ContainerInstance/containerGroups/read"]}`)
		h.Must("service-principal", "create", "app", "--role-file", "less.json")
		h.Run("role", "create", "aci-job-creator").Wants(t, 0, "", "): got the actions that it lacked\n")
		h.Run("role", "create", "worker", "--resource-group", "a b").Wants(t, 2, "", `"a b"`)
		h.Fault(`{"match":{"operation":"RoleDefinitions_CreateOrUpdate"},"effect":{"status":403,"code":"AuthorizationFailed","message":"no"}}`)
		h.Must("group", "create", "second", "--location", "westeurope")
		h.Run("role", "create", "aci-job-creator", "--resource-group", "second").Wants(t, 1, "", "User Access Administrator")
	})
}
