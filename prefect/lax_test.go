package prefect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// Prefect's classes take numbers and booleans given as text, and the reverse; a block that Prefect runs must load here.
func TestJobBlockIsReadAsPrefectReads(t *testing.T) {
	var got prefect.AzureContainerInstanceJob
	if err := json.Unmarshal([]byte(`{"cpu": "0.5", "memory": "2", "env": {"A": 1, "B": true, "C": null, "D": 1.50, "E": 1e5}, "labels": {"run": 7}, "command": ["sleep", 5],
		"gpu_count": "1", "stream_output": "yes", "task_start_timeout_seconds": "300", "task_watch_poll_interval": "2.5", "name": 42, "subscription_id": 12,
		"identities": [1], "resource_group_name": "rg", "image_registry": {"username": 5, "password": 6, "registry_url": "r", "reauth": "false"},
		"aci_credentials": {"client_id": 1, "tenant_id": "t", "client_secret": 2}}`), &got); err != nil {
		t.Fatal(err)
	}
	want := prefect.AzureContainerInstanceJob{
		CPU: 0.5, Memory: 2, Env: map[string]*string{"A": new("1"), "B": new("True"), "C": nil, "D": new("1.5"), "E": new("100000.0")}, Labels: map[string]string{"run": "7"},
		Command: []string{"sleep", "5"}, GPUCount: 1, StreamOutput: new(true), TaskStartTimeoutSeconds: new(300), TaskWatchPollInterval: 2.5, Name: "42",
		SubscriptionID: "12", Identities: []string{"1"}, ResourceGroupName: "rg", Entrypoint: new(prefect.DefaultEntrypoint),
		ImageRegistry: &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{
			Value: &prefect.DockerRegistry{Username: "5", Password: "6", RegistryURL: "r", Reauth: new(false)}}},
		ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{
			Value: &prefect.AzureContainerInstanceCredentials{ClientID: "1", TenantID: "t", ClientSecret: "2"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBlocksTellWrongKinds(t *testing.T) {
	for _, test := range []struct {
		block prefect.Block
		data  string
		want  string
	}{
		{&prefect.AzureContainerInstanceJob{}, `{"cpu": "much"}`, "cpu must be a number, not text"},
		{&prefect.AzureContainerInstanceJob{}, `{"gpu_count": "1.5"}`, "gpu_count must be a whole number, not text"},
		{&prefect.AzureContainerInstanceJob{}, `{"gpu_count": 1e400}`, "gpu_count must be a whole number, not a number"},
		{&prefect.AzureContainerInstanceJob{}, `{"env": {"A": ["x"]}}`, "env.A must be text, not a list"},
		{&prefect.AzureContainerInstanceJob{}, `{"env": []}`, "env must be an object, not a list"},
		{&prefect.AzureContainerInstanceJob{}, `{"command": "python x.py"}`, "command must be a list, not text"},
		{&prefect.AzureContainerInstanceJob{}, `{"stream_output": "perhaps"}`, "stream_output must be true or false, not text"},
		{&prefect.AzureContainerInstanceJob{}, `{"command": [["hunter2"]]}`, "command[0] must be text, not a list"},
		{&prefect.AzureContainerInstanceJob{}, `[]`, "the data must be an object, not a list"},
		{&prefect.AzureContainerInstanceJob{}, `{"image_registry": "hunter2"}`, "must be an object, not text"},
		{&prefect.DockerRegistry{}, `{"username": {}}`, "username must be text, not an object"},
		{&prefect.AzureStorage{}, `{"azure_storage_anon": 7}`, "azure_storage_anon must be true or false, not a number"},
	} {
		err := json.Unmarshal([]byte(test.data), test.block)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%T %s: got %v, want it to say %q", test.block, test.data, err, test.want)
			continue
		}
		for _, leak := range []string{"hunter2", "prefect.", "Go struct", "json:", "Data."} {
			if strings.Contains(err.Error(), leak) {
				t.Errorf("%T %s: %v shows %q", test.block, test.data, err, leak)
			}
		}
	}
}

// Through the client too, where a document's data is decoded once more.
func TestDocumentDecodeIsLax(t *testing.T) {
	document := prefect.BlockDocument{Name: "kv", Data: map[string]any{"value": json.Number("5")}}
	var text prefect.StringBlock
	if err := document.Decode(&text); err != nil || text.Value != "5" {
		t.Errorf("got %q %v", text.Value, err)
	}
	document.Data["value"] = []any{"hunter2"}
	if err := document.Decode(&text); err == nil || err.Error() != "reading block string/kv: value must be text, not a list" {
		t.Errorf("got %v", err)
	}
}

// A password in Latin-1 must not be saved as another one.
func TestBlocksRefuseInvalidUTF8(t *testing.T) {
	c, server := client(t, says(500, `{}`))
	_, err := c.SaveBlock(t.Context(), "a", &prefect.DockerRegistry{Username: "u", Password: "p\xff", RegistryURL: "r"}, prefect.SaveBlockOptions{})
	if err == nil || !strings.Contains(err.Error(), "password must be valid UTF-8") || strings.Contains(err.Error(), "p\xff") || len(server.asked) > 0 {
		t.Errorf("got %v", err)
	}
}

// The decoder would change a block's data that is not UTF-8, before there is anything left to refuse.
func TestPlainBlockRefusesInvalidUTF8(t *testing.T) {
	var b prefect.PlainBlock
	if err := b.UnmarshalJSON([]byte(`{"a":"p` + "\xff" + `"}`)); err == nil || !strings.Contains(err.Error(), "must be valid UTF-8") || b.Data != nil {
		t.Errorf("got %v %v", b.Data, err)
	}
	if _, err := prefect.BlockData(&prefect.PlainBlock{Data: map[string]any{"a": "p\xff"}}); err == nil || err.Error() != "a must be valid UTF-8" {
		t.Errorf("got %v", err)
	}
}
