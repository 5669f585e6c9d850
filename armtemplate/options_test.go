package armtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/armtemplate"
)

func TestParseParameters(t *testing.T) {
	got, err := armtemplate.ParseParameters([]byte(`{"$schema": "x", "contentVersion": "1.0.0.0", "parameters": { // as az takes it
		"a": {"value": 9007199254740993}, "b": {"value": null, "metadata": {"description": "none"}}, "c": {"value": {"value": 1}},
		"d": {"reference": {"keyVault": {"id": "/kv"}, "secretName": "s", "secretVersion": "v"}}}}`))
	want := armtemplate.Parameters{"a": {Value: json.RawMessage(`9007199254740993`)}, "b": {Value: json.RawMessage(`null`)}, "c": {Value: json.RawMessage(`{"value":1}`)},
		"d": {Secret: &armtemplate.SecretReference{VaultID: "/kv", Name: "s", Version: "v"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	// A whole file that names no schema, as az takes it, but not a parameter of that name.
	for text, want := range map[string]string{`{"parameters": {"a": {"value": 1}}}`: "a", `{"parameters": {"a": 1}}`: "parameters", `{"parameters": {"a": {"value": 1}}, "b": 1}`: "b"} {
		if got, err := armtemplate.ParseParameters([]byte(text)); err != nil || got[want].Value == nil {
			t.Errorf("%s: %v, %v; want a parameter %q", text, got, err, want)
		}
	}
	got, err = armtemplate.ParseParameters([]byte(`{"a": 1, "parameters": "b", "o": {}}`))
	want = armtemplate.Parameters{"a": {Value: json.RawMessage(`1`)}, "parameters": {Value: json.RawMessage(`"b"`)}, "o": {Value: json.RawMessage(`{}`)}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if _, err := armtemplate.ParseParameters([]byte(`{"$schema": "x", "parameters": {"a": {"expression": "[externalInputs('x')]"}}}`)); err == nil || !strings.Contains(err.Error(), "external inputs") {
		t.Errorf("an expression: %v", err)
	}
	for _, text := range []string{"[]", "{", `{"a": {"reference": {"secretName": "s"}}}`} {
		if _, err := armtemplate.ParseParameters([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestParameterInfo(t *testing.T) {
	parsed, err := armtemplate.Parse([]byte(template(`"languageVersion": "2.0"`, `"definitions": {"key": {"type": "secureString"}}`,
		`"parameters": {"a": {"type": "string", "defaultValue": "[utcNow()]", "metadata": {"description": "when"}}, "b": {"$ref": "#/definitions/key"}, "c": {"type": "int", "nullable": true, "allowedValues": [1, 2]}}`, `"resources": {}`)))
	if err != nil {
		t.Fatal(err)
	}
	want := []armtemplate.ParameterInfo{
		{Name: "a", Type: "string", Description: "when", Default: json.RawMessage(`"[utcNow()]"`)},
		{Name: "b", Type: "secureString", Secure: true, Required: true},
		{Name: "c", Type: "int", Allowed: json.RawMessage(`[1,2]`)},
	}
	if diff := cmp.Diff(want, parsed.Parameters()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestOptions has what a template can ask of where and by whom it is deployed.
func TestOptions(t *testing.T) {
	parsed, err := armtemplate.Parse([]byte(template(
		`"parameters": {"now": {"type": "string", "defaultValue": "[utcNow('u')]"}, "id": {"type": "string", "defaultValue": "[newGuid()]"}, "s": {"type": "secureString"}, "n": {"type": "int", "defaultValue": "4"}}`,
		`"variables": {"link": "[uri(deployment().properties.templateLink.uri, 'nested.json')]"}`,
		`"resources": [`+resource(`, "properties": {"now": "[parameters('now')]", "id": "[parameters('ID')]", "s": "[parameters('s')]", "n": "[parameters('n')]", "link": "[variables('link')]",
			"cloud": "[environment().name]", "who": "[deployer().objectId]", "upn": "[deployer().userPrincipalName]", "where": "[resourceGroup().location]", "tags": "[resourceGroup().tags]"}`)+`]`)))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.ScopeKind() != armtemplate.ResourceGroup {
		t.Errorf("the template is for a %s", parsed.ScopeKind())
	}
	reference := &armtemplate.SecretReference{VaultID: "/kv", Name: "name"}
	o := armtemplate.Options{
		Parameters: armtemplate.Parameters{"S": {Secret: reference}}, Scope: home, TemplateLink: "https://x/y/main.json", Environment: json.RawMessage(`{"name": "local"}`),
		Deployer: armtemplate.Deployer{ObjectID: "me"}, Now: func() time.Time { return time.Date(2024, 3, 5, 1, 2, 3, 0, time.FixedZone("", 3600)) }, NewGUID: func() string { return "guid" },
		Secret: func(_ context.Context, ref armtemplate.SecretReference) (string, error) {
			return "secret " + ref.Name, nil
		},
	}
	body := func() string {
		t.Helper()
		d, err := parsed.Evaluate(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Resources[0].Body(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	wants(t, body(), `{"properties":{"now":"2024-03-05 00:02:03Z","id":"guid","s":"secret name","n":4,"link":"https://x/y/nested.json","cloud":"local","who":"me","upn":"","where":"westeurope","tags":"[resourceGroup().tags]"}}`)
	d, err := parsed.Evaluate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	values := []armtemplate.ParameterValue{{Name: "now", Type: "string", Value: json.RawMessage(`"2024-03-05 00:02:03Z"`)}, {Name: "id", Type: "string", Value: json.RawMessage(`"guid"`)},
		{Name: "s", Type: "secureString", Secure: true}, {Name: "n", Type: "int", Value: json.RawMessage(`4`)}}
	if diff := cmp.Diff(values, d.Parameters()); diff != "" {
		t.Errorf("parameters: -want +got:\n%s", diff)
	}
	o.Secret = nil
	if got := body(); !strings.Contains(got, `"s":"[parameters('S')]"`) {
		t.Errorf("without Secret: %s", got)
	}
	denied := errors.New("denied")
	o.Secret = func(context.Context, armtemplate.SecretReference) (string, error) { return "", denied }
	if _, err := parsed.Evaluate(t.Context(), o); !errors.Is(err, denied) {
		t.Errorf("a secret that can't be read: %v", err)
	}
}

// TestNullParameter takes null as a parameter that is not given, as modules rely on.
func TestNullParameter(t *testing.T) {
	d := evaluate(t, template(`"parameters": {"a": {"type": "string", "defaultValue": "x"}}`, `"resources": [`+resource(`, "tags": {"a": "[parameters('a')]"}`)+`]`), `{"a": {"value": null}}`)
	if body, err := d.Resources[0].Body(t.Context(), nil); err != nil || string(body) != `{"tags":{"a":"x"}}` {
		t.Errorf("%s, %v", body, err)
	}
}

// TestParametersError names the place of a mistake in parameters as an editor counts.
func TestParametersError(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"p\" 1}":    "line 2, column 7: ",
		"[1]":              "line 1, column 1: parameters must be an object",
		`{"p": 1, "P": 2}`: `line 1, column 12: the parameter "P" is given twice`,
		`{"$schema": "x", "parameters": {"p": "x"}}`:                                 `line 1, column 40: parameter "p": it has neither`,
		`{"$schema": "x", "parameters": {"p": {"value": 1, "reference": {}}}}`:       `line 1, column 38: parameter "p": a value and a reference exclude`,
		`{"$schema": "x", "parameters": {"p": {"type": "string"}}, "resources": []}`: "line 1, column 1: this is a template",
		`{"$schema": "x", "parameters": [1]}`:                                        "line 1, column 32: the parameters of a parameter file must be an object",
		`{"$schema": "x", "contentVersion": "1.0.0.0"}`:                              "line 1, column 1: a parameter file needs the member 'parameters'",
		`{"p": {"reference": {}}}`:                                                   `line 1, column 7: parameter "p": a reference needs`,
		"{\"p\": {\"value\": tru}}":                                                  "line 1, column 17: ",
		"{\"ü\": 1, \"p\": \"x\" y\n}":                                               "line 1, column 19: ",
	} {
		_, err := armtemplate.ParseParameters([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
