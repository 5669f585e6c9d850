package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// SaveBlockOptions say how to save a block. The zero value refuses to replace one that exists.
type SaveBlockOptions struct {
	// Overwrite replaces the document of that name, all of its values; a secret given as [SecretMask] stays as it is kept.
	Overwrite bool
}

// InvalidBlockError is about a block that no server should be asked to keep. Servers do not look at a document's values,
// so the mistake would come to light at the first flow run.
type InvalidBlockError struct {
	// Slug and Name are the block's; Field is the key of its data, empty when it is about the name.
	Slug, Name, Field string
	// Rule is what is asked of it.
	Rule string
}

func (e *InvalidBlockError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("block %s/%s: its name %s", e.Slug, e.Name, e.Rule)
	}
	return fmt.Sprintf("block %s/%s: %s %s", e.Slug, e.Name, e.Field, e.Rule)
}

// blockName is the servers' own rule.
var blockName = regexp.MustCompile(`^[a-z0-9-]+$`)

// SaveBlock keeps a block under a name, and registers its type and schema where the server lacks them. It gives the
// document as the server shows it, secrets masked.
//
// The errors are [*InvalidBlockError], and one that matches [ErrConflict] when the name is taken and Overwrite is not set.
func (c *Client) SaveBlock(ctx context.Context, name string, b Block, o SaveBlockOptions) (BlockDocument, error) {
	slug := b.BlockTypeSlug()
	if !blockName.MatchString(name) {
		return BlockDocument{}, &InvalidBlockError{Slug: slug, Name: name, Rule: "must be of lower-case letters, digits and dashes"}
	}
	data, err := BlockData(b)
	if err != nil {
		return BlockDocument{}, fmt.Errorf("saving block %s/%s: %w", slug, name, err)
	}
	blockType, schema, err := c.RegisterBlock(ctx, slug)
	if err != nil {
		return BlockDocument{}, err
	}
	fields, err := readFields(schema.Fields)
	if err != nil {
		return BlockDocument{}, fmt.Errorf("saving block %s/%s: %w", slug, name, err)
	}
	if field := fields.missing(slug, data); field != "" {
		return BlockDocument{}, &InvalidBlockError{Slug: slug, Name: name, Field: field, Rule: "is required: give it a value"}
	}
	masked := fields.masked(data)
	if masked == "" {
		create := BlockDocumentCreate{Name: name, Data: data, BlockSchemaID: schema.ID, BlockTypeID: blockType.ID}
		document, err := c.CreateBlockDocument(ctx, create)
		if !errors.Is(err, ErrConflict) {
			return document, err
		}
		if !o.Overwrite {
			return BlockDocument{}, fmt.Errorf("block %s/%s already exists: choose another name, or overwrite it: %w", slug, name, err)
		}
	}
	existing, err := c.BlockDocumentByName(ctx, slug, name, MaskSecrets)
	if masked != "" && (errors.Is(err, ErrNotFound) || err == nil && !o.Overwrite) {
		// A new document would keep the asterisks as the secret.
		return BlockDocument{}, &InvalidBlockError{Slug: slug, Name: name, Field: masked, Rule: "is masked: give the secret itself, or overwrite a block that keeps it"}
	}
	if err != nil {
		return BlockDocument{}, err
	}
	update := BlockDocumentUpdate{BlockSchemaID: schema.ID, Data: data, Replace: true}
	if err := c.UpdateBlockDocument(ctx, existing.ID, update); err != nil {
		return BlockDocument{}, err
	}
	return c.BlockDocument(ctx, existing.ID, MaskSecrets)
}

// LoadBlock reads the block of that name into b, secrets in clear. Blocks that it refers to come with it: a [Nested] then
// has both DocumentID and Value, a [PlainBlock] has the reference. What was read is also given as the document.
func (c *Client) LoadBlock(ctx context.Context, name string, b Block) (BlockDocument, error) {
	slug := b.BlockTypeSlug()
	document, err := c.BlockDocumentByName(ctx, slug, name, IncludeSecrets)
	if err != nil {
		return BlockDocument{}, err
	}
	if err := document.Decode(b); err != nil {
		return BlockDocument{}, err
	}
	return document, nil
}

