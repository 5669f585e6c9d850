package armtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

const header2 = header + `, "languageVersion": "2.0"`

func TestSymbolicNames(t *testing.T) {
	d := evaluate(t, `{`+header2+`, "parameters": {"n": {"type": "int", "defaultValue": 2}}, "resources": {
		"old": {"existing": true, "type": "A.B/old", "apiVersion": "1", "name": "there", "resourceGroup": "other"},
		"many": {"copy": {"name": "many", "count": "[parameters('n')]"}, "type": "A.B/c", "apiVersion": "2", "name": "[format('c{0}', copyIndex())]",
			"properties": {"of": "[reference('old').x]", "nothing": null, "both": "[createArray(null(), copyIndex('many', 1))]"}},
		"one": {"type": "A.B/d", "apiVersion": "3", "name": "d", "dependsOn": ["many"], "properties": {"second": "[reference('many[1]').y]"}},
		"all": {"type": "A.B/e", "apiVersion": "3", "name": "e", "properties": {"ys": "[map(references('many'), lambda('r', lambdaVariables('r').y))]", "key": "[listKeys('one', '9').k]"}},
		"child": {"type": "A.B/d/f", "apiVersion": "3", "name": "[format('{0}/{1}', 'd', 'f')]", "scope": "one", "dependsOn": ["one", "many[0]"]},
		"lock": {"type": "Microsoft.Authorization/locks", "apiVersion": "4", "name": "l", "scope": "[resourceId('A.B/d', 'd')]", "properties": {"full": "[reference('one', '3', 'Full').location]"}}
	}, "outputs": {"id": {"type": "string", "value": "[resourceId('A.B/c', 'x')]"}, "loop": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}}}}`, "")
	resolver := &armtemplate.Resolver{
		Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
			return json.Marshal(map[string]any{"location": "here", "properties": map[string]string{"x": r.ResourceID + " " + r.APIVersion, "y": "y of " + r.Resource.Name}})
		},
		List: func(_ context.Context, r armtemplate.ListRequest) (json.RawMessage, error) {
			return json.Marshal(map[string]string{"k": r.Function + " " + r.Resource.Name + " " + r.APIVersion})
		},
	}
	wants(t, summary(t, d, resolver), `
/subscriptions/s/resourceGroups/other/providers/A.B/old/there exists
A.B/c/c0 after [there] {"properties":{"of":"/subscriptions/s/resourceGroups/other/providers/A.B/old/there 1","both":[null,1]}}
A.B/c/c1 after [there] {"properties":{"of":"/subscriptions/s/resourceGroups/other/providers/A.B/old/there 1","both":[null,2]}}
A.B/d/d after [c0 c1] {"properties":{"second":"y of c1"}}
A.B/e/e after [c0 c1 d] {"properties":{"ys":["y of c0","y of c1"],"key":"listKeys d 9"}}
A.B/d/d/providers/A.B/d/d/f/f after [d c0] {}
A.B/d/d/providers/Microsoft.Authorization/locks/l after [d] {"properties":{"full":"here"}}`)
	outputs, err := d.Outputs(t.Context(), nil)
	if err != nil || string(outputs[1].Value) != "[0,1]" {
		t.Errorf("outputs: %v, %v", outputs, err)
	}
	wants(t, summary(t, d, nil)[:400], summary(t, d, nil)[:400])
	if body, err := d.Resources[3].Body(t.Context(), nil); err != nil || !strings.Contains(string(body), `"[reference('/subscriptions/s/resourceGroups/g/providers/A.B/c/c1', '2').y]"`) {
		t.Errorf("plan: %s, %v", body, err)
	}
}

