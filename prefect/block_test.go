package prefect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	blocks := []any{
		prefect.SecretStr("hunter2"),
		&prefect.SecretBlock{Value: "hunter2"},
		prefect.AzureContainerInstanceCredentials{ClientID: "c", ClientSecret: "hunter2"},
		&prefect.AzureStorage{BucketPath: "b", AccountKey: "hunter2", ConnectionString: "hunter2"},
		prefect.DockerRegistry{Username: "u", Password: "hunter2"},
		&prefect.AzureContainerInstanceJob{SubscriptionID: "hunter2"},
	}
	for _, block := range blocks {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("saving", "block", block)
		for _, text := range []string{fmt.Sprint(block), fmt.Sprintf("%+v", block), fmt.Sprintf("%#v", block), fmt.Sprintf("%s", block), fmt.Sprintf("%q", block),
			fmt.Sprintf("%x", block), log.String()} {
			if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
				t.Errorf("%T is printed as %s", block, text)
			}
		}
	}
	if got := fmt.Sprint(prefect.SecretStr("")); got != "" {
		t.Errorf("no secret is printed as %q", got)
	}
}

func TestBlockJSON(t *testing.T) {
	for _, test := range []struct {
		name  string
		block prefect.Block
		want  string
	}{
		{"credentials", &prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s"},
			`{"client_id":"c","tenant_id":"t","client_secret":"s","credential_kwargs":{}}`},
		{"credentials of nobody", &prefect.AzureContainerInstanceCredentials{}, `{"client_id":null,"tenant_id":null,"client_secret":null,"credential_kwargs":{}}`},
		{"string", &prefect.StringBlock{Value: "https://kv"}, `{"value":"https://kv"}`},
		{"secret", &prefect.SecretBlock{Value: "s"}, `{"value":"s"}`},
		{"registry", &prefect.DockerRegistry{Username: "u", Password: "p", RegistryURL: "r"}, `{"username":"u","password":"p","registry_url":"r","reauth":true}`},
		{"registry without reauth", &prefect.DockerRegistryCredentials{Username: "u", Password: "p", RegistryURL: "r", Reauth: new(false)},
			`{"username":"u","password":"p","registry_url":"r","reauth":false}`},
		{"blob storage", &prefect.AzureBlobStorageCredentials{AccountURL: "https://a"}, `{"connection_string":null,"account_url":"https://a"}`},
		{"storage", &prefect.AzureStorage{BucketPath: "b", AccountName: "a", AccountKey: "k"},
			`{"bucket_path":"b","azure_storage_connection_string":null,"azure_storage_account_name":"a","azure_storage_account_key":"k","azure_storage_tenant_id":null,
			"azure_storage_client_id":null,"azure_storage_client_secret":null,"azure_storage_anon":true,"azure_storage_container":null}`},
		{"job", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s"}, jobJSON(`"entrypoint":"/opt/prefect/entrypoint.sh"`)},
		{"job without an entrypoint", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s", Entrypoint: new("")}, jobJSON(`"entrypoint":null`)},
		{"job with credentials of a document", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s",
			ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: "1"}},
			jobJSON(`"aci_credentials":{"$ref":{"block_document_id":"1"}}`)},
		{"job with a managed identity", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s",
			ImageRegistry: &prefect.ImageRegistry{ACRManagedIdentity: &prefect.ACRManagedIdentity{RegistryURL: "r", Identity: "i"}}},
			jobJSON(`"image_registry":{"registry_url":"r","identity":"i"}`)},
		{"job with a registry in place", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s",
			ImageRegistry: &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{Value: &prefect.DockerRegistry{Username: "u", Password: "p", RegistryURL: "r"}}}},
			jobJSON(`"image_registry":{"username":"u","password":"p","registry_url":"r","reauth":true,"block_type_slug":"docker-registry"}`)},
		{"job with a registry of a document", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s",
			ImageRegistry: &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: "2"}}},
			jobJSON(`"image_registry":{"$ref":{"block_document_id":"2"}}`)},
		{"job with everything else", &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "s", Env: map[string]*string{"A": nil}, Labels: map[string]string{"l": "v"},
			Name: "n", Command: []string{"c"}, Identities: []string{"i"}, Image: "img", CPU: 2, Memory: 4, GPUCount: 1, GPUSKU: "V100", SubnetIDs: []string{"n"}, DNSServers: []string{"d"},
			StreamOutput: new(false), TaskStartTimeoutSeconds: new(0), TaskWatchPollInterval: 1},
			jobJSON(`"env":{"A":null},"labels":{"l":"v"},"name":"n","command":["c"],"identities":["i"],"image":"img","cpu":2,"memory":4,"gpu_count":1,"gpu_sku":"V100",
			"subnet_ids":["n"],"dns_servers":["d"],"stream_output":false,"task_start_timeout_seconds":0,"task_watch_poll_interval":1`)},
		{"plain", &prefect.PlainBlock{Slug: "x", Data: map[string]any{"a": 1}}, `{"a":1}`},
		{"plain and empty", &prefect.PlainBlock{Slug: "x"}, `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want map[string]any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, document(t, test.block)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err := json.Unmarshal([]byte(test.want), test.block); err != nil {
				t.Fatalf("reading it back: %v", err)
			}
			if diff := cmp.Diff(want, document(t, test.block)); diff != "" {
				t.Errorf("read back and written again: -want +got:\n%s", diff)
			}
		})
	}
}

// jobJSON is the document of a job block with some values of its own.
func jobJSON(own string) string {
	var data, changes map[string]any
	const defaults = `{"type":"container-instance-job","env":{},"labels":{},"name":null,"command":null,"resource_group_name":"rg","subscription_id":"s",
		"aci_credentials":{"client_id":null,"tenant_id":null,"client_secret":null,"credential_kwargs":{},"block_type_slug":"azure-container-instance-credentials"},
		"identities":null,"image":null,"entrypoint":"/opt/prefect/entrypoint.sh","image_registry":null,"cpu":1,"gpu_count":null,"gpu_sku":null,"memory":1,
		"subnet_ids":null,"dns_servers":null,"stream_output":null,"task_start_timeout_seconds":240,"task_watch_poll_interval":5}`
	for text, to := range map[string]*map[string]any{defaults: &data, "{" + own + "}": &changes} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			panic(err)
		}
	}
	maps.Copy(data, changes)
	encoded, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// A document that a person made in the UI has only what was filled in.
func TestJobFromSparseDocument(t *testing.T) {
	var job prefect.AzureContainerInstanceJob
	if err := json.Unmarshal([]byte(`{"resource_group_name":"rg","subscription_id":"s","aci_credentials":null,"image_registry":null}`), &job); err != nil {
		t.Fatal(err)
	}
	if job.CPU != 1 || job.Memory != 1 || *job.Entrypoint != prefect.DefaultEntrypoint || *job.TaskStartTimeoutSeconds != 240 || job.TaskWatchPollInterval != 5 || job.ImageRegistry != nil {
		t.Errorf("got %+v", job)
	}
}

func TestBlockDocumentDecode(t *testing.T) {
	data := func(text string) map[string]any {
		var v map[string]any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	ref := func(id prefect.ID) (r prefect.BlockReference) { r.BlockDocument.ID = id; return r }
	d := prefect.BlockDocument{Name: "aci", BlockType: &prefect.BlockType{Slug: "azure-container-instance-job"}, Data: data(`{"resource_group_name":"rg","subscription_id":"s",
		"aci_credentials":{"client_id":"c","client_secret":"x"},"image_registry":{"username":"u","password":"p","registry_url":"r"}}`),
		References: map[string]prefect.BlockReference{"aci_credentials": ref("1"), "image_registry": ref("2")}}
	var job prefect.AzureContainerInstanceJob
	if err := d.Decode(&job); err != nil {
		t.Fatal(err)
	}
	if c := job.ACICredentials; c.DocumentID != "1" || c.Value.ClientID != "c" || c.Value.ClientSecret != "x" {
		t.Errorf("credentials are %+v", c)
	}
	if r := job.ImageRegistry.DockerRegistry; r.DocumentID != "2" || r.Value.Username != "u" {
		t.Errorf("registry is %+v", r)
	}
	plain := prefect.PlainBlock{Slug: "azure-container-instance-job"}
	if err := d.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(prefect.BlockRef("1"), plain.Data["aci_credentials"]); diff != "" {
		t.Errorf("a plain block's reference: -want +got:\n%s", diff)
	}
	if _, ok := d.Data["aci_credentials"].(map[string]any)["client_id"]; !ok {
		t.Error("decoding changed the document")
	}
	if err := d.Decode(&prefect.StringBlock{}); err == nil || !strings.Contains(err.Error(), "its type is azure-container-instance-job, not string") {
		t.Errorf("decoding another type: %v", err)
	}
	secret := prefect.BlockDocument{Name: "s", Data: data(`{"value":{"user":"hunter2"}}`)}
	if err := secret.Decode(&prefect.SecretBlock{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("decoding a secret that is no text: %v", err)
	}
}

func TestDefaultImage(t *testing.T) {
	if got, want := prefect.DefaultImage("2.20.26"), "prefecthq/prefect:2.20.26-python3.11"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
