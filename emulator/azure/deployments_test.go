package azureemulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// deployWorld are the official clients for deployments, as the account.
type deployWorld struct {
	*azureWorld
	deployments *armresources.DeploymentsClient
	operations  *armresources.DeploymentOperationsClient
	wire        *wire
}

func withDeployments(t *testing.T, o azureemulator.Options) *deployWorld {
	t.Helper()
	w := &deployWorld{azureWorld: inAzure(t, o)}
	credential, _ := sdk(t, w.server)
	w.deployments = w.clientOf(credential)
	w.operations = must(armresources.NewDeploymentOperationsClient(w.server.Account().SubscriptionID, credential, w.options))(t)
	w.wire = onWire(t, w.server)
	w.wire.specs = apispec.FromEnv(t)
	return w
}

func (w *deployWorld) clientOf(credential azcore.TokenCredential) *armresources.DeploymentsClient {
	w.Helper()
	return must(armresources.NewDeploymentsClient(w.server.Account().SubscriptionID, credential, w.options))(w.T)
}

// deployment is a template with plain parameters.
func deployment(t *testing.T, template string, parameters map[string]any) armresources.Deployment {
	t.Helper()
	var parsed any
	if err := json.Unmarshal([]byte(template), &parsed); err != nil {
		t.Fatal(err)
	}
	given := map[string]any{}
	for name, value := range parameters {
		given[name] = map[string]any{"value": value}
	}
	return armresources.Deployment{Properties: &armresources.DeploymentProperties{Mode: new(armresources.DeploymentModeIncremental), Template: parsed, Parameters: given}}
}

// try deploys a template as a client does, to its end.
func (w *deployWorld) try(client *armresources.DeploymentsClient, name string, d armresources.Deployment) (armresources.DeploymentExtended, error) {
	poller, err := client.BeginCreateOrUpdate(w.Context(), "g", name, d, nil)
	if err != nil {
		return armresources.DeploymentExtended{}, err
	}
	done, err := poller.PollUntilDone(w.Context(), soon)
	return done.DeploymentExtended, err
}

func (w *deployWorld) deploy(name, template string, parameters map[string]any) armresources.DeploymentExtended {
	w.Helper()
	return must(w.try(w.deployments, name, deployment(w.T, template, parameters)))(w.T)
}

// resourcesOf is a template without parameters.
func resourcesOf(resources string) string {
	return `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[` + resources + `]}`
}

const deploymentsPath = "/resourcegroups/g/providers/Microsoft.Resources/deployments/"

// demoTemplate is the one that the vectors come with.
func demoTemplate(t *testing.T) string {
	t.Helper()
	vectors := os.Getenv("PACIFIC_ARM_VECTORS")
	if vectors == "" {
		t.Skip("PACIFIC_ARM_VECTORS names no file of expressions, beside which the template is")
	}
	return string(must(os.ReadFile(filepath.Join(filepath.Dir(vectors), "demo", "azuredeploy.json")))(t))
}

// The demo's template, in the request that az sends: the template as it is, comments and all, in something that is no JSON.
func TestDeployDemoAsAzSendsIt(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	text := demoTemplate(t)
	w.wire.specs = nil // the request is no JSON
	sub := "/subscriptions/" + w.server.Account().SubscriptionID
	body := `{"properties": {"parameters": {"keyvaultname": {"value": "kv-demo-1"}, "prefect-api-key": {"value": "pnu_key"}}, "mode": "Incremental", template:` + text + `}}`
	if got := w.wire.arm("POST", sub+deploymentsPath+"azuredeploy/validate?api-version=2021-04-01", body); got.StatusCode != 200 || !strings.Contains(got.text, `"validatedResources"`) {
		t.Fatalf("validate: %d %s", got.StatusCode, got.text)
	}
	if got := w.wire.arm("GET", sub+"/resourceGroups/g/resources?api-version=2021-04-01", ""); strings.Contains(got.text, `"id"`) {
		t.Fatalf("validate made something: %s", got.text)
	}
	w.putDemo(sub, body)
	// The template's network names no subnets, and its api-version takes that for none: it cannot be deployed again while
	// the container group is there, in Azure neither.
	d := w.ended("azuredeploy", w.wire.arm("PUT", sub+deploymentsPath+"azuredeploy?api-version=2021-04-01", body))
	if got := d.Properties.Error.errors(); got != "DeploymentFailed: InUseSubnetCannotBeDeleted" {
		t.Errorf("once more: %+v", d)
	}
	w.wire.specs = apispec.FromEnv(t)
	w.holdsWhatItEvaluatesTo(text)
}

