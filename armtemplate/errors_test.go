package armtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

// template is a template with these members; each stands on a line of its own, the first on line 2.
func template(members ...string) string {
	return "{" + header + ",\n" + strings.Join(members, ",\n") + "}"
}

func resource(rest string) string {
	return `{"type": "A.B/c", "apiVersion": "1", "name": "x"` + rest + `}`
}

// TestErrors has templates with a mistake, and what their errors say and where.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		template, message, path, expression string
		line                                int
		end                                 string // what the line has up to the column
	}{
		{template(`"variables": {"v": 1}`, `"resources": [`+resource(`, "properties": {"p": "[variables('w').x]"}`)+`]`),
			"Unable to process template language expressions for resource '/subscriptions/s/resourceGroups/g/providers/A.B/c/x' at line '3' and column '15'. 'The template variable 'w' is not found.'",
			"properties.template.resources[0].properties.p", "[variables('w').x]", 3, `[variables('w').x]"`},
		{template(`"resources": [` + resource(`, "location": "[upper('a')]"`) + `]`),
			"The template function 'upper' is not valid: there is no function of this name.", "properties.template.resources[0].location", "[upper('a')]", 2, `[upper('a')]"`},
		{template(`"resources": []`, `"outputs": {"o": {"type": "string", "value": "[concat('a'"}, "p": {"type": "int", "value": "[concat('a']"}}`),
			"Unable to parse language expression 'concat('a'': expected token 'RightParenthesis' and actual 'EndOfData'.", "properties.template.outputs.p.value", "[concat('a']", 3, `[concat('a']"`},
		{template(`"variables": {"a": "[variables('b')]", "b": "[variables('a')]"}`, `"resources": []`), "refers to itself", "properties.template.variables.a", "[variables('b')]", 2, `[variables('b')]"`},
		{template(`"parameters": {"a": {"type": "string"}}`, `"resources": []`), "The value for the template parameter 'a' at line '2' and column '21' is not provided.", "properties.template.parameters.a", "", 2, `"a": {`},
		{template(`"parameters": {"a": {"type": "strin", "defaultValue": ""}}`, `"resources": []`), "The type 'strin' of the template parameter 'a' is not valid", "properties.template.parameters.a", "", 2, `"a": {`},
		{template(`"parameters": {"a": {"type": "string", "defaultValue": "[reference('x').y]"}}`, `"resources": []`), "The template function 'reference' is not expected at this location", "properties.template.parameters.a.defaultValue", "[reference('x').y]", 2, `.y]"`},
		{template(`"resources": [` + resource(`, "dependsOn": ["[resourceId('A.B/c', 'y')]"]`) + `]`), "The resource 'A.B/c/y' is not defined in the template.", "properties.template.resources[0].dependsOn[0]", "[resourceId('A.B/c', 'y')]", 2, `'y')]"`},
		{template(`"resources": [` + resource(`, "copy": {"name": "c", "count": -1}`) + `]`), "has an invalid copy count", "properties.template.resources[0].copy.count", "", 2, `-1`},
		{template(`"resources": [` + resource(`, "condition": 1`) + `]`), "must be a boolean", "properties.template.resources[0].condition", "", 2, `"condition": 1`},
		{template(`"resources": [{"type": "A.B/c", "name": "x"}]`), "The api-version property is required", "properties.template.resources[0]", "", 2, `[{`},
		{template(`"resources": [` + resource(`, "properties": {"a": "[reference('x').b]", "b": "[if(true(), 1)]"}`) + `]`), "function requires 3 argument(s) while 2 were provided", "properties.template.resources[0].properties.b", "[if(true(), 1)]", 2, `1)]"`},
		{template(`"resources": {}`), "must be an array unless languageVersion is 2.0", "properties.template.resources", "", 2, `"resources": {`},
		{template(`"languageVersion": "3.0"`, `"resources": {}`), "The template language version '3.0' is not supported. Supported versions are '1.0,", "properties.template.languageVersion", "", 2, `"3.0"`},
		{template(`"languageVersion": 2`, `"resources": {}`), "The template language version '2' is not supported", "properties.template.languageVersion", "", 2, `2`},
		{"{" + header + ",\n \"resources\": [}", "Deployment template parse failed", "", "", 2, ` "resources": [`},
		{"{" + header + ",\n /* no end", "Unexpected end while parsing comment", "", "", 2, ` `},
	} {
		_, err := tryEvaluate(c.template, "")
		e, ok := errors.AsType[*armtemplate.Error](err)
		if !ok {
			t.Errorf("%s: error %v; want %q", c.template, err, c.message)
			continue
		}
		line := strings.Split(c.template, "\n")[c.line-1]
		column := strings.Index(line, c.end) + len(c.end)
		if !strings.Contains(e.Message, c.message) || e.Path != c.path || e.Expression != c.expression || e.Line != c.line || e.Column != column || e.Code != armtemplate.CodeInvalidTemplate {
			t.Errorf("got  %q %q %q %d:%d\nwant %q %q %q %d:%d", e.Message, e.Path, e.Expression, e.Line, e.Column, c.message, c.path, c.expression, c.line, column)
		}
	}
}

