//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/prefect"
)

// demoCommands are the demo's four scripts as command lines.
func demoCommands() [][]string {
	identity := "/subscriptions/sub/resourcegroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orionid"
	return [][]string{
		{"azure-container-instance-credentials", "aci-sp", "--from-env"},
		{"azure-container-instance-job", "aci", "--from-env", "--name", "aci", "--image", "radbrt/orion_aci_base:latest", "--cpu", "1", "--memory", "1",
			"--credentials", "aci-sp", "--resource-group", "aci-rg", "--start-timeout", "8m", "--identity", identity},
		{"azure", "az-storage", "--bucket-path", "flows", "--account-name", "account", "--account-key-env", "STORAGE_KEY"},
		{"string", "kv-url", "--from-env"},
	}
}

// TestPrefectDemoCommands runs the demo's four scripts on a real 2.20 server and then our commands over what they left: the
// documents stay the same, ids included.
func TestPrefectDemoCommands(t *testing.T) {
	seconds(t)
	client, address := serverClient(t, "PACIFIC_E2E_PREFECT2_API_URL")
	python := pythons(t)[2]
	w := newWorld(t)
	w.env = map[string]string{"PREFECT_API_URL": address, "TENANT_ID": "tenant", "CLIENT_ID": "client", "CLIENT_SECRET": "hunter2",
		"SUBSCRIPTION_ID": "sub", "STORAGE_ACCOUNT": "account", "STORAGE_KEY": "key", "KV_NAME": "vault"}
	c := command{t, w, binary(t)}
	scripts, err := filepath.Glob("testdata/demo_blocks/0*.py")
	if err != nil || len(scripts) != 4 {
		t.Fatalf("found %v, %v, want the four scripts", scripts, err)
	}
	var paths []string
	for _, args := range demoCommands() {
		paths = append(paths, args[0]+"/"+args[1])
	}
	for _, script := range scripts {
		script, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		w.run(t, nil, python, "-W", "ignore", script)
	}
	ids := func() (found []prefect.ID) {
		for _, path := range paths {
			slug, name, _ := strings.Cut(path, "/")
			d, err := client.BlockDocumentByName(t.Context(), slug, name, prefect.MaskSecrets)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, d.ID)
		}
		return found
	}
	commands := func(flags ...string) {
		for _, args := range demoCommands() {
			c.run(0, slices.Concat([]string{"block", "create"}, args, flags)...)
		}
	}
	// The schema of Prefect's job class names the class's own default image, so its checksum is that of one Python.
	read := func() map[string]savedBlock {
		found := readBlocks(t, w, python, paths)
		for path, b := range found {
			b.Checksum = ""
			found[path] = b
		}
		return found
	}
	theirs, before := read(), ids()
	c.run(1, append([]string{"block", "create"}, demoCommands()[0]...)...)
	commands("--overwrite")
	if diff := cmp.Diff(before, ids()); diff != "" {
		t.Errorf("the ids: -script +ours over it:\n%s", diff)
	}
	if diff := cmp.Diff(theirs, read()); diff != "" {
		t.Errorf("over the scripts' blocks: -script +ours:\n%s", diff)
	}
	c.run(0, append([]string{"block", "rm", "--yes"}, paths...)...)
	commands()
	if diff := cmp.Diff(theirs, read()); diff != "" {
		t.Errorf("made anew: -script +ours:\n%s", diff)
	}
	deleteDemo(t, client, paths)
}

