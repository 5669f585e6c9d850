package armtemplate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/pacific-aci/pacific/armtemplate"
)

func Example() {
	ctx := context.Background()
	t, err := armtemplate.Parse([]byte(`{
		"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
		"contentVersion": "1.0.0.0",
		"parameters": {"name": {"type": "string"}},
		"resources": [{
			"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2018-11-30",
			"name": "[concat(parameters('name'), '-id')]", "location": "[resourceGroup().location]"
		}],
		"outputs": {"principal": {"type": "string", "value": "[reference(concat(parameters('name'), '-id')).principalId]"}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	d, err := t.Evaluate(ctx, armtemplate.Options{
		Parameters: armtemplate.Parameters{"name": {Value: json.RawMessage(`"web"`)}},
		Scope:      armtemplate.Scope{SubscriptionID: "sub", ResourceGroup: "jobs", Location: "northeurope"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range d.Resources {
		body, err := r.Body(ctx, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("PUT %s?api-version=%s %s\n", r.ID, r.APIVersion, body)
	}
	// A resolver answers what only Azure knows; without one, reference stays an expression.
	outputs, err := d.Outputs(ctx, &armtemplate.Resolver{Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
		return json.RawMessage(`{"properties": {"principalId": "p-1"}}`), nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s = %s\n", outputs[0].Name, outputs[0].Value)
	// Output:
	// PUT /subscriptions/sub/resourceGroups/jobs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web-id?api-version=2018-11-30 {"location":"northeurope"}
	// principal = "p-1"
}
