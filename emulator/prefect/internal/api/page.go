package api

import (
	"fmt"
	"iter"
	"net/http"
)

// MaxPage is the most that a list gives at once, and what it gives unasked: PREFECT_SERVER_API_DEFAULT_LIMIT.
const MaxPage = 200

// Page is the part of a list request's body that says how much of it; embed it.
type Page struct {
	Limit  *int `json:"limit"`
	Offset int  `json:"offset" min:"0"`
}

// Range gives the limit and the offset, or refuses a limit as the server does.
func (p Page) Range() (limit, offset int, err error) {
	limit = MaxPage
	if p.Limit != nil {
		limit = *p.Limit
	}
	switch {
	case limit < 0:
		return 0, 0, Problem(http.StatusUnprocessableEntity, "Invalid limit: must be greater than or equal to 0.")
	case limit > MaxPage:
		return 0, 0, Problem(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid limit: must be less than or equal to %d.", MaxPage))
	}
	return limit, p.Offset, nil
}

// Cut gives the part of a list that the page asks for. Its result is never nil: a list is [] on the wire.
func Cut[T any](p Page, all []T) ([]T, error) {
	limit, offset, err := p.Range()
	if err != nil {
		return nil, err
	}
	offset = min(offset, len(all))
	part := all[offset:min(offset+limit, len(all))]
	if part == nil {
		part = []T{}
	}
	return part, nil
}

// Map makes a list of what a function makes of each item; never nil.
func Map[T, U any](items iter.Seq[T], f func(T) U) []U {
	out := []U{}
	for item := range items {
		out = append(out, f(item))
	}
	return out
}
