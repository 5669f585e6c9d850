package prefect

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// BlockType is a kind of block, such as azure-container-instance-credentials.
type BlockType struct {
	ID               ID     `json:"id"`
	Created          Time   `json:"created"`
	Updated          Time   `json:"updated"`
	Name             string `json:"name"`
	Slug             string `json:"slug"`
	LogoURL          string `json:"logo_url"`
	DocumentationURL string `json:"documentation_url"`
	Description      string `json:"description"`
	CodeExample      string `json:"code_example"`
	// IsProtected types cannot be changed or deleted. Those of Prefect's collections are not.
	IsProtected bool `json:"is_protected"`
}

// BlockTypeCreate registers a type. The server refuses names that begin with "prefect".
type BlockTypeCreate struct {
	Name             string `json:"name"`
	Slug             string `json:"slug"`
	LogoURL          string `json:"logo_url,omitempty"`
	DocumentationURL string `json:"documentation_url,omitempty"`
	Description      string `json:"description,omitempty"`
	CodeExample      string `json:"code_example,omitempty"`
}

// BlockTypeUpdate changes a type's texts.
type BlockTypeUpdate struct {
	LogoURL          Field[string] `json:"logo_url,omitzero"`
	DocumentationURL Field[string] `json:"documentation_url,omitzero"`
	Description      Field[string] `json:"description,omitzero"`
	CodeExample      Field[string] `json:"code_example,omitzero"`
}

// BlockTypeQuery chooses block types; zero: all.
type BlockTypeQuery struct {
	BlockTypes   BlockTypeFilter   `json:"block_types,omitzero"`
	BlockSchemas BlockSchemaFilter `json:"block_schemas,omitzero"`
}

// BlockTypeFilter chooses by name (Like) and slug (Any).
type BlockTypeFilter struct {
	Name Match `json:"name,omitzero"`
	Slug Match `json:"slug,omitzero"`
}

// CreateBlockType registers a type; [ErrConflict] if its slug is taken.
func (c *Client) CreateBlockType(ctx context.Context, create BlockTypeCreate) (BlockType, error) {
	return do(ctx, c, request[BlockType]{
		doing: "creating block type " + create.Slug, method: http.MethodPost, path: "/block_types/", body: create,
		settled: ifFound(
			func(ctx context.Context) (BlockType, error) { return c.BlockType(ctx, create.Slug) },
			func(t BlockType) bool { return t.Name == create.Name && t.Description == create.Description },
		),
	})
}

// BlockType reads a type by its slug.
func (c *Client) BlockType(ctx context.Context, slug string) (BlockType, error) {
	return do(ctx, c, request[BlockType]{doing: "reading block type " + slug, method: http.MethodGet, path: pathf("/block_types/slug/%s", slug)})
}

// BlockTypes lists types.
func (c *Client) BlockTypes(ctx context.Context, q BlockTypeQuery) iter.Seq2[BlockType, error] {
	return pages(ctx, c, list{doing: "listing block types", path: "/block_types/filter", body: q}, func(t *BlockType) ID { return t.ID })
}

// UpdateBlockType changes a type's texts.
func (c *Client) UpdateBlockType(ctx context.Context, id ID, update BlockTypeUpdate) error {
	_, err := do(ctx, c, request[none]{doing: "updating block type " + string(id), method: http.MethodPatch, path: pathf("/block_types/%s", string(id)), body: update})
	return err
}

// DeleteBlockType deletes a type with all its documents; [ErrForbidden] if it is protected.
func (c *Client) DeleteBlockType(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "deleting block type " + string(id), method: http.MethodDelete, path: pathf("/block_types/%s", string(id))})
	return err
}

// BlockSchema is one version of a type's fields.
type BlockSchema struct {
	ID       ID     `json:"id"`
	Created  Time   `json:"created"`
	Updated  Time   `json:"updated"`
	Checksum string `json:"checksum"`
	// Fields is the JSON schema, with Prefect's own keys block_type_slug, secret_fields and block_schema_references.
	Fields       json.RawMessage `json:"fields"`
	BlockTypeID  ID              `json:"block_type_id"`
	BlockType    *BlockType      `json:"block_type"`
	Capabilities []string        `json:"capabilities"`
	Version      string          `json:"version"`
}

// BlockSchemaCreate registers a schema. A type that Fields refers to must be registered before.
type BlockSchemaCreate struct {
	Fields       json.RawMessage `json:"fields"`
	BlockTypeID  ID              `json:"block_type_id"`
	Capabilities []string        `json:"capabilities"`
	// Version is the collection's version. Empty: the server's "non-versioned".
	Version string `json:"version,omitempty"`
}

// BlockSchemaFilter chooses schemas.
type BlockSchemaFilter struct {
	ID           Match `json:"id,omitzero"`
	BlockTypeID  Match `json:"block_type_id,omitzero"`
	Capabilities Match `json:"block_capabilities,omitzero"` // All
	Version      Match `json:"version,omitzero"`
}

// CreateBlockSchema registers a schema, or gives the one with the same checksum and version.
func (c *Client) CreateBlockSchema(ctx context.Context, create BlockSchemaCreate) (BlockSchema, error) {
	if create.Capabilities == nil {
		create.Capabilities = []string{}
	}
	return do(ctx, c, request[BlockSchema]{doing: "creating a block schema", method: http.MethodPost, path: "/block_schemas/", body: create})
}

// BlockSchemaByChecksum reads a schema by its checksum ("sha256:…"). version may be empty for the newest.
func (c *Client) BlockSchemaByChecksum(ctx context.Context, checksum, version string) (BlockSchema, error) {
	r := request[BlockSchema]{doing: "reading block schema " + checksum, method: http.MethodGet, path: pathf("/block_schemas/checksum/%s", checksum)}
	if version != "" {
		r.query = map[string][]string{"version": {version}}
	}
	return do(ctx, c, r)
}

// BlockSchemas lists schemas, newest first.
func (c *Client) BlockSchemas(ctx context.Context, filter BlockSchemaFilter) iter.Seq2[BlockSchema, error] {
	body := map[string]any{"block_schemas": filter}
	return pages(ctx, c, list{doing: "listing block schemas", path: "/block_schemas/filter", body: body}, func(s *BlockSchema) ID { return s.ID })
}

// LatestBlockSchema reads the newest schema of a type, which is the one that Prefect's client uses.
func (c *Client) LatestBlockSchema(ctx context.Context, blockTypeID ID) (BlockSchema, error) {
	found, err := do(ctx, c, request[[]BlockSchema]{
		doing: "reading the newest block schema", method: http.MethodPost, path: "/block_schemas/filter",
		body: paged{filter: map[string]any{"block_schemas": BlockSchemaFilter{BlockTypeID: Match{Any: []string{string(blockTypeID)}}}}, limit: 1},
	})
	if err != nil {
		return BlockSchema{}, err
	}
	if len(found) == 0 {
		return BlockSchema{}, &Error{Doing: "reading the newest block schema", Kind: ErrNotFound, Message: "block type " + string(blockTypeID) + " has no schema"}
	}
	return found[0], nil
}
