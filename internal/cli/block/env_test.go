package block_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestBlockFromEnv holds --from-env to its rule.
func TestBlockFromEnv(t *testing.T) {
	azure := map[string]string{"AZURE_TENANT_ID": "at", "AZURE_CLIENT_ID": "ac", "AZURE_CLIENT_SECRET": "as"}
	demo := map[string]string{"TENANT_ID": "dt", "CLIENT_ID": "dc", "CLIENT_SECRET": "ds"}
	for _, test := range []struct {
		name    string
		env     []map[string]string
		change  map[string]string
		code    int
		tenant  string
		problem string
	}{
		{"Azure's names", []map[string]string{azure}, nil, 0, "at", "created\n"},
		{"the demo's names", []map[string]string{demo}, nil, 0, "dt", "created\n"},
		{"both", []map[string]string{azure, demo}, nil, 0, "at", "warning: AZURE_CLIENT_SECRET and CLIENT_SECRET differ: using AZURE_CLIENT_SECRET\n"},
		{"which says how to have the others", []map[string]string{azure, demo}, nil, 0, "at",
			"hint: to use TENANT_ID, CLIENT_ID, CLIENT_SECRET instead: unset AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET\n"},
		{"both the same", []map[string]string{azure}, map[string]string{"TENANT_ID": "at", "CLIENT_ID": "ac", "CLIENT_SECRET": "as"}, 0, "at", "created\n"},
		{"a part of Azure's", []map[string]string{azure}, map[string]string{"AZURE_CLIENT_SECRET": ""}, 2, "",
			"--from-env: AZURE_CLIENT_SECRET not set, but part of AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET is\npacific: hint: export it too\n"},
		{"one of Azure's beside the demo's", []map[string]string{demo}, map[string]string{"AZURE_TENANT_ID": "at"}, 2, "",
			"AZURE_CLIENT_ID, AZURE_CLIENT_SECRET not set"},
		{"which is said", []map[string]string{demo}, map[string]string{"AZURE_TENANT_ID": "at"}, 2, "",
			"or unset what begins with AZURE_: TENANT_ID, CLIENT_ID, CLIENT_SECRET would do"},
		{"a part of the demo's", []map[string]string{demo}, map[string]string{"CLIENT_ID": "", "TENANT_ID": ""}, 2, "",
			"TENANT_ID, CLIENT_ID not set, but part of TENANT_ID, CLIENT_ID, CLIENT_SECRET is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, _ := clitest.NewPrefectLog(t)
			for _, env := range append(test.env, test.change) {
				h = h.With(env)
			}
			r := h.Run("block", "create", "azure-container-instance-credentials", "sp", "--from-env")
			r.Wants(t, test.code, "", test.problem)
			if test.name == "both the same" && strings.Contains(r.Stderr, "warning") {
				t.Errorf("there is a warning:\n%s", r.Stderr)
			}
			if test.code == 0 {
				if got := h.Block("azure-container-instance-credentials/sp").Data; got["tenant_id"] != test.tenant || got["client_secret"] != strings.Replace(test.tenant, "t", "s", 1) {
					t.Errorf("the block has %v", got)
				}
			}
		})
	}
}
