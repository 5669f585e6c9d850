package azureemulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// Nested deployments are deployments of their own, in both scopes, and give their outputs to the one that they are in.
func TestNestedDeployments(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	const schema = `"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0"`
	const template = `{` + schema + `,"parameters":{"word":{"type":"string"}},"variables":{"where":"outer"},"resources":[
 {"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner","properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"parameters":{"word":{"value":"[concat(parameters('word'),'!')]"}},
  "template":{` + schema + `,"parameters":{"word":{"type":"string"}},"variables":{"where":"inner"},"resources":[` + identityResource + `],
   "outputs":{"said":{"type":"string","value":"[concat(parameters('word'),variables('where'))]"},"principal":{"type":"string","value":"[reference('me-too').principalId]"}}}}},
 {"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"outer","dependsOn":["inner"],"properties":{"mode":"Incremental",
  "template":{` + schema + `,"variables":{"where":"nobody reads this"},"resources":[],"outputs":{"said":{"type":"string","value":"[concat(parameters('word'),variables('where'),'[')]"}}}}}],
"outputs":{"inner":{"type":"string","value":"[reference('inner').outputs.said.value]"},"outer":{"type":"string","value":"[reference('outer').outputs.said.value]"},
 "principal":{"type":"string","value":"[reference('inner').outputs.principal.value]"}}}`
	d := w.ends("top", `"parameters":{"word":{"value":"hello"}},"template":`+template)
	o := d.Properties.Outputs
	if d.Properties.ProvisioningState != "Succeeded" || o["inner"].Value != "hello!inner" || o["outer"].Value != "helloouter[" || len(fmt.Sprint(o["principal"].Value)) != 36 {
		t.Errorf("%+v", d.Properties)
	}
	var names []string
	for pager := w.deployments.NewListByResourceGroupPager("g", &armresources.DeploymentsClientListByResourceGroupOptions{Top: new(int32(2)), Filter: new("provisioningState eq 'Succeeded'")}); pager.More(); {
		for _, one := range must(pager.NextPage(t.Context()))(t).Value {
			names = append(names, *one.Name)
		}
	}
	if got := strings.Join(names, " "); got != "inner outer top" {
		t.Errorf("listed: %s", got)
	}
	// What fails further in is shown further in.
	failing := strings.Replace(template, identityResource, fmt.Sprintf(vaultResource, "kv-nested", "gold", "true"), 1)
	failing = strings.Replace(failing, `,"principal":{"type":"string","value":"[reference('me-too').principalId]"}`, "", 1)
	failing = strings.Replace(failing, `,
 "principal":{"type":"string","value":"[reference('inner').outputs.principal.value]"}`, "", 1)
	d = w.ends("failing", `"parameters":{"word":{"value":"hello"}},"template":`+failing)
	if e := d.Properties.Error; e.errors() != "DeploymentFailed: DeploymentFailed" || e.Details[0].errors() != "DeploymentFailed: BadRequest" {
		t.Errorf("%+v", e)
	}
	// The name of the deployment itself is in use by itself.
	d = w.ends("inner", `"parameters":{"word":{"value":"hello"}},"template":`+template)
	if d.Properties.Error.errors() != "DeploymentFailed: DeploymentActive" {
		t.Errorf("a deployment in itself: %+v", d.Properties.Error)
	}
}

// What resourceGroup() and its like say is known whether or not anybody has set it.
func TestDeploymentFacts(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	template := strings.Replace(resourcesOf(""), `"resources"`, `"outputs":{"tags":{"type":"object","value":"[resourceGroup().tags]"},"where":{"type":"string","value":"[concat(resourceGroup().location,' ',deployment().name)]"},
"who":{"type":"string","value":"[deployer().objectId]"},"sub":{"type":"string","value":"[subscription().displayName]"}},"resources"`, 1)
	d := w.ends("facts", `"template":`+template)
	if o := d.Properties.Outputs; d.Properties.ProvisioningState != "Succeeded" || fmt.Sprint(o["tags"].Value) != "map[]" || o["where"].Value != "westeurope facts" || o["sub"].Value != "Emulated subscription" || len(fmt.Sprint(o["who"].Value)) != 36 {
		t.Errorf("%+v", d.Properties)
	}
}

