package prefect

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// SecretMask is what the server gives for a secret that was not asked for; written back, it keeps the stored one.
const SecretMask = "********"

// BlockDocument is one saved block.
type BlockDocument struct {
	ID      ID     `json:"id"`
	Created Time   `json:"created"`
	Updated Time   `json:"updated"`
	Name    string `json:"name"`
	// Data holds the values; a reference to another block is expanded to that block's data.
	Data          map[string]any `json:"data"`
	BlockSchemaID ID             `json:"block_schema_id"`
	BlockSchema   *BlockSchema   `json:"block_schema"`
	BlockTypeID   ID             `json:"block_type_id"`
	BlockTypeName string         `json:"block_type_name,omitempty"`
	BlockType     *BlockType     `json:"block_type"`
	// References name the blocks that Data's top-level keys refer to.
	References  map[string]BlockReference `json:"block_document_references"`
	IsAnonymous bool                      `json:"is_anonymous"`
}

// BlockReference is a block that another one refers to.
type BlockReference struct {
	BlockDocument struct {
		ID          ID                        `json:"id"`
		Name        string                    `json:"name"`
		BlockType   *BlockType                `json:"block_type"`
		IsAnonymous bool                      `json:"is_anonymous"`
		References  map[string]BlockReference `json:"block_document_references"`
	} `json:"block_document"`
}

// BlockDocumentCreate saves a new block.
type BlockDocumentCreate struct {
	// Name is of small letters, digits and dashes. Empty only for an anonymous block.
	Name string `json:"name,omitempty"`
	// Data holds the values; a top-level value [BlockRef] refers to another block. (Deeper ones are stored as they are.)
	Data          map[string]any `json:"data"`
	BlockSchemaID ID             `json:"block_schema_id"`
	BlockTypeID   ID             `json:"block_type_id"`
	IsAnonymous   bool           `json:"is_anonymous,omitempty"`
}

// BlockDocumentUpdate changes a block's values.
type BlockDocumentUpdate struct {
	BlockSchemaID ID             `json:"block_schema_id,omitzero"`
	Data          map[string]any `json:"data"`
	// Replace drops the top-level values that Data does not name. false: they stay.
	Replace bool `json:"-"`
}

// BlockDocumentFilter chooses documents. IsAnonymous's Eq nil: those with a name only.
type BlockDocumentFilter struct {
	ID          Match `json:"id,omitzero"`
	Name        Match `json:"name,omitzero"`
	BlockTypeID Match `json:"block_type_id,omitzero"`
	IsAnonymous Match `json:"is_anonymous,omitzero"`
}

// Secrets reports whether a reply holds the secrets of a block or [SecretMask] for each.
type Secrets bool

// The two values of [Secrets].
const (
	MaskSecrets    Secrets = false
	IncludeSecrets Secrets = true
)

func (s Secrets) query() url.Values {
	return url.Values{"include_secrets": {strconv.FormatBool(bool(s))}}
}

// BlockRef is the value that refers to another block in a document's data or a job variable.
func BlockRef(id ID) map[string]any {
	return map[string]any{"$ref": map[string]any{"block_document_id": string(id)}}
}

// CreateBlockDocument saves a new block; [ErrConflict] if the type has one of this name.
func (c *Client) CreateBlockDocument(ctx context.Context, create BlockDocumentCreate) (BlockDocument, error) {
	if create.IsAnonymous && create.Name == "" {
		// The form of the server's own names for these. With a name a repeat finds the first one.
		create.Name = "anonymous-" + uuid.NewString()
	}
	if create.Data == nil {
		create.Data = map[string]any{}
	}
	return do(ctx, c, request[BlockDocument]{
		doing: "creating block " + create.Name, method: http.MethodPost, path: "/block_documents/", body: create,
		settled: ifFound(
			func(ctx context.Context) (BlockDocument, error) { return c.blockDocumentOfType(ctx, create) },
			func(d BlockDocument) bool { return d.BlockSchemaID == create.BlockSchemaID },
		),
	})
}

// blockDocumentOfType finds a document by name and type id, masked.
func (c *Client) blockDocumentOfType(ctx context.Context, create BlockDocumentCreate) (BlockDocument, error) {
	filter := BlockDocumentFilter{Name: Match{Any: []string{create.Name}}, BlockTypeID: Match{Any: []string{string(create.BlockTypeID)}}}
	if create.IsAnonymous {
		filter.IsAnonymous.Eq = new(true)
	}
	document, ok, err := first(c.BlockDocuments(ctx, filter, MaskSecrets))
	if err == nil && !ok {
		err = &Error{Kind: ErrNotFound, Message: "no such block"}
	}
	return document, err
}

// BlockDocument reads a block by its id.
func (c *Client) BlockDocument(ctx context.Context, id ID, secrets Secrets) (BlockDocument, error) {
	return do(ctx, c, request[BlockDocument]{
		doing: "reading block " + string(id), method: http.MethodGet, path: pathf("/block_documents/%s", string(id)), query: secrets.query(),
	})
}

// BlockDocumentByName reads a block by its type's slug and its name.
func (c *Client) BlockDocumentByName(ctx context.Context, typeSlug, name string, secrets Secrets) (BlockDocument, error) {
	return do(ctx, c, request[BlockDocument]{
		doing: "reading block " + typeSlug + "/" + name, method: http.MethodGet, query: secrets.query(),
		path: pathf("/block_types/slug/%s/block_documents/name/%s", typeSlug, name),
	})
}

// BlockDocuments lists blocks.
func (c *Client) BlockDocuments(ctx context.Context, filter BlockDocumentFilter, secrets Secrets) iter.Seq2[BlockDocument, error] {
	body := map[string]any{"include_secrets": bool(secrets)}
	if filter.IsAnonymous.Eq == nil {
		filter.IsAnonymous.Eq = new(false)
	}
	body["block_documents"] = filter
	return pages(ctx, c, list{doing: "listing blocks", path: "/block_documents/filter", body: body}, func(d *BlockDocument) ID { return d.ID })
}

// UpdateBlockDocument changes a block's values; top-level ones that Data does not name stay, unless Replace is set.
func (c *Client) UpdateBlockDocument(ctx context.Context, id ID, update BlockDocumentUpdate) error {
	body := struct {
		BlockDocumentUpdate
		Merge bool `json:"merge_existing_data"`
	}{update, !update.Replace}
	_, err := do(ctx, c, request[none]{doing: "updating block " + string(id), method: http.MethodPatch, path: pathf("/block_documents/%s", string(id)), body: body})
	return err
}

// DeleteBlockDocument deletes a block.
func (c *Client) DeleteBlockDocument(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "deleting block " + string(id), method: http.MethodDelete, path: pathf("/block_documents/%s", string(id))})
	return err
}
