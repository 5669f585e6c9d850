//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// demoTemplate is the file of the demo's template, which lies beside the vectors of the ARM language.
func demoTemplate(t *testing.T) string {
	t.Helper()
	vectors := os.Getenv("PACIFIC_ARM_VECTORS")
	if vectors == "" {
		t.Skip("PACIFIC_ARM_VECTORS is not set: the demo's template lies beside the file that it names")
	}
	return filepath.Join(filepath.Dir(vectors), "demo", "azuredeploy.json")
}

// azDeployment is what az shows of a deployment.
type azDeployment struct {
	Name       string
	Properties struct {
		ProvisioningState, Mode string
		OutputResources         []struct{ ID string }
		ValidatedResources      []struct{ ID string }
		Outputs, Parameters     map[string]struct {
			Type  string
			Value any
		}
	}
}

// TestAzDeployments has az deploy the demo's template as it is, and looks at what came of it with az.
func TestAzDeployments(t *testing.T) {
	seconds(t)
	template := demoTemplate(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "aci-rg", "--location", "northeurope")
	azDeploysDemo(a, template)
	azSeesDemo(a)
	azDeploymentFails(a)
	a.az(0, "deployment", "group", "delete", "--resource-group", "aci-rg", "--name", "azuredeploy")
	a.az(3, "deployment", "group", "show", "--resource-group", "aci-rg", "--name", "azuredeploy")
	a.az(0, "group", "delete", "--name", "aci-rg", "--yes")
}

func azDeploysDemo(a *azure, template string) {
	given := []string{"--resource-group", "aci-rg", "--template-file", template, "--parameters", "keyvaultname=kv-e2e-demo", "prefect-api-key=pnu_secret"}
	var valid, made, shown azDeployment
	if a.azJSON(&valid, append([]string{"deployment", "group", "validate"}, given...)...); len(valid.Properties.ValidatedResources) != 9 {
		a.t.Errorf("validate: %+v", valid)
	}
	if out := a.az(1, "deployment", "group", "create", "--resource-group", "aci-rg", "--template-file", template); !strings.Contains(out.stderr, "InvalidTemplate") {
		a.t.Errorf("without a name for the vault: %s", out.stderr)
	}
	a.azJSON(&made, append([]string{"deployment", "group", "create"}, given...)...)
	if p := made.Properties; made.Name != "azuredeploy" || p.ProvisioningState != "Succeeded" || p.Mode != "Incremental" || len(p.OutputResources) != 9 ||
		p.Outputs["containerIPv4Address"].Value != "10.0.0.4" {
		a.t.Errorf("create: %+v", made)
	}
	if a.azJSON(&shown, "deployment", "group", "show", "--resource-group", "aci-rg", "--name", "azuredeploy"); shown.Properties.Parameters["queue-name"].Value != "armaci" {
		a.t.Errorf("show: %+v", shown)
	}
	var listed []azDeployment
	if a.azJSON(&listed, "deployment", "group", "list", "--resource-group", "aci-rg"); len(listed) != 1 {
		a.t.Errorf("list: %+v", listed)
	}
	var operations []struct {
		Properties struct {
			ProvisioningState string
			TargetResource    struct{ ResourceName string }
		}
	}
	a.azJSON(&operations, "deployment", "operation", "group", "list", "--resource-group", "aci-rg", "--name", "azuredeploy")
	if len(operations) != 10 { // the outputs are one
		a.t.Errorf("%d operations: %+v", len(operations), operations)
	}
	if out := a.az(0, "deployment", "group", "export", "--resource-group", "aci-rg", "--name", "azuredeploy"); !strings.Contains(out.stdout, "radbrt/orion_agent") {
		a.t.Errorf("export: %s", out.stdout)
	}
}

// azSeesDemo finds what the template is about.
func azSeesDemo(a *azure) {
	a.az(0, "role", "assignment", "create", "--role", "Key Vault Secrets User", "--assignee", a.values["AZURE_CLIENT_ID"],
		"--scope", "/subscriptions/"+a.values["AZURE_SUBSCRIPTION_ID"]+"/resourceGroups/aci-rg")
	for name, want := range map[string]string{"testsecret": "Super5ecret!", "prefect-api-key": "pnu_secret"} {
		var secret azSecret
		if a.azJSON(&secret, "keyvault", "secret", "show", "--vault-name", "kv-e2e-demo", "--name", name); secret.Value != want {
			a.t.Errorf("the secret %s: %+v", name, secret)
		}
	}
	var network struct {
		Subnets []struct{ Name, AddressPrefix string }
	}
	if a.azJSON(&network, "network", "vnet", "show", "--resource-group", "aci-rg", "--name", "orinet"); len(network.Subnets) != 1 || network.Subnets[0].Name != "agentnet" {
		a.t.Errorf("network vnet show: %+v", network)
	}
	var group struct{ ProvisioningState string }
	if a.azJSON(&group, "container", "show", "--resource-group", "aci-rg", "--name", "prefect-agent"); group.ProvisioningState != "Succeeded" {
		a.t.Errorf("container show: %+v", group)
	}
}

// azDeploymentFails deploys a template in which a resource fails, with az's own extensions of JSON.
func azDeploymentFails(a *azure) {
	file := filepath.Join(a.t.TempDir(), "fails.json")
	text := "{ // a comment\n" + `"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
"parameters": {"pass": {"type": "securestring"}}, /* another */ "resources": [
  {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2022-07-01", "name": "kv-e2e-fails", "location": "[resourceGroup().location]",
   "properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true}},
  {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2022-07-01", "name": "kv-e2e-fails/no_good", "dependsOn": ["kv-e2e-fails"],
   "properties": {"value": "[concat(
      parameters('pass'),
      'x')]"}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	out := a.az(1, "deployment", "group", "create", "--resource-group", "aci-rg", "--template-file", file, "--parameters", "pass=hunter2hunter2")
	for _, part := range []string{"DeploymentFailed", "BadParameter", "no_good"} {
		if !strings.Contains(out.stderr, part) {
			a.t.Errorf("without %s: %s", part, out.stderr)
		}
	}
	out = a.az(0, "deployment", "group", "show", "--resource-group", "aci-rg", "--name", "fails")
	operations := a.az(0, "deployment", "operation", "group", "list", "--resource-group", "aci-rg", "--name", "fails")
	if strings.Contains(out.stdout+operations.stdout, "hunter2") || !strings.Contains(out.stdout, "Failed") {
		a.t.Errorf("show: %s\noperations: %s", out.stdout, operations.stdout)
	}
}
