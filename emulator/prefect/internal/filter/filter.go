// Package filter is the criteria by which lists of the Prefect API are narrowed down: a [Query] in the body of a list
// request, whose Match methods give functions that say which records match. As in the server, a value that is not there
// matches no criterion but is_null_.
package filter

import (
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// tally counts the criteria that were given and those that hold: of many records, and without a list for each.
type tally struct{ given, hold int }

func (t *tally) add(holds bool) {
	t.given++
	if holds {
		t.hold++
	}
}

// criterion looks at one value of a record.
type criterion[T any] interface {
	comparable
	match(T) bool
}

// given adds what a criterion says of a value; nil is one that was not given.
func given[T any, C criterion[T]](t *tally, c C, value T) {
	var none C
	if c != none {
		t.add(c.match(value))
	}
}

// under is the verdict: without any criterion everything matches.
func (t tally) under(o api.Operator) bool {
	if o == "or_" && t.given > 0 {
		return t.hold > 0
	}
	return t.hold == t.given
}

// among reports whether a list that is given holds the value.
func among[T comparable](list *[]T, value T) bool { return slices.Contains(*list, value) }

// IDs are criteria for an id.
type IDs struct {
	Any    *[]uuid.UUID `json:"any_"`
	NotAny *[]uuid.UUID `json:"not_any_"`
}

func (f *IDs) match(id uuid.UUID) bool {
	return (f.Any == nil || among(f.Any, id)) && (f.NotAny == nil || !among(f.NotAny, id))
}

// AnyID is a criterion for an id.
type AnyID struct {
	Any *[]uuid.UUID `json:"any_"`
}

func (f *AnyID) match(id uuid.UUID) bool { return f.Any == nil || among(f.Any, id) }

// Optional is criteria for a value that may be missing.
type Optional[T comparable] struct {
	Operator api.Operator `json:"operator"`
	Any      *[]T         `json:"any_"`
	IsNull   *bool        `json:"is_null_"`
}

func (f *Optional[T]) match(value *T) bool {
	var t tally
	if f.Any != nil {
		t.add(value != nil && among(f.Any, *value))
	}
	if f.IsNull != nil {
		t.add((value == nil) == *f.IsNull)
	}
	return t.under(f.Operator)
}

// AnyText is a criterion for a text that may be missing.
type AnyText struct {
	Any *[]string `json:"any_"`
}

func (f *AnyText) match(text *string) bool {
	return f.Any == nil || text != nil && among(f.Any, *text)
}

// Texts are criteria for a text that may be missing, such as an idempotency key.
type Texts struct {
	Any    *[]string `json:"any_"`
	NotAny *[]string `json:"not_any_"`
}

func (f *Texts) match(text *string) bool {
	switch {
	case f.Any != nil && (text == nil || !among(f.Any, *text)):
		return false
	case f.NotAny != nil && len(*f.NotAny) > 0:
		return text != nil && !among(f.NotAny, *text)
	}
	return true
}

// Names are criteria for a name.
type Names struct {
	Any *[]string `json:"any_"`
	// Like is a part of the name in whatever case, with the wildcards of SQL.
	Like *string `json:"like_"`
}

func (f *Names) match(name string) bool {
	return (f.Any == nil || among(f.Any, name)) && (f.Like == nil || api.Like(name, *f.Like))
}

// Tags are criteria for tags.
type Tags struct {
	Operator api.Operator `json:"operator"`
	All      *[]string    `json:"all_"`
	Any      *[]string    `json:"any_"`
	IsNull   *bool        `json:"is_null_"`
}

func (f *Tags) match(tags []string) bool {
	var t tally
	if f.All != nil && len(*f.All) > 0 {
		t.add(!slices.ContainsFunc(*f.All, func(tag string) bool { return !slices.Contains(tags, tag) }))
	}
	if f.Any != nil {
		t.add(slices.ContainsFunc(*f.Any, func(tag string) bool { return slices.Contains(tags, tag) }))
	}
	if f.IsNull != nil {
		t.add((len(tags) == 0) == *f.IsNull)
	}
	return t.under(f.Operator)
}

// PlainTags are Tags for records whose filters know no any_.
type PlainTags struct {
	Operator api.Operator `json:"operator"`
	All      *[]string    `json:"all_"`
	IsNull   *bool        `json:"is_null_"`
}

func (f *PlainTags) match(tags []string) bool {
	return (&Tags{Operator: f.Operator, All: f.All, IsNull: f.IsNull}).match(tags)
}

// Times are criteria for a moment; both bounds are included.
type Times struct {
	Before *api.Time `json:"before_"`
	After  *api.Time `json:"after_"`
}

func (f *Times) match(at api.Time) bool {
	switch {
	case f.Before != nil && (at.IsZero() || at.After(f.Before.Time)):
		return false
	case f.After != nil && (at.IsZero() || at.Before(f.After.Time)):
		return false
	}
	return true
}

// OptionalTimes are Times with a way to ask for none.
type OptionalTimes struct {
	Before *api.Time `json:"before_"`
	After  *api.Time `json:"after_"`
	IsNull *bool     `json:"is_null_"`
}

// match compares at, and asks whether null is missing: with flow runs these are two moments.
func (f *OptionalTimes) match(at, null api.Time) bool {
	return (&Times{f.Before, f.After}).match(at) && (f.IsNull == nil || null.IsZero() == *f.IsNull)
}

// Flag is a criterion for yes or no.
type Flag struct {
	Eq *bool `json:"eq_"`
}

func (f *Flag) match(yes bool) bool { return f.Eq == nil || *f.Eq == yes }
