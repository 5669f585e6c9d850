package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

const site = `{
  // a site, and a plan in a nested template
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "name": {"type": "string"},
    "copies": {"type": "int", "defaultValue": 1},
    "key": {"type": "secureString", "defaultValue": ""}
  },
  "resources": [
    {"type": "Microsoft.Resources/deployments", "apiVersion": "2020-10-01", "name": "plan", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
      "template": {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [
        {"type": "Microsoft.Web/serverfarms", "apiVersion": "2022-09-01", "name": "plan", "location": "[resourceGroup().location]"}]}}},
    {"copy": {"name": "sites", "count": "[parameters('copies')]"}, "type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "[concat(parameters('name'), copyIndex())]",
      "dependsOn": ["plan"], "properties": {"deployment": "[deployment().name]", "key": "[parameters('key')]", "url": "[concat('https://x?key=', parameters('key'))]"}}
  ],
  "outputs": {
    "host": {"type": "string", "value": "[reference(concat(parameters('name'), '0')).defaultHostName]"},
    "key": {"type": "secureString", "value": "[parameters('key')]"}
  }
}`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvaluate(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "site.json", site)
	values := write(t, "values.json", `{"$schema": "x", "contentVersion": "1.0.0.0", "parameters": {"name": {"value": "web"}, "key": {"value": "0123456789"}, "copies": {"value": 5}}}`)
	call := []string{"template", "evaluate", file, "--parameters", values, "--set", "COPIES=2", "--subscription", "s", "--resource-group", "g", "--location", "westeurope"}
	type resource struct {
		ID, Type, Name, APIVersion, Location string
		DependsOn                            []string
		Properties                           map[string]string
	}
	var got struct {
		Resources []resource
		Outputs   map[string]map[string]string
	}
	out := h.Must(append(call, "--output", "json")...).Stdout
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const group = "/subscriptions/s/resourceGroups/g/providers/"
	siteView := func(n string) resource {
		return resource{ID: group + "Microsoft.Web/sites/web" + n, Type: "Microsoft.Web/sites", Name: "web" + n, APIVersion: "2022-09-01",
			DependsOn: []string{group + "Microsoft.Resources/deployments/plan"}, Properties: map[string]string{"deployment": "site", "key": "***", "url": "https://x?key=***"}}
	}
	want := []resource{{ID: group + "Microsoft.Web/serverfarms/plan", Type: "Microsoft.Web/serverfarms", Name: "plan", APIVersion: "2022-09-01", Location: "westeurope"}, siteView("0"), siteView("1")}
	if diff := cmp.Diff(want, got.Resources); diff != "" {
		t.Errorf("resources: -want +got:\n%s", diff)
	}
	outputs := map[string]map[string]string{
		"host": {"type": "string", "value": "[reference('" + group + "Microsoft.Web/sites/web0', '2022-09-01').defaultHostName]"},
		"key":  {"type": "secureString"},
	}
	if diff := cmp.Diff(outputs, got.Outputs); diff != "" {
		t.Errorf("outputs: -want +got:\n%s", diff)
	}
	h.Run(call...).Wants(t, 0, "{\n  \"resources\": [\n    {\n      \"id\": ", "")
}

// TestEvaluateMasksOverlaps: a secret that is a part of another one must not leave the rest of that to be read, whichever of
// the two the template names first.
func TestEvaluateMasksOverlaps(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "two.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
"parameters": {"short": {"type": "secureString"}, "long": {"type": "secureString"}},
"resources": [{"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "a", "properties": {"url": "[concat('x', parameters('long'), 'y')]", "key": "[parameters('short')]"}}]}`)
	out := h.Must("template", "evaluate", file, "--set", "short=hunter2", "--set", "long=hunter2-and-the-rest", "--output", "json").Stdout
	if !strings.Contains(out, `"url":"x***y","key":"***"`) {
		t.Errorf("got %s", out)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "site.json", site)
	h.Run("template", "evaluate").Wants(t, 2, "", "needs a template")
	h.Run("template", "evaluate", file, "x").Wants(t, 2, "", `got also "x"`)
	h.Run("template", "evaluate", "nowhere.json").Wants(t, 2, "", "nowhere.json")
	h.Run("template", "evaluate", file).Wants(t, 1, "", file+":6:13: InvalidTemplate: Deployment template validation failed: 'The value for the template parameter 'name' at line '6' and column '13' is not provided.'")
	h.Run("template", "evaluate", file, "--set", "name").Wants(t, 2, "", "is not NAME=VALUE")
	h.Run("template", "evaluate", file, "--set", "copies=many").Wants(t, 2, "", "not valid JSON")
	h.Run("template", "evaluate", file, "--set", "name=a", "--set", "other=b").Wants(t, 1, "", "The only supported parameters for this template are 'name, copies, key'")
	h.Run("template", "evaluate", file, "--set", "name=a", "--scope", "group").Wants(t, 2, "", "resourceGroup")
	h.Run("template", "evaluate", file, "--parameters", write(t, "p.json", "[")).Wants(t, 2, "", "--parameters")
	h.Run("template", "evaluate", "main.bicep").Wants(t, 2, "", "is Bicep")
	h.Run("template", "evaluate", "-", "--parameters", "-").Wants(t, 2, "", "only one of FILE and --parameters can be -")
	broken := write(t, "broken.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
"resources": [], "outputs": {"o": {"type": "string", "value": "[upper('a')]"}}}`)
	h.Run("template", "evaluate", broken).Wants(t, 1, "", broken+":2:76: InvalidTemplate: Deployment template validation failed: 'The template output 'o' at line '2' and column '35' is not valid: The template function 'upper' is not valid: there is no function of this name.'. The expression is [upper('a')]")
}
