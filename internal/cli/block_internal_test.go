package cli

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/prefect"
)

// TestJobBlockFieldsHaveFlags walks the fields of the job block, and fails when one has no flag.
func TestJobBlockFieldsHaveFlags(t *testing.T) {
	definition, ok := prefect.FindBlockDefinition(slugACIJob, 2)
	if !ok {
		t.Fatal("there is no job block")
	}
	var fields blockFields
	if err := json.Unmarshal(definition.Fields, &fields); err != nil {
		t.Fatal(err)
	}
	cmd, _, err := testTree(t).Find([]string{"block", "create", slugACIJob})
	if err != nil {
		t.Fatal(err)
	}
	for field := range fields.Properties {
		flag := jobBlockFlag()[field]
		if field != "type" && flag != commandField && cmd.Flags().Lookup(flag) == nil {
			t.Errorf("the field %s has no flag (%q)", field, flag)
		}
	}
	if got, want := len(jobBlockFlag()), reflect.TypeFor[prefect.AzureContainerInstanceJob]().NumField(); got != want {
		t.Errorf("%d flags are named for the %d fields of the Go type", got, want)
	}
	if got, want := len(jobBlockFlag()), len(fields.Properties)-1; got != want {
		t.Errorf("%d flags are named for the %d fields of the schema besides type", got, want)
	}
}

func TestJobFieldFlags(t *testing.T) {
	for _, test := range []struct{ fields, want string }{
		{"cpu", "--cpu"},
		{`env["1X"]`, `--env["1X"]`},
		{"image_registry.username", "--registry.username"},
		{"gpu_count and gpu_sku", "--gpu-count and --gpu-sku"},
		{"command[0]", "the command[0]"},
		{"flow run", "flow run"},
	} {
		if got := jobFieldFlags(test.fields); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.fields, got, test.want)
		}
	}
}

func TestMasked(t *testing.T) {
	type m = map[string]any
	for _, test := range []struct {
		name, secrets string
		data, want    m
	}{
		{"top level", `["a"]`, m{"a": "s", "b": "t"}, m{"a": "********", "b": "t"}},
		{"null stays", `["a"]`, m{"a": nil}, m{"a": nil}},
		{"whole objects", `["a"]`, m{"a": m{"b": "s"}}, m{"a": "********"}},
		{"within", `["a.b"]`, m{"a": m{"b": "s", "c": "t"}}, m{"a": m{"b": "********", "c": "t"}}},
		{"not there", `["a.b"]`, m{"a": "t"}, m{"a": "t"}},
		{"every key", `["a.*"]`, m{"a": m{"b": "s", "c": nil, "d": 1}}, m{"a": m{"b": "********", "c": nil, "d": "********"}}},
		{"of every key", `["*.b"]`, m{"a": m{"b": "s"}, "c": m{"d": "t"}}, m{"a": m{"b": "********"}, "c": m{"d": "t"}}},
		{"in lists", `["a.b"]`, m{"a": []any{m{"b": "s"}, "t"}}, m{"a": []any{m{"b": "********"}, "t"}}},
		{"all of a list", `["a.*"]`, m{"a": []any{"s", "s"}}, m{"a": []any{"********", "********"}}},
		{"none", `[]`, m{"a": "t"}, m{"a": "t"}},
		{"no schema", `7`, m{"a": "s"}, m{"a": "********"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, _ := json.Marshal(test.data)
			if diff := cmp.Diff(test.want, masked(test.data, json.RawMessage(`{"secret_fields":`+test.secrets+`}`))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if after, _ := json.Marshal(test.data); string(after) != string(before) {
				t.Errorf("the data itself was changed to %s", after)
			}
		})
	}
}
