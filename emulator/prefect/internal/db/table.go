package db

import (
	"iter"
	"slices"

	"github.com/google/uuid"
)

// Table holds records by id, in the order in which they were made. Its zero value is empty.
type Table[T any] struct {
	at   map[uuid.UUID]int
	rows []*T
	gone int
}

// Put keeps a new record.
func (t *Table[T]) Put(id uuid.UUID, row *T) {
	if t.at == nil {
		t.at = map[uuid.UUID]int{}
	}
	t.at[id] = len(t.rows)
	t.rows = append(t.rows, row)
}

// Get finds a record; nil if there is none.
func (t *Table[T]) Get(id uuid.UUID) *T {
	i, ok := t.at[id]
	if !ok {
		return nil
	}
	return t.rows[i]
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

// Delete forgets a record and tells whether there was one. It may be called while the table is walked.
func (t *Table[T]) Delete(id uuid.UUID) bool {
	i, ok := t.at[id]
	if !ok {
		return false
	}
	delete(t.at, id)
	t.rows[i] = nil
	t.gone++
	if t.gone > len(t.rows)/2 {
		t.compact()
	}
	return true
}

// compact makes a new list: a walk that goes on has the old one.
func (t *Table[T]) compact() {
	moved := make(map[*T]int, len(t.at))
	rows := make([]*T, 0, len(t.at))
	for _, row := range t.rows {
		if row != nil {
			moved[row] = len(rows)
			rows = append(rows, row)
		}
	}
	for id, i := range t.at {
		t.at[id] = moved[t.rows[i]]
	}
	t.rows, t.gone = rows, 0
}

// Len is how many records there are.
func (t *Table[T]) Len() int { return len(t.at) }

// All walks over the records, oldest first.
func (t *Table[T]) All() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, row := range t.rows {
			if row != nil && !yield(row) {
				return
			}
		}
	}
}

// Backward walks over the records, newest first.
func (t *Table[T]) Backward() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, row := range slices.Backward(t.rows) {
			if row != nil && !yield(row) {
				return
			}
		}
	}
}
