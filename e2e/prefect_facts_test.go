//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// pythons are the Python environments with Prefect in them: PACIFIC_E2E_PREFECT3_PYTHON and PACIFIC_E2E_PREFECT2_PYTHON
// name them, with the versions of the file versions.
func pythons(t *testing.T) map[int]string {
	t.Helper()
	found := map[int]string{}
	for major, name := range map[int]string{3: "PACIFIC_E2E_PREFECT3_PYTHON", 2: "PACIFIC_E2E_PREFECT2_PYTHON"} {
		if found[major] = os.Getenv(name); found[major] == "" {
			t.Fatalf("%s is not set: it must name a Python with Prefect %d in it", name, major)
		}
	}
	return found
}

// world is a home and a working folder of their own for a process of Prefect's.
type world struct {
	home, dir string
	env       map[string]string
}

func newWorld(t *testing.T) world {
	return world{home: t.TempDir(), dir: t.TempDir(), env: map[string]string{}}
}

func (w world) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w world) profiles() string { return filepath.Join(w.home, ".prefect", "profiles.toml") }

// run starts a program with nothing but this world's environment and gives its standard output.
func (w world) run(t *testing.T, stdin []byte, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdin = w.dir, bytes.NewReader(stdin)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + w.home, "DO_NOT_TRACK=1", "PYTHONUTF8=1", "COLUMNS=500"}
	for name, value := range w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out
}

func facts[T any](t *testing.T, w world, python, what string, stdin any) T {
	t.Helper()
	script, err := filepath.Abs("testdata/prefect_facts.py")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(stdin)
	if err != nil {
		t.Fatal(err)
	}
	var answer T
	out := w.run(t, input, python, script, what)
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, out)
	}
	return answer
}

type blockFacts struct {
	Version string
	Schemas map[string]struct {
		Fields       json.RawMessage
		Checksum     string
		Name         string
		Version      string
		Capabilities []string
	}
	Checksums []string
	Documents map[string]json.RawMessage
}

// TestPrefectBlocks holds our block schemas, checksums and documents against those of Prefect's own classes and servers.
func TestPrefectBlocks(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			schemas := randomSchemas(300)
			for _, d := range prefect.BlockDefinitions(major) {
				schemas = append(schemas, string(d.Fields))
			}
			got := facts[blockFacts](t, newWorld(t), python, "blocks", schemas)
			t.Logf("Prefect %s registers %d block schemas", got.Version, len(got.Schemas))
			for i, want := range got.Checksums {
				sum, err := prefect.SchemaChecksum([]byte(schemas[i]))
				if err != nil || sum != want {
					t.Errorf("checksum %s, %v; Python's is %s for\n%s", sum, err, want, schemas[i])
				}
			}
			for slug, theirs := range got.Schemas {
				if sum, err := prefect.SchemaChecksum(theirs.Fields); err != nil || sum != theirs.Checksum {
					t.Errorf("%s: checksum %s, %v; the server's is %s", slug, sum, err, theirs.Checksum)
				}
			}
			for _, ours := range prefect.BlockDefinitions(major) {
				checkDefinition(t, ours, got)
			}
			checkDocuments(t, major, got.Documents)
		})
	}
}

