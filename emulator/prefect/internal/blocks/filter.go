package blocks

import "slices"

// anyOf is a filter that names what it lets through; nil lets everything.
type anyOf[T comparable] struct {
	Any *[]T `json:"any_"`
}

func (f *anyOf[T]) match(value T) bool {
	return f == nil || f.Any == nil || slices.Contains(*f.Any, value)
}
