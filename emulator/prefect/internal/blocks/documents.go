package blocks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// document is a document as it is kept: References are the keys of its data that hold another one, which are not in Data.
type document struct {
	db.Base
	Name          string
	Data          map[string]any
	Text          json.RawMessage // Data in the order in which it was written
	References    map[string]uuid.UUID
	BlockSchemaID uuid.UUID
	BlockTypeID   uuid.UUID
	BlockTypeName string
	IsAnonymous   bool
}

// documentView is a document on the wire.
type documentView struct {
	db.Base
	Name          string                `json:"name"`
	Data          json.RawMessage       `json:"data"`
	BlockSchemaID uuid.UUID             `json:"block_schema_id"`
	BlockSchema   *schemaView           `json:"block_schema"`
	BlockTypeID   uuid.UUID             `json:"block_type_id"`
	BlockTypeName string                `json:"block_type_name"`
	BlockType     *blockType            `json:"block_type"`
	References    map[string]referenced `json:"block_document_references"`
	IsAnonymous   bool                  `json:"is_anonymous"`
}

// referenced is a document that another one holds.
type referenced struct {
	Document referencedDocument `json:"block_document"`
}

type referencedDocument struct {
	ID          uuid.UUID             `json:"id"`
	Name        string                `json:"name"`
	BlockType   *blockType            `json:"block_type"`
	IsAnonymous bool                  `json:"is_anonymous"`
	References  map[string]referenced `json:"block_document_references"`
}

func (b *handlers) registerDocuments(r *api.Router) {
	r.Handle("POST /block_documents/", b.createDocument)
	r.Handle("POST /block_documents/filter", b.listDocuments)
	r.Handle("POST /block_documents/count", b.countDocuments)
	r.Handle("GET /block_documents/{id}", b.readDocument)
	r.Handle("PATCH /block_documents/{id}", b.updateDocument)
	r.Handle("DELETE /block_documents/{id}", b.deleteDocument)
}

// newDocument is the body of a creation.
type newDocument struct {
	Name          *api.BlockName `json:"name"`
	Data          api.Object     `json:"data"`
	BlockSchemaID uuid.UUID      `json:"block_schema_id" req:"true"`
	BlockTypeID   uuid.UUID      `json:"block_type_id" req:"true"`
	IsAnonymous   bool           `json:"is_anonymous"`
}

// Check wants a name for all but anonymous ones.
func (n *newDocument) Check() string {
	if !n.IsAnonymous && (n.Name == nil || *n.Name == "") {
		return "Names must be provided for block documents."
	}
	return ""
}

func (b *handlers) createDocument(r *api.Request) (api.Reply, error) {
	var body newDocument
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	doc := &document{Base: db.NewBase(), BlockSchemaID: body.BlockSchemaID, BlockTypeID: body.BlockTypeID, IsAnonymous: body.IsAnonymous}
	if body.Name != nil {
		doc.Name = string(*body.Name)
		if b.documentByName(body.BlockTypeID, doc.Name) != nil {
			return api.Reply{}, api.Problem(http.StatusConflict, "Block already exists")
		}
	}
	if doc.Name == "" {
		doc.Name = "anonymous-" + uuid.NewString()
	}
	t := b.types.Get(body.BlockTypeID)
	if t == nil {
		return api.Reply{}, fmt.Errorf("making a block document: there is no block type %s", body.BlockTypeID) // the server fails here too
	}
	doc.BlockTypeName = t.Name
	var err error
	if doc.Data, doc.References, err = separate(body.Data.Map); err != nil {
		return api.Reply{}, err
	}
	doc.Text = api.InOrder(doc.Data, body.Data.Text)
	if b.schemas.Get(body.BlockSchemaID) == nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	if err := b.checkReferences(doc.ID, doc.References); err != nil {
		return api.Reply{}, err
	}
	b.documents.Put(doc.ID, doc)
	b.emit("created", doc)
	return api.Created(b.documentView(doc, false))
}