func (w *deployWorld) putDemo(sub, body string) {
	w.Helper()
	got := w.wire.arm("PUT", sub+deploymentsPath+"azuredeploy?api-version=2021-04-01", body)
	if got.StatusCode != 201 || !strings.Contains(got.text, `"provisioningState":"Accepted"`) ||
		!strings.Contains(got.Header.Get("Azure-AsyncOperation"), "/deployments/azuredeploy/operationStatuses/") {
		w.Fatalf("%d %s %s", got.StatusCode, got.Header, got.text)
	}
	w.succeeds(got)
	done := must(w.deployments.Get(w.Context(), "g", "azuredeploy", nil))(w.T)
	if *done.Properties.ProvisioningState != armresources.ProvisioningStateSucceeded || len(done.Properties.OutputResources) != 9 {
		w.Errorf("%v %d", *done.Properties.ProvisioningState, len(done.Properties.OutputResources))
	}
	outputs := done.Properties.Outputs.(map[string]any)
	if address := outputs["containerIPv4Address"].(map[string]any); address["type"] != "String" || address["value"] != "10.0.0.4" {
		w.Errorf("outputs %v", outputs)
	}
}

// succeeds polls what a PUT began.
func (w *deployWorld) succeeds(began answer) {
	w.Helper()
	for {
		got := w.wire.send("GET", began.Header.Get("Azure-AsyncOperation"), "")
		switch {
		case strings.Contains(got.text, `"Succeeded"`):
			return
		case got.StatusCode != 200 || !strings.Contains(got.text, `"Running"`):
			w.Fatalf("the operation: %d %s", got.StatusCode, got.text)
		}
	}
}

// holdsWhatItEvaluatesTo compares what the template says of each resource with what a GET of it shows.
func (w *deployWorld) holdsWhatItEvaluatesTo(text string) {
	w.Helper()
	template := must(armtemplate.Parse([]byte(text)))(w.T)
	a := w.server.Account()
	d := must(template.Evaluate(w.Context(), armtemplate.Options{
		Parameters: must(armtemplate.ParseParameters([]byte(`{"keyvaultname":"kv-demo-1","prefect-api-key":"pnu_key"}`)))(w.T),
		Scope:      armtemplate.Scope{TenantID: a.TenantID, SubscriptionID: a.SubscriptionID, ResourceGroup: "g", Location: "westeurope"},
	}))(w.T)
	if len(d.Resources) != 9 {
		w.Fatalf("%d resources", len(d.Resources))
	}
	for _, r := range d.Resources {
		var want, have map[string]any
		if err := json.Unmarshal(must(r.Body(w.Context(), nil))(w.T), &want); err != nil {
			w.Fatal(err)
		}
		w.wire.arm("GET", r.ID+"?api-version="+r.APIVersion, "").json(w.T, &have)
		if !strings.EqualFold(have["id"].(string), r.ID) {
			w.Errorf("%s is %s", r.ID, have["id"])
		}
		w.subset(r.ID, want, have)
	}
}

// subset reports what is in want and not in have, but for secrets, and for what only the deployment knew.
func (w *deployWorld) subset(at string, want, have any) {
	w.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, _ := have.(map[string]any)
		for name, v := range want {
			if name == "secureValue" || strings.HasSuffix(at, "/properties") && strings.Contains(at, "/secrets/") && name == "value" {
				if object[name] != nil {
					w.Errorf("%s/%s shows a secret", at, name)
				}
				continue
			}
			there, ok := object[name]
			for other := range object {
				if !ok && strings.EqualFold(other, name) { // the keys of identities are ids
					there = object[other]
				}
			}
			w.subset(at+"/"+name, v, there)
		}
	case []any:
		list, _ := have.([]any)
		if len(list) != len(want) {
			w.Errorf("%s: %v, want %v", at, have, want)
			return
		}
		for i := range want {
			w.subset(at+"/"+string(rune('0'+i)), want[i], list[i])
		}
	default:
		text, _ := want.(string)
		switch there := have.(type) {
		case float64:
			if text == "1.0" && there == 1 { // sizes may be written as text
				return
			}
		case string:
			if strings.HasPrefix(text, "[") && there != "" || strings.EqualFold(text, there) {
				return
			}
			if strings.HasSuffix(at, "/roleDefinitionId") && strings.EqualFold(filepath.Base(text), filepath.Base(there)) {
				return // Azure shows a role's id in the subscription, whatever it was sent with
			}
		}
		if !cmp.Equal(want, have) {
			w.Errorf("%s: %v, want %v", at, have, want)
		}
	}
}
