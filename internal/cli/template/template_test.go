package template_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

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
	call := []string{"template", "evaluate", file, "--parameters", values, "--set", "COPIES=2", "--subscription", "11111111-2222-3333-4444-555555555555", "--resource-group", "g", "--location", "westeurope"}
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
	const group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/"
	siteView := func(n string) resource {
		return resource{ID: group + "Microsoft.Web/sites/web" + n, Type: "Microsoft.Web/sites", Name: "web" + n, APIVersion: "2022-09-01",
			DependsOn: []string{group + "Microsoft.Resources/deployments/plan"}, Properties: map[string]string{"deployment": "site", "key": "[parameters('key')]", "url": "[concat('https://x?key=', parameters('key'))]"}}
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

// TestEvaluateHidesSecrets: no secret is printed, however short it is and whatever is computed of it, and nothing else that
// happens to be equal to one changes.
func TestEvaluateHidesSecrets(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "secrets.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
"parameters": {"pw": {"type": "secureString"}, "key": {"type": "secureString"}, "more": {"type": "secureObject", "defaultValue": {"a": "from the template"}}},
"resources": [{"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "a", "condition": "[equals(parameters('key'), 'Ab1')]",
  "properties": {"resources": "resources", "text": "[concat('Password=', parameters('key'))]", "derived": "[base64(parameters('pw'))]", "more": "[parameters('more')]"}}],
"outputs": {"a": {"type": "string", "value": "[toUpper(parameters('key'))]"}, "s": {"type": "secureString", "value": "[parameters('key')]"}}}`)
	r := h.Must("template", "evaluate", file, "--set", "pw=resources", "--set", "key=Ab1", "--subscription", "11111111-2222-3333-4444-555555555555", "--resource-group", "g", "--output", "json")
	if !strings.Contains(r.Stderr, file+":5:18: the output 'a' shows the secure parameter 'key' to everybody who may read the deployment") || strings.Contains(r.Stderr, "Ab1") {
		t.Error(r.Stderr)
	}
	got := r.Stdout
	const want = `{"resources":[{"id":"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.Web/sites/a","type":"Microsoft.Web/sites","name":"a","apiVersion":"2022-09-01",` +
		`"properties":{"resources":"resources","text":"[concat('Password=', parameters('key'))]","derived":"[base64(parameters('pw'))]","more":"[parameters('more')]"}}],` +
		`"outputs":{"a":{"type":"string","value":"[toUpper(parameters('key'))]"},"s":{"type":"secureString"}}}`
	if diff := cmp.Diff(want, strings.TrimSpace(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestEvaluateSet wants a value of the parameter's type, and says which.
func TestEvaluateSet(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "set.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [],
"parameters": {"n": {"type": "int", "defaultValue": 1}, "b": {"type": "bool", "defaultValue": true}, "a": {"type": "array", "defaultValue": []}, "o": {"type": "object", "defaultValue": {}}, "so": {"type": "secureObject", "defaultValue": {}}}}`)
	for _, c := range [][3]string{
		{"n=x", "the parameter n wants a whole number", "--set n=3"},
		{"B=yes", "the parameter B wants true or false", "--set B=true"},
		{"a=1,2", "the parameter a wants a JSON array", `--set 'a=["1", "2"]'`},
		{"o=k:v", "the parameter o wants a JSON object", `--set 'o={"key": "value"}'`},
		{"so=hunter2", "--set so=***: the parameter so wants a JSON object", `--set 'so={"key": "value"}'`},
	} {
		h.Run("template", "evaluate", file, "--set", c[0]).Wants(t, 2, "", c[1]+"\npacific: hint: for example "+c[2]+"\n")
	}
	h.Must("template", "evaluate", file, "--set", "n=3", "--set", "b=false", "--set", `a=["1"]`, "--set", `o={"k":"v"}`)
}

