package parameters_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
)

func TestValidateTemplate(t *testing.T) {
	const keys = "The `base_job_template` must contain both a `job_configuration` key and a `variables` key."
	const undeclared = "The variables specified in the job configuration template must be present as properties in the variables schema. Your job configuration uses the following undeclared variable(s): "
	for template, want := range map[string]string{
		`{}`: "",
		`{"job_configuration":{"a":"{{ b }}"},"variables":{"properties":{"b":{}}}}`:                        "",
		`{"job_configuration":{"a":["x",{"k":"{{b}}-{{  c }}"}]},"variables":{"properties":{"b":{}}}}`:     undeclared + "c.",
		`{"job_configuration":{"{{ k }}":1,"a":{"{{ z }}":"{{ y }}"}},"variables":{"title":"x"}}`:          undeclared + "y ,z.",
		`{"job_configuration":{"a":"{{ prefect.blocks.x.y }} {{ $HOME }}"},"variables":{"properties":{}}}`: undeclared + "$HOME ,prefect.blocks.x.y.",
		`{"job_configuration":{"a":"{{ é }} {{ two words }} {b}"},"variables":{"properties":{}}}`:          "",
		`{"job_configuration":{"a":1}}`:                             keys,
		`{"job_configuration":{},"variables":{"properties":{}}}`:    keys,
		`{"variables":{"properties":{}}}`:                           keys,
		`{"job_configuration":[],"variables":{"properties":{}}}`:    keys,
		`{"job_configuration":{"a":1},"variables":{}}`:              keys,
		`{"job_configuration":{"a":"{{ b }}"},"variables":{"b":1}}`: undeclared + "b.",
	} {
		if got := text(parameters.ValidateTemplate(json.RawMessage(template))); got != want {
			t.Errorf("%s:\n got %q\nwant %q", template, got, want)
		}
	}
}

// answer is the status and the detail of a refusal, "" without one.
func answer(err error) string {
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok {
		return "failure: " + err.Error()
	}
	body, _ := refusal.Body.(map[string]any)
	return fmt.Sprint(refusal.Status, " ", body["detail"])
}

func TestJobVariables(t *testing.T) {
	var kept parameters.Schemas
	const template = `{"job_configuration":{"x":1},"variables":{"type":"object","required":["command"],"properties":{
		"command":{"type":"string"},"cpu":{"type":"number","default":1.0},"env":{"type":"object","additionalProperties":{"type":"string"}}}}}`
	// The default does not fit, and so nothing is required either.
	const bad = `{"job_configuration":{"x":1},"variables":{"type":"object","required":["command"],"properties":{"command":{"type":"string"},"cpu":{"type":"number","default":"much"}}}}`
	layers := func(texts ...string) []json.RawMessage {
		var out []json.RawMessage
		for _, text := range texts {
			out = append(out, json.RawMessage(text))
		}
		return out
	}
	for name, c := range map[string]struct {
		variables parameters.JobVariables
		want      string
	}{
		"a deployment need not be complete": {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`{"cpu":2}`)}, ""},
		"but fit": {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`{"cpu":"x"}`), What: "Error creating deployment: "},
			"422 Error creating deployment: Validation failed for field 'cpu'. Failure reason: 'x' is not valid under any of the given schemas"},
		"a run must be complete": {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`{}`, `null`), Complete: true, What: "Error creating flow run: "},
			"422 Error creating flow run: Validation failed. Failure reason: 'command' is a required property"},
		"layers together are":            {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`{"command":"x"}`, `{"cpu":null}`), Complete: true}, ""},
		"later layers win":               {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`{"command":1}`, `{"command":"x"}`), Complete: true}, ""},
		"bad defaults are left out":      {parameters.JobVariables{Template: json.RawMessage(bad), Complete: true}, ""},
		"bad defaults of a new pool":     {parameters.JobVariables{Template: json.RawMessage(bad), Defaults: true}, "422 Validation failed for field 'cpu'. Failure reason: 'much' is not valid under any of the given schemas"},
		"no template":                    {parameters.JobVariables{Template: json.RawMessage(`{}`), Layers: layers(`{"x":1}`), Complete: true}, ""},
		"a schema that is none":          {parameters.JobVariables{Template: json.RawMessage(`{"variables":{"type":"x"}}`)}, "422 Invalid schema: 'x' is not valid under any of the given schemas"},
		"a schema that never ends":       {parameters.JobVariables{Template: json.RawMessage(`{"variables":{"$ref":"#"}}`), Layers: layers(`{"x":1}`)}, "failure: validating job variables: " + parameters.ErrCircular.Error()},
		"a null layer changes nothing":   {parameters.JobVariables{Template: json.RawMessage(template), Layers: layers(`null`)}, ""},
		"a template without a schema":    {parameters.JobVariables{Template: json.RawMessage(`{"job_configuration":{"a":1}}`), Complete: true}, ""},
		"a schema that allows no others": {parameters.JobVariables{Template: json.RawMessage(`{"variables":{"additionalProperties":false}}`), Layers: layers(`{"a":1}`)}, "422 Validation failed. Failure reason: Additional properties are not allowed ('a' was unexpected)"},
	} {
		if got := answer(c.variables.Validate()); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
		c.variables.Schemas = &kept
		for range 2 {
			if got := answer(c.variables.Validate()); got != c.want {
				t.Errorf("%s, with what is kept of schemas:\n got %q\nwant %q", name, got, c.want)
			}
		}
	}
}

func TestJobVariablesWithBlocks(t *testing.T) {
	known := uuid.New()
	block := func(id uuid.UUID) (json.RawMessage, bool) { return json.RawMessage(`{"user":"u"}`), id == known }
	for reference, want := range map[string]string{
		`{"block_document_id":"` + known.String() + `"}`:       "",
		`{"block_document_id":"` + uuid.NewString() + `"}`:     "404 Block not found.",
		`{"block_document_id":"no id"}`:                        "404 Block not found.",
		`{"something":"else"}`:                                 "",
		`{"block_document_id":"` + known.String() + `","x":1}`: "",
	} {
		template := `{"variables":{"properties":{"registry":{"type":"object","properties":{"user":{"type":"string"}},"required":["user"],"default":{"$ref":` + reference + `}}}}}`
		variables := parameters.JobVariables{Template: json.RawMessage(template), Defaults: true, Block: block}
		if got := answer(variables.Validate()); got != want {
			t.Errorf("%s: got %q, want %q", reference, got, want)
		}
	}
}
