package block_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestBlockOfData(t *testing.T) {
	h, log := clitest.NewPrefectLog(t)
	h.MakeBlockType("hook")
	h.Must("block", "create", "string", "text", "--value", "one")
	h.Write("hook.json", `{"url": "http://a", "token": "hunter2", "count": 1.50, "store": {"$ref": "string/text"}}`)
	r := h.Must("block", "create", "hook", "alerts", "--data", "hook.json", "--output", "json")
	r.Wants(t, 0, `"token":"********"`, "block hook/alerts: created\n")
	got := h.Block("hook/alerts")
	want := map[string]any{"url": "http://a", "token": "hunter2", "count": 1.5, "store": map[string]any{"value": "one"}}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"store": "string/text"}, got.References); diff != "" {
		t.Errorf("references: -want +got:\n%s", diff)
	}

	// What the new values do not name stays: the secret, and the reference.
	h.Stdin = "url: http://b\ncount: 2\n"
	h.Must("block", "create", "hook", "alerts", "--data", "-", "--overwrite")
	want["url"], want["count"] = "http://b", 2.0
	if after := h.Block("hook/alerts"); !cmp.Equal(want, after.Data) || after.ID != got.ID || !cmp.Equal(got.References, after.References) {
		t.Errorf("after --overwrite: %s", cmp.Diff(want, after.Data))
	}

	log.Writes = nil
	h.Write("unknown.yaml", "url: http://c\nurll: typo\n")
	h.Run("block", "create", "hook", "other", "--data", "unknown.yaml", "--dry-run").Wants(t, 0, `"urll": "********"`, "warning: blocks of type hook have no field urll")
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
			h.Write("data", test.data)
			args := test.args
			if args == nil {
				args = []string{"block", "create", "hook", "other", "--data", "data"}
			}
			r := h.Run(args...)
			r.Wants(t, test.code, "", test.problem)
			if strings.Contains(r.Stdout+r.Stderr, "hunter2") {
				t.Errorf("a secret is in the output:\n%s", r.Stderr)
			}
		})
	}
	if len(log.Writes) > 0 {
		t.Errorf("refused command lines wrote %v", log.Writes)
	}
}
