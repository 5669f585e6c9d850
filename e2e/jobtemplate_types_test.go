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
