package prefect

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The schemas are Prefect's own, to the letter: a server tells block schemas apart by a checksum over every word of
// them, its documentation included. A schema in our words would be another schema, with documents that Prefect's classes
// do not know as theirs.
//
//go:embed schemas/*.json
var schemaFiles embed.FS

// A BlockDefinition is a block type with its schema as Prefect ships it, to be registered where a server lacks it.
type BlockDefinition struct {
	// Slug names the type in URLs, Name is the same for people. Servers refuse a name that begins with Prefect.
	Slug, Name string
	// Description and LogoURL are what the UI shows of the type. They are not part of the checksum.
	Description, LogoURL string
	// Version is that of the collection that the schema comes from, or of Prefect itself.
	Version string
	// Capabilities are what the type's class can do, such as "run-infrastructure". The UI filters by them.
	Capabilities []string
	// Fields is the JSON schema of a document's data, with Prefect's own keys block_type_slug, secret_fields and
	// block_schema_references.
	Fields json.RawMessage
	// Checksum is the server's name for Fields: see [SchemaChecksum].
	Checksum string
}

// Azure's and Docker's logos are pictures on Prefect's own content network, as the official types name them.
const (
	logoNetwork = "https://cdn.sanity.io/images/3ugk85nk/production/"
	azureLogo   = logoNetwork + "54e3fa7e00197a4fbd1d82ed62494cb58d08c96a-250x250.png"
	dockerLogo  = logoNetwork + "14a315b79990200db7341e42553e23650b34bb96-250x250.png"
)

// collectionVersion is prefect-azure's in the data that servers of 2.20 and 3.x register at their start.
const collectionVersion = "0.3.7"

// nonVersioned is what servers give to a schema that came as a part of another, or without a version.
const nonVersioned = "non-versioned"

// definitions lists what Pacific knows, without the schemas: see load.
func definitions(major int) []BlockDefinition {
	secret := BlockDefinition{Slug: "secret", Name: "Secret", Version: "2.20.27",
		Description: "A text that is hidden wherever it is shown.", LogoURL: logoNetwork + "c6f20e556dd16effda9df16551feecfb5822092b-48x48.png"}
	if major >= 3 {
		secret.Version = "3.9.1"
	}
	return []BlockDefinition{
		{Slug: "azure", Name: "Azure", Version: "2.20.27", LogoURL: azureLogo,
			Description:  "A folder of flow code in Azure Blob Storage.",
			Capabilities: []string{"get-directory", "put-directory", "read-path", "write-path"}},
		{Slug: "azure-blob-storage-credentials", Name: "Azure Blob Storage Credentials", Version: collectionVersion, LogoURL: azureLogo,
			Description: "How to sign in to an Azure storage account."},
		{Slug: "azure-container-instance-credentials", Name: "Azure Container Instance Credentials", Version: collectionVersion, LogoURL: azureLogo,
			Description: "The service principal that starts container groups."},
		{Slug: "azure-container-instance-job", Name: "Azure Container Instance Job", Version: collectionVersion, LogoURL: azureLogo,
			Description:  "A container job on Azure Container Instances, for agents and for pacific run --block.",
			Capabilities: []string{"run-infrastructure"}},
		{Slug: "docker-registry", Name: "Docker Registry", Version: "2.20.27", LogoURL: dockerLogo,
			Description:  "User and password of a container registry, for job blocks.",
			Capabilities: []string{"docker-login"}},
		{Slug: "docker-registry-credentials", Name: "Docker Registry Credentials", Version: "0.4.5", LogoURL: dockerLogo,
			Description: "User and password of a container registry, for work pools."},
		secret,
		{Slug: "string", Name: "String", Version: "2.20.27", LogoURL: logoNetwork + "c262ea2c80a2c043564e8763f3370c3db5a6b3e6-48x48.png",
			Description: "A text."},
	}
}

// load fills in the embedded schema; 3.x knows Secret by one of its own. A failure would be a broken build, which the
// tests find.
func (d *BlockDefinition) load(major int) {
	file := d.Slug
	if d.Slug == "secret" && major >= 3 {
		file = "secret-3"
	}
	data, err := schemaFiles.ReadFile("schemas/" + file + ".json")
	if err != nil {
		panic("prefect: " + err.Error())
	}
	d.Fields = data
	if d.Checksum, err = SchemaChecksum(data); err != nil {
		panic("prefect: " + err.Error())
	}
}

