package azureemulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// wireDeployment is a deployment as its GET shows it.
type wireDeployment struct {
	Properties struct {
		ProvisioningState, CorrelationID, Duration string
		Outputs, Parameters                        map[string]struct {
			Type  string
			Value any
		}
		OutputResources []struct{ ID string }
		Error           *wireError
	}
}

type wireError struct {
	Code, Message, Target string
	Details               []wireError
}

// errors are the codes of the details.
func (e *wireError) errors() string {
	if e == nil {
		return ""
	}
	var codes []string
	for _, d := range e.Details {
		codes = append(codes, d.Code)
	}
	return e.Code + ": " + strings.Join(codes, " ")
}

// begin sends a deployment with plain properties and wants a status.
func (w *deployWorld) begin(name, properties string, status int) answer {
	w.Helper()
	got := w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/"+name+"?api-version=2021-04-01", `{"properties":{"mode":"Incremental",`+properties+`}}`)
	if got.StatusCode != status {
		w.Fatalf("%s: %d %s, want %d", name, got.StatusCode, got.text, status)
	}
	return got
}

// ends deploys a template and gives what became of it.
func (w *deployWorld) ends(name, properties string) wireDeployment {
	w.Helper()
	got := w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/"+name+"?api-version=2021-04-01", `{"properties":{"mode":"Incremental",`+properties+`}}`)
	if got.StatusCode/100 != 2 {
		w.Fatalf("%s: %d %s", name, got.StatusCode, got.text)
	}
	return w.ended(name, got)
}

// ended polls what a PUT began, to its end.
func (w *deployWorld) ended(name string, began answer) (d wireDeployment) {
	w.Helper()
	for {
		poll := w.wire.send("GET", began.Header.Get("Azure-AsyncOperation"), "")
		if !strings.Contains(poll.text, `"status":"Running"`) {
			break
		}
		time.Sleep(time.Second) // of fake time, or the deployment is over at once
	}
	w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/"+name+"?api-version=2021-04-01", "").json(w.T, &d)
	return d
}

func (w *deployWorld) exists(path string) bool {
	w.Helper()
	got := w.wire.arm("GET", w.scope+"/providers/"+path+"?api-version=2023-01-01", "")
	return got.StatusCode == http.StatusOK
}

const (
	identityResource = `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"me-too","location":"westeurope"}`
	networkResource  = `{"type":"Microsoft.Network/virtualNetworks","apiVersion":"2023-11-01","name":"net","location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`
	storageResource  = `{"type":"Microsoft.Storage/storageAccounts","apiVersion":"2023-01-01","name":"%s","location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}%s}`
	vaultResource    = `{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"%s","location":"westeurope","properties":{"tenantId":"[subscription().tenantId]","sku":{"name":"%s","family":"A"},"enableRbacAuthorization":true,"enabledForTemplateDeployment":%s}}`
)

// A resource fails in the middle: what does not depend on it is made, what does is not begun, and the same deployment ends
// well once it is put right.
func TestDeploymentFailsInTheMiddle(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	template := func(sku string) string {
		secret := `{"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2023-07-01","name":"kv-middle/one","dependsOn":["kv-middle"],"properties":{"value":"v"}}`
		return `"template":` + resourcesOf(identityResource+","+fmt.Sprintf(vaultResource, "kv-middle", sku, "true")+","+secret+","+networkResource)
	}
	d := w.ends("middle", template("gold"))
	if got := d.Properties.Error.errors(); d.Properties.ProvisioningState != "Failed" || got != "DeploymentFailed: BadRequest" || !strings.Contains(d.Properties.Error.Details[0].Message, "The SKU 'gold'") {
		t.Errorf("%+v", d)
	}
	if len(d.Properties.OutputResources) != 2 || !w.exists("Microsoft.Network/virtualNetworks/net") || w.exists("Microsoft.KeyVault/vaults/kv-middle") {
		t.Errorf("made %v", d.Properties.OutputResources)
	}
	var operations struct {
		Value []struct {
			Properties struct {
				ProvisioningState, StatusCode string
				TargetResource                struct{ ResourceType string }
				StatusMessage                 struct{ Error wireError }
			}
		}
	}
	w.wire.arm("GET", w.scope+"/deployments/middle/operations?api-version=2021-04-01", "").json(t, &operations)
	states := map[string]string{}
	for _, op := range operations.Value {
		states[op.Properties.TargetResource.ResourceType] = op.Properties.ProvisioningState + " " + op.Properties.StatusCode + op.Properties.StatusMessage.Error.Code
	}
	if len(states) != 3 || states["Microsoft.KeyVault/vaults"] != "Failed BadRequestBadRequest" || states["Microsoft.Network/virtualNetworks"] != "Succeeded Created" {
		t.Errorf("operations %v", states)
	}
	for range 2 { // the second time nothing is new
		if d := w.ends("middle", template("standard")); d.Properties.ProvisioningState != "Succeeded" || d.Properties.Error != nil || len(d.Properties.OutputResources) != 4 {
			t.Errorf("put right: %+v", d)
		}
	}
}

