package blocks

import (
	"cmp"
	"html"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// blockType is a type as it is kept, and as it is on the wire.
type blockType struct {
	db.Base
	Name             string  `json:"name"`
	Slug             string  `json:"slug"`
	LogoURL          *string `json:"logo_url"`
	DocumentationURL *string `json:"documentation_url"`
	Description      *string `json:"description"`
	CodeExample      *string `json:"code_example"`
	IsProtected      bool    `json:"is_protected"`
}

func (b *handlers) registerTypes(r *api.Router) {
	r.Handle("POST /block_types/", b.createType)
	r.Handle("POST /block_types/filter", b.listTypes)
	r.Handle("GET /block_types/{id}", b.readType)
	r.Handle("PATCH /block_types/{id}", b.updateType)
	r.Handle("DELETE /block_types/{id}", b.deleteType)
	r.Handle("GET /block_types/slug/{slug}", b.readTypeBySlug)
	r.Handle("GET /block_types/slug/{slug}/block_documents", b.listDocumentsOfType)
	r.Handle("GET /block_types/slug/{slug}/block_documents/name/{name}", b.readDocumentByName)
	r.Handle("POST /block_types/install_system_block_types", func(*api.Request) (api.Reply, error) { return api.OK(nil) })
}

func (b *handlers) typeBySlug(slug string) *blockType {
	return b.types.Find(func(t *blockType) bool { return t.Slug == slug })
}

// typeAt finds the type that the address names.
func (b *handlers) typeAt(r *api.Request) (*blockType, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	t := b.types.Get(id)
	if t == nil {
		return nil, api.NotFound("Block type")
	}
	return t, nil
}

func (b *handlers) createType(r *api.Request) (api.Reply, error) {
	var body struct {
		Name             api.Name `json:"name" req:"true"`
		Slug             api.Slug `json:"slug" req:"true"`
		LogoURL          *string  `json:"logo_url"`
		DocumentationURL *string  `json:"documentation_url"`
		Description      *string  `json:"description"`
		CodeExample      *string  `json:"code_example"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	name := string(body.Name)
	if strings.HasPrefix(strings.ToLower(name), "prefect") {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Block type names beginning with 'Prefect' are reserved.")
	}
	if b.typeBySlug(string(body.Slug)) != nil {
		return api.Reply{}, api.Problem(http.StatusConflict, `Block type with name "`+name+`" already exists`)
	}
	t := &blockType{Base: db.NewBase(), Name: name, Slug: string(body.Slug), LogoURL: body.LogoURL, DocumentationURL: body.DocumentationURL,
		Description: escaped(body.Description), CodeExample: escaped(body.CodeExample)}
	b.types.Put(t.ID, t)
	b.emitType("created", t)
	// Only slugs are unique. The server looks the new one up by its name, and answers with the first that has it.
	return api.Created(b.types.Find(func(other *blockType) bool { return other.Name == name }))
}

// escaped is as the server keeps prose of a type that is made, but not of one that is updated: <, > and & as HTML.
func escaped(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(*text))
}

func (b *handlers) readType(r *api.Request) (api.Reply, error) {
	t, err := b.typeAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(t)
}

func (b *handlers) readTypeBySlug(r *api.Request) (api.Reply, error) {
	t := b.typeBySlug(r.Path("slug"))
	if t == nil {
		return api.Reply{}, api.NotFound("Block type")
	}
	return api.OK(t)
}

func (b *handlers) updateType(r *api.Request) (api.Reply, error) {
	var body struct {
		LogoURL          api.Optional[*string] `json:"logo_url"`
		DocumentationURL api.Optional[*string] `json:"documentation_url"`
		Description      api.Optional[*string] `json:"description"`
		CodeExample      api.Optional[*string] `json:"code_example"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	t, err := b.typeAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	updated := *t
	body.LogoURL.Apply(&updated.LogoURL)
	body.DocumentationURL.Apply(&updated.DocumentationURL)
	body.Description.Apply(&updated.Description)
	body.CodeExample.Apply(&updated.CodeExample)
	if !sameProse(t, &updated) {
		updated.Touch()
		*t = updated
		b.emitType("updated", t)
	}
	return api.NoContent()
}

// sameProse reports whether an update changes nothing: then it is not noted as one. Escaped text is as plain text.
func sameProse(a, b *blockType) bool {
	same := func(x, y *string) bool {
		if x == nil || y == nil {
			return x == y
		}
		return html.UnescapeString(*x) == html.UnescapeString(*y)
	}
	return same(a.LogoURL, b.LogoURL) && same(a.DocumentationURL, b.DocumentationURL) && same(a.Description, b.Description) && same(a.CodeExample, b.CodeExample)
}

// deleteType takes the type's schemas and documents with it.
func (b *handlers) deleteType(r *api.Request) (api.Reply, error) {
	t, err := b.typeAt(r)
	if err != nil {
		return api.Reply{}, err
	}
	if t.IsProtected {
		return api.Reply{}, api.Problem(http.StatusForbidden, "protected block types cannot be deleted.")
	}
	for s := range b.schemas.All() {
		if s.BlockTypeID == t.ID {
			b.dropSchema(s)
		}
	}
	b.emitType("deleted", t)
	b.types.Delete(t.ID)
	return api.NoContent()
}

// typeFilter selects types.
type typeFilter struct {
	Name *struct {
		Like *string `json:"like_"`
	} `json:"name"`
	Slug *anyOf[string] `json:"slug"`
}

func (f *typeFilter) match(t *blockType) bool {
	if f == nil {
		return true
	}
	if f.Name != nil && f.Name.Like != nil && !api.Like(t.Name, *f.Name.Like) {
		return false
	}
	return f.Slug.match(t.Slug)
}

func (b *handlers) listTypes(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
		Types   *typeFilter   `json:"block_types"`
		Schemas *schemaFilter `json:"block_schemas"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	found := []*blockType{}
	for t := range b.types.All() {
		if body.Types.match(t) && (body.Schemas == nil || b.hasSchema(t.ID, body.Schemas)) {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(x, y *blockType) int { return cmp.Compare(x.Name, y.Name) })
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(part)
}

func (b *handlers) hasSchema(typeID uuid.UUID, f *schemaFilter) bool {
	return b.schemas.Find(func(s *schema) bool { return s.BlockTypeID == typeID && f.match(s) }) != nil
}
