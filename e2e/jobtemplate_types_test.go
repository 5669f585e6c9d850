//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
)

// typeCases give variables a value of every type. What Pacific does otherwise on purpose is named.
func typeCases() []golden {
	values := map[string]any{"true": true, "one": 1, "one point": 1.0, "half": 1.5, "text": "x", "text of one": "1", "text of one point": "1.0",
		"yes": "yes", "blanks": " 1 ", "list": []any{"x"}, "list of one": []any{1}, "list of null": []any{nil}, "map": m{"a": "x"}, "map of one": m{"a": 1}}
	const number, azure = "true is no number", "what Azure would refuse is refused first"
	improves := map[string][4]string{ // by the major version
		"cpu: true": {2: number, 3: number}, "memory: true": {2: number, 3: number},
		"image: blanks": {2: azure, 3: azure}, "image: true": {2: azure}, "identities: list": {2: azure, 3: azure},
		"identities: list of one": {2: azure}, "command: blanks": {2: "leading blanks are left out"},
	}
	var cases []golden
	for _, field := range []string{"name", "labels", "command", "image", "resource_group_name", "subscription_id", "entrypoint", "stream_output",
		"keep_container_group", "identities", "cpu", "memory"} {
		for title, value := range values {
			given := m{"resource_group_name": "rg", "subscription_id": "sub"}
			given[field] = value
			for major := 2; major <= 3; major++ {
				name := field + ": " + title
				cases = append(cases, named(golden{Deployment: given, only: major, improves: improves[name][major]}, "type: "+name))
			}
		}
	}
	return cases
}

// templateCases are run with templates that somebody has changed.
func templateCases() []golden {
	const nothing = "a reference that finds nothing is an error"
	var cases []golden
	for _, g := range []struct {
		title               string
		edit, requests, run m
		improves            string
		only                int
		// groupOnly: what Prefect makes of the job configuration before the container group differs, and does not count.
		groupOnly bool
	}{
		{title: "requests of the ARM template", requests: m{"cpu": 2.5, "memoryInGB": 3}, run: m{"cpu": 1, "memory": 1}, groupOnly: true},
		{title: "requests by variable", requests: m{"cpu": "{{ memory }}", "memoryInGB": "{{ cpu }}"}, run: m{"cpu": 2, "memory": 3}, groupOnly: true},
		{title: "misspelt image", edit: m{"image": "{{ imgae }}"}, improves: nothing},
		{title: "misspelt part of an image", edit: m{"image": "r.io/{{ imgae }}:1"}, improves: nothing},
		{title: "image by no variable", edit: m{"image": "{{ prefect.variables.none }}"}, improves: nothing},
		{title: "image by no environment", edit: m{"image": "r.io/{{ $NONE }}"}, improves: nothing},
		{title: "number as a key", edit: m{"image": "{{ labels.0 }}"}, run: m{"labels": m{"0": "a.io/i:1"}}, only: 3},
		{title: "name of the template's own", edit: m{"name": "x-{{ ctx.flow.name }}"}, improves: "the flow is in the name", only: 3},
		{title: "env is a list", run: m{"env": []any{"A=1"}}, groupOnly: true},
		{title: "env is a text", run: m{"env": "A=1"}, groupOnly: true},
		{title: "null registry", run: m{"image_registry": nil}},
		{title: "leading blank", run: m{"command": " python x.py"}, improves: "a blank is no program", only: 2},
		{title: "leading blank of 3", run: m{"command": " python x.py"}, only: 3},
		{title: "own ARM template", edit: ownARM(m{}), run: m{"image": "my/flow:1", "cpu": 1.5, "memory": 2, "env": m{"A": "1"}}},
		{title: "own ARM template under the run's network", edit: ownARM(m{}),
			run: m{"image": "my/flow:1", "subnet_ids": []any{goldenSubnet + "2"}, "dns_servers": []any{"10.0.0.9"}, "identities": []any{goldenIdentity + "2"}}},
		{title: "own ARM template with an environment", edit: ownARM(m{"environmentVariables": []any{m{"name": "REGION", "value": "north"}}}), run: m{"image": "my/flow:1"},
			improves: "the template's environment stays"},
		{title: "own ARM template with an image", edit: ownARM(m{"image": "their/own:2"}), improves: "the template's image stays where no variable gives one", only: 3},
		{title: "no GPU", run: m{"gpu_count": 0, "gpu_sku": "V100"}},
	} {
		cases = append(cases, named(golden{Edit: g.edit, Requests: g.requests, only: g.only, improves: g.improves, groupOnly: g.groupOnly,
			Deployment: m{"resource_group_name": "rg", "subscription_id": "sub"}, Variables: g.run}, "template: "+g.title))
	}
	return cases
}

// changed is the default template with what the case changes in it.
func (g golden) changed(template json.RawMessage) json.RawMessage {
	if g.Edit == nil && g.Requests == nil {
		return template
	}
	var whole struct {
		Configuration m   `json:"job_configuration"`
		Variables     any `json:"variables"`
	}
	if err := json.Unmarshal(template, &whole); err != nil {
		panic(err)
	}
	maps.Copy(whole.Configuration, g.Edit)
	if g.Requests != nil {
		group := whole.Configuration["arm_template"].(m)["resources"].([]any)[0].(m)
		container := group["properties"].(m)["containers"].([]any)[0].(m)
		container["properties"].(m)["resources"].(m)["requests"] = g.Requests
	}
	encoded, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return encoded
}

const goldenIdentity = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/files"

// ownARM is a job configuration with an ARM template such as users write: Prefect's with an identity, a network and a side-car.
// more are further properties of the first container.
func ownARM(more m) m {
	main := m{"image": "{{ image }}", "command": "{{ command }}", "environmentVariables": []any{},
		"resources": m{"requests": m{"cpu": "{{ cpu }}", "memoryInGB": "{{ memory }}"}}}
	maps.Copy(main, more)
	parameter := func(value string) m { return m{"type": "string", "defaultValue": value} }
	return m{"arm_template": m{
		"$schema": "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"parameters": m{"location": parameter("[resourceGroup().location]"), "container_group_name": parameter("g"), "container_name": parameter("flow")},
		"resources": []any{m{
			"type": "Microsoft.ContainerInstance/containerGroups", "apiVersion": "2023-05-01",
			"name": "[parameters('container_group_name')]", "location": "[parameters('location')]", "tags": m{"team": "data"},
			"identity": m{"type": "UserAssigned", "userAssignedIdentities": m{goldenIdentity: m{}}},
			"properties": m{
				"containers": []any{
					m{"name": "[parameters('container_name')]", "properties": main},
					m{"name": "side", "properties": m{"image": "side:1", "resources": m{"requests": m{"cpu": 0.5, "memoryInGB": 0.5}}}},
				},
				"subnetIds": []any{m{"id": goldenSubnet}}, "dnsConfig": m{"nameServers": []any{"10.0.0.8"}},
				"osType": "Linux", "restartPolicy": "Never",
			},
		}},
	}}
}