// What the caller of a deployment may not make fails there, with Azure Resource Manager's own 403, and an other may.
func TestDeploymentRights(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	contributor, reader := register(t, w.server, "contributor"), register(t, w.server, "reader")
	w.assign("Contributor", contributor.objectID, w.scope)
	w.assign("Reader", reader.objectID, w.scope)
	role := `{"type":"Microsoft.Authorization/roleAssignments","apiVersion":"2022-04-01","name":"[guid('x')]","dependsOn":["me-too"],"properties":{"roleDefinitionId":"` + w.role("Reader") +
		`","principalId":"[reference('me-too').principalId]","principalType":"ServicePrincipal"}}`
	d := deployment(t, resourcesOf(identityResource+","+role), nil)
	_, err := w.try(w.clientOf(reader.credential(t, w.server, w.options)), "rights", d)
	if refusal(err) != "AuthorizationFailed" {
		t.Errorf("the reader: %v", err)
	}
	validation, err := w.clientOf(contributor.credential(t, w.server, w.options)).BeginValidate(t.Context(), "g", "rights", d, nil)
	if err == nil {
		_, err = validation.PollUntilDone(t.Context(), soon)
	}
	if refusal(err) != "InvalidTemplateDeployment" || !strings.Contains(err.Error(), "of type 'Microsoft.Authorization/roleAssignments'. The client '") || strings.Contains(err.Error(), "me-too") {
		t.Errorf("the contributor, before: %v", err)
	}
	_, err = w.try(w.clientOf(contributor.credential(t, w.server, w.options)), "rights", d)
	if refusal(err) != "DeploymentFailed" || !strings.Contains(err.Error(), "AuthorizationFailed") ||
		!strings.Contains(err.Error(), "does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write'") || !strings.Contains(err.Error(), contributor.objectID) {
		t.Errorf("the contributor: %v", err)
	}
	if !w.exists("Microsoft.ManagedIdentity/userAssignedIdentities/me-too") {
		t.Error("the identity, which the contributor may make, is not there")
	}
	must(w.try(w.deployments, "rights", d))(t)
	// Reading counts too: what a template refers to, and a list of keys.
	w.deploy("keys", resourcesOf(fmt.Sprintf(storageResource, "acct", "")), nil)
	list := strings.Replace(resourcesOf(""), `"resources"`, `"outputs":{"n":{"type":"int","value":"[length(listKeys(resourceId('Microsoft.Storage/storageAccounts','acct'),'2023-01-01').keys)]"}},"resources"`, 1)
	out := must(w.try(w.deployments, "list", deployment(t, list, nil)))(t)
	if n := out.Properties.Outputs.(map[string]any)["n"].(map[string]any); n["type"] != "Int" || n["value"] != 2.0 {
		t.Errorf("outputs %v", n)
	}
	deployer := register(t, w.server, "deployer")
	w.wire.arm("PUT", w.scope+"/providers/Microsoft.Authorization/roleDefinitions/11111111-2222-4333-8444-555555555555?api-version=2022-04-01",
		`{"properties":{"roleName":"Deployer","type":"CustomRole","assignableScopes":["`+w.scope+`"],"permissions":[{"actions":["Microsoft.Resources/deployments/*"]}]}}`)
	w.assign("Deployer", deployer.objectID, w.scope)
	_, err = w.try(w.clientOf(deployer.credential(t, w.server, w.options)), "list", deployment(t, list, nil))
	if refusal(err) != "DeploymentOutputEvaluationFailed" || !strings.Contains(err.Error(), "listKeys/action") {
		t.Errorf("the deployer: %v", err)
	}
}

