package db

import (
	"iter"
	"slices"

	"github.com/google/uuid"
)

// Table holds records by id, in the order in which they were made. Its zero value is empty. While it is walked over,
// records may be added, which that walk does not see, and deleted, which it then leaves out.
type Table[T any] struct {
	at   map[uuid.UUID]*entry[T]
	rows []*entry[T]
	gone int
}

// entry is a place in the table. It outlives its record, so that walks over lists of before see that the record is gone.
type entry[T any] struct{ row *T }

// Put keeps a new record.
func (t *Table[T]) Put(id uuid.UUID, row *T) {
	if t.at == nil {
		t.at = map[uuid.UUID]*entry[T]{}
	}
	t.at[id] = &entry[T]{row}
	t.rows = append(t.rows, t.at[id])
}

// Get finds a record; nil if there is none.
func (t *Table[T]) Get(id uuid.UUID) *T {
	if e := t.at[id]; e != nil {
		return e.row
	}
	return nil
}

// Pointed is the record that an id names; nil if the id is nil or there is no such record.
func (t *Table[T]) Pointed(id *uuid.UUID) *T {
	if id == nil {
		return nil
	}
	return t.Get(*id)
}

// Find gives the first record that a condition holds for; nil if there is none.
func (t *Table[T]) Find(condition func(*T) bool) *T {
	for row := range t.All() {
		if condition(row) {
			return row
		}
	}
	return nil
}

// Delete forgets a record and reports whether there was one.
func (t *Table[T]) Delete(id uuid.UUID) bool {
	e := t.at[id]
	if e == nil {
		return false
	}
	delete(t.at, id)
	e.row = nil
	t.gone++
	if t.gone > len(t.rows)/2 { // a new list: a walk that goes on has the old one
		t.rows = slices.DeleteFunc(slices.Clone(t.rows), func(e *entry[T]) bool { return e.row == nil })
		t.gone = 0
	}
	return true
}

// Len is how many records there are.
func (t *Table[T]) Len() int { return len(t.at) }

// All walks over the records, oldest first.
func (t *Table[T]) All() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, e := range t.rows {
			if e.row != nil && !yield(e.row) {
				return
			}
		}
	}
}

// Backward walks over the records, newest first.
func (t *Table[T]) Backward() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, e := range slices.Backward(t.rows) {
			if e.row != nil && !yield(e.row) {
				return
			}
		}
	}
}
