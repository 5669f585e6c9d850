package blocks

import (
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// emitType tells of a type.
func (b *handlers) emitType(action string, t *blockType) {
	b.db.Emit(db.Event{
		Event:    "prefect.block-type." + action,
		Resource: map[string]string{"prefect.resource.id": "prefect.block-type." + t.ID.String(), "prefect.resource.name": t.Name},
		Payload: api.Raw(map[string]any{"name": t.Name, "slug": t.Slug, "logo_url": t.LogoURL, "documentation_url": t.DocumentationURL,
			"description": t.Description, "code_example": t.CodeExample, "is_protected": t.IsProtected}),
	})
}

// emit tells of a document, but for anonymous ones; no secret is in it.
func (b *handlers) emit(action string, d *document) {
	if d.IsAnonymous {
		return
	}
	view := b.documentView(d, false)
	texts := map[string]string{}
	secrets := b.secretFields(d)
	for key, value := range d.Data {
		if text, ok := value.(string); ok && !slices.ContainsFunc(secrets, func(way []string) bool { return slices.Equal(way, []string{key}) }) {
			texts[key] = text
		}
	}
	block := map[string]any{"capabilities": []string{}, "block_type": map[string]any{"id": d.BlockTypeID, "name": d.BlockTypeName}}
	if view.BlockSchema != nil {
		block["capabilities"] = view.BlockSchema.Capabilities
	}
	related := []map[string]string{
		{"prefect.resource.id": "prefect.block-type." + d.BlockTypeID.String(), "prefect.resource.role": "block-type", "prefect.resource.name": d.BlockTypeName},
		{"prefect.resource.id": "prefect.block-schema." + d.BlockSchemaID.String(), "prefect.resource.role": "block-schema"},
	}
	b.db.Emit(db.Event{
		Event:    "prefect.block-document." + action,
		Resource: map[string]string{"prefect.resource.id": "prefect.block-document." + d.ID.String(), "prefect.resource.name": d.Name},
		Related:  related, Payload: api.Raw(map[string]any{"name": d.Name, "data": texts, "block_schema": block}),
	})
}
