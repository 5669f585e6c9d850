package block_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// dataOf is what a block of ours is on the wire.
func dataOf(t *testing.T, b prefect.Block) map[string]any {
	t.Helper()
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestBlockDemo makes the four blocks of the demo from its environment.
func TestBlockDemo(t *testing.T) {
	h, _ := clitest.NewPrefectLog(t)
	h = h.With(map[string]string{"TENANT_ID": "tenant", "CLIENT_ID": "client", "CLIENT_SECRET": "hunter2", "SUBSCRIPTION_ID": "sub", "KV_NAME": "vault", "KEY": "key"})
	identity := "/subscriptions/sub/resourcegroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orionid"
	h.Must("block", "create", "azure-container-instance-credentials", "aci-sp", "--from-env")
	h.Must("block", "create", "azure-container-instance-job", "aci", "--from-env", "--name", "aci", "--image", "radbrt/orion_aci_base:latest",
		"--credentials", "aci-sp", "--resource-group", "aci-rg", "--start-timeout", "8m", "--identity", identity)
	h.Must("block", "create", "azure", "az-storage", "--bucket-path", "flows", "--account-name", "account", "--account-key-env", "KEY")
	h.Must("block", "create", "string", "kv-url", "--from-env")

	principal := &prefect.AzureContainerInstanceCredentials{TenantID: "tenant", ClientID: "client", ClientSecret: "hunter2"}
	for path, want := range map[string]prefect.Block{
		"azure-container-instance-credentials/aci-sp": principal,
		"azure-container-instance-job/aci": &prefect.AzureContainerInstanceJob{Name: "aci", Image: "radbrt/orion_aci_base:latest", SubscriptionID: "sub",
			ResourceGroupName: "aci-rg", TaskStartTimeoutSeconds: new(480), Identities: []string{identity}},
		"azure/az-storage": &prefect.AzureStorage{BucketPath: "flows", AccountName: "account", AccountKey: "key"},
		"string/kv-url":    &prefect.StringBlock{Value: "https://vault.vault.azure.net"},
	} {
		got, data := h.Block(path), dataOf(t, want)
		if _, ok := data["aci_credentials"]; ok {
			data["aci_credentials"] = dataOf(t, principal)
			if diff := cmp.Diff(map[string]string{"aci_credentials": "azure-container-instance-credentials/aci-sp"}, got.References); diff != "" {
				t.Errorf("%s refers to others: -want +got:\n%s", path, diff)
			}
		}
		if diff := cmp.Diff(data, got.Data); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
}
