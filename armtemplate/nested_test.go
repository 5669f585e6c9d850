package armtemplate_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

const nestedTemplates = `{` + header + `, "parameters": {"p": {"type": "string", "defaultValue": "outer"}}, "variables": {"v": "[[text]"}, "resources": [
	{"type": "Microsoft.Resources/deployments", "apiVersion": "2020-10-01", "name": "in", "resourceGroup": "other", "properties": {
		"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"p": {"value": "[concat(parameters('p'), '!')]"}},
		"template": {` + header + `, "parameters": {"p": {"type": "string"}, "q": {"type": "object", "defaultValue": {"location": "[resourceGroup().location]"}}}, "resources": [
			{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": {"p": "[parameters('p')]", "in": "[resourceGroup().name]", "q": "[parameters('q')]"}}
		], "outputs": {"o": {"type": "string", "value": "[parameters('p')]"}, "id": {"type": "string", "value": "[resourceId('A.B/c', 'x')]"}}}}},
	{"type": "Microsoft.Resources/deployments", "apiVersion": "2020-10-01", "name": "out", "properties": {
		"mode": "Incremental", "template": {` + header + `, "variables": {"v": "[nope()]"}, "resources": [
			{"type": "A.B/d", "apiVersion": "1", "name": "y", "properties": {"p": "[parameters('p')]", "v": "[variables('v')]", "o": "[reference('in').outputs.o.value]", "k": "[listKeys(resourceId('A.B/z', 'z'), '1').k]"}}
		]}}}
], "outputs": {"o": {"type": "string", "value": "[reference('in').outputs.id.value]"}}}`

func TestNested(t *testing.T) {
	d := evaluate(t, nestedTemplates, "")
	all, err := d.Flatten(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range all {
		body := []byte("…")
		if !strings.Contains(r.Type, "deployments") {
			if body, err = r.Body(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		b.WriteString(r.ID + " " + string(body) + "\n")
	}
	wants(t, b.String(), `
/subscriptions/s/resourceGroups/other/providers/Microsoft.Resources/deployments/in …
/subscriptions/s/resourceGroups/other/providers/A.B/c/x {"properties":{"p":"outer!","in":"other","q":{"location":"[resourceGroup().location]"}}}
/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/deployments/out …
/subscriptions/s/resourceGroups/g/providers/A.B/d/y {"properties":{"p":"outer","v":"[text]","o":"outer!","k":"[listKeys('/subscriptions/s/resourceGroups/g/providers/A.B/z/z', '1').k]"}}`)
	outputs, err := d.Outputs(t.Context(), nil)
	if err != nil || string(outputs[0].Value) != `"/subscriptions/s/resourceGroups/other/providers/A.B/c/x"` {
		t.Errorf("outputs: %v, %v", outputs, err)
	}
	// What a server is sent keeps the expressions of an inner template, and has those of an outer one evaluated and escaped.
	body, err := d.Resources[0].Body(t.Context(), nil)
	if err != nil || !strings.Contains(string(body), `"p":"[parameters('p')]"`) || !strings.Contains(string(body), `"parameters":{"p":{"value":"outer!"}}`) {
		t.Errorf("inner: %s, %v", body, err)
	}
	body, err = d.Resources[1].Body(t.Context(), nil)
	if err != nil || !strings.Contains(string(body), `"v":"[[text]"`) || strings.Contains(string(body), "nope") {
		t.Errorf("outer: %s, %v", body, err)
	}
	if len(d.Resources[1].DependsOn) != 1 {
		t.Errorf("the outer template refers to in, but waits for %v", d.Resources[1].DependsOn)
	}
}

// TestMembersInAnyLetters: ARM reads names without regard to case, and those who read a body find its members.
func TestMembersInAnyLetters(t *testing.T) {
	d := evaluate(t, template(`"resources": [{"TYPE": "A.B/c", "apiversion": "1", "Name": "x", "LOCATION": "here", "Properties": {"Sku": {"Name": 1}}, "SKU": {"Name": "F1"},
		"ManagedBy": "me", "Other": 1, "Zones": ["1"]}]`), "")
	body, err := d.Resources[0].Body(t.Context(), nil)
	if want := `{"location":"here","properties":{"Sku":{"Name":1}},"sku":{"Name":"F1"},"managedBy":"me","Other":1,"zones":["1"]}`; err != nil || string(body) != want {
		t.Errorf("%s, %v; want %s", body, err, want)
	}
}

func TestScopes(t *testing.T) {
	d := evaluate(t, `{"$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [
		{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "1", "name": "made", "location": "[deployment().location]"},
		{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "in", "resourceGroup": "made", "dependsOn": ["[resourceId('Microsoft.Resources/resourceGroups', 'made')]"],
			"properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": {`+header+`, "resources": [
				{"type": "A.B/c", "apiVersion": "1", "name": "x", "location": "[resourceGroup().location]"}]}}},
		{"type": "Microsoft.Authorization/locks", "apiVersion": "1", "name": "l", "scope": "/", "properties": {"of": "[subscription().id]"}}]}`, "")
	all, err := d.Flatten(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	wants(t, strings.Join(ids, "\n"), `
/subscriptions/s/resourceGroups/made
/subscriptions/s/resourceGroups/made/providers/Microsoft.Resources/deployments/in
/subscriptions/s/resourceGroups/made/providers/A.B/c/x
/providers/Microsoft.Authorization/locks/l`)
	if len(all[1].DependsOn) != 1 {
		t.Errorf("the nested deployment waits for %v", all[1].DependsOn)
	}
}

// TestNestedOnServer deploys a nested template as a server does, from the body that it is sent, and compares what comes out
// with Nested.
func TestNestedOnServer(t *testing.T) {
	ctx := t.Context()
	d := evaluate(t, nestedTemplates, "")
	resolver := &armtemplate.Resolver{
		Reference: func(context.Context, armtemplate.ReferenceRequest) (json.RawMessage, error) {
			return json.RawMessage(`{"properties": {"outputs": {"o": {"value": "[outer]!"}, "id": {"value": "/x"}}}}`), nil
		},
		List: func(context.Context, armtemplate.ListRequest) (json.RawMessage, error) {
			return json.RawMessage(`{"k": "[key]"}`), nil
		},
	}
	for i, want := range []string{`{"properties":{"p":"outer!","in":"other","q":{"location":"there"}}}`, `{"properties":{"p":"outer","v":"[text]","o":"[outer]!","k":"[key]"}}`} {
		body, err := d.Resources[i].Body(ctx, resolver)
		if err != nil {
			t.Fatal(err)
		}
		var sent struct {
			Properties struct{ Template, Parameters json.RawMessage }
		}
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		inner, err := armtemplate.Parse(sent.Properties.Template)
		if err != nil {
			t.Fatal(err)
		}
		var parameters armtemplate.Parameters
		if sent.Properties.Parameters != nil {
			if parameters, err = armtemplate.ParseParameters(sent.Properties.Parameters); err != nil {
				t.Fatal(err)
			}
		}
		deployed, err := inner.Evaluate(ctx, armtemplate.Options{Parameters: parameters, Scope: armtemplate.Scope{SubscriptionID: "s", ResourceGroup: "other", Location: "there"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := deployed.Resources[0].Body(ctx, resolver)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, string(got), want)
	}
}