// TestPrefectReadsOurBlocks makes a block of each type, and lets Prefect's own command line and classes read it.
func TestPrefectReadsOurBlocks(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			_, address := serverClient(t, fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
			w := newWorld(t)
			w.env = map[string]string{"PREFECT_API_URL": address, "SECRET": "hunter2"}
			c := command{t, w, binary(t)}
			name := "e2e-" + uuid.NewString()[:8]
			made := map[string][]string{
				"azure-container-instance-credentials": {"--tenant-id", "t", "--client-id", "c", "--client-secret-env", "SECRET"},
				"azure-container-instance-job": {"--subscription", "s", "--resource-group", "g", "--credentials", name, "--registry", name, "--cpu", "1.5",
					"--env", "A=b", "--unset-env", "C", "--label", "team=data", "--entrypoint", "", "--stream-output", "--", "echo", "a b"},
				"azure":                          {"--bucket-path", "flows/etl", "--connection-string-env", "SECRET", "--anon=false"},
				"azure-blob-storage-credentials": {"--connection-string-env", "SECRET"},
				"docker-registry":                {"--registry-url", "r.azurecr.io", "--username", "u", "--password-env", "SECRET"},
				"docker-registry-credentials":    {"--registry-url", "r.azurecr.io", "--username", "u", "--password-env", "SECRET", "--reauth=false"},
				"secret":                         {"--value-env", "SECRET"},
				"string":                         {"--value", "text"},
			}
			// What refers to others comes last.
			slugs := slices.SortedFunc(maps.Keys(made), func(a, b string) int { return len(made[a]) - len(made[b]) })
			var paths []string
			for _, slug := range slugs {
				c.run(0, slices.Concat([]string{"block", "create", slug, name}, made[slug])...)
				paths = append(paths, slug+"/"+name)
			}
			t.Cleanup(func() { c.run(0, append([]string{"block", "rm", "--yes"}, paths...)...) })
			for _, path := range paths {
				if strings.HasPrefix(path, "azure/") || strings.HasPrefix(path, "string/") || strings.HasPrefix(path, "azure-container-instance-credentials/") {
					continue // TestPrefectDemoBlocks inspects those, and each takes Python seconds to start
				}
				out := string(w.run(t, nil, filepath.Join(filepath.Dir(python), "prefect"), "block", "inspect", path))
				if !strings.Contains(out, name) || strings.Contains(out, "hunter2") {
					t.Errorf("prefect block inspect %s says\n%s", path, out)
				}
			}
			checkLoaded(t, loadBlocks(t, w, python, major, name), name)
		})
	}
}

type loadedBlock struct {
	Class  string
	Values map[string]any
}

// loadBlocks lets Prefect's classes load what that version has classes for.
func loadBlocks(t *testing.T, w world, python string, major int, name string) map[string]loadedBlock {
	t.Helper()
	slugs := []string{"azure-container-instance-credentials", "azure-blob-storage-credentials", "secret"}
	if major == 2 {
		slugs = append(slugs, "azure-container-instance-job", "azure", "docker-registry", "string")
	}
	args := []string{"-W", "ignore"}
	script, err := filepath.Abs("testdata/load_blocks.py")
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, script)
	for _, slug := range slugs {
		args = append(args, slug+"/"+name)
	}
	loaded := map[string]loadedBlock{}
	if err := json.Unmarshal(w.run(t, nil, python, args...), &loaded); err != nil {
		t.Fatal(err)
	}
	if len(loaded) != len(slugs) {
		t.Errorf("Prefect loaded %d blocks of %d", len(loaded), len(slugs))
	}
	return loaded
}

