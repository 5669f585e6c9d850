package blocks

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// noVersion is the version of a schema that names none.
const noVersion = "non-versioned"

// schema is a schema as it is kept: its fields without the definitions of other blocks and without the references to
// them, which are put back when it is read.
type schema struct {
	db.Base
	Checksum string
	Fields   map[string]any
	// Texts are what the fields are written in the order of, and Definitions the definitions that came with them.
	Texts        []json.RawMessage
	Definitions  json.RawMessage
	BlockTypeID  uuid.UUID
	Capabilities []string
	Version      string
	References   []reference
}

// The keys of what is kept apart.
const (
	referencesKey  = "block_schema_references"
	definitionsKey = "definitions"
)

// reference is another schema that a property may hold a block of.
type reference struct {
	Name   string
	Schema uuid.UUID
}

// schemaView is a schema on the wire.
type schemaView struct {
	db.Base
	Checksum     string          `json:"checksum"`
	Fields       json.RawMessage `json:"fields"`
	BlockTypeID  uuid.UUID       `json:"block_type_id"`
	BlockType    *blockType      `json:"block_type"`
	Capabilities []string        `json:"capabilities"`
	Version      string          `json:"version"`
}

func (b *handlers) registerSchemas(r *api.Router) {
	r.Handle("POST /block_schemas/", b.createSchema)
	r.Handle("POST /block_schemas/filter", b.listSchemas)
	r.Handle("GET /block_schemas/{id}", b.readSchema)
	r.Handle("DELETE /block_schemas/{id}", b.deleteSchema)
	r.Handle("GET /block_schemas/checksum/{checksum}", b.readSchemaByChecksum)
	r.Handle("GET /block_capabilities/", b.listCapabilities)
}

func (b *handlers) view(s *schema) schemaView {
	return schemaView{Base: s.Base, Checksum: s.Checksum, Fields: api.InOrder(b.fullFields(s), b.texts(s)...), BlockTypeID: s.BlockTypeID, BlockType: b.types.Get(s.BlockTypeID),
		Capabilities: s.Capabilities, Version: s.Version}
}

// fullFields are a schema's fields with what was kept apart: references by name, and definitions by title.
func (b *handlers) fullFields(s *schema) map[string]any {
	fields := maps.Clone(s.Fields)
	refs := map[string]any{}
	definitions := map[string]any{}
	if own, ok := fields["definitions"].(map[string]any); ok {
		maps.Copy(definitions, own)
	}
	for _, ref := range s.References {
		child := b.schemas.Get(ref.Schema)
		if child == nil {
			continue // deleted with its type
		}
		entry := map[string]any{"block_schema_checksum": child.Checksum, "block_type_slug": b.types.Get(child.BlockTypeID).Slug}
		switch before := refs[ref.Name].(type) {
		case nil:
			refs[ref.Name] = entry
		case []any:
			refs[ref.Name] = append(before, entry)
		default:
			refs[ref.Name] = []any{before, entry}
		}
		inner := b.fullFields(child)
		if title, ok := inner["title"].(string); ok {
			if nested, ok := inner["definitions"].(map[string]any); ok {
				maps.Copy(definitions, nested)
			}
			delete(inner, "definitions")
			definitions[title] = inner
		}
	}
	fields["block_schema_references"] = refs
	if len(definitions) > 0 {
		fields["definitions"] = definitions
	}
	return fields
}

// texts are what the full fields are written in the order of: the schema's own texts, the definitions that it came with,
// and the texts of what it refers to, where their fields stand among the definitions.
func (b *handlers) texts(s *schema) []json.RawMessage {
	return slices.Concat(s.Texts, []json.RawMessage{api.Raw(map[string]any{definitionsKey: s.Definitions})}, b.childTexts(s))
}

// childTexts are the texts of what a schema refers to, at whatever depth.
func (b *handlers) childTexts(s *schema) []json.RawMessage {
	var texts []json.RawMessage
	for _, ref := range s.References {
		child := b.schemas.Get(ref.Schema)
		if child == nil {
			continue
		}
		if title, ok := child.Fields["title"].(string); ok {
			for _, text := range slices.Backward(child.Texts) { // the last one counts first
				texts = append(texts, api.Raw(map[string]any{definitionsKey: map[string]any{title: text}}))
			}
		}
		texts = append(texts, b.childTexts(child)...)
	}
	return texts
}

// field is the text of a field of an object, nil if there is none.
func field(object json.RawMessage, name string) json.RawMessage {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(object, &fields)
	return fields[name]
}

// newSchema is what a request says of one.
type newSchema struct {
	Fields       api.Object `json:"fields"`
	BlockTypeID  uuid.UUID  `json:"block_type_id" req:"true"`
	Capabilities []string   `json:"capabilities"`
	Version      string     `json:"version"`
}

