package block

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
