package cli_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// newPrefect starts a Prefect in memory.
func newPrefect(t *testing.T) http.RoundTripper {
	t.Helper()
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing Prefect: %v", err)
		}
	})
	return server.Transport()
}

// prefectLog passes requests on and remembers those that write.
type prefectLog struct {
	http.RoundTripper
	mu     sync.Mutex
	writes []string
}

func (l *prefectLog) RoundTrip(r *http.Request) (*http.Response, error) {
	reads := r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/filter")
	if !reads {
		l.mu.Lock()
		l.writes = append(l.writes, r.Method+" "+r.URL.Path)
		l.mu.Unlock()
	}
	return l.RoundTripper.RoundTrip(r)
}

// blockHarness has a Prefect of its own.
func blockHarness(t *testing.T) (*harness, *prefectLog) {
	t.Helper()
	log := &prefectLog{RoundTripper: newPrefect(t)}
	return newPrefectHarness(t, log), log
}

// must runs a command line that has to do well.
func (h *harness) must(args ...string) result {
	h.t.Helper()
	r := h.run(args...)
	if r.code != 0 {
		h.t.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r
}

// block reads a block with its secrets, as inspect has it.
func (h *harness) block(path string) (b struct {
	ID         string
	References map[string]string
	Data       map[string]any
}) {
	h.t.Helper()
	h.json(h.must("block", "inspect", path, "--show-secrets", "--output", "json"), &b)
	return b
}

func (h *harness) json(r result, into any) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		h.t.Fatalf("%v in %s", err, r.stdout)
	}
}