// A parameter may name a secret, of a vault that allows it, for a caller who may deploy with it.
func TestDeploymentReadsVault(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	secret := func(vault string) string {
		return `{"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2023-07-01","name":"` + vault + `/pass","dependsOn":["` + vault + `"],"properties":{"value":"from the vault"}}`
	}
	w.deploy("vaults", resourcesOf(fmt.Sprintf(vaultResource, "kv-open", "standard", "true")+","+secret("kv-open")+","+fmt.Sprintf(vaultResource, "kv-shut", "standard", "false")+","+secret("kv-shut")), nil)
	vault := func(name string) string { return w.scope + "/providers/Microsoft.KeyVault/vaults/" + name }
	properties := func(vault, secret string) string {
		return `"parameters":{"pass":{"reference":{"keyVault":{"id":"` + vault + `"},"secretName":"` + secret + `"}}},"template":` + strings.Replace(resourcesOf(""), `"resources"`,
			`"parameters":{"pass":{"type":"securestring"}},"outputs":{"n":{"type":"int","value":"[length(parameters('pass'))]"}},"resources"`, 1)
	}
	d := w.ends("reads", properties(vault("kv-open"), "pass"))
	if d.Properties.Outputs["n"].Value != 14.0 {
		t.Errorf("%+v", d)
	}
	if got := w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/reads?api-version=2021-04-01", ""); strings.Contains(got.text, "from the vault") || !strings.Contains(got.text, `"secretName":"pass"`) {
		t.Errorf("%s", got.text)
	}
	for _, one := range []struct{ vault, secret, code string }{
		{vault("kv-none"), "pass", "KeyVaultParameterReferenceNotFound"},
		{vault("kv-shut"), "pass", "KeyVaultParameterReferenceSecretRetrieveFailed"},
		{vault("kv-open"), "none", "KeyVaultParameterReferenceSecretRetrieveFailed"},
		{"kv-open", "pass", "InvalidTemplate"},
	} {
		got := w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/reads?api-version=2021-04-01", `{"properties":{"mode":"Incremental",`+properties(one.vault, one.secret)+`}}`)
		if got.code() != one.code || got.StatusCode/100 != 4 {
			t.Errorf("%s %s: %d %s", one.vault, one.secret, got.StatusCode, got.text)
		}
	}
	// Nobody reads a secret in this way from outside, whatever rights they have; and a deployer needs one.
	if got := w.wire.arm("POST", vault("kv-open")+"/deploy?api-version=2023-07-01", `{"secretName":"pass"}`); got.StatusCode != http.StatusNotFound {
		t.Errorf("from outside: %d %s", got.StatusCode, got.text)
	}
	reader := register(t, w.server, "deployer")
	w.wire.arm("PUT", w.scope+"/providers/Microsoft.Authorization/roleDefinitions/11111111-2222-4333-8444-555555555555?api-version=2022-04-01",
		`{"properties":{"roleName":"Deployer","type":"CustomRole","assignableScopes":["`+w.scope+`"],"permissions":[{"actions":["Microsoft.Resources/deployments/*"]}]}}`)
	w.assign("Deployer", reader.objectID, w.scope)
	plain := deployment(t, `{}`, nil)
	plain.Properties.Template = map[string]any{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"parameters": map[string]any{"pass": map[string]any{"type": "securestring"}}, "resources": []any{}}
	plain.Properties.Parameters = map[string]any{"pass": map[string]any{"reference": map[string]any{"keyVault": map[string]any{"id": vault("kv-open")}, "secretName": "pass"}}}
	_, err := w.try(w.clientOf(reader.credential(t, w.server, w.options)), "reads", plain)
	if refusal(err) != "AuthorizationFailed" || !strings.Contains(err.Error(), "Microsoft.KeyVault/vaults/deploy/action") {
		t.Errorf("without the right: %v", err)
	}
}