// BlockDefinitions lists the block types that Pacific knows, as a server of that major version has them, by slug. Types
// that 3.x dropped (azure, azure-container-instance-job, docker-registry, string) are as 2.20 has them. 0 counts as 3.
func BlockDefinitions(major int) []BlockDefinition {
	major = cmp.Or(major, 3)
	list := definitions(major)
	for i := range list {
		list[i].load(major)
	}
	return list
}

// FindBlockDefinition gives one of [BlockDefinitions], and false for a type that Pacific does not know.
func FindBlockDefinition(slug string, major int) (BlockDefinition, bool) {
	major = cmp.Or(major, 3)
	for _, d := range definitions(major) {
		if d.Slug == slug {
			d.load(major) // of this one only: a checksum takes its time
			return d, true
		}
	}
	return BlockDefinition{}, false
}

// schemaFields is the part of a block schema's fields that Pacific reads.
type schemaFields struct {
	Properties   map[string]json.RawMessage            `json:"properties"`
	Required     []string                              `json:"required"`
	SecretFields []string                              `json:"secret_fields"`
	References   map[string]oneOrMany[schemaReference] `json:"block_schema_references"`
	Definitions  map[string]json.RawMessage            `json:"definitions"`
}

// schemaReference names the schema of a block within a block.
type schemaReference struct {
	Slug     string `json:"block_type_slug"`
	Checksum string `json:"block_schema_checksum"`
}

// oneOrMany is how Prefect writes references: bare when there is one, a list for a union of several blocks.
type oneOrMany[T any] []T

func (l *oneOrMany[T]) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		return json.Unmarshal(data, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = []T{one}
	return nil
}

func readFields(fields []byte) (schemaFields, error) {
	var f schemaFields
	if err := json.Unmarshal(fields, &f); err != nil {
		return f, fmt.Errorf("reading block schema fields: %w", err)
	}
	return f, nil
}

// covers reports whether documents of the schema mine can be kept under this one: every property is there, and nothing
// that mine hides is shown.
func (f schemaFields) covers(mine schemaFields) bool {
	for name := range mine.Properties {
		if _, ok := f.Properties[name]; !ok {
			return false
		}
	}
	for _, secret := range mine.SecretFields {
		if !slices.ContainsFunc(f.SecretFields, func(pattern string) bool { return hides(pattern, secret) }) {
			return false
		}
	}
	return true
}

// hides reports whether a secret_fields entry reaches the path: it is the same, or its "*" stands for the rest.
func hides(pattern, path string) bool {
	before, _, wild := strings.Cut(pattern, "*")
	return pattern == path || wild && strings.HasPrefix(path, before)
}

// nestedDefinitions are the block schemas inside the fields, those that a server must have first, by slug. A nested
// schema is not always the type's own: job blocks carry an older docker-registry.
func (d BlockDefinition) nestedDefinitions(major int) ([]BlockDefinition, error) {
	fields, err := readFields(d.Fields)
	if err != nil {
		return nil, err
	}
	var nested []BlockDefinition
	for _, name := range slices.Sorted(maps.Keys(fields.References)) {
		for _, ref := range fields.References[name] {
			found, err := fields.definition(ref, major)
			if err != nil {
				return nil, fmt.Errorf("reading the schema of block type %s: %w", d.Slug, err)
			}
			nested = append(nested, found)
		}
	}
	return nested, nil
}

// definition finds the referenced block: its schema among our definitions, else its type there and its schema here.
func (f schemaFields) definition(ref schemaReference, major int) (BlockDefinition, error) {
	known, ok := FindBlockDefinition(ref.Slug, major)
	if ok && known.Checksum == ref.Checksum {
		return known, nil
	}
	for _, raw := range f.Definitions {
		sum, err := SchemaChecksum(raw)
		if err == nil && sum == ref.Checksum && ok {
			known.Fields, known.Checksum, known.Version, known.Capabilities = raw, sum, nonVersioned, nil
			return known, nil
		}
	}
	return BlockDefinition{}, fmt.Errorf("it refers to block type %s, whose schema %s is not known", ref.Slug, ref.Checksum)
}
