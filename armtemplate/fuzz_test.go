package armtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
)

// FuzzTemplate holds any text to the promises of the package: no panic, an *Error or a result, in bounded time, and results
// that are JSON.
func FuzzTemplate(f *testing.F) {
	for _, name := range []string{"testdata/environment.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(nestedTemplates)
	f.Add(template(`"languageVersion": "2.0"`, `"definitions": {"a": {"$ref": "#/definitions/a"}}`, `"parameters": {"p": {"$ref": "#/definitions/a", "nullable": true}}`, `"resources": {"r": `+resource(`, "copy": {"name": "r", "count": 3, "mode": "serial"}, "dependsOn": ["r[0]"]`)+`}`))
	f.Add(template(`"variables": {"copy": [{"name": "n", "count": 3, "input": "[copyIndex('n')]"}], "a": "[variables('b')]", "b": "[variables('a')]"}`, `"resources": []`))
	f.Add(template(`"resources": [`+resource(`, "resources": [{"type": "d", "apiVersion": "1", "name": "[uniqueString('a')]", "properties": "[reference('x', '1', 'Full')]"}]`)+`]`, `"outputs": {"o": {"type": "object", "copy": {"count": 2, "input": "[reference('x')]"}}}`))
	f.Add(template(`"variables": {"a": [[], []], "b": ["[variables('a')]", "[variables('a')]"], "c": ["[variables('b')]", "[union(variables('b'), variables('b'))]"], "d": "[string(createArray(variables('c'), variables('c')))]"}`, `"resources": []`))
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		evaluateAny(t, text)
		if took := time.Since(began); took > 20*time.Second { // the limits below end after a fraction of a second
			t.Errorf("took %v", took)
		}
	})
}

// FuzzExpression evaluates any expression.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{`concat('a', 'b')`, `parameters('p')[0].a['b c']`, `map(range(0, 3), lambda('x', format('{0,5:D3}{{', lambdaVariables('x'))))`, `if(true(), json('{"a": [1.5, null]}'), null())`,
		`reduce(createArray(createObject('a', 1)), createObject(), lambda('a', 'b', union(lambdaVariables('a'), lambdaVariables('b'))))`, `dateTimeAdd('2024-01-01', '-P1Y', 'ddd, d')`,
		`cidrSubnet('fdad:3236:5555::/48', 52, 1)`, `substring('äb', 1, 1)`, `listKeys(resourceId('A.B/c', 'd'), '1').k`, `sort(createArray(3, 1), lambda('a', 'b', true()))`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		quoted, err := json.Marshal("[" + expression + "]")
		if err != nil {
			t.Skip()
		}
		evaluateAny(t, template(`"languageVersion": "2.0"`, `"parameters": {"p": {"defaultValue": [{"a": {"b c": 1}}]}}`, `"resources": {}`, `"outputs": {"o": {"value": `+string(quoted)+`}}`))
	})
}

func evaluateAny(t *testing.T, text string) {
	ctx := context.Background()
	wantError := func(err error) {
		if _, ok := errors.AsType[*armtemplate.Error](err); !ok {
			t.Errorf("%T: %v", err, err)
		}
	}
	parsed, err := armtemplate.Parse([]byte(text))
	if err != nil {
		wantError(err)
		return
	}
	given := armtemplate.Parameters{}
	for _, p := range parsed.Parameters() {
		if p.Required {
			given[p.Name] = armtemplate.Parameter{Value: json.RawMessage(`"a"`)}
		}
	}
	d, err := parsed.Evaluate(ctx, armtemplate.Options{Parameters: given, Scope: home, Limits: armtemplate.Limits{Steps: 200_000, Bytes: 8 << 20}})
	if err != nil {
		wantError(err)
		return
	}
	d.Batches()
	all, err := d.Flatten(ctx)
	if err != nil {
		wantError(err)
		return
	}
	resolver := &armtemplate.Resolver{
		Reference: func(context.Context, armtemplate.ReferenceRequest) (json.RawMessage, error) {
			return json.RawMessage(`{"properties": {"a": {}}}`), nil
		},
		List: func(context.Context, armtemplate.ListRequest) (json.RawMessage, error) {
			return json.RawMessage(`{"keys": []}`), nil
		},
	}
	for _, r := range all {
		for _, with := range []*armtemplate.Resolver{nil, resolver} {
			body, err := r.Body(ctx, with)
			if err != nil {
				wantError(err)
			} else if !json.Valid(body) {
				t.Errorf("the body of %s is not JSON: %s", r, body)
			}
		}
	}
	outputs, err := d.Outputs(ctx, nil)
	if err != nil {
		wantError(err)
	}
	for _, o := range outputs {
		if !json.Valid(o.Value) {
			t.Errorf("the output %s is not JSON: %s", o.Name, o.Value)
		}
	}
}