// What is wrong, or not served, is refused before anything is made.
func TestDeploymentRefusals(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	good := resourcesOf(identityResource)
	with := func(resource string) string {
		return `{"properties":{"mode":"Incremental","template":` + resourcesOf(identityResource+","+resource) + `}}`
	}
	linked := func(properties string) string {
		return with(`{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"sub",` + properties + `}`)
	}
	in := w.scope + "/providers/Microsoft.Resources/deployments/"
	sub := "/subscriptions/" + w.server.Account().SubscriptionID
	for _, one := range []struct {
		method, path, body string
		status             int
		code, says         string
	}{
		{"PUT", in + "x", ``, 400, "InvalidRequestContent", "empty"},
		{"PUT", in + "x", `{`, 400, "InvalidRequestContent", "line 1, position 2"},
		{"PUT", in + "x", `[]`, 400, "InvalidRequestContent", "an object is expected"},
		{"PUT", in + "x", `{}`, 400, "InvalidRequestContent", "'properties'"},
		{"PUT", in + "x", `{"properties":{"template":` + good + `}}`, 400, "InvalidRequestContent", "'mode'"},
		{"PUT", in + "x", `{"properties":{"mode":"Other","template":` + good + `}}`, 400, "InvalidRequestContent", `Other`},
		{"PUT", in + "x", `{"properties":{"mode":3,"template":` + good + `}}`, 400, "InvalidRequestContent", `properties.mode`},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental"}}`, 400, "InvalidDeployment", `'template'`},
		{"PUT", in + "x", `{"location":"westeurope","properties":{"mode":"Incremental","template":` + good + `}}`, 400, "InvalidDeployment", `'location'`},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","template":{}}}`, 400, "InvalidTemplate", "Deployment template validation failed"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","parameters":{"no":{"value":1}},"template":` + good + `}}`, 400, "InvalidTemplate", "'no'"},
		{"PUT", in + "x", with(`{"type":"Contoso.Web/x","apiVersion":"2020-01-01","name":"x"}`), 400, "InvalidTemplateDeployment", "InvalidResourceNamespace"},
		{"PUT", in + "x", with(`{"type":"Microsoft.KeyVault/vaults","apiVersion":"2001-01-01","name":"x"}`), 400, "InvalidTemplateDeployment", "NoRegisteredProviderFound"},
		{"PUT", in + "x", with(`{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"kv-x","location":"moon"}`), 400, "InvalidTemplateDeployment", "'moon'"},
		{"PUT", in + "x", with(`{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":""}`), 400, "InvalidTemplate", "name property cannot be null or empty"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","template":` + strings.Replace(good, "deploymentTemplate", "subscriptionDeploymentTemplate", 1) + `}}`, 400, "InvalidTemplate", "resource group scope"},
		{"PUT", in + "x", linked(`"properties":{"mode":"Complete","template":` + good + `}`), 400, "InvalidTemplateDeployment", "Only 'Incremental'"},
		{"PUT", in + "x", linked(`"properties":{"mode":"Incremental","templateLink":{"uri":"https://example.com/t.json"}}`), 501, "NotImplemented", "https://example.com/t.json"},
		{"PUT", in + "x", linked(`"location":"westeurope","subscriptionId":"[subscription().subscriptionId]","properties":{"mode":"Incremental","template":` + strings.Replace(resourcesOf(""), "deploymentTemplate", "subscriptionDeploymentTemplate", 1) + `}`), 501, "NotImplemented", "resource groups alone"},
		{"PUT", in + "x", with(`{"type":"Microsoft.Resources/deploymentStacks","apiVersion":"2024-03-01","name":"s","properties":{}}`), 501, "NotImplemented", "stack"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","templateLink":{"uri":"https://example.com/t.json"}}}`, 501, "NotImplemented", "https://example.com/t.json"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","parametersLink":{"uri":"https://example.com/p.json"},"template":` + good + `}}`, 501, "NotImplemented", "https://example.com/p.json"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","onErrorDeployment":{"type":"LastSuccessful"},"template":` + good + `}}`, 501, "NotImplemented", "onErrorDeployment"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","debugSetting":{"detailLevel":"requestContent"},"template":` + good + `}}`, 501, "NotImplemented", "requestContent"},
		{"PUT", in + "x", `{"properties":{"mode":"Incremental","parameters":{"p":{"expression":"[externalInputs('i')]"}},"template":` + good + `}}`, 501, "NotImplemented", "External inputs"},
		{"PUT", in + "x", with(fmt.Sprintf(vaultResource, "no--good", "standard", "true")), 400, "InvalidTemplateDeployment", "VaultNameNotValid"},
		{"PUT", in + "x", with(fmt.Sprintf(storageResource, "No-good", "")), 400, "InvalidTemplateDeployment", "AccountNameInvalid"},
		{"POST", in + "x/whatIf", `{"properties":{"mode":"Incremental","template":` + good + `}}`, 501, "NotImplemented", "What-if"},
		{"PUT", in + "no%20good", `{"properties":{"mode":"Incremental","template":` + good + `}}`, 400, "InvalidDeploymentName", "no good"},
		{"PUT", in + strings.Repeat("n", 65), `{"properties":{"mode":"Incremental","template":` + good + `}}`, 400, "InvalidDeploymentName", "64"},
		{"GET", in + "x", "", 404, "DeploymentNotFound", "'x'"},
		{"POST", in + "x/exportTemplate", "", 404, "DeploymentNotFound", "'x'"},
		{"DELETE", in + "x", "", 204, "", ""},
		{"HEAD", in + "x", "", 404, "", ""},
		{"PUT", sub + "/resourcegroups/none/providers/Microsoft.Resources/deployments/x", `{}`, 404, "ResourceGroupNotFound", "none"},
		{"PUT", sub + "/providers/Microsoft.Resources/deployments/x", `{"location":"westeurope","properties":{"mode":"Incremental","template":` + good + `}}`, 501, "NotImplemented", "a subscription"},
		{"GET", sub + "/providers/Microsoft.Resources/deployments", "", 501, "NotImplemented", "a subscription"},
		{"PUT", "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Resources/deployments/x", `{}`, 501, "NotImplemented", "a management group"},
		{"POST", "/providers/Microsoft.Resources/deployments/x/validate", `{}`, 501, "NotImplemented", "the tenant"},
		{"PUT", w.scope + "/providers/Microsoft.Resources/deploymentStacks/x", `{}`, 501, "NotImplemented", "stacks"},
	} {
		w.wire.specs = nil // many of these requests are wrong on purpose
		got := w.wire.arm(one.method, one.path+"?api-version=2021-04-01", one.body)
		if got.StatusCode != one.status || got.code() != one.code || !strings.Contains(got.text, one.says) {
			t.Errorf("%s %s %s: %d %s, want %d %s %s", one.method, one.path, one.body, got.StatusCode, got.text, one.status, one.code, one.says)
		}
	}
	if w.exists("Microsoft.ManagedIdentity/userAssignedIdentities/me-too") {
		t.Error("something was made")
	}
	if got := w.wire.arm("PUT", in+"x?api-version=2021-04-01", `{"properties":{"mode":"Incremental","template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
"resources":[{"type":"a/b","apiVersion":"2020-01-01","name":"[nothing('x')]"}]}}}`); !strings.Contains(got.text, `"additionalInfo":[{"type":"TemplateViolation","info":{"lineNumber":2,`) {
		t.Errorf("without a line: %s", got.text)
	}
}

