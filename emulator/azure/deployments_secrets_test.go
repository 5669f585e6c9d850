package azureemulator_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// No answer about a deployment holds a secret, wherever in the template and in an error it comes up.
func TestDeploymentErrorsHaveNoSecrets(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	w.wire.specs = nil // some of the templates are wrong on purpose
	const head = `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",`
	const typed = head + `"languageVersion":"2.0","definitions":{"login":{"type":"object","properties":{"password":{"type":"securestring","nullable":true},"pin":{"type":"secureobject","nullable":true},"user":{"type":"string"}}},"all":{"type":"array","items":{"type":"securestring"}}},`
	at := func(name, location string) string {
		return `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"` + name + `","location":"` + location + `"}`
	}
	nested := func(inside string) string {
		return `{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner","properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"template":` + inside + `}}`
	}
	const byExpression = `"parameters":{"s":{"type":"securestring","defaultValue":"[concat('hunter2','-hunter2')]"}},`
	for _, tt := range []struct{ name, parameters, template, says string }{
		{"member", `{"p":{"value":{"password":"hunter2-hunter2","user":"somebody"}}}`, typed + `"parameters":{"p":{"$ref":"#/definitions/login"}},"resources":{},"outputs":{"o":{"$ref":"#/definitions/login","value":"[parameters('p')]"}}}`, `"Succeeded"`},
		{"element", `{"p":{"value":["hunter2-hunter2"]}}`, typed + `"parameters":{"p":{"$ref":"#/definitions/all"}},"resources":{},"outputs":{"o":{"$ref":"#/definitions/all","value":"[parameters('p')]"}}}`, `"Succeeded"`},
		{"default", `{}`, head + byExpression + `"resources":[` + at("n", "[parameters('s')]") + `]}`, `location '***'`},
		{"nested default", `{}`, head + `"resources":[` + nested(head+byExpression+`"resources":[`+at("n", "[parameters('s')]")+`]}`) + `]}`, `location '***'`},
		{"number", `{"s":{"value":{"n":9876543210123}}}`, head + `"parameters":{"s":{"type":"secureObject"}},"resources":[` + at("n", "[string(parameters('s').n)]") + `]}`, `location '***'`},
		{"number in a type", `{"p":{"value":{"user":"somebody","pin":{"n":9876543210123}}}}`, typed + `"parameters":{"p":{"$ref":"#/definitions/login"}},"resources":{"one":` + at("n", "[string(parameters('p').pin.n)]") + `}}`, `location '***'`},
		{"computed", `{"s":{"value":"hunter2-hunter2"}}`, head + `"parameters":{"s":{"type":"securestring"}},"variables":{"v":"[base64(concat(parameters('s'),'!'))]"},"resources":[` + at("n", "[variables('v')]") + `]}`, `location '***'`},
		{"nested plain", `{"s":{"value":"hunter2-hunter2"}}`, head + `"parameters":{"s":{"type":"securestring"}},"resources":[` +
			strings.Replace(nested(head+`"parameters":{"p":{"type":"string"}},"resources":[{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"kv-no-secrets","location":"westeurope","properties":{"tenantId":"[subscription().tenantId]","sku":{"family":"A","name":"[base64(parameters('p'))]"}}}]}`),
				`"mode"`, `"parameters":{"p":{"value":"[parameters('s')]"}},"mode"`, 1) + `]}`, `'***'`},
		{"target", `{"s":{"value":"hunter2-hunter2"}}`, head + `"parameters":{"s":{"type":"securestring"}},"resources":[` + at("[parameters('s')]", "nowhere") + `]}`, `userAssignedIdentities/***"`},
		{"escaped", `{"s":{"value":"hunter2\"9876543210123"}}`, head + `"parameters":{"s":{"type":"securestring"}},"resources":[` + at("n", "[concat('x',string(createArray(parameters('s'))))]") + `]}`, `location 'x[\"***\"]'`},
		{"service", `{"s":{"value":"hunter2-hunter2"}}`, head + `"parameters":{"s":{"type":"securestring"}},"resources":[{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"kv-no-secrets","location":"westeurope",
"properties":{"tenantId":"[subscription().tenantId]","sku":{"family":"A","name":"[parameters('s')]"}}}]}`, `'***'`},
	} {
		name := strings.ReplaceAll(tt.name, " ", "-")
		path := w.scope + "/providers/Microsoft.Resources/deployments/" + name
		got := w.wire.arm("PUT", path+"?api-version=2021-04-01", `{"properties":{"mode":"Incremental","parameters":`+tt.parameters+`,"template":`+tt.template+`}}`)
		var seen strings.Builder
		seen.WriteString(got.text)
		if got.StatusCode/100 == 2 {
			w.ended(name, got)
			for _, p := range []string{path, path + "/operations", w.scope + "/providers/Microsoft.Resources/deployments/inner/operations"} {
				seen.WriteString(w.wire.arm("GET", p+"?api-version=2021-04-01", "").text)
			}
			seen.WriteString(w.wire.send("GET", got.Header.Get("Azure-AsyncOperation"), "").text)
		}
		seen.WriteString(w.wire.arm("POST", path+"/validate?api-version=2021-04-01", `{"properties":{"mode":"Incremental","parameters":`+tt.parameters+`,"template":`+tt.template+`}}`).text)
		if strings.Contains(seen.String(), "hunter2") || strings.Contains(seen.String(), "9876543210123") || strings.Contains(seen.String(), "aHVudGVyMi1") || !strings.Contains(seen.String(), tt.says) {
			t.Errorf("%s: %d %s", tt.name, got.StatusCode, seen.String())
		}
	}
	named := w.wire.arm("POST", w.scope+"/providers/Microsoft.Resources/deployments/name/validate?api-version=2021-04-01", `{"properties":{"mode":"Incremental","parameters":{"s":{"value":"hunter2-hunter2"}},"template":`+
		head+`"parameters":{"s":{"type":"securestring"}},"resources":[`+at("[concat('a-',parameters('s'))]", "westeurope")+`]}}}`)
	if !strings.Contains(named.text, `userAssignedIdentities/a-***"`) || strings.Contains(named.text, "hunter2") {
		t.Errorf("validate: %d %s", named.StatusCode, named.text)
	}
}