// Decode reads the document's data into b, whose type must be the document's, with references as [Client.LoadBlock] says.
func (d BlockDocument) Decode(b Block) error {
	if d.BlockType != nil && d.BlockType.Slug != b.BlockTypeSlug() {
		return fmt.Errorf("reading block %s: its type is %s, not %s", d.Name, d.BlockType.Slug, b.BlockTypeSlug())
	}
	data := maps.Clone(d.Data)
	if plain, ok := b.(*PlainBlock); ok {
		for key, ref := range d.References {
			data[key] = BlockRef(ref.BlockDocument.ID)
		}
		plain.Data = data
		return nil
	}
	encoded, err := json.Marshal(data)
	if err == nil {
		err = unmarshalLax(encoded, b)
	}
	if err != nil {
		return fmt.Errorf("reading block %s/%s: %w", b.BlockTypeSlug(), d.Name, err)
	}
	if job, ok := b.(*AzureContainerInstanceJob); ok {
		job.ACICredentials.DocumentID = d.References["aci_credentials"].BlockDocument.ID
		if job.ImageRegistry != nil && job.ImageRegistry.DockerRegistry != nil {
			job.ImageRegistry.DockerRegistry.DocumentID = d.References["image_registry"].BlockDocument.ID
		}
	}
	return nil
}

// UpdateBlock changes some top-level values of a document and keeps the others. A nil value is null.
//
// It also sends the references that the document has, as servers drop every one that an update does not name.
func (c *Client) UpdateBlock(ctx context.Context, slug, name string, changes map[string]any) error {
	document, err := c.BlockDocumentByName(ctx, slug, name, MaskSecrets)
	if err != nil {
		return err
	}
	data := map[string]any{}
	for key, ref := range document.References {
		data[key] = BlockRef(ref.BlockDocument.ID)
	}
	maps.Copy(data, changes)
	return c.UpdateBlockDocument(ctx, document.ID, BlockDocumentUpdate{Data: data})
}

// BlockData is the block as a document's data, with secrets in clear and numbers as [encoding/json.Number]. Text that is not
// UTF-8 is refused.
func BlockData(b Block) (map[string]any, error) {
	encoded, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	if pytext.Replaced(encoded) {
		return nil, fmt.Errorf("%s must be valid UTF-8", replacedField(encoded))
	}
	value, err := pytext.Decode(encoded)
	if err != nil {
		return nil, err
	}
	data, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("its data is not a JSON object")
	}
	return data, nil
}

// missing gives a required field without a value. An empty text is none, except where the text is all that the block is.
func (f schemaFields) missing(slug string, data map[string]any) string {
	for _, name := range f.Required {
		if value := data[name]; value == nil || value == "" && slug != "string" {
			return name
		}
	}
	return ""
}

// masked gives a secret field whose value is the mask.
func (f schemaFields) masked(data map[string]any) string {
	for _, path := range f.SecretFields {
		before, _, wild := strings.Cut(path, "*")
		value, ok := valueAt(data, strings.Split(strings.TrimSuffix(before, "."), "."))
		if ok && (value == SecretMask || wild && holdsMask(value)) {
			return path
		}
	}
	return ""
}

// valueAt follows keys into nested objects.
func valueAt(value any, path []string) (any, bool) {
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[key]; !ok {
			return nil, false
		}
	}
	return value, true
}

func holdsMask(value any) bool {
	switch v := value.(type) {
	case string:
		return v == SecretMask
	case []any:
		return slices.ContainsFunc(v, holdsMask)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), holdsMask)
	}
	return false
}

// replacedField names the field of an object that [pytext.Replaced] has found.
func replacedField(encoded []byte) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(encoded, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if pytext.Replaced(fields[name]) {
				return name
			}
		}
	}
	return "its data"
}
