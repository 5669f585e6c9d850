package armtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/armtemplate"
)

const header = `"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0"`

var home = armtemplate.Scope{SubscriptionID: "s", ResourceGroup: "g", TenantID: "t", Location: "westeurope"}

// evaluate evaluates a template that must be right.
func evaluate(t *testing.T, text, parameters string) *armtemplate.Deployment {
	t.Helper()
	d, err := tryEvaluate(text, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tryEvaluate(text, parameters string) (*armtemplate.Deployment, error) {
	parsed, err := armtemplate.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	var p armtemplate.Parameters
	if parameters != "" {
		if p, err = armtemplate.ParseParameters([]byte(parameters)); err != nil {
			return nil, err
		}
	}
	return parsed.Evaluate(context.Background(), armtemplate.Options{Parameters: p, Scope: home, Name: "d"})
}

// summary is a deployment in short: a line for each resource, with what it waits for, and its body.
func summary(t *testing.T, d *armtemplate.Deployment, resolver *armtemplate.Resolver) string {
	t.Helper()
	var b strings.Builder
	for _, r := range d.Resources {
		name := strings.TrimPrefix(r.ID, "/subscriptions/s/resourceGroups/g/providers/")
		var after []string
		for _, on := range r.DependsOn {
			after = append(after, on.Name)
		}
		switch {
		case r.Skipped:
			fmt.Fprintf(&b, "%s skipped\n", r.Name)
			continue
		case r.Existing:
			fmt.Fprintf(&b, "%s exists\n", name)
			continue
		}
		body, err := r.Body(t.Context(), resolver)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s after [%s] %s\n", name, strings.Join(after, " "), body)
	}
	return b.String()
}

func wants(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEnvironment(t *testing.T) {
	d := evaluate(t, readFile(t, "testdata/environment.json"), `{"prefix": {"value": "dev"}, "SECRETS": {"value": {"apiKey": "k"}}}`)
	resolver := &armtemplate.Resolver{Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
		return json.Marshal(map[string]any{"properties": map[string]any{"principalId": "principal of " + r.Resource.Name, "ipAddress": map[string]string{"ip": "10.0.0.4"}}})
	}}
	wants(t, summary(t, d, resolver), readFile(t, "testdata/environment.txt"))
	outputs, err := d.Outputs(t.Context(), resolver)
	if err != nil {
		t.Fatal(err)
	}
	want := []armtemplate.Output{{Name: "ip", Type: "string", Value: json.RawMessage(`"10.0.0.4"`)},
		{Name: "vault", Type: "string", Value: json.RawMessage(`"` + d.Resources[3].Name + `"`)}, {Name: "key", Type: "secureString", Secure: true, Value: json.RawMessage(`"k"`)}}
	if diff := cmp.Diff(want, outputs); diff != "" {
		t.Errorf("outputs: -want +got:\n%s", diff)
	}
	var batches []string
	for _, b := range d.Batches() {
		var names []string
		for _, r := range b {
			names = append(names, r.Name[strings.LastIndex(r.Name, "/")+1:])
		}
		batches = append(batches, strings.Join(names, " "))
	}
	if got := strings.Join(batches, "; "); !strings.HasPrefix(got, "dev-net dev-id dev") || !strings.HasSuffix(got, "; agent") || len(batches) != 3 {
		t.Errorf("batches: %s", got)
	}
}

// TestDemo evaluates the template of the demo, which lies beside the vectors.
func TestDemo(t *testing.T) {
	vectors := os.Getenv(vectorsFile)
	if vectors == "" {
		t.Skipf("%s is not set: the demo's template lies beside the file that it names", vectorsFile)
	}
	text := readFile(t, filepath.Join(filepath.Dir(vectors), "demo", "azuredeploy.json"))
	d := evaluate(t, text, `{"keyvaultname": "vault1", "prefect-api-key": "key", "queue-name": "q"}`)
	var got []string
	for i, b := range d.Batches() {
		for _, r := range b {
			got = append(got, fmt.Sprintf("%d %s %s", i, r.Type, r.Name))
		}
	}
	want := []string{
		"0 Microsoft.Network/virtualNetworks orinet",
		"0 Microsoft.ManagedIdentity/userAssignedIdentities orionid",
		"0 Microsoft.KeyVault/vaults vault1",
		"1 Microsoft.Network/virtualNetworks/subnets orinet/agentnet",
		"1 Microsoft.Authorization/roleAssignments " + d.Resources[3].Name,
		"1 Microsoft.KeyVault/vaults/secrets vault1/testsecret",
		"1 Microsoft.KeyVault/vaults/secrets vault1/prefect-api-key",
		"1 Microsoft.KeyVault/vaults/secrets vault1/prefect-api-url",
		"2 Microsoft.ContainerInstance/containerGroups prefect-agent",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	body, err := d.Resources[len(d.Resources)-1].Body(t.Context(), nil)
	if err != nil || !strings.Contains(string(body), `"command":["prefect","agent","start","-q","q"]`) || strings.Contains(string(body), "parameters(") {
		t.Errorf("container group: %s, %v", body, err)
	}
	_, err = tryEvaluate(text, "")
	if e, ok := errors.AsType[*armtemplate.Error](err); !ok || !strings.Contains(e.Message, "The name property cannot be null or empty") {
		t.Errorf("without a name for the vault: %v", err)
	}
}
