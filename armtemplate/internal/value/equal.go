package value

import "slices"

// Equal compares deeply. Values of different types are never equal, and the order of an object's members does not
// count; names and strings are compared with their case.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case []Value:
		b, ok := b.([]Value)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i, k := range a.keys {
			j := b.findExact(k)
			if j < 0 || !Equal(a.values[i], b.values[j]) {
				return false
			}
		}
		return true
	case *Unknown:
		b, ok := b.(*Unknown)
		return ok && a.Text == b.Text
	}
	switch b.(type) {
	case []Value, *Object, *Unknown:
		return false
	}
	return a == b
}

// Set is a set of values under Equal.
type Set map[string]bool

// NewSet returns a set of these values.
func NewSet(values []Value) Set {
	s := make(Set, len(values))
	for _, v := range values {
		s.Add(v)
	}
	return s
}

// Add reports whether v was not yet in the set.
func (s Set) Add(v Value) bool {
	k := string(appendKey(nil, v))
	if s[k] {
		return false
	}
	s[k] = true
	return true
}

// Has reports whether a value that equals v is in the set.
func (s Set) Has(v Value) bool { return s[string(appendKey(nil, v))] }

// appendKey writes a value so that two that are equal, and no others, are written alike: members by name, each value with
// the letter of its type.
func appendKey(dst []byte, v Value) []byte {
	dst = append(dst, TypeName(v)[0])
	switch v := v.(type) {
	case []Value:
		for _, e := range v {
			dst = append(appendKey(dst, e), ',')
		}
		return append(dst, ']')
	case *Object:
		keys := slices.Clone(v.keys)
		slices.Sort(keys)
		for _, k := range keys {
			dst = append(appendJSON(dst, k, '"'), ':')
			dst = append(appendKey(dst, v.values[v.findExact(k)]), ',')
		}
		return append(dst, '}')
	}
	return appendJSON(dst, v, '"')
}