// separate takes from data what refers to other documents: only at its top, as the server.
func separate(data map[string]any) (map[string]any, map[string]uuid.UUID, error) {
	plain, refs := map[string]any{}, map[string]uuid.UUID{}
	for key, value := range data {
		object, ok := value.(map[string]any)
		target, isRef := object["$ref"]
		if !ok || !isRef {
			plain[key] = value
			continue
		}
		ref, ok := target.(map[string]any)
		if !ok {
			return nil, nil, errors.New("reading a block reference: it is no object") // the server fails here too
		}
		if ref["block_document_id"] == nil {
			return nil, nil, api.Problem(http.StatusBadRequest, "Received block reference without a block_document_id in key "+key)
		}
		text, _ := ref["block_document_id"].(string)
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, nil, api.Problem(http.StatusBadRequest, "1 validation error for BlockDocumentReferenceCreate\nreference_block_document_id\n  Input should be a valid UUID, "+err.Error())
		}
		refs[key] = id
	}
	return plain, refs, nil
}

// checkReferences refuses references to what is not there, and circles.
func (b *handlers) checkReferences(parent uuid.UUID, refs map[string]uuid.UUID) error {
	for _, id := range refs {
		if b.reaches(id, parent, map[uuid.UUID]bool{}) {
			return api.Problem(http.StatusBadRequest, fmt.Sprintf("Cannot create block document reference: it would introduce a cycle into the block_document_reference graph (parent=%s, reference=%s).", parent, id))
		}
		if b.documents.Get(id) == nil {
			return api.IntegrityConflict()
		}
	}
	return nil
}

// reaches reports whether a document is another one or holds it, at whatever depth.
func (b *handlers) reaches(from, to uuid.UUID, seen map[uuid.UUID]bool) bool {
	if from == to {
		return true
	}
	doc := b.documents.Get(from)
	if doc == nil || seen[from] {
		return false
	}
	seen[from] = true
	for _, id := range doc.References {
		if b.reaches(id, to, seen) {
			return true
		}
	}
	return false
}

func (b *handlers) documentByName(typeID uuid.UUID, name string) *document {
	return b.documents.Find(func(d *document) bool { return d.BlockTypeID == typeID && d.Name == name })
}

// documentAt finds the document that the address names.
func (b *handlers) documentAt(r *api.Request) (*document, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	doc := b.documents.Get(id)
	if doc == nil {
		return nil, api.NotFound("Block document")
	}
	return doc, nil
}

func (b *handlers) readDocument(r *api.Request) (api.Reply, error) {
	doc, err := b.documentAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	return b.replyDocument(r, doc)
}

func (b *handlers) readDocumentByName(r *api.Request) (api.Reply, error) {
	t := b.typeBySlug(r.Path("slug"))
	if t == nil {
		return api.Reply{}, api.NotFound("Block document") // the server does not look the type up here
	}
	doc := b.documentByName(t.ID, r.Path("name"))
	if doc == nil {
		return api.Reply{}, api.NotFound("Block document")
	}
	return b.replyDocument(r, doc)
}

func (b *handlers) replyDocument(r *api.Request, doc *document) (api.Reply, error) {
	secrets, err := r.QueryBool("include_secrets")
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(b.documentView(doc, secrets))
}

func (b *handlers) deleteDocument(r *api.Request) (api.Reply, error) {
	doc, err := b.documentAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	b.emit("deleted", doc)
	b.dropDocument(doc.ID)
	return api.NoContent()
}

// dropDocument takes with it what the server's database takes with it: references to it, and deployments and runs whose
// infrastructure or storage it is.
func (b *handlers) dropDocument(id uuid.UUID) {
	b.documents.Delete(id)
	for parent := range b.documents.All() {
		for key, child := range parent.References {
			if child == id {
				delete(parent.References, key)
			}
		}
	}
	is := func(other *uuid.UUID) bool { return other != nil && *other == id }
	for deployment := range b.db.Deployments.All() {
		if is(deployment.InfrastructureDocumentID) || is(deployment.StorageDocumentID) {
			b.db.Deployments.Delete(deployment.ID)
		}
	}
	for run := range b.db.FlowRuns.All() {
		if is(run.InfrastructureDocumentID) {
			concurrency.DeleteFlowRun(b.db, run.ID)
		}
	}
}