// TestReferencesArguments: references takes nothing but 'Full', and not the loop that it stands in.
func TestReferencesArguments(t *testing.T) {
	const loop = `"loop": {"copy": {"name": "loop", "count": 2}, "type": "A.B/c", "apiVersion": "1", "name": "[format('c{0}', copyIndex())]", "properties": %s}`
	for properties, want := range map[string]string{
		`{}`:                     "expects its last parameter to be 'Full'. The provided value is 'whole'.",
		`"[references('loop')]"`: "The template resource 'A.B/c/c0' cannot reference itself.",
	} {
		d, err := tryEvaluate(`{`+header2+`, "resources": {`+fmt.Sprintf(loop, properties)+`}, "outputs": {"o": {"type": "array", "value": "[references('loop', 'whole')]"}}}`, "")
		if err == nil {
			_, err = d.Outputs(t.Context(), nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", properties, err, want)
		}
	}
}

// TestTypes holds values to the types of version 2.0; want is a part of the error, or "" if the value is right.
func TestTypes(t *testing.T) {
	const definitions = `"definitions": {
		"short": {"type": "string", "maxLength": 3},
		"point": {"type": "object", "properties": {"x": {"type": "int"}, "y": {"type": "int", "nullable": true}}, "additionalProperties": false},
		"list": {"type": "array", "items": {"$ref": "#/definitions/point"}, "minLength": 1},
		"pair": {"type": "array", "prefixItems": [{"type": "int"}, {"$ref": "#/definitions/short"}], "items": false},
		"words": {"type": "object", "additionalProperties": {"$ref": "#/definitions/short"}},
		"cat": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["cat"]}, "lives": {"type": "int", "maxValue": 9}}},
		"dog": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["dog"]}, "name": {"type": "string"}}},
		"pet": {"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"cat": {"$ref": "#/definitions/cat"}, "dog": {"$ref": "#/definitions/dog"}}}},
		"tree": {"type": "object", "properties": {"left": {"$ref": "#/definitions/tree", "nullable": true}}, "additionalProperties": false}
	}`
	for _, c := range []struct{ of, value, want string }{
		{"short", `"abc"`, ""},
		{"short", `"abcd"`, "Length of the value should be less than or equal to '3'"},
		{"short", `1`, "Expected a value of type 'String', but received a value of type 'Integer'"},
		{"point", `{"x": 1}`, ""},
		{"point", `{"X": 1, "y": null}`, ""},
		{"point", `{"y": 1}`, "Expected to find a property named 'x'"},
		{"point", `{"x": 1, "z": 1}`, "The property 'z' is not permitted"},
		{"point", `{"x": "1"}`, "'p.x'"},
		{"list", `[{"x": 1}, {"x": true}]`, "'p[1].x'"},
		{"list", `[]`, "greater than or equal to '1'"},
		{"pair", `[1, "a"]`, ""},
		{"pair", `[1, "abcd"]`, "'p[1]'"},
		{"pair", `[1, "a", 2]`, "more than '2' elements"},
		{"pair", `[1]`, "'2' are required"},
		{"words", `{"a": "b"}`, ""},
		{"words", `{"a": "bbbb"}`, "'p.a'"},
		{"pet", `{"kind": "cat", "lives": 9}`, ""},
		{"pet", `{"kind": "cat", "lives": 10}`, "less than or equal to '9'"},
		{"pet", `{"kind": "dog", "lives": 1}`, "named 'name'"},
		{"pet", `{"kind": "bird"}`, "must be one of 'cat,dog'"},
		{"tree", `{"left": {"left": null}}`, ""},
		{"tree", `{"left": {"left": {"l": 1}}}`, "'p.left.left'"},
		{"nope", `1`, "is not found"},
	} {
		_, err := tryEvaluate(`{`+header2+`, `+definitions+`, "parameters": {"p": {"$ref": "#/definitions/`+c.of+`"}}, "resources": {}}`, `{"p": {"value": `+c.value+`}}`)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s as %s: %v; want %q", c.value, c.of, err, c.want)
		}
	}
}

func TestUserFunctions(t *testing.T) {
	d := evaluate(t, `{`+header2+`, "functions": [{"namespace": "__bicep", "members": {
		"twice": {"parameters": [{"name": "s", "type": "string"}], "output": {"type": "string", "value": "[concat(parameters('s'), parameters('S'))]"}},
		"four": {"parameters": [{"name": "s", "type": "string"}], "output": {"type": "object", "value": {"s": "[__bicep.twice(__bicep.twice(parameters('s')))]"}}}
	}}], "resources": {}, "outputs": {"r": {"type": "string", "value": "[__BICEP.FOUR('a').s]"}}}`, "")
	outputs, err := d.Outputs(t.Context(), nil)
	if err != nil || string(outputs[0].Value) != `"aaaa"` {
		t.Errorf("outputs: %v, %v", outputs, err)
	}
	_, err = tryEvaluate(`{`+header2+`, "functions": [{"namespace": "n", "members": {"f": {"output": {"type": "string", "value": "[n.f()]"}}}}], "variables": {"v": "[n.f()]"}, "resources": {}}`, "")
	if err == nil || !strings.Contains(err.Error(), "call each other more than 64 levels deep") {
		t.Errorf("a function that calls itself: %v", err)
	}
}