func (b *handlers) createSchema(r *api.Request) (api.Reply, error) {
	body := newSchema{Capabilities: []string{}, Version: noVersion}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if b.types.Get(body.BlockTypeID) == nil {
		return api.Reply{}, api.Problem(http.StatusNotFound, fmt.Sprintf("Block type %s not found.", body.BlockTypeID))
	}
	if known := b.schemaByChecksum(checksum(body.Fields.Map), body.Version); known != nil {
		return api.OK(b.view(known))
	}
	made, err := b.addSchema(body, api.Object{})
	if err != nil {
		return api.Reply{}, err
	}
	// A new schema is shown as it came; read, it is put together from the schemas that it refers to.
	view := b.view(made)
	view.Fields = api.InOrder(body.Fields.Map, append(slices.Clone(made.Texts), body.Fields.Text)...)
	return api.Created(view)
}

// addSchema keeps a schema, and before it those of blocks in it that are not known yet. definitions are those of the
// schema that it lies in, without any its own.
func (b *handlers) addSchema(n newSchema, definitions api.Object) (*schema, error) {
	fields := maps.Clone(n.Fields.Map)
	if fields == nil {
		fields = map[string]any{}
	}
	if definitions.Map == nil {
		definitions.Map, _ = fields[definitionsKey].(map[string]any)
		definitions.Text = field(n.Fields.Text, definitionsKey)
	}
	if len(definitions.Map) > 0 {
		fields[definitionsKey] = definitions.Map
	}
	s := &schema{Base: db.NewBase(), Checksum: checksum(fields), BlockTypeID: n.BlockTypeID, Capabilities: n.Capabilities, Version: n.Version}
	if known := b.schemaByChecksum(s.Checksum, n.Version); known != nil {
		return known, nil
	}
	own := ownDefinitions(fields, definitions.Map)
	delete(fields, definitionsKey)
	refs, _ := fields[referencesKey].(map[string]any)
	delete(fields, referencesKey)
	// What is put back when the schema is read comes last.
	s.Texts = []json.RawMessage{api.InOrder(fields, n.Fields.Text), api.Raw(map[string]any{referencesKey: nil})}
	s.Definitions = definitions.Text
	if len(own) > 0 {
		fields[definitionsKey] = own
	}
	s.Fields = fields
	properties, _ := fields["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		entries, ok := refs[name].([]any)
		if !ok {
			entries = []any{refs[name]}
		}
		for _, entry := range entries {
			child, err := b.childSchema(references(properties[name]), entry, definitions)
			if err != nil {
				return nil, err
			}
			s.References = append(s.References, reference{Name: name, Schema: child.ID})
		}
	}
	b.schemas.Put(s.ID, s)
	return s, nil
}

// childSchema finds the schema that an entry of block_schema_references asks for, or makes it of one of the definitions
// that its property refers to by these names.
func (b *handlers) childSchema(names []string, entry any, definitions api.Object) (*schema, error) {
	object, _ := entry.(map[string]any)
	slug, _ := object["block_type_slug"].(string)
	sum, _ := object["block_schema_checksum"].(string)
	t := b.typeBySlug(slug)
	if t == nil {
		return nil, api.Problem(http.StatusConflict, "Cannot create block schema because block type "+pytext.Repr(slug)+" was not found.Did you forget to register the block type?")
	}
	if known := b.schemaByChecksum(sum, ""); known != nil {
		return known, nil
	}
	for _, candidate := range names {
		definition, ok := definitions.Map[candidate].(map[string]any)
		if ok && (len(names) == 1 || definition["block_type_slug"] == slug) {
			return b.addSchema(newSchema{Fields: api.Object{Map: definition, Text: field(definitions.Text, candidate)}, BlockTypeID: t.ID, Capabilities: []string{}, Version: noVersion}, definitions)
		}
	}
	return nil, fmt.Errorf("making a block schema: no definition of block type %q in it", slug) // the server fails here too
}

// schemaByChecksum finds the newest; an empty version is any.
func (b *handlers) schemaByChecksum(sum, version string) *schema {
	for s := range b.schemas.Backward() {
		if s.Checksum == sum && (version == "" || s.Version == version) {
			return s
		}
	}
	return nil
}

func (b *handlers) readSchemaByChecksum(r *api.Request) (api.Reply, error) {
	s := b.schemaByChecksum(r.Path("checksum"), r.HTTP.URL.Query().Get("version"))
	if s == nil {
		return api.Reply{}, api.NotFound("Block schema")
	}
	return api.OK(b.view(s))
}

// schemaAt finds the schema that the address names.
func (b *handlers) schemaAt(r *api.Request) (*schema, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	s := b.schemas.Get(id)
	if s == nil {
		return nil, api.NotFound("Block schema")
	}
	return s, nil
}

func (b *handlers) readSchema(r *api.Request) (api.Reply, error) {
	s, err := b.schemaAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(b.view(s))
}

func (b *handlers) deleteSchema(r *api.Request) (api.Reply, error) {
	s, err := b.schemaAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	if b.types.Get(s.BlockTypeID).IsProtected {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Block schemas for protected block types cannot be deleted.")
	}
	b.dropSchema(s)
	return api.NoContent()
}

// dropSchema takes its documents with it.
func (b *handlers) dropSchema(s *schema) {
	for doc := range b.documents.All() {
		if doc.BlockSchemaID == s.ID {
			b.dropDocument(doc.ID)
		}
	}
	for parent := range b.schemas.All() {
		parent.References = slices.DeleteFunc(parent.References, func(ref reference) bool { return ref.Schema == s.ID })
	}
	b.schemas.Delete(s.ID)
}