func (h *harness) write(name, text string) string {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return name
}

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
	h, _ := blockHarness(t)
	h = h.with(map[string]string{"TENANT_ID": "tenant", "CLIENT_ID": "client", "CLIENT_SECRET": "hunter2", "SUBSCRIPTION_ID": "sub", "KV_NAME": "vault", "KEY": "key"})
	identity := "/subscriptions/sub/resourcegroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orionid"
	h.must("block", "create", "azure-container-instance-credentials", "aci-sp", "--from-env")
	h.must("block", "create", "azure-container-instance-job", "aci", "--from-env", "--name", "aci", "--image", "radbrt/orion_aci_base:latest",
		"--credentials", "aci-sp", "--resource-group", "aci-rg", "--start-timeout", "8m", "--identity", identity)
	h.must("block", "create", "azure", "az-storage", "--bucket-path", "flows", "--account-name", "account", "--account-key-env", "KEY")
	h.must("block", "create", "string", "kv-url", "--from-env")

	principal := &prefect.AzureContainerInstanceCredentials{TenantID: "tenant", ClientID: "client", ClientSecret: "hunter2"}
	for path, want := range map[string]prefect.Block{
		"azure-container-instance-credentials/aci-sp": principal,
		"azure-container-instance-job/aci": &prefect.AzureContainerInstanceJob{Name: "aci", Image: "radbrt/orion_aci_base:latest", SubscriptionID: "sub",
			ResourceGroupName: "aci-rg", TaskStartTimeoutSeconds: new(480), Identities: []string{identity}},
		"azure/az-storage": &prefect.AzureStorage{BucketPath: "flows", AccountName: "account", AccountKey: "key"},
		"string/kv-url":    &prefect.StringBlock{Value: "https://vault.vault.azure.net"},
	} {
		got, data := h.block(path), dataOf(t, want)
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

// TestBlockJobFlags gives each field of the job block by its flag.
func TestBlockJobFlags(t *testing.T) {
	h, _ := blockHarness(t)
	h.write("env", "A=file\nB=file\n")
	h.stdin = "hunter2"
	h.must("block", "create", "docker-registry", "images", "--registry-url", "me.azurecr.io", "--username", "me", "--password-stdin")
	h.must("block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c", "--client-secret-stdin")
	h.must("block", "create", "azure-container-instance-credentials", "none")
	type m = map[string]any
	type l = []any
	id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
	subnet := "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"
	given := []struct {
		field string
		args  []string
		want  any
	}{
		{"env", []string{"--env-file", "env", "--env", "B=flag", "--env", "C=a=b,c", "--unset-env", "D"}, m{"A": "file", "B": "flag", "C": "a=b,c", "D": nil}},
		{"labels", []string{"--label", "team=data", "--label", "a/b=c"}, m{"team": "data", "a/b": "c"}},
		{"name", []string{"--name", "etl"}, "etl"},
		{"command", []string{"--", "sh", "-c", "echo $A"}, l{"sh", "-c", "echo $A"}},
		{"aci_credentials", []string{"--credentials", "azure-container-instance-credentials/sp"},
			m{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2", "credential_kwargs": m{}}},
		{"resource_group_name", []string{"--resource-group", "other"}, "other"},
		{"subscription_id", []string{"--subscription", "other"}, "other"},
		{"identities", []string{"--identity", id}, l{id}},
		{"image", []string{"--image", "alpine:3"}, "alpine:3"},
		{"entrypoint", []string{"--entrypoint", ""}, nil},
		{"entrypoint", []string{"--entrypoint", "/tini"}, "/tini"},
		{"image_registry", []string{"--registry", "images"}, m{"registry_url": "me.azurecr.io", "username": "me", "password": "hunter2", "reauth": true}},
		{"image_registry", []string{"--registry-server", "me.azurecr.io", "--registry-identity", id, "--identity", id}, m{"registry_url": "me.azurecr.io", "identity": id}},
		{"cpu", []string{"--cpu", "1.5"}, 1.5},
		{"memory", []string{"--memory", "3.5"}, 3.5},
		{"gpu_count", []string{"--gpu-count", "2", "--gpu-sku", "V100"}, 2.0},
		{"gpu_sku", []string{"--gpu-count", "2", "--gpu-sku", "V100"}, "V100"},
		{"subnet_ids", []string{"--subnet", subnet}, l{subnet}},
		{"dns_servers", []string{"--dns", "10.0.0.4", "--dns", "10.0.0.5"}, l{"10.0.0.4", "10.0.0.5"}},
		{"stream_output", []string{"--stream-output"}, true},
		{"stream_output", []string{"--stream-output=false"}, false},
		{"task_start_timeout_seconds", []string{"--start-timeout", "0"}, 0.0},
		{"task_watch_poll_interval", []string{"--poll-interval", "1500ms"}, 1.5},
	}
	h.must("block", "create", "azure-container-instance-job", "job", "--subscription", "s", "--resource-group", "g")
	base := h.block("azure-container-instance-job/job").Data
	tested := map[string]bool{"type": true}
	for _, test := range given {
		tested[test.field] = true
		args := []string{"block", "create", "azure-container-instance-job", "job", "--overwrite"}
		for _, place := range []string{"--subscription", "--resource-group"} {
			if !slices.Contains(test.args, place) {
				args = append(args, place, place[2:3])
			}
		}
		h.must(append(args, test.args...)...)
		got := h.block("azure-container-instance-job/job").Data[test.field]
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s: -want +got:\n%s", test.args, test.field, diff)
		}
		if cmp.Equal(base[test.field], got) {
			t.Errorf("%v: %s is as it is without the flag", test.args, test.field)
		}
	}
	for field := range base {
		if !tested[field] {
			t.Errorf("the field %s is given by no flag of this test", field)
		}
	}
	if want := "prefecthq/prefect:3.9.1-python3.11"; base["image"] != want {
		t.Errorf("the image is %v without --image, want %s", base["image"], want)
	}
}

func TestBlockOverwrite(t *testing.T) {
	h, log := blockHarness(t)
	h.must("block", "create", "string", "text", "--value", "one")
	before := h.block("string/text")
	log.writes = nil
	h.run("block", "create", "string", "text", "--value", "two").wants(t, 1, "",
		"pacific: error: block string/text already exists\npacific: hint: --overwrite gives it the new values\n")
	if len(log.writes) > 0 {
		t.Errorf("it wrote %v all the same", log.writes)
	}
	// A value that a later version of the type would have.
	if err := h.client().UpdateBlock(t.Context(), "string", "text", map[string]any{"later": "kept"}); err != nil {
		t.Fatal(err)
	}
	r := h.must("block", "create", "string", "text", "--value", "two", "--overwrite", "--output", "json")
	r.wants(t, 0, `"outcome":"overwritten"`, "block string/text: overwritten\n")
	after := h.block("string/text")
	if after.ID != before.ID {
		t.Errorf("the block's id is %s, was %s", after.ID, before.ID)
	}
	if diff := cmp.Diff(map[string]any{"value": "two", "later": "kept"}, after.Data); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.must("block", "create", "string", "new", "--value", "", "--overwrite", "--output", "json").wants(t, 0, `"outcome":"created"`, "")
}

// client is a client of the harness's Prefect.
func (h *harness) client() *prefect.Client {
	h.t.Helper()
	client, err := prefect.NewClient(prefect.Options{URL: prefectURL, Transport: h.prefect})
	if err != nil {
		h.t.Fatal(err)
	}
	return client
}
