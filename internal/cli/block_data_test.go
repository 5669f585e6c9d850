package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/prefect"
)

// makeType registers a block type that Pacific does not know.
func (h *harness) makeType(slug string) {
	h.t.Helper()
	client := h.client()
	kind, err := client.CreateBlockType(h.t.Context(), prefect.BlockTypeCreate{Name: slug, Slug: slug})
	if err != nil {
		h.t.Fatal(err)
	}
	fields := json.RawMessage(`{"title":"` + slug + `","type":"object","properties":{"url":{"type":"string"},"token":{"type":"string"},"count":{"type":"number"},
		"store":{"type":"object"}},"required":["url"],"secret_fields":["token"],"block_type_slug":"` + slug + `","block_schema_references":{}}`)
	if _, err := client.CreateBlockSchema(h.t.Context(), prefect.BlockSchemaCreate{Fields: fields, BlockTypeID: kind.ID, Capabilities: []string{}}); err != nil {
		h.t.Fatal(err)
	}
}

func TestBlockOfData(t *testing.T) {
	h, log := blockHarness(t)
	h.makeType("hook")
	h.must("block", "create", "string", "text", "--value", "one")
	h.write("hook.json", `{"url": "http://a", "token": "hunter2", "count": 1.50, "store": {"$ref": "string/text"}}`)
	r := h.must("block", "create", "hook", "alerts", "--data", "hook.json", "--output", "json")
	r.wants(t, 0, `"token":"********"`, "block hook/alerts: created\n")
	got := h.block("hook/alerts")
	want := map[string]any{"url": "http://a", "token": "hunter2", "count": 1.5, "store": map[string]any{"value": "one"}}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"store": "string/text"}, got.References); diff != "" {
		t.Errorf("references: -want +got:\n%s", diff)
	}

	// What the new values do not name stays: the secret, and the reference.
	h.stdin = "url: http://b\ncount: 2\n"
	h.must("block", "create", "hook", "alerts", "--data", "-", "--overwrite")
	want["url"], want["count"] = "http://b", 2.0
	if after := h.block("hook/alerts"); !cmp.Equal(want, after.Data) || after.ID != got.ID || !cmp.Equal(got.References, after.References) {
		t.Errorf("after --overwrite: %s", cmp.Diff(want, after.Data))
	}

	log.writes = nil
	h.write("unknown.yaml", "url: http://c\nurll: typo\n")
	h.run("block", "create", "hook", "other", "--data", "unknown.yaml", "--dry-run").wants(t, 0, `"urll": "********"`, "warning: blocks of type hook have no field urll")
	for _, test := range []struct {
		name, data, problem string
		code                int
		args                []string
	}{
		{"a required value", `{"count": 1}`, "block hook/other needs a value for url", 2, nil},
		{"null is none", `{"url": null}`, "block hook/other needs a value for url", 2, nil},
		{"no object", `[1]`, "--data data is not a JSON or YAML object", 2, nil},
		{"no YAML", "a: [hunter2", "--data data is not a JSON or YAML object", 2, nil},
		{"nothing", "", "--data data is not a JSON or YAML object", 2, nil},
		{"a reference to nothing", `{"url": "u", "store": {"$ref": "string/nope"}}`, "there is no block string/nope", 1, nil},
		{"no reference", `{"url": "u", "store": {"$ref": "nope"}}`, `store: "nope" is not a block`, 2, nil},
		{"asterisks", `{"url": "u", "token": "********"}`, "token is masked: give the secret itself", 1, nil},
		{"an unknown type", `{"url": "u"}`, "the server has no block type hok", 1, []string{"block", "create", "hok", "other", "--data", "data"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.write("data", test.data)
			args := test.args
			if args == nil {
				args = []string{"block", "create", "hook", "other", "--data", "data"}
			}
			r := h.run(args...)
			r.wants(t, test.code, "", test.problem)
			if contains(r.stdout+r.stderr, "hunter2") {
				t.Errorf("a secret is in the output:\n%s", r.stderr)
			}
		})
	}
	if len(log.writes) > 0 {
		t.Errorf("refused command lines wrote %v", log.writes)
	}
}
