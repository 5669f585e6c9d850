package block_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestBlockFormsOfData makes a block of each type that has flags of its own of a file instead.
func TestBlockFormsOfData(t *testing.T) {
	h, log := clitest.NewPrefectLog(t)
	for _, test := range []struct {
		slug, data string
		want       map[string]any
	}{
		{"azure-container-instance-credentials", `{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2"}`, map[string]any{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2"}},
		{"azure-container-instance-job", "subscription_id: s\nresource_group_name: g\ncommand: [python, etl.py]\naci_credentials: {$ref: azure-container-instance-credentials/x}\n",
			map[string]any{"subscription_id": "s", "resource_group_name": "g", "command": []any{"python", "etl.py"},
				"aci_credentials": map[string]any{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2"}}},
		{"azure", "bucket_path: flows\nazure_storage_connection_string: hunter2\n", map[string]any{"bucket_path": "flows", "azure_storage_connection_string": "hunter2"}},
		{"azure-blob-storage-credentials", "account_url: https://a\n", map[string]any{"account_url": "https://a"}},
		{"docker-registry", "registry_url: r\nusername: u\npassword: hunter2\n", map[string]any{"registry_url": "r", "username": "u", "password": "hunter2"}},
		{"docker-registry-credentials", "registry_url: r\nusername: u\npassword: hunter2\n", map[string]any{"registry_url": "r", "username": "u", "password": "hunter2"}},
		{"secret", "value: hunter2\n", map[string]any{"value": "hunter2"}},
		{"string", "value: v\n", map[string]any{"value": "v"}},
	} {
		h.Stdin = test.data
		r := h.Must("block", "create", test.slug, "x", "--data", "-", "--output", "json")
		if strings.Contains(r.Stdout+r.Stderr, "hunter2") || strings.Contains(r.Stderr, "warning") {
			t.Errorf("%s says\n%s%s", test.slug, r.Stdout, r.Stderr)
		}
		if diff := cmp.Diff(test.want, h.Block(test.slug+"/x").Data); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.slug, diff)
		}
	}
	log.Writes = nil
	h.Write("f", "value: v\n")
	for _, test := range []struct{ args, problem, hint string }{
		{"string y --data f --value v", "--data and --value cannot be used together", "the file has all of the block's values"},
		{"secret y --value-stdin --data f", "--data and --value-stdin cannot be used together", "leave one of the two out"},
		{"azure-container-instance-job y --data f -- python etl.py", "--data and a command after -- cannot be used together", "the file has the command as a list"},
		{"docker-registry y --data f", "block docker-registry/y needs a value for", ""},
		{"string y --data nope", "--data: open ", "give a file, or - for standard input"},
	} {
		r := h.Run(append([]string{"block", "create"}, strings.Fields(test.args)...)...)
		r.Wants(t, 2, "", test.problem)
		r.Wants(t, 2, "", test.hint)
	}
	h.Must("block", "create", "--data", "f", "string", "y", "--dry-run").Wants(t, 0, `"value": "v"`, "")
	if len(log.Writes) > 0 {
		t.Errorf("refused command lines wrote %v", log.Writes)
	}
}
