package armtemplate_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

// secureTypes has secrets at every place of a type that can hold one, and a type that holds itself.
const secureTypes = `"definitions": {
	"login": {"type": "object", "properties": {"user": {"type": "string"}, "password": {"type": "secureString"}}},
	"logins": {"type": "array", "items": {"$ref": "#/definitions/login"}},
	"pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "secureString"}]},
	"words": {"type": "object", "additionalProperties": {"type": "securestring"}},
	"cat": {"type": "object", "properties": {"kind": {"type": "string"}, "chip": {"type": "securestring"}}},
	"pet": {"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"cat": {"$ref": "#/definitions/cat"}}}},
	"tree": {"type": "object", "properties": {"left": {"$ref": "#/definitions/tree", "nullable": true}, "leaf": {"type": "secureObject", "nullable": true}}},
	"word": {"type": "secureString"},
	"typedWord": {"type": "string", "$ref": "#/definitions/word"},
	"typedLogin": {"type": "object", "properties": {"user": {"type": "string"}}, "$ref": "#/definitions/login"},
	"typedWords": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string", "$ref": "#/definitions/word"}},
	"plain": {"type": "object", "properties": {"left": {"$ref": "#/definitions/plain", "nullable": true}}}
}`

// TestSecureInside takes a type that holds a secure one anywhere for secure, and shows of its values what is no secret.
func TestSecureInside(t *testing.T) {
	for _, c := range []struct{ of, value, shown string }{
		{"login", `{"user": "jane", "password": "S3"}`, `{"user":"jane","password":"[parameters('p').password]"}`},
		{"logins", `[{"user": "jane", "password": "S3"}]`, `[{"user":"jane","password":"[parameters('p')[0].password]"}]`},
		{"pair", `["jane", "S3"]`, `["jane","[parameters('p')[1]]"]`},
		{"words", `{"a b": "S3"}`, `{"a b":"[parameters('p')['a b']]"}`},
		{"pet", `{"kind": "cat", "chip": "S3"}`, `{"kind":"cat","chip":"[parameters('p').chip]"}`},
		{"tree", `{"left": {"leaf": {"a": "S3"}}}`, `{"left":{"leaf":"[parameters('p').left.leaf]"}}`},
		{"typedWord", `"S3"`, `"[parameters('p')]"`},
		{"typedLogin", `{"user": "jane", "password": "S3"}`, `{"user":"jane","password":"[parameters('p').password]"}`},
		{"typedWords", `{"a": "b", "c": "S3"}`, `{"a":"b","c":"[parameters('p').c]"}`},
		{"plain", `{"left": {}}`, ""},
	} {
		parsed, err := armtemplate.Parse([]byte(`{` + header2 + `, ` + secureTypes + `, "parameters": {"p": {"$ref": "#/definitions/` + c.of + `"}},
			"resources": {"r": {"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": {"p": "[parameters('p')]"}}},
			"outputs": {"o": {"$ref": "#/definitions/` + c.of + `", "value": "[parameters('p')]"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		given, err := armtemplate.ParseParameters([]byte(`{"p": {"value": ` + c.value + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		d, err := parsed.Evaluate(t.Context(), armtemplate.Options{Parameters: given, Scope: home, HideSecrets: true})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := d.Outputs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		secure := c.shown != ""
		if p := d.Parameters()[0]; p.Secure != secure || secure == (p.Value != nil) || outputs[0].Secure != secure || parsed.Parameters()[0].Secure != secure {
			t.Errorf("%s: parameter %+v, output secure: %v", c.of, p, outputs[0].Secure)
		}
		body, err := d.Resources[0].Body(t.Context(), nil)
		if err != nil || strings.Contains(string(body), "S3") || secure && string(body) != `{"properties":{"p":`+c.shown+`}}` {
			t.Errorf("%s: %s, %v; want %s", c.of, body, err, c.shown)
		}
	}
}

// TestHideSecrets keeps secrets and all that is computed of them out of what is shown, through variables, functions and nested
// templates, and decides conditions and loops with their values.
func TestHideSecrets(t *testing.T) {
	const nested = `{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "properties": {"mode": "Incremental", `
	const inner = `{"type": "A.B/c", "apiVersion": "1", "condition": "[not(empty(parameters('p')))]", "name": "`
	parsed, err := armtemplate.Parse([]byte(template(
		`"parameters": {"pw": {"type": "secureString"}, "none": {"type": "secureString", "defaultValue": ""}, "text": {"type": "string", "defaultValue": "[concat(parameters('pw'), '!')]"}, "id": {"type": "string", "defaultValue": "[newGuid()]"}}`,
		`"functions": [{"namespace": "f", "members": {"twice": {"parameters": [{"name": "s", "type": "string"}], "output": {"type": "string", "value": "[concat(parameters('s'), parameters('s'))]"}}}}]`,
		`"variables": {"v": "[base64(parameters('pw'))]", "many": {"copy": [{"name": "turns", "count": "[length(parameters('pw'))]", "input": "[copyIndex('turns')]"}]}}`,
		`"resources": [
			{"type": "A.B/c", "apiVersion": "1", "name": "direct", "condition": "[equals(parameters('pw'), 'Ab1')]", "properties": {"a": "[parameters('pw')]", "v": "[variables('v')]", "text": "[parameters('text')]", "f": "[f.twice(parameters('pw'))]",
				"d": "[deployment().properties.parameters.pw.value]", "many": "[variables('many').turns]", "Ab1": "Ab1", "id": "[length(parameters('id'))]"}},
			{"type": "A.B/c", "apiVersion": "1", "name": "not", "condition": "[not(empty(parameters('none')))]"},
			`+nested+`"parameters": {"p": {"value": "[parameters('pw')]"}}, "expressionEvaluationOptions": {"scope": "inner"}, "template": {`+header+`, "parameters": {"p": {"type": "string"}}, "resources": [
				`+inner+`in", "properties": {"p": "[concat(parameters('p'), '?')]"}}], "outputs": {"o": {"type": "string", "value": "[parameters('p')]"}}}}, "name": "in"},
			`+nested+`"parameters": {"p": {"value": "[parameters('none')]"}}, "expressionEvaluationOptions": {"scope": "inner"}, "template": {`+header+`, "parameters": {"p": {"type": "secureString"}}, "resources": [
				`+inner+`empty"}]}}, "name": "in2"},
			`+nested+`"template": {`+header+`, "resources": [{"type": "A.B/c", "apiVersion": "1", "name": "out", "condition": "[not(empty(parameters('pw')))]", "properties": {"p": "[parameters('pw')]"}},
				{"type": "A.B/c", "apiVersion": "1", "name": "out2", "condition": "[not(empty(parameters('none')))]"}]}}, "name": "out"}]`,
		`"outputs": {"o": {"type": "string", "value": "[reference('in').outputs.o.value]"}}`)))
	if err != nil {
		t.Fatal(err)
	}
	given := armtemplate.Parameters{"PW": {Value: []byte(`"Ab1"`)}}
	d, err := parsed.Evaluate(t.Context(), armtemplate.Options{Parameters: given, Scope: home, HideSecrets: true})
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.Flatten(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range all {
		if !strings.Contains(r.Type, "deployments") {
			body, err := r.Body(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(r.Name + " " + string(body) + "\n")
		}
	}
	outputs, err := d.Outputs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("output " + string(outputs[0].Value))
	wants(t, b.String(), `
direct {"properties":{"a":"[parameters('pw')]","v":"[base64(parameters('pw'))]","text":"[concat(parameters('pw'), '!')]","f":"[concat(parameters('pw'), parameters('pw'))]","d":"[parameters('pw')]","many":[0,1,2],"Ab1":"Ab1","id":36}}
in {"properties":{"p":"[concat(parameters('pw'), '?')]"}}
out {"properties":{"p":"[parameters('pw')]"}}
output "[parameters('pw')]"`)
}

// TestNestedVaultSecret computes with a secret of a key vault, whose value is not known, in both kinds of nested templates.
func TestNestedVaultSecret(t *testing.T) {
	const nested = `{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "properties": {"mode": "Incremental", `
	const reference = `{"reference": {"keyVault": {"id": "/v"}, "secretName": "s"}}`
	d := evaluate(t, template(`"parameters": {"s": {"type": "secureString"}}`, `"resources": [
		`+nested+`"parameters": {"p": `+reference+`}, "expressionEvaluationOptions": {"scope": "inner"}, "template": {`+header+`, "parameters": {"p": {"type": "secureString"}}, "resources": [
			{"type": "A.B/c", "apiVersion": "1", "name": "in", "properties": {"p": "[toUpper(parameters('p'))]"}}]}}, "name": "in"},
		`+nested+`"template": {`+header+`, "resources": [{"type": "A.B/c", "apiVersion": "1", "name": "out", "properties": {"p": "[toUpper(parameters('s'))]"}}]}}, "name": "out"}]`), `{"s": `+reference+`}`)
	for i, want := range []string{`{"properties":{"p":"[toUpper(parameters('p'))]"}}`, `{"properties":{"p":"[toUpper(parameters('s'))]"}}`} {
		nested, err := d.Resources[i].Nested(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		body, err := nested.Resources[0].Body(t.Context(), nil)
		if err != nil || string(body) != want {
			t.Errorf("%s, %v; want %s", body, err, want)
		}
	}
}
