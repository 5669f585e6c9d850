package azureemulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// The mode Complete deletes what the template lacks.
func TestDeploymentComplete(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	subnet := `{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2023-11-01","name":"net/a","dependsOn":["net","anat"],"properties":{"addressPrefix":"10.0.1.0/24","natGateway":{"id":"[resourceId('Microsoft.Network/natGateways','anat')]"}}}`
	nic := `{"type":"Microsoft.Network/networkInterfaces","apiVersion":"2023-11-01","name":"nic","location":"westeurope","dependsOn":["net/a"],"properties":{"ipConfigurations":[{"name":"c","properties":{"subnet":{"id":"[resourceId('Microsoft.Network/virtualNetworks/subnets','net','a')]"}}}]}}`
	gateway := `{"type":"Microsoft.Network/natGateways","apiVersion":"2023-11-01","name":"anat","location":"westeurope","sku":{"name":"Standard"},"properties":{}}`
	w.deploy("all", resourcesOf(gateway+","+networkResource+","+subnet+","+nic+","+identityResource+","+fmt.Sprintf(storageResource, "acct", "")), nil)
	d := deployment(t, resourcesOf(identityResource), nil)
	d.Properties.Mode = new(armresources.DeploymentModeComplete)
	must(w.try(w.deployments, "one", d))(t)
	for path, want := range map[string]bool{
		"Microsoft.Network/virtualNetworks/net": false, "Microsoft.Network/natGateways/anat": false, "Microsoft.Network/networkInterfaces/nic": false, "Microsoft.Storage/storageAccounts/acct": false,
		"Microsoft.ManagedIdentity/userAssignedIdentities/me-too": true, "Microsoft.Resources/deployments/all": true,
	} {
		if w.exists(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
	pager := w.operations.NewListPager("g", "one", nil)
	deleted := map[string]time.Time{}
	for _, op := range must(pager.NextPage(t.Context()))(t).Value {
		if *op.Properties.ProvisioningState != "Succeeded" || op.Properties.StatusMessage != nil {
			t.Errorf("an operation of a deployment that succeeded: %+v", op.Properties)
		}
		if *op.Properties.ProvisioningOperation == armresources.ProvisioningOperationDelete {
			name := *op.Properties.TargetResource.ResourceName
			if !deleted[name].IsZero() {
				t.Errorf("two deletions of %s", name)
			}
			deleted[name] = *op.Properties.Timestamp
		} else if op.Properties.TargetResource != nil && *op.Properties.TargetResource.ResourceName != "me-too" {
			t.Errorf("%+v", op.Properties.TargetResource)
		}
		got := must(w.operations.Get(t.Context(), "g", "one", *op.OperationID, nil))(t)
		if !got.Properties.Timestamp.Equal(*op.Properties.Timestamp) || *got.ID != *op.ID {
			t.Errorf("%+v", got)
		}
	}
	if len(deleted) != 4 || deleted["anat"].Before(deleted["net"]) || deleted["net"].Before(deleted["nic"]) { // what uses another goes first
		t.Errorf("deletions %v", deleted)
	}
	if _, err := w.operations.Get(t.Context(), "g", "one", "none", nil); refusal(err) != "DeploymentOperationNotFound" {
		t.Errorf("%v", err)
	}
}

// The mode Complete keeps what nested deployments have made under names that nobody knew before.
func TestDeploymentCompleteKeepsNested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
		// nested has a deployment that makes an identity of the name that it is given.
		nested := func(name, parameter, inside string) string {
			return `{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"` + name + `",` + parameter + `"template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
"contentVersion":"1.0.0.0","parameters":{"n":{"type":"string"}},"resources":[{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"[concat('` + name + `-',parameters('n'))]","location":"westeurope"}` + inside + `]}}}`
		}
		const inner = `"properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"parameters":{"n":{"value":"%s"}},`
		template := resourcesOf(identityResource + "," + nested("outside", `"dependsOn":["me-too"],`+fmt.Sprintf(inner, "[take(replace(reference('me-too').principalId,'-',''),10)]"),
			","+nested("inside", fmt.Sprintf(inner, "[parameters('n')]"), "")))
		w.ends("other", `"template":`+resourcesOf(strings.Replace(identityResource, "me-too", "foreign", 1)))
		got := w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/outer?api-version=2021-04-01", `{"properties":{"mode":"Complete","template":`+template+`}}`)
		if got.StatusCode != 201 {
			t.Fatalf("%d %s", got.StatusCode, got.text)
		}
		d := w.ended("outer", got)
		list := w.wire.arm("GET", w.scope+"/resources?api-version=2021-04-01", "").text
		if d.Properties.ProvisioningState != "Succeeded" || !strings.Contains(list, `"outside-`) || !strings.Contains(list, `"inside-`) || !strings.Contains(list, `"me-too"`) || strings.Contains(list, `"foreign"`) {
			t.Errorf("%+v %s", d.Properties, list)
		}
	})
}