func checkDefinition(t *testing.T, ours prefect.BlockDefinition, got blockFacts) {
	t.Helper()
	theirs, ok := got.Schemas[ours.Slug]
	if dropped := []string{"azure", "azure-container-instance-job", "docker-registry", "string"}; !ok {
		if strings.HasPrefix(got.Version, "3.") && slices.Contains(dropped, ours.Slug) {
			return // 2.20 proves these
		}
		t.Fatalf("Prefect %s does not know %s", got.Version, ours.Slug)
	}
	if ours.Checksum != theirs.Checksum || ours.Name != theirs.Name || ours.Version != theirs.Version {
		t.Errorf("%s: we have %s %s %s; Prefect has %s %s %s", ours.Slug, ours.Checksum, ours.Name, ours.Version, theirs.Checksum, theirs.Name, theirs.Version)
	}
	if diff := cmp.Diff(append([]string{}, theirs.Capabilities...), append([]string{}, ours.Capabilities...)); diff != "" {
		t.Errorf("%s: capabilities -Prefect +ours:\n%s", ours.Slug, diff)
	}
	if diff := cmp.Diff(decoded(t, theirs.Fields), decoded(t, ours.Fields)); diff != "" {
		t.Errorf("%s: fields -Prefect +ours:\n%s", ours.Slug, diff)
	}
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// checkDocuments makes the same blocks as the Python program and compares the data of their documents.
func checkDocuments(t *testing.T, major int, theirs map[string]json.RawMessage) {
	t.Helper()
	ours := exampleBlocks()
	for name, data := range theirs {
		block, ok := ours[name]
		if !ok {
			t.Errorf("no block of ours is called %s", name)
			continue
		}
		encoded, err := json.Marshal(block)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := decoded(t, data).(map[string]any)
		got, _ := decoded(t, encoded).(map[string]any)
		for key, value := range want {
			// prefect-azure 0.4 adds fields that no server's own schema has.
			if _, ok := got[key]; !ok && major == 3 && value == nil {
				delete(want, key)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -Prefect +ours:\n%s", name, diff)
		}
		if err := json.Unmarshal(data, block); err != nil {
			t.Errorf("%s: reading Prefect's document: %v", name, err)
		}
		again, err := json.Marshal(block)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, decoded(t, again)); diff != "" {
			t.Errorf("%s: -ours +ours after reading Prefect's document:\n%s", name, diff)
		}
	}
	if want := map[int]int{2: 14, 3: 6}[major]; len(theirs) != want {
		t.Errorf("compared %d documents, want %d", len(theirs), want)
	}
}

// exampleBlocks are the blocks of prefect_facts.py; "job" and the first ones are those of the demo's four scripts.
func exampleBlocks() map[string]prefect.Block {
	const id = "7a1c95c9-fdca-40d6-b43d-e99170691a75"
	registry := prefect.DockerRegistry{Username: "u", Password: "p", RegistryURL: "r.io"}
	quiet := registry
	quiet.Reauth = new(false)
	return map[string]prefect.Block{
		"credentials":         &prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s"},
		"credentials-default": &prefect.AzureContainerInstanceCredentials{},
		"credentials-kwargs":  &prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s", CredentialKwargs: map[string]any{"authority": "a"}},
		"storage-connection":  &prefect.AzureBlobStorageCredentials{ConnectionString: "DefaultEndpointsProtocol=https"},
		"storage-url":         &prefect.AzureBlobStorageCredentials{AccountURL: "https://a.blob.core.windows.net"},
		"secret":              &prefect.SecretBlock{Value: "v"},
		"string":              &prefect.StringBlock{Value: "https://kv.vault.azure.net"},
		"azure":               &prefect.AzureStorage{BucketPath: "flows", AccountName: "a", AccountKey: "k"},
		"azure-principal": &prefect.AzureStorage{BucketPath: "f", AccountName: "a", TenantID: "t", ClientID: "c", ClientSecret: "s",
			Anon: new(false), Container: "box"},
		"registry": &registry,
		"job": &prefect.AzureContainerInstanceJob{Name: "aci", Image: "radbrt/orion_aci_base:latest", CPU: 1, Memory: 1,
			ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: id},
			SubscriptionID: "sub", ResourceGroupName: "aci-rg", TaskStartTimeoutSeconds: new(480), Identities: []string{"/id"}},
		"job-full": &prefect.AzureContainerInstanceJob{Env: map[string]*string{"A": new("1"), "B": nil}, Labels: map[string]string{"l": "v"},
			Command: []string{"python", "-m", "x"}, SubscriptionID: "sub", ResourceGroupName: "rg", Image: "i", Entrypoint: new(""),
			CPU: 0.5, Memory: 1.5, GPUCount: 1, GPUSKU: "V100", SubnetIDs: []string{"/s"}, DNSServers: []string{"10.0.0.1"},
			ImageRegistry: &prefect.ImageRegistry{ACRManagedIdentity: &prefect.ACRManagedIdentity{RegistryURL: "r.azurecr.io", Identity: "/id"}},
			StreamOutput:  new(true), TaskWatchPollInterval: 0.5},
		"job-registry": &prefect.AzureContainerInstanceJob{SubscriptionID: "sub", ResourceGroupName: "rg", Image: "i",
			ImageRegistry: &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: id}}},
		"job-inline": &prefect.AzureContainerInstanceJob{SubscriptionID: "sub", ResourceGroupName: "rg", Image: "i", StreamOutput: new(false),
			ImageRegistry: &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{Value: &quiet}}},
	}
}

// randomSchemas are JSON objects with everything that a checksum could get wrong: numbers, escapes, definitions that refer
// to each other, secret fields at every depth.
func randomSchemas(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	numbers := []string{"0", "-0", "1", "1.0", "-0.0", "1e5", "1E+16", "1e16", "123456789012345678901234567890", "0.1", "1e-4", "1e-5", "9.999e-5",
		"1.5e300", "5e-324", "1e400", "-1e400", "0.30000000000000004", "1e22", "100000000000000000000.0", "12345678901234567.0"}
	texts := []string{`""`, `"a"`, `"é"`, `"€"`, `"😀"`, `"\u0000\u001f\u007f\u0080"`, `"\"\\\/\b\f\n\r\t"`, `"<&>"`, `"\u2028"`, `"~ "`}
	keys := []string{"a", "B", "é", "z", "secret_fields", "properties", "items", "😀", "_", "type"}
	var value func(depth int) string
	value = func(depth int) string {
		switch k := r.IntN(9); {
		case k < 2:
			return numbers[r.IntN(len(numbers))]
		case k < 4 || depth == 0:
			return texts[r.IntN(len(texts))]
		case k == 4:
			return []string{"true", "false", "null", "{}", "[]"}[r.IntN(5)]
		case k == 5:
			return fmt.Sprintf(`{"$ref": "#/definitions/D%d"}`, r.IntN(5))
		case k == 6:
			parts := make([]string, r.IntN(4))
			for i := range parts {
				parts[i] = value(depth - 1)
			}
			return "[" + strings.Join(parts, ",") + "]"
		}
		parts := make([]string, r.IntN(4))
		for i := range parts {
			parts[i] = fmt.Sprintf("%q: %s", keys[r.IntN(len(keys))], value(depth-1))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	list := make([]string, n)
	for i := range list {
		definitions := make([]string, r.IntN(5))
		for d := range definitions {
			slug := ""
			if r.IntN(3) == 0 {
				slug = `"block_type_slug": "s", `
			}
			next := ""
			if d > 0 { // only to earlier ones: Prefect's own code does not end on a circle
				next = fmt.Sprintf(`{"$ref": "#/definitions/D%d"}`, r.IntN(d))
			} else {
				next = numbers[r.IntN(len(numbers))]
			}
			definitions[d] = fmt.Sprintf(`"D%d": {%s"x": %s}`, d, slug, next)
		}
		list[i] = fmt.Sprintf(`{"properties": %s, "other": %s, "secret_fields": ["x"], "definitions": {%s}}`, value(4), value(3), strings.Join(definitions, ","))
	}
	return list
}
