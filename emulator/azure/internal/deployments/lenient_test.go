package deployments

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStrict(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                    `{}`,
		"\ufeff { } // end":                     `{}`,
		`{"a":1,}`:                              `{"a":1}`,
		`{a: [1, 2.50, -3e2, ], $b_1: 'it''`:    "",
		`{a: [1, 2.50, -3e2, ], $b_1: 'x "y"'}`: `{"a":[1,2.50,-3e2],"$b_1":"x \"y\""}`,
		"{/* one\ntwo */ 'a' : True, \"b\":\n// three\r\nFalse, c: undefined, d: null}": `{"a":true,"b":false,"c":null,"d":null}`,
		"{\"a\":\"one\r\n  two\ttabs\u00a0\"\u00a0}":                                    `{"a":"one\r\n  two\ttabs` + "\u00a0" + `"}`,
		`{"a":"\u00e9\ud83d\ude00\/\'\b\f\n\r\t\\"}`:                                    `{"a":"é😀/'\b\f\n\r\t\\"}`,
		`{"a":"\ud83d"}`:   `{"a":"` + "\ufffd" + `"}`,
		`{"a":"\ud83dA"}`:  `{"a":"` + "\ufffd" + `A"}`,
		`{"a":"<&>"}`:      `{"a":"<&>"}`,
		``:                 "",
		`[]`:               "",
		`"a"`:              "",
		`{`:                "",
		`{"a"}`:            "",
		`{"a":}`:           "",
		`{"a":1 "b":2}`:    "",
		`{"a":1}}`:         "",
		`{,}`:              "",
		`{"a":[,]}`:        "",
		`{"a":yes}`:        "",
		`{"a":0x10}`:       "",
		`{"a":01}`:         "",
		`{"a":"x`:          "",
		`{"a":"\`:          "",
		`{"a":"\q"}`:       "",
		`{"a":"\u00"}`:     "",
		`{"a":"\ud83d\u"}`: "",
		`{/* }`:            "",
		`{/}`:              "",
		"{\"a\":\"\xff\"}": "",
		strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200): "",
	} {
		got, _, err := strict([]byte(text))
		if want == "" {
			if err == nil {
				t.Errorf("%.80s: %s, want an error", text, got)
			}
		} else if err != nil || string(got) != want {
			t.Errorf("%.80s: %s (%v), want %s", text, got, err, want)
		}
	}
}

// The template is given as it was sent, so that its lines are the client's.
func TestStrictKeepsTemplate(t *testing.T) {
	template := "{ // mine\n 'parameters': {} }"
	_, got, err := strict([]byte(`{"template": 1, "properties": {"mode": "x", "nested": {"template": 2}, Template:` + template + `, parameters: {template: {value: 3}}}}`))
	if err != nil || got != template {
		t.Errorf("%q, %v", got, err)
	}
	_, _, err = strict([]byte("{\"properties\": {\n  \"template\": {,}}}"))
	if err == nil || !strings.Contains(err.Error(), "Path 'properties.template', line 2, position 16") {
		t.Errorf("%v", err)
	}
}

// FuzzBody holds any request to the promises of the reader: no panic, and strict JSON or an error; and what is JSON already
// keeps its meaning.
func FuzzBody(f *testing.F) {
	for _, text := range []string{
		`{"properties": {"parameters": {"a": {"value": "x"}}, "mode": "Incremental", template:{"$schema": "s", // c` + "\n" + `"resources": [],}}}`,
		`{"a":"\ud83d\ude00","b":[1,-2.5e3,true,false,null,{}],'c':"multi` + "\n" + `line"}`,
		`{properties:{mode:"Complete",template:{},parameters:{p:{reference:{keyVault:{id:"/x"},secretName:"y"}}}}}`, `{"a":"\u`, `/*`, `{"a":'`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		exact, template, err := strict([]byte(text))
		if err == nil && !json.Valid(exact) {
			t.Errorf("%q is not JSON", exact)
		}
		if err == nil && !strings.Contains(text, template) {
			t.Errorf("the template %q is not in the text", template)
		}
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil && object != nil {
			again := map[string]any{}
			if err != nil {
				if !strings.Contains(err.Error(), "levels deep") && !strings.Contains(err.Error(), "UTF-8") {
					t.Errorf("JSON is refused: %v", err)
				}
			} else if err := json.Unmarshal(exact, &again); err != nil || len(again) != len(object) {
				t.Errorf("%q became %q: %v", text, exact, err)
			}
		}
		_, _ = readBody([]byte(text))
	})
}

func TestSecretsMasked(t *testing.T) {
	s := newSecrets(t.Context())
	s.AddJSON([]byte(`{"a":["hunter2","hunter2hunter2"],"b":3,"c":"abc"}`))
	s.Add("")
	if got := s.Mask("say hunter2hunter2, hunter2 and abc"); got != "say ***, *** and abc" {
		t.Error(got)
	}
}
