package prefect_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// TestBlockDefinitions pins the checksums to those of real servers: 3.9.1 and 2.20.27 register all of them but those of
// types that 3.x dropped.
func TestBlockDefinitions(t *testing.T) {
	shared := map[string]string{
		"azure":                                "sha256:bb71661a7d11812c5e31fe5143a04bd6d4879a4913a7ae0f0dc5122092e3b98a",
		"azure-blob-storage-credentials":       "sha256:73e835b6cb9a1902fd869037fb7f8a90f974508dda7a168e748a1206e7c325eb",
		"azure-container-instance-credentials": "sha256:17a9122f9f345a4547128cc05f7ff7146da9a72c4bac2850004fcc6c8d9be2d1",
		"azure-container-instance-job":         "sha256:367f8171cce7f4937a49fe19febd1752cb95a2eed83e91ec40dd6120d90eff2f",
		"docker-registry":                      "sha256:7f51876d1b567d9c712e2f72ab76b078b2f288503e4ba3a68aca478d368a982d",
		"docker-registry-credentials":          "sha256:d5cbcfdf092e1f904ea26c274fcd0f23d86ecbbd0afae0f254f575ac3e40915d",
		"string":                               "sha256:e9f3f43e55b73bc94ee2a355f1e4ef7064645268cba22571c2a95d90a2af8dd0",
	}
	secrets := map[int]string{
		2: "sha256:e6b26e0a0240eb112e604608338f863e5ca2f137936e310014bfa2139d0a9b6c",
		3: "sha256:c078ed9c1e813e224c0b353d7ad4564a11d51d3198d9ac0686478165a1911c78",
	}
	for _, major := range []int{0, 2, 3} {
		want := maps.Clone(shared)
		want["secret"] = secrets[3]
		if major == 2 {
			want["secret"] = secrets[2]
		}
		got := map[string]string{}
		for _, d := range prefect.BlockDefinitions(major) {
			got[d.Slug] = d.Checksum
			if d.Name == "" || d.Description == "" || d.LogoURL == "" || d.Version == "" {
				t.Errorf("%s lacks a text: %+v", d.Slug, d)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Prefect %d: -want +got:\n%s", major, diff)
		}
	}
}

// TestBlocksHaveTheirSchemasFields keeps the Go types and the schemas in step: a document has every property of its schema and
// nothing else.
func TestBlocksHaveTheirSchemasFields(t *testing.T) {
	blocks := []prefect.Block{&prefect.AzureStorage{}, &prefect.AzureBlobStorageCredentials{}, &prefect.AzureContainerInstanceCredentials{},
		&prefect.AzureContainerInstanceJob{}, &prefect.DockerRegistry{}, &prefect.DockerRegistryCredentials{}, &prefect.SecretBlock{}, &prefect.StringBlock{}}
	seen := map[string]bool{}
	for _, block := range blocks {
		slug := block.BlockTypeSlug()
		seen[slug] = true
		definition, ok := prefect.FindBlockDefinition(slug, 3)
		if !ok {
			t.Errorf("no definition of %s", slug)
			continue
		}
		var schema struct {
			Properties map[string]struct{ Default any }
			Slug       string `json:"block_type_slug"`
		}
		if err := json.Unmarshal(definition.Fields, &schema); err != nil {
			t.Fatal(err)
		}
		data := document(t, block)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(data))); diff != "" {
			t.Errorf("%s: -schema +Go:\n%s", slug, diff)
		}
		for name, property := range schema.Properties {
			if property.Default != nil && !cmp.Equal(property.Default, data[name]) {
				t.Errorf("%s: %s is %v when it is not set, the schema's default is %v", slug, name, data[name], property.Default)
			}
		}
		if schema.Slug != slug {
			t.Errorf("%s: its schema is of %s", slug, schema.Slug)
		}
	}
	for _, d := range prefect.BlockDefinitions(3) {
		if !seen[d.Slug] {
			t.Errorf("no Go type of %s is in this test", d.Slug)
		}
	}
}

// document is a block's data as it goes over the wire.
func document(t *testing.T, block prefect.Block) map[string]any {
	t.Helper()
	encoded, err := json.Marshal(block)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(encoded, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFindBlockDefinition(t *testing.T) {
	if d, ok := prefect.FindBlockDefinition("no-such-type", 3); ok {
		t.Errorf("found %+v", d)
	}
	job, ok := prefect.FindBlockDefinition("azure-container-instance-job", 3)
	if !ok || !slices.Equal(job.Capabilities, []string{"run-infrastructure"}) {
		t.Errorf("the job's capabilities are %v", job.Capabilities)
	}
}
