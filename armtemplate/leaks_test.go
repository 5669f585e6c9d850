package armtemplate_test

import (
	"cmp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/armtemplate"
)

// TestLeaks names each output, and each parameter of a nested deployment, that shows a secret, wherever it comes from, and none that shows something else.
func TestLeaks(t *testing.T) {
	const nested = `{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "`
	const inner = `"template": {` + header + `, "parameters": {"key": {"type": "secureString"}, "plain": {"type": "string"}, "size": {"type": "int"}}, "resources": [], "outputs": {"o": {"type": "string", "value": "[parameters('key')]"}}}}`
	parsed, err := armtemplate.Parse([]byte(template(
		`"parameters": {"key": {"type": "secureString"}, "plain": {"type": "string", "defaultValue": "x"}, "made": {"type": "string", "defaultValue": "[concat(parameters('key'), '!')]"}}`,
		`"variables": {"v": "[base64(parameters('KEY'))]", "self": "[variables('self')]", "copy": [{"name": "loop", "count": 2, "input": "[concat(variables('v'), copyIndex('loop'))]"}], "ok": "[length(parameters('key'))]"}`,
		`"resources": [`+nested+`inner"}, "parameters": {"key": {"value": "[parameters('key')]"}, "plain": {"value": "[variables('v')]"}, "size": {"value": "[length(parameters('key'))]"}}, `+inner+`, "name": "in"}, `+nested+`outer"}, `+inner+`, "name": "out"}]`,
		`"outputs": {
			"direct": {"type": "string", "value": "[parameters('key')]"},
			"secure": {"type": "secureString", "value": "[parameters('key')]"},
			"variable": {"type": "string", "value": "[variables('v')]"},
			"default": {"type": "string", "value": "[parameters('made')]"},
			"loop": {"type": "array", "copy": {"count": 2, "input": "[variables('loop')[copyIndex()]]"}},
			"inside": {"type": "object", "value": {"a": ["[toUpper(parameters('key'))]"]}},
			"list": {"type": "string", "value": "[listKeys('x', '1').keys[0].value]"},
			"length": {"type": "int", "value": "[variables('ok')]"},
			"has": {"type": "bool", "value": "[not(empty(parameters('key')))]"},
			"which": {"type": "string", "value": "[if(empty(parameters('key')), 'none', parameters('plain'))]"},
			"self": {"type": "string", "value": "[variables('self')]"}
		}`)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, leak := range parsed.Leaks() {
		if leak.Line == 0 {
			t.Errorf("%+v has no place", leak)
		}
		got = append(got, cmp.Or(leak.Output, "parameter "+leak.Parameter)+": "+leak.Secret)
	}
	want := []string{"direct: the secure parameter 'key'", "variable: the secure parameter 'KEY'", "default: the secure parameter 'key'", "loop: the secure parameter 'KEY'",
		"inside: the secure parameter 'key'", "list: the result of listKeys", "parameter in/plain: the secure parameter 'KEY'", "in/o: the secure parameter 'key'", "out/o: the secure parameter 'key'"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