// TestResourceInfo: what a resource is called is known before the deployment, in names too and wherever it stands, and makes no
// dependency.
func TestResourceInfo(t *testing.T) {
	d := evaluate(t, `{`+header2+`, "resources": {
		"child": {"type": "A.B/c/d", "apiVersion": "1", "name": "[format('{0}/x', resourceInfo('parent').name)]", "properties": "[resourceInfo('many[1]')]"},
		"parent": {"type": "A.B/c", "apiVersion": "2", "name": "p", "properties": "[resourceInfo('child').id]"},
		"many": {"copy": {"name": "many", "count": 2}, "type": "A.B/e", "apiVersion": "3", "name": "[format('e{0}', copyIndex())]", "properties": "[resourceInfo('old').apiVersion]"},
		"old": {"existing": true, "type": "A.B/old", "apiVersion": "4", "name": "there"}
	}}`, "")
	wants(t, summary(t, d, nil), `
A.B/c/p/d/x after [] {"properties":{"id":"/subscriptions/s/resourceGroups/g/providers/A.B/e/e1","name":"e1","type":"A.B/e","apiVersion":"3"}}
A.B/c/p after [] {"properties":"/subscriptions/s/resourceGroups/g/providers/A.B/c/p/d/x"}
A.B/e/e0 after [] {"properties":"4"}
A.B/e/e1 after [] {"properties":"4"}
A.B/old/there exists`)
	for _, name := range []string{"[resourceInfo('a').name]", "[resourceInfo('many').name]"} {
		if _, err := tryEvaluate(`{`+header2+`, "resources": {"a": {"type": "A.B/c", "apiVersion": "1", "name": "`+name+`"},
			"many": {"copy": {"name": "many", "count": 2}, "type": "A.B/e", "apiVersion": "3", "name": "[format('e{0}', copyIndex())]"}}}`, ""); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestOptionalResources: target is the resource at hand before the deployment, and reference of one that may be missing is null.
func TestOptionalResources(t *testing.T) {
	const text = `{` + header2 + `, "resources": {
		"old": {"existing": true, "@options": {"nullIfNotFound": []}, "type": "A.B/old", "apiVersion": "4", "name": "old"},
		"new": {"type": "A.B/c", "apiVersion": "1", "name": "new", "properties": {"isNew": "[empty(target('full'))]", "kept": "[coalesce(tryGet(target('full'), 'properties', 'x'), 'made')]",
			"short": "[string(tryGet(target(), 'x'))]", "old": "[if(equals(reference('old', '4', 'full'), null()), 'none', reference('old').x)]"}}}}`
	for there, want := range map[bool]string{
		false: `{"properties":{"isNew":true,"kept":"made","short":"","old":"none"}}`,
		true:  `{"properties":{"isNew":false,"kept":"of new","short":"of new","old":"of old"}}`,
	} {
		resolver := &armtemplate.Resolver{Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
			if !r.Optional {
				t.Errorf("%s is asked for as if it had to be there", r.ResourceID)
			}
			if !there {
				return json.RawMessage("null"), nil
			}
			return json.Marshal(map[string]any{"properties": map[string]string{"x": "of " + r.Resource.Name}})
		}}
		d := evaluate(t, text, "")
		if body, err := d.Resources[1].Body(t.Context(), resolver); err != nil || string(body) != want {
			t.Errorf("%s, %v; want %s", body, err, want)
		}
		if body, err := d.Resources[1].Body(t.Context(), nil); err != nil || !strings.Contains(string(body), `"isNew":"[empty(target('full'))]"`) {
			t.Errorf("plan: %s, %v", body, err)
		}
	}
}

// TestOptions2 reads what Bicep's decorators leave for the engine.
func TestOptions2(t *testing.T) {
	const one = `{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": {}, "@options": {"%s": []}}`
	off := evaluate(t, `{`+header2+`, "resources": {"r": {"type": "A.B/c", "apiVersion": "1", "name": "x", "@options": {"onlyIfNotExists": false}}}}`, "")
	if off.Resources[0].OnlyIfNotExists {
		t.Error("what is turned off counts")
	}
	d := evaluate(t, `{`+header2+`, "resources": {"r": `+fmt.Sprintf(one, "onlyIfNotExists")+`}}`, "")
	body, err := d.Resources[0].Body(t.Context(), nil)
	if err != nil || !d.Resources[0].OnlyIfNotExists || string(body) != `{"properties":{}}` {
		t.Errorf("%+v %s %v", d.Resources[0], body, err)
	}
	retried := evaluate(t, `{`+header2+`, "resources": {"r": {"type": "A.B/c", "apiVersion": "1", "name": "x", "@options": {"retryOn": [["Busy", "[toUpper('a')]"], 3]}}}}`, "").Resources[0]
	if !slices.Equal(retried.RetryOn, []string{"Busy", "A"}) || retried.Retries != 3 {
		t.Errorf("%v %d", retried.RetryOn, retried.Retries)
	}
	for _, wrong := range []string{`[]`, `"Busy"`, `["Busy"]`, `[["Busy"], 0]`, `[["Busy"], "3"]`, `[[1], 3]`} {
		if _, err := tryEvaluate(`{`+header2+`, "resources": {"r": {"type": "A.B/c", "apiVersion": "1", "name": "x", "@options": {"retryOn": `+wrong+`}}}}`, ""); err == nil || !strings.Contains(err.Error(), "The option 'retryOn'") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if _, err := tryEvaluate(`{`+header2+`, "resources": {"r": {"type": "A.B/c", "apiVersion": "1", "name": "x", "method": "PATCH"}}}`, ""); !errors.Is(err, armtemplate.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := tryEvaluate(`{`+header2+`, "resources": {"r": `+fmt.Sprintf(one, "waitUntil")+`}}`, ""); !errors.Is(err, armtemplate.ErrUnsupported) || !strings.Contains(err.Error(), "'waitUntil'") {
		t.Error(err)
	}
}
