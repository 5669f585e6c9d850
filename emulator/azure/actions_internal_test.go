package azureemulator

import (
	"regexp"
	"strings"
	"testing"
)

// Every operation has an action of its provider's, or is of the few that need a token and no right. Those that need
// neither are the cloud's metadata alone.
func TestEveryOperationHasItsAction(t *testing.T) {
	s, err := NewServer(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	free := map[string]bool{
		"Subscriptions_List": true, "Tenants_List": true, "Operations_List": true, "Providers_ListAtTenantScope": true, "Providers_GetAtTenantScope": true,
		"AsyncOperations_Get": true, "OperationResults_Get": true, "SubscriptionOperationResults_Get": true, "SubscriptionOperations_Get": true,
		"RoleDefinitions_List": true, "RoleDefinitions_GetById": true,
	}
	form := regexp.MustCompile(`^(Microsoft\.[A-Za-z]+|\{resourceProviderNamespace\}|\{resourceType\})(/[A-Za-z0-9]+)*/(read|write|delete|action)$`)
	for _, op := range s.core.Operations() {
		switch {
		case op.Anonymous:
			if op.ID != "Metadata_Endpoints" {
				t.Errorf("%s needs no token", op.ID)
			}
		case op.AnyScope: // an answer that nothing is served there
			if !strings.HasPrefix(op.ID, "DeploymentStacks_") && !strings.HasSuffix(op.ID, "Scope") {
				t.Errorf("%s %s needs no right", op.ID, op.Path)
			}
		case op.TokenOnly:
			if !free[op.ID] || strings.HasPrefix(op.Path, "/{") {
				t.Errorf("%s %s needs no right", op.ID, op.Path)
			}
		case !form.MatchString(op.Action):
			t.Errorf("%s %s %s has the action %q", op.ID, op.Method, op.Path, op.Action)
		}
	}
	want := map[string]string{
		"Deployments_CreateOrUpdate":            "Microsoft.Resources/deployments/write",
		"Deployments_Validate":                  "Microsoft.Resources/deployments/validate/action",
		"Vaults_Deploy":                         "Microsoft.KeyVault/vaults/deploy/action",
		"ResourceGroups_CreateOrUpdate":         "Microsoft.Resources/subscriptions/resourceGroups/write",
		"ContainerGroups_CreateOrUpdate":        "Microsoft.ContainerInstance/containerGroups/write",
		"ContainerGroups_ListByResourceGroup":   "Microsoft.ContainerInstance/containerGroups/read",
		"ContainerGroups_Restart":               "Microsoft.ContainerInstance/containerGroups/restart/action",
		"Containers_ListLogs":                   "Microsoft.ContainerInstance/containerGroups/containers/logs/read",
		"Containers_ExecuteCommand":             "Microsoft.ContainerInstance/containerGroups/containers/exec/action",
		"Location_ListUsage":                    "Microsoft.ContainerInstance/locations/usages/read",
		"Providers_Register":                    "{resourceProviderNamespace}/register/action",
		"RoleAssignments_Create":                "Microsoft.Authorization/roleAssignments/write",
		"RoleDefinitions_Delete":                "Microsoft.Authorization/roleDefinitions/delete",
		"UserAssignedIdentities_CreateOrUpdate": "Microsoft.ManagedIdentity/userAssignedIdentities/write",
		"Resources_CheckExistenceById":          "{resourceType}/read",
	}
	for _, op := range s.core.Operations() {
		if action, ok := want[op.ID]; ok && action != op.Action {
			t.Errorf("%s has the action %s, want %s", op.ID, op.Action, action)
		}
		delete(want, op.ID)
	}
	if len(want) > 0 {
		t.Errorf("no operations %v", want)
	}
}
