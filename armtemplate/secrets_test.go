package armtemplate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSecrets finds the values of secure parameters however they are given, those of nested templates too, and masks the longest
// first.
func TestSecrets(t *testing.T) {
	const nested = `{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "in", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": {` + header +
		`, "parameters": {"deep": {"type": "secureString", "defaultValue": "[concat('deep', '-default')]"}}, "resources": []}}}`
	d := evaluate(t, template(`"parameters": {"given": {"type": "secureString"}, "object": {"type": "secureObject"}, "default": {"type": "secureString", "defaultValue": "[concat(parameters('given'), '-more')]"}, "plain": {"type": "string", "defaultValue": "plain"}}`,
		`"resources": [`+nested+`]`), `{"given": {"value": "Ab1Ab1"}, "object": {"value": {"n": 123456, "f": 1.2345, "all": ["listed", true, "no"]}}}`)
	if _, err := d.Flatten(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Ab1Ab1-more", "Ab1Ab1", "123456", "1.2345", "listed", "deep-default"}, d.Secrets()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err := tryEvaluate(template(`"parameters": {"short": {"type": "secureString", "defaultValue": "Ab1Ab1"}, "long": {"type": "secureString", "defaultValue": "[concat(parameters('short'), '-more')]"}}`,
		`"resources": [{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": "[fail(concat(parameters('long'), ' ', parameters('short')))]"}]`), "")
	if err == nil || !strings.Contains(err.Error(), "*** ***") || strings.Contains(err.Error(), "more") || strings.Contains(err.Error(), "Ab1") {
		t.Errorf("%v", err)
	}
}
