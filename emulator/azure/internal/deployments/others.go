package deployments

import (
	"net/http"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// whatIf is not served.
func whatIf(*arm.Request) (*arm.Response, error) {
	return nil, arm.NotYet("What-if: the local Azure deploys templates and does not predict what that would change.")
}

// refuseOthers answers at the scopes above resource groups, and for deployment stacks, that the emulator does not deploy
// there.
func refuseOthers(core *arm.Core) {
	const deployments, stacks = "/providers/" + deploymentType, "/providers/" + namespace + "/deploymentStacks"
	for _, at := range []struct{ scope, path, words string }{
		{"SubscriptionScope", "/subscriptions/{subscriptionId}", "a subscription"},
		{"ManagementGroupScope", "/providers/Microsoft.Management/managementGroups/{groupId}", "a management group"},
		{"TenantScope", "", "the tenant"},
	} {
		answer := func(*arm.Request) (*arm.Response, error) {
			return nil, arm.NotYet("Deployments in %s: the local Azure deploys templates in resource groups alone.", at.words)
		}
		one := at.path + deployments + "/{deploymentName}"
		refuse(core, "Deployments_ListAt"+at.scope, http.MethodGet, at.path+deployments, answer)
		refuse(core, "Deployments_GetAt"+at.scope, http.MethodGet, one, answer)
		refuse(core, "Deployments_CheckExistenceAt"+at.scope, http.MethodHead, one, answer)
		refuse(core, "Deployments_CreateOrUpdateAt"+at.scope, http.MethodPut, one, answer)
		refuse(core, "Deployments_DeleteAt"+at.scope, http.MethodDelete, one, answer)
		refuse(core, "Deployments_ValidateAt"+at.scope, http.MethodPost, one+"/validate", answer)
		refuse(core, "Deployments_WhatIfAt"+at.scope, http.MethodPost, one+"/whatIf", answer)
	}
	for _, path := range []string{"/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}" + stacks, "/subscriptions/{subscriptionId}" + stacks} {
		answer := func(*arm.Request) (*arm.Response, error) { return nil, noStacks() }
		refuse(core, "DeploymentStacks_List", http.MethodGet, path, answer)
		refuse(core, "DeploymentStacks_Get", http.MethodGet, path+"/{deploymentStackName}", answer)
		refuse(core, "DeploymentStacks_CreateOrUpdate", http.MethodPut, path+"/{deploymentStackName}", answer)
		refuse(core, "DeploymentStacks_Delete", http.MethodDelete, path+"/{deploymentStackName}", answer)
	}
}

func refuse(core *arm.Core, id, method, path string, answer arm.Handler) {
	core.Handle(arm.Operation{ID: id, Method: method, Path: path, TokenOnly: true, AnyScope: true}, answer)
}

func noStacks() *arm.Error {
	return arm.NotYet("Deployment stacks: the local Azure deploys templates and keeps no stacks.")
}