// TestUnsupported names what is not done, before anything is sent.
func TestUnsupported(t *testing.T) {
	for template, name := range map[string]string{
		template(`"resources": [{"type": "Microsoft.Resources/deploymentStacks", "apiVersion": "1", "name": "s"}]`):                                                                            "Deployment stacks",
		template(`"resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "s", "properties": {"templateLink": {"uri": "https://x/y.json"}}}]`):                    "https://x/y.json",
		template(`"languageVersion": "2.1-experimental", "extensions": {"k8s": {"name": "Kubernetes", "version": "1.0"}}`, `"resources": {}`):                                                  "Kubernetes",
		template(`"languageVersion": "2.0", "imports": {"graph": {"provider": "MicrosoftGraph", "version": "1.0"}}`, `"resources": {"a": {"import": "graph", "type": "x", "properties": {}}}`): "MicrosoftGraph",
	} {
		_, err := tryEvaluate(template, "")
		if !errors.Is(err, armtemplate.ErrUnsupported) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", template, err)
		}
	}
}

// TestUnsupportedCondition refuses a linked template only if it is deployed.
func TestUnsupportedCondition(t *testing.T) {
	text := template(`"parameters": {"on": {"type": "bool"}}`, `"resources": [{"condition": "[parameters('on')]", "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "s", "properties": {"templateLink": {"uri": "https://x/y.json"}}}]`)
	if _, err := tryEvaluate(text, `{"on": false}`); err != nil {
		t.Errorf("off: %v", err)
	}
	if _, err := tryEvaluate(text, `{"on": true}`); !errors.Is(err, armtemplate.ErrUnsupported) {
		t.Errorf("on: %v", err)
	}
}

func TestOutputError(t *testing.T) {
	d := evaluate(t, template(`"resources": []`, `"outputs": {"o": {"type": "string", "value": "[createObject().a]"}}`), "")
	_, err := d.Outputs(t.Context(), nil)
	e, ok := errors.AsType[*armtemplate.Error](err)
	if !ok || e.Code != armtemplate.CodeOutputEvaluation || e.Target != "o" || e.Line != 3 || !strings.Contains(e.Message, "property 'a' doesn't exist") {
		t.Errorf("%v", err)
	}
}

// TestResolverError keeps what the resolver said findable.
func TestResolverError(t *testing.T) {
	broken := errors.New("broken")
	d := evaluate(t, template(`"resources": [`+resource(`, "properties": {"p": "[reference(resourceId('A.B/d', 'y'), '1').z]"}`)+`]`), "")
	_, err := d.Resources[0].Body(t.Context(), &armtemplate.Resolver{Reference: func(context.Context, armtemplate.ReferenceRequest) (json.RawMessage, error) { return nil, broken }})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "A.B/d/y") {
		t.Errorf("%v", err)
	}
}

