package blocks

import "slices"

// anyOf is a filter that names what it lets through; nil lets everything.
type anyOf[T comparable] struct {
	Any *[]T `json:"any_"`
}

func (f *anyOf[T]) match(value T) bool {
	return f == nil || f.Any == nil || slices.Contains(*f.Any, value)
}

// operator joins the parts of a filter; its zero value is and_.
type operator string

// Values are those of the server.
func (operator) Values() []string { return []string{"and_", "or_"} }

// join tells whether all parts hold, or with or_ one. A filter without parts holds for everything.
func (o operator) join(each []bool) bool {
	if o == "or_" && len(each) > 0 {
		return slices.Contains(each, true)
	}
	return !slices.Contains(each, false)
}
