package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// side is Prefect's default template with what users add: parameters with defaults, a side-car, an init container, a volume, a
// port in a subnet, tags, zones.
const side = `{
  "$schema": "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
  "parameters": {
    "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
    "container_group_name": {"type": "string", "defaultValue": "[uniqueString(resourceGroup().id)]"},
    "container_name": {"type": "string", "defaultValue": "flow"},
    "share": {"type": "string", "defaultValue": "results"}
  },
  "variables": {"account": "[concat('store', uniqueString(subscription().subscriptionId))]"},
  "resources": [{
    "type": "Microsoft.ContainerInstance/containerGroups", "apiVersion": "2023-05-01", "name": "[parameters('container_group_name')]",
    "location": "[parameters('location')]", "zones": ["1"],
    "tags": {"team": "data", "run": "[parameters('container_group_name')]", "flow": "{{ flow_tag }}"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"` + templateIdentity + `": {}}},
    "properties": {
      "containers": [
        {"name": "[parameters('container_name')]", "properties": {
          "image": "{{ image }}", "command": "{{ command }}",
          "environmentVariables": [{"name": "REGION", "value": "north"}, {"name": "PREFECT_API_URL", "value": "http://old"}],
          "resources": {"requests": {"cpu": "{{ cpu }}", "memoryInGB": "{{ memory }}"}, "limits": {"cpu": 1.5}},
          "volumeMounts": [{"name": "results", "mountPath": "/mnt/results"}]}},
        {"name": "proxy", "properties": {"image": "envoyproxy/envoy:v1.30", "resources": {"requests": {"cpu": 0.5, "memoryInGB": 0.5}}}}
      ],
      "initContainers": [{"name": "fetch", "properties": {"image": "alpine:3", "command": ["true"], "environmentVariables": [{"name": "TOKEN", "secureValue": "{{ token }}"}]}}],
      "volumes": [{"name": "results", "azureFile": {"shareName": "[parameters('share')]", "storageAccountName": "[toLower('Store')]", "storageAccountKey": "{{ key }}"}}],
      "osType": "Linux", "restartPolicy": "Never", "priority": "Regular"
    }
  }]
}`

const templateIdentity = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/files"

// own is the input of a pool with its own ARM template; the variables that it uses besides are declared.
func own(t *testing.T, arm string, deployment vars) jobtemplate.Input {
	t.Helper()
	in := input(t, v3(), deployment, nil)
	var template map[string]any
	if err := json.Unmarshal(in.Template, &template); err != nil {
		t.Fatal(err)
	}
	var parsed any
	if err := json.Unmarshal([]byte(arm), &parsed); err != nil {
		t.Fatal(err)
	}
	template["job_configuration"].(vars)["arm_template"] = parsed
	properties := template["variables"].(vars)["properties"].(vars)
	for _, name := range []string{"flow_tag", "token", "key"} {
		properties[name] = vars{"type": "string"}
	}
	in.Template, _ = json.Marshal(template)
	return in
}

