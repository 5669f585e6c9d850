package bootstrap_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

const deploymentSchema = `"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0"`

// useResources makes a template of resources the request's, with a secure parameter key.
func (s *site) useResources(resources, parameters string) {
	s.t.Helper()
	template, err := armtemplate.Parse([]byte(`{` + deploymentSchema + `, "parameters": {"key": {"type": "secureString", "defaultValue": "none"}}, "resources": [` + resources + `]}`))
	if err != nil {
		s.t.Fatal(err)
	}
	given, err := armtemplate.ParseParameters([]byte(parameters))
	if err != nil {
		s.t.Fatal(err)
	}
	s.use(bootstrap.Request{Template: template, TemplateName: "theirs", Parameters: given})
}

func (s *site) plannedWarnings() []string {
	s.t.Helper()
	plan, err := s.bootstrapper().Plan(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return plan.Warnings
}

// TestSecretsInPlainPlaces: a secure parameter that ends where every reader sees it is warned of, and no warning shows it.
func TestSecretsInPlainPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.useResources(`
			{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
				"parameters": {"password": {"value": "[concat('x', parameters('key'))]"}, "safe": {"value": "[parameters('key')]"}},
				"template": {`+deploymentSchema+`, "parameters": {"password": {"type": "string"}, "safe": {"type": "secureString"}}, "resources": []}}},
			{"type": "Microsoft.ContainerInstance/containerGroups", "apiVersion": "2023-05-01", "name": "jobs", "location": "westeurope", "tags": {"owner": "me", "key": "[parameters('key')]"},
				"properties": {"osType": "Linux", "restartPolicy": "Never", "containers": [{"name": "c", "properties": {"image": "i:1", "command": ["run", "[concat('--key=', parameters('key'))]"],
					"environmentVariables": [{"name": "KEY", "value": "[parameters('key')]"}, {"name": "SAFE", "secureValue": "[parameters('key')]"}, {"name": "LEVEL", "value": "info"}],
					"resources": {"requests": {"cpu": 1, "memoryInGB": 1}}}}]}}`, `{"key": "Tr0ub4dor"}`)
		got := s.plannedWarnings()
		want := []string{
			"the parameter 'inner/password' of a nested deployment shows the secure parameter 'key' to everybody who may read the deployment: give it a secure type in the nested template",
			"tag key of container group jobs shows a secure parameter to everybody who may read the resource",
			"environment variable KEY of container c of container group jobs shows a secure parameter to everybody who may read the resource: give it as secureValue",
			"word 2 of the command of container c of container group jobs shows a secure parameter to everybody who may read the resource: give it as an environment variable with a secureValue",
		}
		if !slices.Equal(got, want) {
			t.Errorf("warnings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestPartsThatATemplateDeletes: a template whose network lists its subnets deletes those that others added, which the plan says.
func TestPartsThatATemplateDeletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.useResources(`
			{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-03-01", "name": "net", "location": "northeurope",
				"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "jobs", "properties": {"addressPrefix": "10.0.1.0/24"}}]}},
			{"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-03-01", "name": "nsg", "location": "northeurope", "properties": {}}`, `{}`)
		s.must()
		if got := s.plannedWarnings(); len(got) > 0 {
			t.Errorf("warnings %q before anybody added anything", got)
		}
		network := s.groupID() + "/providers/Microsoft.Network/virtualNetworks/net"
		s.put(network, "2024-03-01", `{"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]},
			"subnets": [{"name": "JOBS", "properties": {"addressPrefix": "10.0.1.0/24"}}, {"name": "theirs", "properties": {"addressPrefix": "10.9.1.0/24"}}]}}`)
		want := []string{
			"virtual network net has the subnet theirs, which is not in the template's list: the deployment deletes it, or fails if it is in use",
			"virtual network net has the address range 10.9.0.0/16, which is not in the template's list: the deployment deletes it, or fails if it is in use",
		}
		if got := s.plannedWarnings(); !slices.Equal(got, want) {
			t.Errorf("warnings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		// Older api-versions take a network without a list for one without subnets. What the template has as resources comes back.
		for version, want := range map[string][]string{"2023-06-01": want[:1], "2023-09-01": nil} {
			s.useResources(`
				{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "`+version+`", "name": "net", "location": "northeurope",
					"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]}}},
				{"type": "Microsoft.Network/virtualNetworks/subnets", "apiVersion": "`+version+`", "name": "net/jobs", "dependsOn": ["net"], "properties": {"addressPrefix": "10.0.1.0/24"}}`, `{}`)
			if got := s.plannedWarnings(); !slices.Equal(got, want) {
				t.Errorf("api-version %s: warnings %q, want %q", version, got, want)
			}
		}
	})
}