// TestEvaluateInput names what cannot be read as people call it.
func TestEvaluateInput(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	folder := t.TempDir()
	const hint = "pacific: hint: give a file, or - for standard input"
	h.Run("template", "evaluate", filepath.Join(folder, "none.json")).Wants(t, 2, "", "pacific: error: open "+filepath.Join(folder, "none.json")+": ")
	h.Run("template", "evaluate", folder).Wants(t, 2, "", "pacific: error: open "+folder+": is a directory\n"+hint)
	h.Run("template", "evaluate", write(t, "a.json", "{}"), "--parameters", folder).Wants(t, 1, "", "a.json:1:1: InvalidTemplate")
	h.Run("template", "evaluate", write(t, "site.json", site), "--parameters", folder).Wants(t, 2, "", "--parameters: open "+folder+": is a directory\n"+hint)
	for text, want := range map[string]string{
		"hunter2": "standard input:1:1: InvalidTemplate: Deployment template parse failed: 'Unexpected character encountered while parsing value: h. Line 1, position 0.'.",
		"":        "standard input:1:1: InvalidTemplate: Deployment template parse failed: 'Unexpected end of content while loading JSON. Line 1, position 0.'.",
	} {
		h.Stdin = text
		h.Run("template", "evaluate", "-").Wants(t, 1, "", want)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	file := write(t, "site.json", site)
	h.Run("template", "evaluate").Wants(t, 2, "", "needs a template")
	h.Run("template", "evaluate", file, "x").Wants(t, 2, "", `got also "x"`)
	h.Run("template", "evaluate", "nowhere.json").Wants(t, 2, "", "nowhere.json")
	h.Run("template", "evaluate", file, "--set", "name=a", "--subscription", "mine").Wants(t, 2, "", `subscription "mine" is not an id`)
	h.Run("template", "evaluate", file, "--set", "name=a", "--resource-group", "a b!").Wants(t, 2, "", `"a b!" is not a valid resource group name`)
	h.Run("template", "evaluate", file).Wants(t, 1, "", file+":6:13: InvalidTemplate: Deployment template validation failed: 'The value for the template parameter 'name' at line '6' and column '13' is not provided.'")
	h.Run("template", "evaluate", file, "--set", "name").Wants(t, 2, "", "is not NAME=VALUE")
	h.Run("template", "evaluate", file, "--set", "copies=many").Wants(t, 2, "", "--set copies=many: the parameter copies wants a whole number")
	h.Run("template", "evaluate", file, "--set", "name=a", "--set", "other=b").Wants(t, 2, "", "--set other: the template has no such parameter; it has name, copies, key")
	h.Run("template", "evaluate", file, "--set", "name=a", "--scope", "group").Wants(t, 2, "", "resourceGroup")
	h.Run("template", "evaluate", file, "--set", "name=a", "--management-group", "m").Wants(t, 2, "", "--management-group does not go with the scope resourceGroup")
	h.Run("template", "evaluate", file, "--set", "name=a", "--scope", "ManagementGroup", "--management-group", "m").Wants(t, 1, "", "'RESOURCEGROUP' is not expected")
	h.Run("template", "evaluate", file, "--parameters", write(t, "p.json", "{\"name\": {\"value\": \"a\"}\n \"key\": 2}")).Wants(t, 2, "", "p.json:2:2: After parsing property value an unexpected character was encountered: \"\npacific: hint: give a parameter file")
	h.Run("template", "evaluate", file, "--parameters", write(t, "p.json", `{"name": "a", "NAME": "b"}`)).Wants(t, 2, "", `the parameter "NAME" is given twice`)
	h.Run("template", "evaluate", file, "--set", "name=a", "--set", "copies=1.5").Wants(t, 2, "", "--set copies=1.5: the parameter copies wants a whole number")
	h.Run("template", "evaluate", write(t, "cut.json", "{\n  \"resources\" []}")).Wants(t, 1, "", "cut.json:2:15: InvalidTemplate: Deployment template parse failed")
	h.Run("template", "evaluate", "main.bicep").Wants(t, 2, "", "is Bicep")
	h.Run("template", "evaluate", "-", "--parameters", "-").Wants(t, 2, "", "only one of FILE and --parameters can be -")
	broken := write(t, "broken.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
"resources": [], "outputs": {"o": {"type": "string", "value": "[upper('a')]"}}}`)
	h.Run("template", "evaluate", broken).Wants(t, 1, "", broken+":2:76: InvalidTemplate: Deployment template validation failed: 'The template output 'o' at line '2' and column '35' is not valid: The template function 'upper' is not valid: there is no function of this name.'. The expression is [upper('a')]")
}

// TestEvaluateUTF16 evaluates what PowerShell 5.1 makes of a template when output is redirected, as az does.
func TestEvaluateUTF16(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	text := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(`{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [], "outputs": {"o": {"type": "string", "value": "é😀"}}}`)) {
		text = binary.LittleEndian.AppendUint16(text, unit)
	}
	if out := h.Must("template", "evaluate", write(t, "site.json", string(text))).Stdout; !strings.Contains(out, `"é😀"`) {
		t.Errorf("%s", out)
	}
}