// A resource group remembers 800 deployments; those there may be replaced, and forgotten.
func TestDeploymentQuota(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	body := `{"properties":{"mode":"Incremental","template":` + resourcesOf("") + `}}`
	path := func(name string) string {
		return w.scope + "/providers/Microsoft.Resources/deployments/" + name + "?api-version=2021-04-01"
	}
	w.wire.specs = nil
	for i := range 800 {
		if got := w.wire.arm("PUT", path(fmt.Sprintf("d%d", i)), body); got.StatusCode != 201 {
			t.Fatalf("%d: %d %s", i, got.StatusCode, got.text)
		}
	}
	for method, at := range map[string]string{"PUT": path("one-more"), "POST": strings.Replace(path("one-more"), "?", "/validate?", 1)} {
		if got := w.wire.arm(method, at, body); got.StatusCode != 409 || got.code() != "DeploymentQuotaExceeded" || !strings.Contains(got.text, "The current deployment count is '800'") {
			t.Errorf("%s: %d %s", method, got.StatusCode, got.text)
		}
	}
	got := w.wire.arm("PUT", path("d7"), body)
	if got.StatusCode != 200 {
		t.Errorf("one that is there: %d %s", got.StatusCode, got.text)
	}
	w.ended("d7", got)
	if got := w.wire.arm("DELETE", path("d7"), ""); got.StatusCode != 202 || got.Header.Get("Location") == "" {
		t.Errorf("delete: %d %s", got.StatusCode, got.text)
	}
	if got := w.wire.arm("PUT", path("one-more"), body); got.StatusCode != 201 {
		t.Errorf("after a delete: %d %s", got.StatusCode, got.text)
	}
}