// sent is the container group of a plan as it is sent, in plain values.
func sent(t *testing.T, plan *jobtemplate.Plan) vars {
	t.Helper()
	group, _, err := plan.Job.ContainerGroup("westeurope")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(group)
	if err != nil {
		t.Fatal(err)
	}
	var tree vars
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestOwnTemplate: everything of the template stays, and the run's own values lie over its first container.
func TestOwnTemplate(t *testing.T) {
	in := own(t, side, vars{"image": "my/flow:1", "cpu": 1.5, "memory": 2, "token": "t0ken-value", "key": "c3RvcmFnZQ==", "flow_tag": "f", "command": "python -m flow", "env": vars{"A": "1"}})
	plan := render(t, in)
	got := sent(t, plan)
	name := plan.Job.Name
	if got["location"] != "westeurope" || !cmp.Equal(got["zones"], []any{"1"}) {
		t.Errorf("location %v, zones %v", got["location"], got["zones"])
	}
	tags := got["tags"].(vars)
	if tags["team"] != "data" || tags["run"] != name || tags["flow"] != "f" || tags["prefect.io-flow-run-id"] != runID {
		t.Errorf("tags %v", tags)
	}
	if !cmp.Equal(got["identity"], any(vars{"type": "UserAssigned", "userAssignedIdentities": vars{templateIdentity: vars{}}})) {
		t.Errorf("identity %v", got["identity"])
	}
	properties := got["properties"].(vars)
	wantVolumes := []any{vars{"name": "results", "azureFile": vars{"shareName": "results", "storageAccountName": "store", "storageAccountKey": "c3RvcmFnZQ=="}}}
	if diff := cmp.Diff(any(wantVolumes), properties["volumes"]); diff != "" {
		t.Errorf("volumes: %s", diff)
	}
	init := properties["initContainers"].([]any)[0].(vars)["properties"].(vars)
	if diff := cmp.Diff(any([]any{vars{"name": "TOKEN", "secureValue": "t0ken-value"}}), init["environmentVariables"]); diff != "" {
		t.Errorf("init container: %s", diff)
	}
	containers := properties["containers"].([]any)
	if len(containers) != 2 || containers[1].(vars)["name"] != "proxy" || containers[0].(vars)["name"] != "flow" || properties["priority"] != "Regular" {
		t.Fatalf("got %v", properties)
	}
	main := containers[0].(vars)["properties"].(vars)
	env := vars{}
	for _, one := range main["environmentVariables"].([]any) {
		one := one.(vars)
		env[one["name"].(string)] = one["value"]
		if one["value"] == nil {
			env[one["name"].(string)] = one["secureValue"]
		}
	}
	if env["REGION"] != "north" || env["PREFECT_API_URL"] != "http://api" || env["A"] != "1" {
		t.Errorf("environment %v", env)
	}
	delete(main, "environmentVariables")
	want := vars{
		"image": "my/flow:1", "command": []any{prefect.DefaultEntrypoint, "python", "-m", "flow"},
		"resources":    vars{"requests": vars{"cpu": 1.5, "memoryInGB": 2.0}, "limits": vars{"cpu": 1.5}},
		"volumeMounts": []any{vars{"name": "results", "mountPath": "/mnt/results"}},
	}
	if diff := cmp.Diff(want, main); diff != "" {
		t.Errorf("main container: %s", diff)
	}
}

// sideWith is side with a part of its text replaced.
func sideWith(t *testing.T, from, to string) string {
	t.Helper()
	if strings.Count(side, from) != 1 {
		t.Fatalf("%q is not once in the template", from)
	}
	return strings.Replace(side, from, to, 1)
}

// TestOwnTemplateUnderTheRun: which of the template's values the run's take the place of.
func TestOwnTemplateUnderTheRun(t *testing.T) {
	literal := sideWith(t, `"{{ image }}"`, `"their/own:2"`)
	at := func(path ...any) func(vars) any {
		return func(tree vars) any {
			var v any = tree
			for _, key := range path {
				switch key := key.(type) {
				case string:
					v = v.(vars)[key]
				case int:
					v = v.([]any)[key]
				}
			}
			return v
		}
	}
	image := at("properties", "containers", 0, "properties", "image")
	requests := at("properties", "containers", 0, "properties", "resources", "requests")
	for name, test := range map[string]struct {
		arm   string
		given vars
		at    func(vars) any
		want  any
	}{
		"no image given":           {side, nil, image, prefect.DefaultImage("3.9.1")},
		"the template's image":     {literal, nil, image, "their/own:2"},
		"an image over it":         {literal, vars{"image": "run/own:3"}, image, "run/own:3"},
		"literal requests":         {sideWith(t, `"{{ cpu }}", "memoryInGB": "{{ memory }}"`, `"1.25", "memoryInGB": "[mul(2, 3)]"`), vars{"cpu": 1, "memory": 1}, requests, vars{"cpu": 1.25, "memoryInGB": 6.0}},
		"requests without numbers": {sideWith(t, `{"cpu": "{{ cpu }}", "memoryInGB": "{{ memory }}"}`, `{}`), vars{"cpu": 1.5, "memory": 3}, requests, vars{"cpu": 1.5, "memoryInGB": 3.0}},
		"identities":               {side, vars{"identities": []any{identity}}, at("identity", "userAssignedIdentities"), vars{identity: vars{}}},
		"a region":                 {sideWith(t, `"location": "[parameters('location')]"`, `"location": "North Europe"`), nil, at("location"), "northeurope"},
		"symbolic names": {sideWith(t, `"resources": [{`, `"languageVersion": "2.0", "resources": {"group": {`)[:len(sideWith(t, `"resources": [{`, `"languageVersion": "2.0", "resources": {"group": {`))-len("}]\n}")] + "}}\n}",
			nil, at("zones"), []any{"1"}},
		"a skipped resource": {sideWith(t, `"resources": [{`, `"resources": [{"condition": false, "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "store"}, {`), nil, at("zones"), []any{"1"}},
		"an output":          {sideWith(t, `"variables":`, `"outputs": {"name": {"type": "string", "value": "[parameters('container_group_name')]"}}, "variables":`), nil, at("zones"), []any{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			given := vars{"key": "c3RvcmFnZQ=="}
			maps.Copy(given, test.given)
			got := test.at(sent(t, render(t, own(t, test.arm, given))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNotOneGroup: what cannot be one container group names the resource, and says nothing of the run's secrets.
func TestNotOneGroup(t *testing.T) {
	const account = `{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "store", "location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}`
	const deployment = `{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "properties": {"mode": "Incremental", "template": {"$schema": "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []}}}`
	before := func(resource string) string { return sideWith(t, `"resources": [{`, `"resources": [`+resource+`, {`) }
	for name, test := range map[string]struct {
		arm   string
		kind  error
		names []string
	}{
		"a second resource":   {before(account), jobtemplate.ErrNotOneGroup, []string{`Microsoft.Storage/storageAccounts "store"`, "would be deployed too"}},
		"a nested deployment": {before(deployment), jobtemplate.ErrNotOneGroup, []string{`Microsoft.Resources/deployments "inner"`, "nested deployment"}},
		"a second group":      {sideWith(t, `"zones": ["1"],`, `"copy": {"name": "n", "count": 2},`), jobtemplate.ErrTemplate, []string{"defined multiple times"}},
		"two groups":          {sideWith(t, `"name": "[parameters('container_group_name')]",`, `"name": "[concat('g', copyIndex())]", "copy": {"name": "n", "count": 2},`), jobtemplate.ErrNotOneGroup, []string{`"g1"`, "second container group"}},
		"no group":            {sideWith(t, `"zones": ["1"],`, `"condition": "[equals(1, 2)]",`), jobtemplate.ErrNotOneGroup, []string{"no resource of type Microsoft.ContainerInstance/containerGroups"}},
		"keys at run time":    {sideWith(t, `"{{ key }}"`, `"[listKeys(resourceId('Microsoft.Storage/storageAccounts', 'store'), '2023-01-01').keys[0].value]"`), jobtemplate.ErrNotOneGroup, []string{"containerGroups", "listKeys", "storageAccounts/store"}},
		"a reference":         {sideWith(t, `"[toLower('Store')]"`, `"[reference(resourceId('Microsoft.Storage/storageAccounts', 'store'), '2023-01-01').name]"`), jobtemplate.ErrNotOneGroup, []string{"containerGroups", "reference", "storageAccounts/store"}},
		"an output":           {sideWith(t, `"variables":`, `"outputs": {"ip": {"type": "string", "value": "[reference(parameters('container_group_name')).ipAddress.ip]"}}, "variables":`), jobtemplate.ErrNotOneGroup, []string{"output ip", "reference"}},
		"a region elsewhere":  {sideWith(t, `"team": "data"`, `"team": "[resourceGroup().location]"`), jobtemplate.ErrNotOneGroup, []string{"the region of its resource group"}},
		"a parameter":         {sideWith(t, `{"type": "string", "defaultValue": "results"}`, `{"type": "string"}`), jobtemplate.ErrTemplate, []string{"'share'", "not provided"}},
		"an unknown field":    {sideWith(t, `"priority": "Regular"`, `"prioritiy": "Regular"`), jobtemplate.ErrTemplate, []string{"properties", "prioritiy"}},
		"an unknown function": {sideWith(t, `toLower('Store')`, `lower('{{ key }}')`), jobtemplate.ErrTemplate, []string{"'lower'"}},
		"always restarted":    {sideWith(t, `"restartPolicy": "Never"`, `"restartPolicy": "Always"`), jobtemplate.ErrValue, []string{"arm_template.properties.restartPolicy"}},
		"a missing variable":  {sideWith(t, `"{{ flow_tag }}"`, `"{{ nobody }}"`), jobtemplate.ErrReference, []string{"arm_template.resources[0].tags.flow", "nobody"}},
		"no container":        {sideWith(t, `"containers": [`, `"containers": [], "others": [`), jobtemplate.ErrTemplate, []string{"no container"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jobtemplate.Render(t.Context(), own(t, test.arm, vars{"key": "c3RvcmFnZQ=="}))
			if !errors.Is(err, test.kind) {
				t.Fatalf("got %v, want %v", err, test.kind)
			}
			for _, part := range test.names {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is missing in: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), "c3RvcmFnZQ") {
				t.Errorf("it shows a secret: %v", err)
			}
		})
	}
}
