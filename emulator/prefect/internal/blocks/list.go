package blocks

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// documentFilter selects documents. One that does not speak of anonymous ones lets none of them through; with null it
// lets them.
type documentFilter struct {
	Operator    api.Operator      `json:"operator"`
	ID          *anyOf[uuid.UUID] `json:"id"`
	BlockTypeID *anyOf[uuid.UUID] `json:"block_type_id"`
	Anonymous   api.Optional[*struct {
		Eq *bool `json:"eq_"`
	}] `json:"is_anonymous"`
	Name *struct {
		Any  *[]string `json:"any_"`
		Like *string   `json:"like_"`
	} `json:"name"`
}

func (f *documentFilter) match(d *document) bool {
	if f == nil {
		return !d.IsAnonymous
	}
	var each []bool
	if f.ID != nil {
		each = append(each, f.ID.match(d.ID))
	}
	switch a := f.Anonymous; {
	case !a.Given:
		each = append(each, !d.IsAnonymous)
	case a.Value != nil:
		each = append(each, a.Value.Eq == nil || *a.Value.Eq == d.IsAnonymous)
	}
	if f.BlockTypeID != nil {
		each = append(each, f.BlockTypeID.match(d.BlockTypeID))
	}
	if n := f.Name; n != nil {
		each = append(each, (n.Any == nil || slices.Contains(*n.Any, d.Name)) && (n.Like == nil || api.Like(d.Name, *n.Like)))
	}
	return f.Operator.Join(each)
}

// documentFilters is the part of a body that selects documents.
type documentFilters struct {
	Documents *documentFilter `json:"block_documents"`
	Types     *typeFilter     `json:"block_types"`
	Schemas   *schemaFilter   `json:"block_schemas"`
}

func (b *handlers) find(f documentFilters) []*document {
	var found []*document
	for d := range b.documents.All() {
		if f.Documents.match(d) && f.Types.match(b.types.Get(d.BlockTypeID)) && f.Schemas.match(b.schemas.Get(d.BlockSchemaID)) {
			found = append(found, d)
		}
	}
	return found
}

// sortOrder is an order of documents.
type sortOrder string

// Values are those of the server.
func (sortOrder) Values() []string {
	return []string{"NAME_DESC", "NAME_ASC", "BLOCK_TYPE_AND_NAME_ASC"}
}

func (b *handlers) listDocuments(r *api.Request) (api.Reply, error) {
	body := struct {
		api.Loose
		api.Page
		documentFilters
		Secrets bool      `json:"include_secrets"`
		Sort    sortOrder `json:"sort"`
	}{Sort: "NAME_ASC"}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	found := b.find(body.documentFilters)
	slices.SortStableFunc(found, func(x, y *document) int {
		switch body.Sort {
		case "NAME_DESC":
			return cmp.Compare(y.Name, x.Name)
		case "BLOCK_TYPE_AND_NAME_ASC":
			return cmp.Or(cmp.Compare(x.BlockTypeName, y.BlockTypeName), cmp.Compare(x.Name, y.Name))
		}
		return cmp.Compare(x.Name, y.Name)
	})
	part, err := api.Cut(body.Page, found)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(api.Map(slices.Values(part), func(d *document) documentView { return b.documentView(d, body.Secrets) }))
}

func (b *handlers) countDocuments(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		documentFilters
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	return api.OK(len(b.find(body.documentFilters)))
}

func (b *handlers) listDocumentsOfType(r *api.Request) (api.Reply, error) {
	secrets, err := r.QueryBool("include_secrets")
	if err != nil {
		return api.Reply{}, err
	}
	t := b.typeBySlug(r.Path("slug"))
	if t == nil {
		return api.Reply{}, api.NotFound("Block type")
	}
	found := b.find(documentFilters{Documents: &documentFilter{BlockTypeID: &anyOf[uuid.UUID]{Any: &[]uuid.UUID{t.ID}}}})
	slices.SortStableFunc(found, func(x, y *document) int { return cmp.Compare(x.Name, y.Name) })
	return api.OK(api.Map(slices.Values(found), func(d *document) documentView { return b.documentView(d, secrets) }))
}