func TestLimits(t *testing.T) {
	many := func(n int, one string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(one, i))
		}
		return strings.Join(all, ",")
	}
	var doubling strings.Builder
	doubling.WriteString(`"v0": "0123456789abcdef"`)
	for i := range 40 {
		doubling.WriteString(fmt.Sprintf(`, "v%d": "[concat(variables('v%d'), variables('v%d'))]"`, i+1, i, i))
	}
	sharing := `"v1": ["[variables('v0')]", "[variables('v0')]"]`
	for i := 1; i < 60; i++ {
		sharing += fmt.Sprintf(`, "v%d": ["[variables('v%d')]", "[variables('v%d')]"]`, i+1, i, i)
	}
	for name, c := range map[string]struct{ template, want string }{
		"parameters":  {template(`"parameters": {`+many(257, `"p%d": {"type": "int", "defaultValue": 1}`)+`}`, `"resources": []`), "parameters limit exceeded. Limit: '256' and actual: '257'"},
		"variables":   {template(`"variables": {`+many(257, `"v%d": 1`)+`}`, `"resources": []`), "variables limit exceeded"},
		"outputs":     {template(`"resources": []`, `"outputs": {`+many(65, `"o%d": {"type": "int", "value": 1}`)+`}`), "outputs limit exceeded. Limit: '64' and actual: '65'"},
		"resources":   {template(`"resources": [` + many(801, `{"type": "A.B/c", "apiVersion": "1", "name": "x%d"}`) + `]`), "resources limit exceeded. Limit: '800' and actual: '801'"},
		"size":        {template(`"variables": {"v": "`+strings.Repeat("x", 4<<20)+`"}`, `"resources": []`), "too large"},
		"expression":  {template(`"variables": {"v": "[concat('`+strings.Repeat("x", 25_000)+`')]"}`, `"resources": []`), "too long. Limit: '24576'"},
		"depth":       {template(`"variables": {"v": ` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`), "maximum depth"},
		"parentheses": {template(`"variables": {"v": "[`+strings.Repeat("not(", 500)+`true()`+strings.Repeat(")", 500)+`]"}`, `"resources": []`), "more than 256 levels"},
		"memory":      {template(`"variables": {`+doubling.String()+`}`, `"resources": []`), "more memory than is allowed"},
		"steps":       {template(`"variables": {"r": "[range(0, 10000)]", "v": "[reduce(variables('r'), 0, lambda('a', 'b', reduce(variables('r'), 0, lambda('c', 'd', 1))))]"}`, `"resources": []`), "more steps to evaluate than are allowed"},
		"expanded": {template(`"variables": {"v": "[padLeft('', 20000)]"}`, `"resources": [{"copy": {"name": "c", "count": 800}, "type": "A.B/c", "apiVersion": "1", "name": "[concat('x', copyIndex())]", "properties": {"v": "[variables('v')]"}}]`),
			"too large after its expressions are evaluated"},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := armtemplate.Parse([]byte(c.template))
			if err == nil {
				// The steps are counted, so that a few show the same as many.
				_, err = parsed.Evaluate(t.Context(), armtemplate.Options{Scope: home, Limits: armtemplate.Limits{Steps: 200_000}})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v; want %q", err, c.want)
			}
		})
	}
}

// TestSecretsInErrors keeps the value of a secure parameter out of a message that quotes what a function was given.
func TestSecretsInErrors(t *testing.T) {
	text := template(`"parameters": {"s": {"type": "secureString"}}`, `"resources": [`+resource(`, "properties": {"p": "[int(parameters('s'))]"}`)+`]`)
	_, err := tryEvaluate(text, `{"s": {"value": "hunter2"}}`)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "provided value '***'") {
		t.Errorf("%v", err)
	}
}

// TestLeftover refuses to send an expression that nobody can answer.
func TestLeftover(t *testing.T) {
	d := evaluate(t, template(`"resources": [`+resource(`, "properties": {"role": "[roleDefinitions('Reader').id]"}`)+`]`, `"outputs": {"o": {"type": "string", "value": "[tenant().displayName]"}}`), "")
	all := &armtemplate.Resolver{
		Reference: func(context.Context, armtemplate.ReferenceRequest) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		},
		List: func(context.Context, armtemplate.ListRequest) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		},
	}
	if _, err := d.Resources[0].Body(t.Context(), all); err == nil || !strings.Contains(err.Error(), "The expression '[roleDefinitions('Reader').id]' can't be evaluated here") {
		t.Errorf("body: %v", err)
	}
	if _, err := d.Outputs(t.Context(), all); err == nil || !strings.Contains(err.Error(), "[tenant().displayName]") {
		t.Errorf("outputs: %v", err)
	}
	if _, err := d.Outputs(t.Context(), &armtemplate.Resolver{Reference: all.Reference}); err != nil {
		t.Errorf("outputs with half a resolver: %v", err)
	}
}
