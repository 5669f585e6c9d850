//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// savedBlock is what Prefect's own client finds under a name.
type savedBlock struct {
	Data     any
	Class    string
	Checksum string
}

// serverClient is a client of the real server that a variable names, and its address.
func serverClient(t *testing.T, variable string) (*prefect.Client, string) {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Fatalf("%s is not set: it must name a real server's API", variable)
	}
	client, err := prefect.NewClient(prefect.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	return client, address
}

// demoBlocks are what the demo's four scripts save, in their order.
func demoBlocks(sp prefect.ID) []struct {
	name  string
	block prefect.Block
} {
	return []struct {
		name  string
		block prefect.Block
	}{
		{"aci-sp", &prefect.AzureContainerInstanceCredentials{TenantID: "tenant", ClientID: "client", ClientSecret: "hunter2"}},
		{"aci", &prefect.AzureContainerInstanceJob{Name: "aci", Image: "radbrt/orion_aci_base:latest", CPU: 1, Memory: 1, SubscriptionID: "sub", ResourceGroupName: "aci-rg",
			ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: sp}, TaskStartTimeoutSeconds: new(480),
			Identities: []string{"/subscriptions/sub/resourcegroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orionid"}}},
		{"az-storage", &prefect.AzureStorage{BucketPath: "flows", AccountName: "account", AccountKey: "key"}},
		{"kv-url", &prefect.StringBlock{Value: "https://vault.vault.azure.net"}},
	}
}

// saveDemo saves the demo's blocks with our client and gives their paths.
func saveDemo(t *testing.T, client *prefect.Client) []string {
	t.Helper()
	var paths []string
	var sp prefect.ID
	for i := range demoBlocks("") {
		b := demoBlocks(sp)[i]
		document, err := client.SaveBlock(t.Context(), b.name, b.block, prefect.SaveBlockOptions{Overwrite: true})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			sp = document.ID
		}
		paths = append(paths, b.block.BlockTypeSlug()+"/"+b.name)
	}
	return paths
}

func readBlocks(t *testing.T, w world, python string, paths []string) map[string]savedBlock {
	t.Helper()
	script, err := filepath.Abs("testdata/demo_blocks/read_blocks.py")
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]savedBlock
	if err := json.Unmarshal(w.run(t, nil, python, append([]string{"-W", "ignore", script}, paths...)...), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// deleteDemo leaves nothing behind that a later run could take for its own.
func deleteDemo(t *testing.T, client *prefect.Client, paths []string) {
	t.Helper()
	for _, path := range slices.Backward(paths) {
		slug, name, _ := strings.Cut(path, "/")
		document, err := client.BlockDocumentByName(t.Context(), slug, name, prefect.MaskSecrets)
		if err == nil {
			err = client.DeleteBlockDocument(t.Context(), document.ID)
		}
		if err != nil {
			t.Errorf("deleting %s: %v", path, err)
		}
	}
}

// TestPrefectDemoBlocks runs the demo's four scripts against a real 2.20 server, saves the same blocks with our client, and
// compares the documents; Prefect's own classes and command line read ours.
func TestPrefectDemoBlocks(t *testing.T) {
	seconds(t)
	client, address := serverClient(t, "PACIFIC_E2E_PREFECT2_API_URL")
	python := pythons(t)[2]
	w := newWorld(t)
	w.env = map[string]string{"PREFECT_API_URL": address, "TENANT_ID": "tenant", "CLIENT_ID": "client", "CLIENT_SECRET": "hunter2",
		"SUBSCRIPTION_ID": "sub", "STORAGE_ACCOUNT": "account", "STORAGE_KEY": "key", "KV_NAME": "vault"}
	scripts, err := filepath.Glob("testdata/demo_blocks/0*.py")
	if err != nil || len(scripts) != 4 {
		t.Fatalf("found %v, %v, want the four scripts", scripts, err)
	}
	for _, script := range scripts {
		script, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		w.run(t, nil, python, "-W", "ignore", script)
	}
	paths := []string{"azure-container-instance-credentials/aci-sp", "azure-container-instance-job/aci", "azure/az-storage", "string/kv-url"}
	theirs := readBlocks(t, w, python, paths)
	deleteDemo(t, client, paths)
	if diff := cmp.Diff(paths, saveDemo(t, client)); diff != "" {
		t.Fatalf("the names of the blocks: -want +got:\n%s", diff)
	}
	ours := readBlocks(t, w, python, paths)
	classes := []string{"AzureContainerInstanceCredentials", "AzureContainerInstanceJob", "Azure", "String"}
	for i, path := range paths {
		if diff := cmp.Diff(theirs[path].Data, ours[path].Data); diff != "" {
			t.Errorf("%s: -script +ours:\n%s", path, diff)
		}
		if ours[path].Class != classes[i] || theirs[path].Class != classes[i] {
			t.Errorf("%s is a %s to Prefect, and the script's a %s", path, ours[path].Class, theirs[path].Class)
		}
		out := string(w.run(t, nil, filepath.Join(filepath.Dir(python), "prefect"), "block", "inspect", path))
		if _, name, _ := strings.Cut(path, "/"); !strings.Contains(out, name) || strings.Contains(out, "hunter2") {
			t.Errorf("prefect block inspect %s says\n%s", path, out)
		}
	}
	deleteDemo(t, client, paths)
}

// TestPrefectDemoBlocksOn3 saves the same blocks on a 3.x server, which has no classes for three of them, and lets its client and
// command line read them.
func TestPrefectDemoBlocksOn3(t *testing.T) {
	seconds(t)
	client, address := serverClient(t, "PACIFIC_E2E_PREFECT3_API_URL")
	python := pythons(t)[3]
	w := newWorld(t)
	w.env = map[string]string{"PREFECT_API_URL": address}
	paths := saveDemo(t, client)
	found := readBlocks(t, w, python, paths)
	for _, path := range paths {
		slug, _, _ := strings.Cut(path, "/")
		if d, _ := prefect.FindBlockDefinition(slug, 3); found[path].Checksum != d.Checksum {
			t.Errorf("%s is kept under %s, want %s", path, found[path].Checksum, d.Checksum)
		}
		w.run(t, nil, filepath.Join(filepath.Dir(python), "prefect"), "block", "inspect", path)
	}
	if got := found[paths[0]]; got.Class != "AzureContainerInstanceCredentials" {
		t.Errorf("%s is a %s to Prefect", paths[0], got.Class)
	}
	deleteDemo(t, client, paths)
}