// Secrets are in the resources, and nowhere in what a deployment shows.
func TestDeploymentSecrets(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	const template = `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
"parameters":{"pass":{"type":"securestring"},"more":{"type":"secureObject"},"own":{"type":"secureString","defaultValue":"made-up-default"},"where":{"type":"string","defaultValue":"westeurope"}},
"resources":[{"type":"Microsoft.KeyVault/vaults","apiVersion":"2023-07-01","name":"kv-secrets","location":"[parameters('where')]","properties":{"tenantId":"[subscription().tenantId]","sku":{"name":"standard","family":"A"},"enableRbacAuthorization":true}},
 {"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2023-07-01","name":"kv-secrets/one","dependsOn":["kv-secrets"],"properties":{"value":"[concat(parameters('pass'),parameters('more').key,parameters('own'))]"}},
 {"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner","properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"parameters":{"pass":{"value":"[parameters('pass')]"}},
  "template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","parameters":{"pass":{"type":"securestring"}},"resources":[],"outputs":{"p":{"type":"securestring","value":"[parameters('pass')]"}}}}},
 {"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"BAD","location":"westeurope","tags":{"x":"y"}}],
"outputs":{"p":{"type":"securestring","value":"[parameters('pass')]"},"o":{"type":"secureObject","value":"[parameters('more')]"},"plain":{"type":"string","value":"seen"}}}`
	properties := func(name, where string) string {
		return `"parameters":{"pass":{"value":"hunter2hunter2"},"more":{"value":{"key":"correct horse"}},"where":{"value":"` + where + `"}},"template":` + strings.Replace(template, "BAD", name, 1)
	}
	d := w.ends("good", properties("fine", "westeurope"))
	if o := d.Properties.Outputs; d.Properties.ProvisioningState != "Succeeded" || len(o) != 3 || o["p"].Type != "SecureString" || o["o"].Type != "SecureObject" || o["plain"].Value != "seen" {
		t.Errorf("outputs %+v", d.Properties)
	}
	if p := d.Properties.Parameters; p["pass"].Type != "SecureString" || p["pass"].Value != nil || p["where"].Value != "westeurope" || len(p) != 4 {
		t.Errorf("parameters %+v", p)
	}
	// A message that repeats the value of a parameter.
	bad := strings.Replace(properties("no_", "westeurope"), `"name":"no_","location":"westeurope"`, `"name":"named","location":"[parameters('pass')]"`, 1)
	got := w.wire.arm("PUT", w.scope+"/providers/Microsoft.Resources/deployments/bad?api-version=2021-04-01", `{"properties":{"mode":"Incremental",`+bad+`}}`)
	if got.StatusCode != 400 || got.code() != "InvalidTemplateDeployment" || !strings.Contains(got.text, "The provided location '***'") {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	var seen strings.Builder
	seen.WriteString(got.text)
	for _, path := range []string{"good", "inner", ""} {
		seen.WriteString(w.wire.arm("GET", strings.TrimSuffix(w.scope+"/providers/Microsoft.Resources/deployments/"+path, "/")+"?api-version=2021-04-01", "").text)
	}
	seen.WriteString(w.wire.arm("GET", w.scope+"/deployments/good/operations?api-version=2021-04-01", "").text)
	seen.WriteString(w.wire.control("GET", "requests?after=0", "").text)
	for _, secret := range []string{"hunter2", "correct horse", "made-up-default"} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%s is readable: %s", secret, seen.String())
		}
	}
}