// Every operation in the versions that clients send, against Microsoft's API files; the first run of each template is what
// Prefect's worker sends.
func TestDeploymentsAgainstAPIFiles(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	template := `{"$schema":"https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","parameters":{"location":{"type":"string","defaultValue":"[resourceGroup().location]"},
"container_group_name":{"type":"string","defaultValue":"[uniqueString(resourceGroup().id)]"},"container_name":{"type":"string","defaultValue":"[uniqueString(resourceGroup().id)]"}},
"resources":[{"type":"Microsoft.ContainerInstance/containerGroups","apiVersion":"2022-09-01","name":"[parameters('container_group_name')]","location":"[parameters('location')]","properties":{"containers":[{"name":"[parameters('container_name')]",
"properties":{"image":"x","command":["y"],"resources":{"requests":{"cpu":1.0,"memoryInGB":1.0}},"environmentVariables":[]}}],"osType":"Linux","restartPolicy":"Never"}}]}`
	for _, version := range []string{"2021-04-01", "2024-07-01", "2024-11-01", "2025-04-01"} {
		name := "run-" + version
		one := w.scope + "/providers/Microsoft.Resources/deployments/" + name
		body := `{"properties":{"template":` + template + `,"parameters":{"container_group_name":{"value":"` + name + `"}},"mode":"Incremental"},"tags":{"a":"b"}}`
		for _, step := range []struct {
			method, path, body string
			status             int
		}{
			{"HEAD", one, "", 404},
			{"POST", one + "/validate", body, 200},
			{"POST", one + "/validate", `{"properties":{"mode":"Incremental","template":{}}}`, 400},
			{"PUT", one, body, 201},
			{"GET", one, "", 200},
			{"HEAD", one, "", 204},
			{"GET", w.scope + "/providers/Microsoft.Resources/deployments/?$top=1", "", 200},
			{"GET", w.scope + "/deployments/" + name + "/operations", "", 200},
			{"GET", one + "/operations", "", 200},
			{"GET", w.scope + "/deployments/" + name + "/operations/0000000000000001", "", 200},
			{"POST", one + "/exportTemplate", "", 200},
			{"POST", one + "/cancel", "", 409},
			{"DELETE", one, "", 202},
			{"DELETE", one, "", 204},
		} {
			sep := "?"
			if strings.Contains(step.path, "?") {
				sep = "&"
			}
			got := w.wire.arm(step.method, step.path+sep+"api-version="+version, step.body)
			if got.StatusCode != step.status {
				t.Errorf("%s %s %s: %d %s, want %d", step.method, step.path, version, got.StatusCode, got.text, step.status)
			}
			if step.method == "PUT" {
				if d := w.ended(name, got); d.Properties.ProvisioningState != "Succeeded" {
					t.Errorf("%s: %+v", version, d)
				}
			}
		}
	}
	if got := w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/?$filter=name%20eq%20'x'&api-version=2021-04-01", ""); got.code() != "InvalidFilterInQueryString" {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
}

// A resource that must say where it is is refused before anything is made, one whose place is not known yet is not.
func TestDeploymentLocationRequired(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	for _, kind := range []string{"Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Compute/virtualMachines"} {
		for _, location := range []string{``, `"location":"",`, `"location":null,`} {
			_, err := w.try(w.deployments, "nowhere", deployment(t, resourcesOf(identityResource+`,{"type":"`+kind+`","apiVersion":"2024-11-30",`+location+`"name":"nowhere"}`), nil))
			if refusal(err) != "InvalidTemplateDeployment" || !strings.Contains(err.Error(), "LocationRequired") || w.exists("Microsoft.ManagedIdentity/userAssignedIdentities/me-too") {
				t.Errorf("%s %s: %v", kind, location, err)
			}
		}
	}
	d := w.ends("there", `"template":`+resourcesOf(identityResource+`,{"type":"Microsoft.Compute/virtualMachines","apiVersion":"2024-11-01","name":"there","location":"[reference('me-too','2023-01-31','Full').location]"}`))
	if d.Properties.ProvisioningState != "Succeeded" {
		t.Errorf("%+v", d.Properties)
	}
}
