// Package value holds what an ARM template expression can result in.
package value

import (
	"fmt"
	"slices"
	"strings"
)

// Value is one of nil (JSON's null), bool, int64, Number, string, []Value, *Object and *Unknown.
//
// Values are never changed after they are handed on: functions share them freely.
type Value = any

// Number is a JSON number that does not fit int64: a decimal, or an integer that is too large. It keeps its spelling,
// because the language has no arithmetic on it.
type Number string

// Unknown stands for what is known only while the deployment runs, such as the result of a reference. Text is the
// expression, without the brackets, with everything that is known filled in. An array or object of which only some members
// are unknown is no Unknown itself.
type Unknown struct{ Text string }

// Error is what ARM's engine says of an expression or a template, in its words.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

// Errorf returns an *Error.
func Errorf(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }

// Object is a JSON object in the order of its text. Names are found without regard to case, but an exact match wins, and
// names that differ in case only can stand side by side.
type Object struct {
	keys   []string
	values []Value
	exact  map[string]int // nil while the object is small
	folded map[string]int
}

// indexFrom is the size from which an object keeps an index of its names.
const indexFrom = 12

// NewObject returns an empty object with room for n members.
func NewObject(n int) *Object {
	return &Object{keys: make([]string, 0, n), values: make([]Value, 0, n)}
}

// Len is the number of members.
func (o *Object) Len() int { return len(o.keys) }

// At is the i-th member.
func (o *Object) At(i int) (string, Value) { return o.keys[i], o.values[i] }

// Keys are the names, in order; the caller must not change them.
func (o *Object) Keys() []string { return o.keys }

// Get finds a member without regard to case; an exact match wins.
func (o *Object) Get(key string) (Value, bool) {
	if i := o.find(key); i >= 0 {
		return o.values[i], true
	}
	return nil, false
}

// Set replaces the member of exactly this name, or adds one at the end.
func (o *Object) Set(key string, v Value) {
	if i := o.findExact(key); i >= 0 {
		o.values[i] = v
		return
	}
	o.add(key, v)
}

// SetFold replaces the member of this name in whatever case, whose spelling stays, or adds one at the end.
func (o *Object) SetFold(key string, v Value) {
	if i := o.find(key); i >= 0 {
		o.values[i] = v
		return
	}
	o.add(key, v)
}

// Clone copies the object, not its members.
func (o *Object) Clone() *Object {
	c := NewObject(len(o.keys))
	for i, k := range o.keys {
		c.add(k, o.values[i])
	}
	return c
}

func (o *Object) add(key string, v Value) {
	o.keys, o.values = append(o.keys, key), append(o.values, v)
	switch n := len(o.keys); {
	case o.exact != nil:
		o.index(n - 1)
	case n >= indexFrom:
		o.exact, o.folded = make(map[string]int, 2*n), make(map[string]int, 2*n)
		for i := range o.keys {
			o.index(i)
		}
	}
}

func (o *Object) index(i int) {
	o.exact[o.keys[i]] = i
	if f := Fold(o.keys[i]); !has(o.folded, f) {
		o.folded[f] = i
	}
}

func has(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}

func (o *Object) findExact(key string) int {
	if o.exact != nil {
		if i, ok := o.exact[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range o.keys {
		if k == key {
			return i
		}
	}
	return -1
}

func (o *Object) find(key string) int {
	if i := o.findExact(key); i >= 0 {
		return i
	}
	if o.folded != nil {
		if i, ok := o.folded[Fold(key)]; ok {
			return i
		}
		return -1
	}
	folded := Fold(key)
	for i, k := range o.keys {
		if Fold(k) == folded {
			return i
		}
	}
	return -1
}

// Fold maps names that are equal but for their case to one string.
func Fold(s string) string { return strings.ToLower(s) }

// TypeName is what ARM calls the type of a value in its messages.
func TypeName(v Value) string {
	switch v.(type) {
	case nil:
		return "Null"
	case bool:
		return "Boolean"
	case int64:
		return "Integer"
	case Number:
		return "Float"
	case string:
		return "String"
	case []Value:
		return "Array"
	case *Object:
		return "Object"
	}
	return "Undefined"
}

// HasUnknown reports whether v is, or holds somewhere inside, what is not known yet.
func HasUnknown(v Value) bool {
	switch v := v.(type) {
	case *Unknown:
		return true
	case []Value:
		if slices.ContainsFunc(v, HasUnknown) {
			return true
		}
	case *Object:
		if slices.ContainsFunc(v.values, HasUnknown) {
			return true
		}
	}
	return false
}

// MaxDepth is how deep values may be nested: what reads JSON elsewhere gives up at some depth too.
const MaxDepth = 512

// Size estimates how much memory a value takes if nothing in it were shared, which is also what it takes to write it or to
// compare it. It stops counting beyond limit, so that a value that holds itself a million times over costs no more; a value
// that is nested too deeply counts as too large.
func Size(v Value, limit int) int { return sizeOf(v, limit, 0) }

func sizeOf(v Value, limit, depth int) int {
	if depth > MaxDepth {
		return limit + 1
	}
	size := 16
	switch v := v.(type) {
	case string:
		size += len(v)
	case *Unknown:
		size += len(v.Text)
	case []Value:
		for _, e := range v {
			if size > limit {
				break
			}
			size += sizeOf(e, limit-size, depth+1)
		}
	case *Object:
		for i, e := range v.values {
			if size > limit {
				break
			}
			size += 32 + len(v.keys[i]) + sizeOf(e, limit-size, depth+1)
		}
	}
	return size
}