// A deployment waits for what services make in the background, each in its own way, and for nothing else.
func TestDeploymentWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate(), Settings: []byte(`{"latency":{"operation":"1m"},"retryAfter":"1s"}`)})
		began := time.Now()
		// A storage account (Location), a vault (its own state) and a container group (Azure-AsyncOperation), at once.
		group := `{"type":"Microsoft.ContainerInstance/containerGroups","apiVersion":"2023-05-01","name":"job","location":"westeurope","properties":{"osType":"Linux","restartPolicy":"Never",
"containers":[{"name":"c","properties":{"image":"x","command":["y"],"resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`
		d := w.ends("side-by-side", `"template":`+resourcesOf(fmt.Sprintf(storageResource, "one", "")+","+fmt.Sprintf(vaultResource, "kv-waits", "standard", "true")+","+group))
		if took := time.Since(began); d.Properties.ProvisioningState != "Succeeded" || took < 2*time.Minute || took > 2*time.Minute+5*time.Second { // its own operation takes one
			t.Errorf("side by side: %s %+v", took, d)
		}
		began = time.Now()
		d = w.ends("in-a-row", `"template":`+resourcesOf(fmt.Sprintf(storageResource, "two", "")+","+fmt.Sprintf(storageResource, "three", `,"dependsOn":["two"]`)))
		if took := time.Since(began); d.Properties.ProvisioningState != "Succeeded" || took < 3*time.Minute || took > 3*time.Minute+5*time.Second {
			t.Errorf("in a row: %s %+v", took, d)
		}
	})
}

// A deployment that runs keeps its name, can be canceled and begins nothing more after that.
func TestDeploymentCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate(), Settings: []byte(`{"latency":{"operation":"1m"},"retryAfter":"1s"}`)})
		template := `"template":` + resourcesOf(fmt.Sprintf(storageResource, "two", "")+","+fmt.Sprintf(storageResource, "three", `,"dependsOn":["two"]`))
		began := w.begin("job", template, 201)
		path := w.scope + "/providers/Microsoft.Resources/deployments/job"
		want := func(method, path, body string, status int, code string) {
			t.Helper()
			if got := w.wire.arm(method, path+"?api-version=2021-04-01", body); got.StatusCode != status || got.code() != code {
				t.Errorf("%s %s: %d %s, want %d %s", method, path, got.StatusCode, got.text, status, code)
			}
		}
		for range 2 {
			want("PUT", path, `{"properties":{"mode":"Incremental",`+template+`}}`, 409, "DeploymentActive")
			want("DELETE", path, "", 409, "DeploymentActive")
			time.Sleep(45 * time.Second) // at the end of the second time the first account is being made
		}
		want("POST", path+"/cancel", "", 204, "")
		synctest.Wait()
		if got := w.wire.send("GET", began.Header.Get("Azure-AsyncOperation"), ""); !strings.Contains(got.text, `"status":"Canceled"`) {
			t.Errorf("the operation: %s", got.text)
		}
		d := w.ended("job", began)
		if d.Properties.ProvisioningState != "Canceled" || d.Properties.Error.errors() != "DeploymentCanceled: " {
			t.Errorf("%+v", d)
		}
		want("POST", path+"/cancel", "", 409, "DeploymentCannotBeCancelled")
		want("POST", w.scope+"/providers/Microsoft.Resources/deployments/none/cancel", "", 404, "DeploymentNotFound")
		time.Sleep(10 * time.Minute)
		if !w.exists("Microsoft.Storage/storageAccounts/two") {
			t.Error("what was begun is not there")
		}
		if d := w.ends("job", template); d.Properties.ProvisioningState != "Succeeded" || !w.exists("Microsoft.Storage/storageAccounts/three") {
			t.Errorf("again: %+v", d)
		}
		// A resource group goes with what a deployment is making in it, and nothing comes after.
		w.wire.arm("PUT", "resourcegroups/gone", `{"location":"westeurope"}`)
		gone := strings.Replace(path, "/g/", "/gone/", 1)
		want("PUT", gone, `{"properties":{"mode":"Incremental",`+strings.NewReplacer("two", "five", "three", "six").Replace(template)+`}}`, 201, "")
		time.Sleep(90 * time.Second)
		want("DELETE", "/subscriptions/"+w.server.Account().SubscriptionID+"/resourcegroups/gone", "", 202, "")
		time.Sleep(10 * time.Minute)
		want("GET", gone, "", 404, "ResourceGroupNotFound")
		// A reset in the middle leaves nothing behind.
		w.begin("job", `"template":`+resourcesOf(fmt.Sprintf(storageResource, "four", "")), 200)
		w.wire.control("POST", "reset", "")
		time.Sleep(10 * time.Minute)
		if got := w.wire.arm("GET", path+"?api-version=2021-04-01", ""); got.StatusCode != 404 {
			t.Errorf("after a reset: %d %s", got.StatusCode, got.text)
		}
	})
}

