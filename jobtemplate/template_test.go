package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// typedTemplate has a variable of each kind.
const typedTemplate = `{"job_configuration":{"z":"{{ z }}"},"extra":[1,2.50],"variables":{"required":["text","number"],"type":"object","properties":{
	"z":{"title":"Z","default":"old","type":"string","description":"stays"},
	"text":{"type":"string"},"number":{"type":"number"},"whole":{"type":["integer","null"]},"flag":{"type":"boolean"},
	"list":{"type":"array","items":{"type":"string"}},"map":{"type":"object","additionalProperties":{"anyOf":[{"type":"string"},{"type":"null"}]}},
	"maybe":{"anyOf":[{"type":"string"},{"type":"null"}]},"size":{"enum":["S","L"]},"anything":{},"either":{"type":["string","number"]},
	"block":{"allOf":[{"$ref":"#/definitions/B"}]}},
	"definitions":{"B":{"type":"object","block_type_slug":"b","properties":{"again":{"$ref":"#/definitions/B"}}}}}}`

func TestTemplateDefaults(t *testing.T) {
	for _, test := range []struct{ variable, text, want string }{
		{"text", "5", `"5"`}, {"text", "null", `"null"`}, {"text", "", `""`}, {"text", `"quoted"`, `"\"quoted\""`}, {"text", "{", `"{"`},
		{"number", "2", "2"}, {"number", "0.50", "0.50"}, {"number", "two", ""}, {"number", "2 3", ""}, {"number", "", ""}, {"number", "true", ""},
		{"whole", "2", "2"}, {"whole", "2.0", "2.0"}, {"whole", "2.5", ""}, {"whole", "null", "null"}, {"whole", "1e999999999", ""},
		{"flag", "true", "true"}, {"flag", "yes", ""}, {"flag", "1", ""},
		{"list", `["a","b"]`, `["a","b"]`}, {"list", "a,b", ""}, {"list", `[1]`, ""}, {"list", `{}`, ""},
		{"map", `{"A":"1","B":null}`, `{"A":"1","B":null}`}, {"map", `{"A":1}`, ""}, {"map", "A=1", ""},
		{"maybe", "null", "null"}, {"maybe", "nil", `"nil"`}, {"size", "L", `"L"`}, {"size", "XL", ""},
		{"anything", "[1]", "[1]"}, {"anything", "word", `"word"`}, {"either", "7", "7"}, {"either", "seven", `"seven"`},
		{"block", `{"$ref":{"block_document_id":"x"}}`, `{"$ref":{"block_document_id":"x"}}`}, {"block", "name", ""},
	} {
		template, err := jobtemplate.ReadTemplate([]byte(typedTemplate))
		if err != nil {
			t.Fatal(err)
		}
		err = template.SetDefault(test.variable, test.text)
		if test.want == "" {
			if !errors.Is(err, jobtemplate.ErrValue) || err.(*jobtemplate.Error).Want == "" {
				t.Errorf("%s=%s: got error %v, want one about the value with what to give", test.variable, test.text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s=%s: %v", test.variable, test.text, err)
			continue
		}
		if got := defaultIn(t, template, test.variable); got != test.want {
			t.Errorf("%s=%s: got default %s, want %s", test.variable, test.text, got, test.want)
		}
	}
}

// defaultIn is a variable's default in the template as it would be sent.
func defaultIn(t *testing.T, template *jobtemplate.Template, variable string) string {
	t.Helper()
	raw, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Variables struct {
			Properties map[string]map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	return string(read.Variables.Properties[variable]["default"])
}

// What is not asked for stays, in its order.
func TestTemplateKeepsTheRest(t *testing.T) {
	var compact strings.Builder
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(json.RawMessage(typedTemplate)); err != nil {
		t.Fatal(err)
	}
	template, err := jobtemplate.ReadTemplate([]byte(typedTemplate))
	if err != nil {
		t.Fatal(err)
	}
	if got := template.Missing(); !slices.Equal(got, []string{"text", "number"}) {
		t.Errorf("missing before: %v", got)
	}
	if err := errors.Join(template.SetDefault("z", "new"), template.SetDefault("number", "2"), template.SetBlock("block", prefect.ID("1-2"))); err != nil {
		t.Fatal(err)
	}
	if got := template.Missing(); !slices.Equal(got, []string{"text"}) {
		t.Errorf("missing after: %v", got)
	}
	want := strings.NewReplacer(`"default":"old"`, `"default":"new"`, `"number":{"type":"number"}`, `"number":{"type":"number","default":2}`,
		`[{"$ref":"#/definitions/B"}]}`, `[{"$ref":"#/definitions/B"}],"default":{"$ref":{"block_document_id":"1-2"}}}`).Replace(strings.TrimSpace(compact.String()))
	got, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := template.BlockTypes("block"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("block types: %v", got)
	}
	template.SetOptional("text", "nothing")
	optional, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if missing, want := template.Missing(), strings.Replace(want, `["text","number"]`, `["number"]`, 1); len(missing) != 0 || string(optional) != want {
		t.Errorf("missing %v, got %s", missing, optional)
	}
}

func TestTemplateRefused(t *testing.T) {
	for _, raw := range []string{"{}", "null", "[]", `{"variables":{}}`, `{"variables":null}`, `{"variables":{"properties":[]}}`, "{", "",
		"{\"variables\":{\"properties\":{\"a\":{\"default\":\"\xff\"}}}}"} {
		if _, err := jobtemplate.ReadTemplate([]byte(raw)); !errors.Is(err, jobtemplate.ErrTemplate) {
			t.Errorf("%s: got error %v", raw, err)
		}
	}
	template, err := jobtemplate.ReadTemplate([]byte(typedTemplate))
	if err != nil {
		t.Fatal(err)
	}
	if err := template.SetDefault("none", "1"); !errors.Is(err, jobtemplate.ErrTemplate) {
		t.Errorf("an unknown variable: %v", err)
	}
	if err := template.SetDefault("text", "\xff"); !errors.Is(err, jobtemplate.ErrValue) || !strings.Contains(err.Error(), "valid UTF-8") {
		t.Errorf("text that is not UTF-8: %v", err)
	}
}
