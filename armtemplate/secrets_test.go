package armtemplate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/armtemplate"
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
	if diff := cmp.Diff([]string{"1.2345", "123456", "Ab1Ab1", "Ab1Ab1-more", "deep-default", "listed"}, d.Secrets().Texts()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err := tryEvaluate(template(`"parameters": {"short": {"type": "secureString", "defaultValue": "Ab1Ab1"}, "long": {"type": "secureString", "defaultValue": "[concat(parameters('short'), '-more')]"}}`,
		`"resources": [{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": "[fail(concat(parameters('long'), ' ', parameters('short')))]"}]`), "")
	if err == nil || !strings.Contains(err.Error(), "*** ***") || strings.Contains(err.Error(), "more") || strings.Contains(err.Error(), "Ab1") {
		t.Errorf("%v", err)
	}
}

// TestSecretsDerived keeps out of messages what functions computed of secrets, wherever: in variables, ids and nested templates
// that have them as plain strings.
func TestSecretsDerived(t *testing.T) {
	const key = `"parameters": {"key": {"type": "secureString"}, "longer": {"type": "secureString", "defaultValue": "s3cret-value-and-more"}, "object": {"type": "secureObject", "defaultValue": {"pin": 987654, "a": "quo\"t'ed"}}}`
	for _, c := range []struct{ expression, shows string }{
		{"[fail(base64(parameters('key')))]", "***"},
		{"[fail(concat('x', base64(toUpper(parameters('key')))))]", "***"},
		{"[fail(variables('v'))]", "***"},
		{"[fail(concat('a ', parameters('key'), ' z'))]", "a *** z"},
		{"[fail(string(parameters('object')))]", `"pin":***`},
		{"[fail(uriComponent(parameters('object').a))]", "***"},
		{"[fail(parameters('longer'))]", "***"},
		{"[fail(substring(parameters('key'), 0, 6))]", "***"},
		{"[fail(join(map(split(parameters('key'), '-'), lambda('p', toUpper(lambdaVariables('p')))), '; '))]", "***"},
		{"[fail(resourceId('A.B/c', uniqueString(parameters('key'))))]", "***"},
		{"[fail(createObject('key', parameters('key'), 'location', 'westeurope').location)]", "westeurope"},
		{"[fail(string(length(parameters('key'))))]", "12"},
	} {
		inner := `{` + header + `, "parameters": {"plain": {"type": "string"}}, "resources": [{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": "` + strings.ReplaceAll(c.expression, "parameters('key')", "parameters('plain')") + `"}]}`
		for _, resource := range []string{
			`{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": "` + c.expression + `"}`,
			`{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "in", "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"plain": {"value": "[parameters('key')]"}}, "template": ` + inner + `}}`,
		} {
			if strings.Contains(resource, "plain") && (strings.Contains(c.expression, "object") || strings.Contains(c.expression, "variables") || strings.Contains(c.expression, "longer")) {
				continue // the nested template has none of these
			}
			d, err := tryEvaluate(template(key, `"variables": {"v": "[toUpper(parameters('key'))]"}`, `"resources": [`+resource+`]`), `{"key": {"value": "s3cret-value"}}`)
			if err == nil {
				_, err = d.Flatten(t.Context())
			}
			if err == nil {
				t.Fatalf("%s does not fail", c.expression)
			}
			message := err.(*armtemplate.Error).Message
			for _, secret := range []string{"s3cret", "S3CRET", "czNjcmV0", "UzNDUkVU", "and-more", "987654", "quo", "VALUE"} {
				if strings.Contains(message, secret) {
					t.Errorf("%s: %s is readable: %s", c.expression, secret, message)
				}
			}
			if !strings.Contains(message, c.shows) {
				t.Errorf("%s: %s has no %s", c.expression, message, c.shows)
			}
		}
	}
}
