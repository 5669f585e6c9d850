package blocks

import (
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// schemaFilter selects schemas.
type schemaFilter struct {
	Operator     api.Operator      `json:"operator"`
	BlockTypeID  *anyOf[uuid.UUID] `json:"block_type_id"`
	ID           *anyOf[uuid.UUID] `json:"id"`
	Version      *anyOf[string]    `json:"version"`
	Capabilities *struct {
		All *[]string `json:"all_"`
	} `json:"block_capabilities"`
}

func (f *schemaFilter) match(s *schema) bool {
	if f == nil {
		return true
	}
	var each []bool
	if f.BlockTypeID != nil {
		each = append(each, f.BlockTypeID.match(s.BlockTypeID))
	}
	if f.ID != nil {
		each = append(each, f.ID.match(s.ID))
	}
	if f.Version != nil {
		each = append(each, f.Version.match(s.Version))
	}
	if f.Capabilities != nil {
		has := func(c string) bool { return slices.Contains(s.Capabilities, c) }
		each = append(each, f.Capabilities.All == nil || !slices.ContainsFunc(*f.Capabilities.All, func(c string) bool { return !has(c) }))
	}
	return f.Operator.Join(each)
}

func (b *handlers) listSchemas(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		api.Page
		Schemas *schemaFilter `json:"block_schemas"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	var found []*schema
	for s := range b.schemas.Backward() { // newest first
		if body.Schemas.match(s) {
			found = append(found, s)
		}
	}
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), b.view))
}

func (b *handlers) listCapabilities(*api.Request) (api.Reply, error) {
	seen := map[string]bool{}
	for s := range b.schemas.All() {
		for _, c := range s.Capabilities {
			seen[c] = true
		}
	}
	return api.OK(append([]string{}, slices.Sorted(maps.Keys(seen))...))
}
