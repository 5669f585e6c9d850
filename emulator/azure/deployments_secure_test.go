package azureemulator_test

import (
	"strings"
	"testing"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
)

// Secrets inside the types of language version 2.0 can no more be read than those of secure parameters.
func TestDeploymentSecretsInTypes(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	const template = `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","languageVersion":"2.0",
"definitions":{"login":{"type":"object","properties":{"user":{"type":"string"},"password":{"type":"securestring"}}},"keys":{"type":"array","items":{"type":"securestring"}}},
"parameters":{"login":{"$ref":"#/definitions/login"},"keys":{"$ref":"#/definitions/keys"},"where":{"type":"string"}},
"resources":{},"outputs":{"login":{"$ref":"#/definitions/login","value":"[parameters('login')]"},"keys":{"type":"array","items":{"type":"securestring"},"value":"[parameters('keys')]"},"plain":{"type":"string","value":"seen"}}}`
	d := w.ends("types", `"parameters":{"login":{"value":{"user":"jane","password":"hunter2hunter2"}},"keys":{"value":["correct horse"]},"where":{"value":"westeurope"}},"template":`+template)
	if o := d.Properties.Outputs; d.Properties.ProvisioningState != "Succeeded" || len(o) != 3 || o["login"].Value != nil || o["keys"].Value != nil || o["plain"].Value != "seen" {
		t.Errorf("outputs %+v", d.Properties)
	}
	if p := d.Properties.Parameters; len(p) != 3 || p["login"].Value != nil || p["keys"].Value != nil || p["where"].Value != "westeurope" {
		t.Errorf("parameters %+v", p)
	}
	bad := strings.Replace(template, `"value":"seen"`, `"value":"[string(int(parameters('keys')[0]))]"`, 1)
	var seen strings.Builder
	seen.WriteString(w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/bad?api-version=2021-04-01",
		`{"properties":{"mode":"Incremental","parameters":{"login":{"value":{"user":"jane","password":"hunter2hunter2"}},"keys":{"value":["correct horse"]},"where":{"value":"westeurope"}},"template":`+bad+`}}`).text)
	for _, name := range []string{"types", "bad"} {
		seen.WriteString(w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/"+name+"?api-version=2021-04-01", "").text)
	}
	for _, secret := range []string{"hunter2", "correct horse"} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%s is readable: %s", secret, seen.String())
		}
	}
}
