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
		for _, action := range role.Actions {
			if !strings.Contains(out, action.Name) || !strings.Contains(out, action.Reason) {
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
	h.Run("role", "show", "aci-job-creator", "--output", "json").Wants(t, 2, "", "no resource group is set")
	h.Run("role", "show").Wants(t, 2, "", "needs the name of a role")
	h.Run("role", "show", "aci-job-creater").Wants(t, 2, "", "aci-job-creator")
	h.Run("role", "show", "worker", "x").Wants(t, 2, "", `takes one role, got also "x"`)
}

// TestCreate makes a role once for each group.
func TestCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, nil)
		h.Run("role", "create", "worker").Wants(t, 0, "", "created")
		h.Run("role", "create", "worker", "--output", "json").Wants(t, 0, `"changed":false`, "already exists")
		h.Run("role", "create", "worker", "--resource-group", "none").Wants(t, 1, "", `no resource group "none"`)
		h.Fault(`{"match":{"operation":"RoleDefinitions_CreateOrUpdate"},"effect":{"status":403,"code":"AuthorizationFailed","message":"no"}}`)
		h.Run("role", "create", "aci-job-creator").Wants(t, 1, "", "User Access Administrator")
	})
}