// A resource that is throttled, or whose service fails for a moment, is sent again; a group that goes takes its deployments along.
func TestDeploymentTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
		fault := func(times int, effect string) {
			t.Helper()
			w.wire.control("DELETE", "faults", "")
			got := w.wire.control("POST", "faults", fmt.Sprintf(`{"match":{"operation":"StorageAccounts_Create"},"times":%d,"effect":%s}`, times, effect))
			if got.StatusCode/100 != 2 {
				t.Fatalf("%d %s", got.StatusCode, got.text)
			}
		}
		template := func(name string) string { return `"template":` + resourcesOf(fmt.Sprintf(storageResource, name, "")) }
		for name, effect := range map[string]string{"busy": `{"status":503,"code":"ServerBusy"}`, "dropped": `{"drop":true}`, "throttled": `{"status":429,"retryAfter":"7s"}`} {
			fault(3, effect)
			if d := w.ends(name, template(name)); d.Properties.ProvisioningState != "Succeeded" {
				t.Errorf("%s: %+v", name, d)
			}
		}
		fault(0, `{"status":503,"code":"ServerBusy"}`)
		if d := w.ends("down", template("down")); d.Properties.Error.errors() != "DeploymentFailed: ServerBusy" {
			t.Errorf("%+v", d.Properties.Error)
		}
		fault(1, `{"provisioningState":"Failed"}`)
		if d := w.ends("made", template("made")); d.Properties.ProvisioningState != "Failed" || len(d.Properties.Error.Details) != 1 {
			t.Errorf("a resource that ends as Failed: %+v", d)
		}
		w.wire.control("PATCH", "settings", `{"throttle":{"enabled":true,"writes":{"bucket":3,"perSecond":1}}}`)
		began := time.Now()
		var many []string
		for i := range 40 {
			many = append(many, fmt.Sprintf(storageResource, fmt.Sprintf("acct%d", i), ""))
		}
		d := w.ends("many", `"template":`+resourcesOf(strings.Join(many, ",")))
		if took := time.Since(began); d.Properties.ProvisioningState != "Succeeded" || len(d.Properties.OutputResources) != 40 || took < 30*time.Second {
			t.Errorf("throttled: %s %s %+v", took, d.Properties.ProvisioningState, d.Properties.Error)
		}
	})
}

// A fault may end a deployment itself, which then shows the same error as its operation.
func TestDeploymentForced(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	for _, state := range []string{"Failed", "Canceled"} {
		w.wire.control("POST", "faults", `{"match":{"operation":"Deployments_CreateOrUpdate"},"times":1,"effect":{"provisioningState":"`+state+`","code":"Forced","message":"as asked"}}`)
		_, err := w.try(w.deployments, "forced", deployment(t, resourcesOf(identityResource), nil))
		if _, ok := err.(*azcore.ResponseError); !ok || refusal(err) != "Forced" {
			t.Errorf("%s: %v", state, err)
		}
		var d wireDeployment
		w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/forced?api-version=2021-04-01", "").json(t, &d)
		if e := d.Properties.Error; d.Properties.ProvisioningState != state || e == nil || e.Code != "Forced" || e.Message != "as asked" {
			t.Errorf("%s: %s %+v", state, d.Properties.ProvisioningState, e)
		}
	}
}

// A vault whose making fails at once fails its deployment too, however soon that is over.
func TestDeploymentSeesFailedVault(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	w.wire.specs = nil
	w.wire.control("POST", "faults", `{"match":{"operation":"Vaults_CreateOrUpdate"},"times":0,"effect":{"provisioningState":"Failed","code":"NoRoom","message":"no room"}}`)
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(vaultResource, fmt.Sprintf("kv-fails-%d", i), "standard", "true"))
	}
	d := w.ends("vaults", `"template":`+resourcesOf(strings.Join(many, ",")))
	if e := d.Properties.Error; d.Properties.ProvisioningState != "Failed" || e == nil || len(e.Details) != 100 || len(d.Properties.OutputResources) != 0 {
		t.Errorf("%s: %d errors, made %d", d.Properties.ProvisioningState, len(e.Details), len(d.Properties.OutputResources))
	}
}
