package armtemplate_test

import (
	"context"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

// BenchmarkLarge evaluates 800 resources with all that is usual in them, bodies and outputs included.
func BenchmarkLarge(b *testing.B) {
	text := []byte(template(
		`"parameters": {"prefix": {"type": "string", "defaultValue": "web"}, "location": {"type": "string", "defaultValue": "[resourceGroup().location]"}}`,
		`"variables": {"tags": {"team": "[parameters('prefix')]"}, "ports": [80, 443, 8080]}`,
		`"resources": [
			{"copy": {"name": "nets", "count": 400}, "type": "Microsoft.Network/virtualNetworks", "apiVersion": "2020-11-01", "name": "[concat(parameters('prefix'), copyIndex())]",
				"location": "[parameters('location')]", "tags": "[variables('tags')]",
				"properties": {"addressSpace": {"addressPrefixes": ["[cidrSubnet('10.0.0.0/8', 24, copyIndex())]"]},
					"copy": [{"name": "rules", "count": "[length(variables('ports'))]", "input": {"port": "[variables('ports')[copyIndex('rules')]]", "name": "[format('{0}-{1}', uniqueString(resourceGroup().id), copyIndex('rules'))]"}}]}},
			{"copy": {"name": "groups", "count": 400}, "type": "Microsoft.ContainerInstance/containerGroups", "apiVersion": "2021-07-01", "name": "[concat(parameters('prefix'), copyIndex())]",
				"location": "[parameters('location')]", "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', concat(parameters('prefix'), copyIndex()))]"],
				"properties": {"net": "[reference(resourceId('Microsoft.Network/virtualNetworks', concat(parameters('prefix'), copyIndex()))).subnets[0].id]",
					"containers": [{"name": "c", "properties": {"image": "alpine:3", "command": ["sh", "-c", "[concat('echo ', copyIndex())]"], "resources": {"requests": {"cpu": 1, "memoryInGB": "[json('1.5')]"}}}}]}}]`,
		`"outputs": {"ids": {"type": "array", "copy": {"count": 400, "input": "[resourceId('Microsoft.Network/virtualNetworks', concat(parameters('prefix'), copyIndex()))]"}}}`))
	ctx := context.Background()
	for b.Loop() {
		t, err := armtemplate.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		d, err := t.Evaluate(ctx, armtemplate.Options{Scope: home})
		if err != nil {
			b.Fatal(err)
		}
		if len(d.Resources) != 800 || len(d.Batches()) != 2 {
			b.Fatalf("%d resources in %d batches", len(d.Resources), len(d.Batches()))
		}
		for _, r := range d.Resources {
			if _, err := r.Body(ctx, nil); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := d.Outputs(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
}
