package runs

import (
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
)

// listing is how one kind of record is listed.
type listing[T any] struct {
	table *db.Table[T]
	// match gives the function that says which records fit.
	match func(filter.Query) func(*T) bool
	view  func(*T) any
	// pageView is how paginate shows a record if that is another way.
	pageView func(*T) any
	// order compares for a sort order; nil is the table's order, the newest first.
	order func(by string) func(a, b *T) int
	// path is what the routes begin with: "/flows".
	path string
}

// query is the body of a list request; S is the kind's sort orders.
type query[S ~string] struct {
	api.Loose
	filter.Query
	Limit  *int `json:"limit"`
	Offset int  `json:"offset" min:"0"`
	Page   int  `json:"page" min:"1"`
	Sort   S    `json:"sort"`
}

// rows are the records that match, in order. Only a sort gathers them all.
func (l listing[T]) rows(q filter.Query, sort string) iter.Seq[*T] {
	match, order := l.match(q), l.order(sort)
	if order == nil {
		return matching(l.table.Backward(), match)
	}
	all := slices.Collect(matching(l.table.All(), match))
	slices.SortStableFunc(all, order)
	return slices.Values(all)
}

func matching[T any](rows iter.Seq[*T], match func(*T) bool) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for row := range rows {
			if match(row) && !yield(row) {
				return
			}
		}
	}
}

// cut is the part of the rows from offset on; never nil.
func (l listing[T]) cut(rows iter.Seq[*T], offset, limit int) []*T {
	part := []*T{}
	if limit == 0 {
		return part
	}
	for row := range rows {
		if offset--; offset >= 0 {
			continue
		}
		if part = append(part, row); len(part) == limit {
			break
		}
	}
	return part
}

func (l listing[T]) count(q filter.Query) int {
	n, match := 0, l.match(q)
	for range matching(l.table.All(), match) {
		n++
	}
	return n
}

// page is the reply to a request for one.
type page struct {
	Results []any `json:"results"`
	Count   int   `json:"count"`
	Limit   int   `json:"limit"`
	Pages   int   `json:"pages"`
	Page    int   `json:"page"`
}

// registerList adds the routes that list, count and paginate. first is the sort order unasked.
func registerList[T any, S ~string](r *api.Router, l listing[T], first S) {
	read := func(r *api.Request) (query[S], int, error) {
		q := query[S]{Sort: first, Page: 1}
		if err := r.Decode(&q); err != nil {
			return q, 0, err
		}
		limit, _, err := api.Page{Limit: q.Limit}.Range()
		return q, limit, err
	}
	r.Handle("POST "+l.path+"/filter", func(r *api.Request) (api.Reply, error) {
		q, limit, err := read(r)
		if err != nil {
			return api.Reply{}, err
		}
		return api.OK(api.Map(slices.Values(l.cut(l.rows(q.Query, string(q.Sort)), q.Offset, limit)), l.view))
	})
	r.Handle("POST "+l.path+"/paginate", func(r *api.Request) (api.Reply, error) {
		q, limit, err := read(r)
		if err != nil {
			return api.Reply{}, err
		}
		p := page{Limit: limit, Page: q.Page, Count: l.count(q.Query)}
		view := l.view
		if l.pageView != nil {
			view = l.pageView
		}
		p.Results = api.Map(slices.Values(l.cut(l.rows(q.Query, string(q.Sort)), (q.Page-1)*limit, limit)), view)
		if limit > 0 {
			p.Pages = (p.Count + limit - 1) / limit
		}
		return api.OK(p)
	})
	r.Handle("POST "+l.path+"/count", func(r *api.Request) (api.Reply, error) {
		q, _, err := read(r)
		if err != nil {
			return api.Reply{}, err
		}
		return api.OK(l.count(q.Query))
	})
}

// bulkLimit is the most that is done at once: BULK_OPERATION_LIMIT.
const bulkLimit = 50

// bulk is what requests for many records have in common.
type bulk struct {
	api.Loose
	Limit int `json:"limit" min:"1" max:"50"`
}

// first gives the records that a bulk request means.
func (l listing[T]) first(q filter.Query, b bulk, sort string) []*T {
	return l.cut(l.rows(q, sort), 0, b.Limit)
}

// forgetAll deletes records with the given function, and replies with their ids.
func forgetAll[T any](rows []*T, id func(*T) uuid.UUID, forget func(*T)) (api.Reply, error) {
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = id(row)
		forget(row)
	}
	return api.OK(map[string]any{"deleted": ids})
}
