package jobtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

func lookups() jobtemplate.Lookups {
	blocks := map[string]vars{
		"id-1": {"client_id": "c", "tenant_id": "t", "client_secret": "hush"}, "secret/key": {"value": "hush"}, "string/empty": {"value": ""},
		"json/deep": {"value": vars{"list": []any{vars{"k": 1.5}, true}, "text": "héllo"}}, "json/values": {"value": vars{"values": 7}}, "two/fields": {"value": 1, "other": "o"},
		"note/var": {"text": "{{ prefect.variables.tag }}"},
	}
	return jobtemplate.Lookups{
		Env: func(name string) (string, bool) { return "here", name == "HERE" },
		Block: func(_ context.Context, key jobtemplate.BlockKey) (map[string]any, error) {
			if key.Name == "broken" {
				return nil, prefect.ErrUnavailable
			}
			data, ok := blocks[key.String()]
			if !ok {
				return nil, prefect.ErrNotFound
			}
			return data, nil
		},
		Variable: func(_ context.Context, name string) (any, bool, error) {
			if name == "broken" {
				return nil, false, prefect.ErrUnavailable
			}
			value, ok := vars{"tag": "v1", "json": vars{"a": []any{1, nil}}}[name]
			return value, ok, nil
		},
	}
}

// resolved renders {"x": template} with values as the run's job variables.
func resolved(t *testing.T, v prefect.Version, template any, values vars) (any, error) {
	t.Helper()
	encoded, err := json.Marshal(vars{"job_configuration": vars{"x": template}, "variables": vars{"properties": vars{}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := jobtemplate.Resolve(t.Context(), jobtemplate.Input{
		Version: v, Template: encoded, Lookups: lookups(), FlowRun: prefect.FlowRun{ID: runID, JobVariables: values},
	})
	return got["x"], err
}

func TestPlaceholders(t *testing.T) {
	values := vars{
		"a": "text", "n": json.Number("1.50"), "i": 7, "big": json.Number("1e22"), "yes": true, "null": nil,
		"l": []any{"zero", vars{"k": "v"}}, "m": vars{"k": "v", "0": "unreachable", "q": "it's"},
	}
	for _, test := range []struct {
		title    string
		template any
		want     any // nil: the entry is gone
	}{
		{"whole keeps the type", "{{ l }}", []any{"zero", vars{"k": "v"}}},
		{"whole number", "{{i}}", json.Number("7")},
		{"within a text", "x{{ n }}", "x1.5"},
		{"Python's words", "{{ yes }}/{{ null }}/{{ i }}/{{ big }}", "True/None/7/1e+22"},
		{"map as text", "={{ m }}", `={'0': 'unreachable', 'k': 'v', 'q': "it's"}`},
		{"missing whole", "{{ none }}", nil},
		{"missing within", "a{{ none }}b", "ab"},
		{"missing in list and map", []any{"{{ none }}", "x", vars{"k": "{{ none }}"}}, []any{"x", vars{}}},
		{"keys are left", vars{"{{ a }}": "{{ a }}"}, vars{"{{ a }}": "text"}},
		{"twice", "{{ a }}{{ a }}", "texttext"},
		{"path", "{{ l[1].k }}", "v"},
		{"path with dots", "{{ l.1.k }}", "v"},
		{"from the end", "{{ l.-1.k }}", "v"},
		{"past the end", "-{{ l[2] }}-", "--"},
		{"letter", "{{ a[1] }}", "e"},
		{"digits of any script", "{{ l[١].k }}", "v"},
		{"underscore in digits", "{{ l.0_1.k }}", "v"},
		{"underscore at the end", "{{ l.1_ }}", nil},
		{"into a number", "{{ i.a }}", nil},
		{"a chart's own", "{{ .Values.x }}", nil},
		{"no placeholder", "{{ a b }} {{}} { {a} }", "{{ a b }} {{}} { {a} }"},
		{"three braces", "{{{ a }}}", "{text}"},
		{"blanks of all kinds", "{{\t\u00a0a\n}}", "text"},
		{"environment", "{{ $HERE }}", "here"},
		{"environment not set", "{{ $GONE }}", ""},
		{"environment within", "a{{ $HERE }}{{ $GONE }}b", "ahereb"},
		{"variable", "{{ prefect.variables.tag }}", "v1"},
		{"variable of JSON", "{{ prefect.variables.json }}", vars{"a": []any{json.Number("1"), nil}}},
		{"variable within", "i:{{ prefect.variables.tag }}{{ prefect.variables.none }}", "i:v1"},
		{"variable missing", "{{ prefect.variables.none }}", ""},
		{"block's value", "{{ prefect.blocks.secret.key }}", "hush"},
		{"block's value named", "{{ prefect.blocks.secret.key.value }}", "hush"},
		{"block's path", "{{ prefect.blocks.json.deep.list[0].k }}", json.Number("1.5")},
		{"block's letter", "{{ prefect.blocks.json.deep.text[1] }}", "é"},
		{"block of two", "{{ prefect.blocks.two.fields }}", vars{"value": json.Number("1"), "other": "o"}},
		{"block then variable", "{{ prefect.blocks.note.var.text }}", "v1"},
		{"reference", vars{"$ref": vars{"block_document_id": "id-1"}, "sibling": 1}, vars{"client_id": "c", "tenant_id": "t", "client_secret": "hush"}},
		{"JSON Schema's $ref", vars{"$ref": "#/definitions/X"}, vars{"$ref": "#/definitions/X"}},
		{"$ref of nothing", vars{"$ref": vars{}}, vars{"$ref": vars{}}},
	} {
		for _, v := range []prefect.Version{v2(), v3()} {
			got, err := resolved(t, v, test.template, values)
			if err != nil {
				t.Errorf("%s (%s): %v", test.title, v, err)
			} else if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (%s): -want +got:\n%s", test.title, v, diff)
			}
		}
	}
}

// TestNumberAsKey: 3.x finds a key that looks like a number, which 2.20 cannot.
func TestNumberAsKey(t *testing.T) {
	for _, test := range []struct {
		version prefect.Version
		want    any
	}{{v3(), "zero"}, {v2(), nil}} {
		if got, err := resolved(t, test.version, "{{ d.0 }}", vars{"d": vars{"0": "zero"}}); err != nil || got != test.want {
			t.Errorf("%s: %v, %v; want %v", test.version, got, err, test.want)
		}
	}
}

// TestBlocksByVersion: where 2.20 and 3.x differ.
func TestBlocksByVersion(t *testing.T) {
	const values, within = "{{ prefect.blocks.json.values.values }}", "key={{ prefect.blocks.secret.key }};"
	if got, err := resolved(t, v3(), values, nil); err != nil || got != json.Number("7") {
		t.Errorf("3.x: %v, %v; want 7", got, err)
	}
	if _, err := resolved(t, v2(), values, nil); !errors.Is(err, jobtemplate.ErrReference) {
		t.Errorf("2.20: error %v, want %v", err, jobtemplate.ErrReference)
	}
	if got, err := resolved(t, v3(), within, nil); err != nil || got != "key=hush;" {
		t.Errorf("3.x: %v, %v; want key=hush;", got, err)
	}
	if _, err := resolved(t, v2(), within, nil); !errors.Is(err, jobtemplate.ErrTemplate) {
		t.Errorf("2.20: error %v, want %v", err, jobtemplate.ErrTemplate)
	}
}

func TestReferenceErrors(t *testing.T) {
	for _, test := range []struct {
		template any
		kind     error
		says     string
	}{
		{"{{ prefect.blocks.secret.none }}", jobtemplate.ErrReference, "x: the block secret/none does not exist"},
		{"{{ prefect.blocks.secret.none }}", prefect.ErrNotFound, "create it"},
		{[]any{vars{"a": vars{"$ref": vars{"block_document_id": "gone"}}}}, jobtemplate.ErrReference, "x[0].a: the block gone does not exist"},
		{"{{ prefect.blocks.secret.broken }}", prefect.ErrUnavailable, "cannot be read"},
		{"{{ prefect.blocks.secret }}", jobtemplate.ErrTemplate, "is not a block"},
		{"{{ prefect.blocks.secret.key.nothing }}", jobtemplate.ErrReference, "the block secret/key has no nothing"},
		{"a {{ prefect.blocks.json.deep }}", jobtemplate.ErrReference, "not a single value"},
		{"{{ prefect.variables.broken }}", prefect.ErrUnavailable, "the variable broken cannot be read"},
	} {
		_, err := resolved(t, v3(), test.template, nil)
		if !errors.Is(err, test.kind) {
			t.Errorf("%v: error %v, want %v", test.template, err, test.kind)
			continue
		}
		text := err.Error()
		if e, ok := errors.AsType[*jobtemplate.Error](err); ok && test.says == "create it" {
			text = e.Hint()
		}
		if !strings.Contains(text, test.says) || strings.Contains(text, "\n") || strings.Contains(text, "hush") {
			t.Errorf("%v: error %q, want one line that says %q and no secret", test.template, text, test.says)
		}
	}
}

// TestEachBlockOnce: a block is asked for once in a rendering, and a nil lookup knows nothing.
func TestEachBlockOnce(t *testing.T) {
	asked := 0
	in := jobtemplate.Input{FlowRun: prefect.FlowRun{ID: runID}, Template: json.RawMessage(
		`{"job_configuration": {"a": "{{ prefect.blocks.secret.key }}", "b": "{{ prefect.blocks.secret.key }}"}, "variables": {}}`)}
	in.Lookups.Block = func(context.Context, jobtemplate.BlockKey) (map[string]any, error) {
		asked++
		return map[string]any{"value": "v"}, nil
	}
	if got, err := jobtemplate.Resolve(t.Context(), in); err != nil || asked != 1 || got["b"] != "v" {
		t.Errorf("%v, %v, asked %d times; want v and once", got, err, asked)
	}
	in.Lookups.Block = nil
	if _, err := jobtemplate.Resolve(t.Context(), in); !errors.Is(err, jobtemplate.ErrReference) {
		t.Errorf("error %v, want %v", err, jobtemplate.ErrReference)
	}
}
