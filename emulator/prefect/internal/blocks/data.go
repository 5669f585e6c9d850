package blocks

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// mask stands for whatever secret there is.
const mask = "********"

// documentView is a document with those that it holds in its data.
func (b *handlers) documentView(doc *document, secrets bool) documentView {
	data, refs := b.expand(doc, secrets)
	view := documentView{Base: doc.Base, Name: doc.Name, Data: data, References: refs, BlockSchemaID: doc.BlockSchemaID, BlockTypeID: doc.BlockTypeID,
		BlockTypeName: doc.BlockTypeName, BlockType: b.types.Get(doc.BlockTypeID), IsAnonymous: doc.IsAnonymous}
	if s := b.schemas.Get(doc.BlockSchemaID); s != nil {
		view.BlockSchema = new(b.view(s))
	}
	return view
}

// expand gives a document's data as JSON, and its references, at whatever depth: there are no circles. What it refers to
// follows its own data.
func (b *handlers) expand(doc *document, secrets bool) (json.RawMessage, map[string]referenced) {
	data, refs := clone(doc.Data), map[string]referenced{}
	if !secrets {
		data = masked(data, b.secretFields(doc))
	}
	for key, id := range doc.References {
		child := b.documents.Get(id)
		inner, innerRefs := b.expand(child, secrets)
		data[key] = inner
		refs[key] = referenced{referencedDocument{ID: child.ID, Name: child.Name, BlockType: b.types.Get(child.BlockTypeID), IsAnonymous: child.IsAnonymous, References: innerRefs}}
	}
	return api.InOrder(data, doc.Text), refs
}

// maskedData is what job variables' defaults are resolved to.
func (b *handlers) maskedData(id uuid.UUID) (json.RawMessage, bool) {
	doc := b.documents.Get(id)
	if doc == nil {
		return nil, false
	}
	data, _ := b.expand(doc, false)
	return data, true
}

// secretFields are the ways to the secrets of a document, such as ["headers", "*"].
func (b *handlers) secretFields(doc *document) [][]string {
	s := b.schemas.Get(doc.BlockSchemaID)
	if s == nil {
		return nil
	}
	list, _ := s.Fields["secret_fields"].([]any)
	var ways [][]string
	for _, field := range list {
		if text, ok := field.(string); ok {
			ways = append(ways, strings.Split(text, "."))
		}
	}
	return ways
}

func clone(object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for key, value := range object {
		if inner, ok := value.(map[string]any); ok {
			value = clone(inner)
		}
		out[key] = value // lists are never changed
	}
	return out
}

// leaves calls change for every value in objects in an object that is no object, or an empty one, and keeps what it gives.
func leaves(object map[string]any, way []string, change func(way []string, value any) any) {
	for key, value := range object {
		at := append(slices.Clone(way), key)
		if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
			leaves(inner, at, change)
			continue
		}
		object[key] = change(at, value)
	}
}

// leaf is the value at the end of a way; nil if there is none, or an object with something in it.
func leaf(object map[string]any, way []string) any {
	var value any = object
	for _, key := range way {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[key]
	}
	if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
		return nil
	}
	return value
}

// masked puts the mask where secrets are. A field that holds an object where the schema has a plain secret is not
// masked: the server's rule.
func masked(data map[string]any, secrets [][]string) map[string]any {
	for _, secret := range secrets {
		star := slices.Index(secret, "*")
		exact := leaf(data, secret) != nil
		leaves(data, nil, func(way []string, value any) any {
			if exact && slices.Equal(way, secret) || !exact && star >= 0 && len(way) >= star && slices.Equal(way[:star], secret[:star]) {
				return mask
			}
			return value
		})
	}
	return data
}

// errUnmasked is for a mask without a secret behind it; the server fails there.
var errUnmasked = errors.New("updating a block document: there is no secret behind the mask")

// unmask puts the secrets that a document has where an update sends the mask back.
func unmask(update, current map[string]any, secrets [][]string) error {
	var err error
	for _, secret := range secrets {
		before := leaf(current, secret)
		star := slices.Index(secret, "*")
		leaves(update, nil, func(way []string, value any) any {
			switch {
			case value != mask:
			case before != nil && slices.Equal(way, secret):
				return before
			case before == nil && star >= 0 && len(way) >= star && slices.Equal(way[:star], secret[:star]):
				if kept := leaf(current, way); kept != nil {
					return kept
				}
				err = errUnmasked
			}
			return value
		})
	}
	return err
}

func (b *handlers) updateDocument(r *api.Request) (api.Reply, error) {
	var body struct {
		BlockSchemaID *uuid.UUID               `json:"block_schema_id"`
		Data          api.Optional[api.Object] `json:"data"`
		Merge         bool                     `json:"merge_existing_data"`
	}
	body.Merge = true
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	doc, err := b.documentAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	if body.Merge && !body.Data.Given {
		return api.NoContent() // the server then looks at nothing else either
	}
	data := clone(body.Data.Value.Map)
	if err := unmask(data, doc.Data, b.secretFields(doc)); err != nil {
		return api.Reply{}, err
	}
	if body.Merge {
		merged := clone(doc.Data)
		maps.Copy(merged, data)
		data = merged
	}
	// References that the update does not name end, merged or not: the server keeps data alone.
	plain, refs, err := separate(data)
	if err != nil {
		return api.Reply{}, err
	}
	if err := b.checkMove(doc, body.BlockSchemaID); err != nil {
		return api.Reply{}, err
	}
	if err := b.checkReferences(doc.ID, refs); err != nil {
		return api.Reply{}, err
	}
	texts := []json.RawMessage{body.Data.Value.Text}
	if body.Merge {
		texts = []json.RawMessage{doc.Text, body.Data.Value.Text}
	}
	doc.Data, doc.References, doc.Text = plain, refs, api.InOrder(plain, texts...)
	if body.BlockSchemaID != nil {
		doc.BlockSchemaID = *body.BlockSchemaID
	}
	doc.Touch()
	b.emit("updated", doc)
	return api.NoContent()
}

// checkMove reports whether a document may have another schema.
func (b *handlers) checkMove(doc *document, to *uuid.UUID) error {
	if to == nil || *to == doc.BlockSchemaID {
		return nil
	}
	s := b.schemas.Get(*to)
	if s == nil {
		return errors.New("updating a block document: there is no such schema") // the server fails here too
	}
	if s.BlockTypeID != doc.BlockTypeID {
		return api.Problem(http.StatusBadRequest, "Must migrate block document to a block schema of the same block type.")
	}
	return nil
}