func checkLoaded(t *testing.T, loaded map[string]loadedBlock, name string) {
	t.Helper()
	for slug, want := range map[string]struct {
		class  string
		values map[string]any
	}{
		"azure-container-instance-credentials": {"AzureContainerInstanceCredentials", map[string]any{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2"}},
		"azure-blob-storage-credentials":       {"AzureBlobStorageCredentials", map[string]any{"account_url": nil, "connection_string": "hunter2"}},
		"secret":                               {"Secret", map[string]any{"value": "hunter2"}},
		"string":                               {"String", map[string]any{"value": "text"}},
		"azure":                                {"Azure", map[string]any{"bucket_path": "flows/etl", "azure_storage_connection_string": "hunter2", "azure_storage_anon": false}},
		"docker-registry":                      {"DockerRegistry", map[string]any{"username": "u", "password": "hunter2", "registry_url": "r.azurecr.io", "reauth": true}},
		"azure-container-instance-job": {"AzureContainerInstanceJob", map[string]any{"subscription_id": "s", "resource_group_name": "g", "cpu": 1.5, "memory": 1.0,
			"env": map[string]any{"A": "b", "C": nil}, "labels": map[string]any{"team": "data"}, "entrypoint": nil, "stream_output": true, "command": []any{"echo", "a b"}}},
	} {
		got, ok := loaded[slug+"/"+name]
		if !ok {
			continue
		}
		if got.Class != want.class {
			t.Errorf("%s is a %s to Prefect, want %s", slug, got.Class, want.class)
		}
		for field, value := range want.values {
			if diff := cmp.Diff(value, got.Values[field]); diff != "" {
				t.Errorf("%s: %s: -want +Prefect's:\n%s", slug, field, diff)
			}
		}
		if slug != "azure-container-instance-job" {
			continue
		}
		credentials, _ := got.Values["aci_credentials"].(map[string]any)
		registry, _ := got.Values["image_registry"].(map[string]any)
		if credentials["client_secret"] != "hunter2" || registry["password"] != "hunter2" {
			t.Errorf("the blocks in the job are %v and %v", credentials, registry)
		}
	}
}

// TestRunPrefectBlock runs jobs of a block that a real server keeps, on an emulated Azure in another process.
func TestRunPrefectBlock(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "process")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	for major := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			_, address := serverClient(t, fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
			w := newWorld(t)
			w.env = map[string]string{"PREFECT_API_URL": address, "PREFECT_API_KEY": "hunter2"}
			account := maps.Clone(w.env)
			for _, variable := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID"} {
				account[variable] = a.values[variable]
			}
			with := command{t, world{w.home, w.dir, account}, a.pacific}
			name := "e2e-" + uuid.NewString()[:8]
			path := "azure-container-instance-job/" + name
			with.run(0, "block", "create", "azure-container-instance-credentials", name, "--from-env")
			with.run(0, "block", "create", "azure-container-instance-job", name, "--from-env", "--resource-group", "e2e", "--credentials", name,
				"--image", "alpine", "--env", "PLANET=mars", "--label", "team=data", "--entrypoint", "", "--", "sh", "-c", "echo block on $PLANET; exit 4")
			// Nothing but the block says which account, subscription and group.
			w.env["PACIFIC_CLOUD"] = a.values["PACIFIC_CLOUD"]
			w.env["PATH"] = "/usr/bin:/bin"
			c := command{t, w, a.pacific}
			t.Cleanup(func() { c.run(0, "block", "rm", "--yes", path, "azure-container-instance-credentials/"+name) })
			if got, want := c.run(4, "run", "--block", path), "block on mars\n"; got != want {
				t.Errorf("the block's command printed %q, want %q", got, want)
			}
			got := c.run(0, "run", "--block", path, "--env", "PLANET=venus", "--", "sh", "-c", "echo $PLANET $PREFECT_API_URL $PREFECT_API_KEY")
			if want := "venus " + address + " hunter2\n"; got != want {
				t.Errorf("the flag's command printed %q, want %q", got, want)
			}
			group := strings.TrimSpace(c.run(0, "run", "--block", path, "--detach", "--", "sleep", "60"))
			var shown struct{ Tags map[string]string }
			a.azJSON(&shown, "container", "show", "--resource-group", "e2e", "--name", group)
			if shown.Tags["team"] != "data" {
				t.Errorf("the group's tags are %v", shown.Tags)
			}
			a.cli(0, "kill", "--stop-grace", "0s", group)
			out := c.run(0, "run", "--block", path, "--dry-run")
			if strings.Contains(out, "hunter2") || strings.Contains(out, "mars") || !strings.Contains(out, `"image": "alpine"`) {
				t.Errorf("--dry-run printed\n%s", out)
			}
			if got, want := c.run(4, "run", "--local", "--block", path), "block on mars\n"; got != want {
				t.Errorf("--local printed %q, want %q", got, want)
			}
		})
	}
}

// TestPrefectDeletesDeployments shows why block rm looks at deployments: real servers delete those that a block belongs to.
func TestPrefectDeletesDeployments(t *testing.T) {
	seconds(t)
	for major := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			client, address := serverClient(t, fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
			w := newWorld(t)
			w.env = map[string]string{"PREFECT_API_URL": address}
			c := command{t, w, binary(t)}
			name := "e2e-" + uuid.NewString()[:8]
			c.run(0, "block", "create", "azure-container-instance-job", name, "--subscription", "s", "--resource-group", "g")
			block, err := client.BlockDocumentByName(t.Context(), "azure-container-instance-job", name, prefect.MaskSecrets)
			if err != nil {
				t.Fatal(err)
			}
			flow, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			deployment, err := client.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: name, FlowID: flow.ID, InfrastructureDocumentID: block.ID})
			if err != nil {
				t.Fatal(err)
			}
			run, err := client.CreateDeploymentFlowRun(t.Context(), deployment.ID, prefect.DeploymentFlowRunCreate{})
			if err != nil {
				t.Fatal(err)
			}
			c.run(3, "block", "rm", "azure-container-instance-job/"+name)
			if _, err := client.FlowRun(t.Context(), run.ID); err != nil {
				t.Errorf("declined, and the flow run is gone: %v", err)
			}
			c.run(0, "block", "rm", "--yes", "azure-container-instance-job/"+name)
			if _, err := client.Deployment(t.Context(), deployment.ID); !errors.Is(err, prefect.ErrNotFound) {
				t.Errorf("the deployment: %v, want it gone", err)
			}
			if _, err := client.FlowRun(t.Context(), run.ID); !errors.Is(err, prefect.ErrNotFound) {
				t.Errorf("its flow run: %v, want it gone", err)
			}
		})
	}
}
