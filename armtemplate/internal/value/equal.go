package value

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

// key is a string that two values without objects share only if they are equal. Sets are built with it, so that a long
// array costs no more than its size.
func key(v Value) string {
	if s, ok := v.(string); ok {
		return "s" + s
	}
	return TypeName(v)[:1] + string(Append(nil, v))
}

// Set is a set of values under Equal.
type Set struct {
	flat    map[string]bool
	objects []Value
}

// NewSet returns a set of these values.
func NewSet(values []Value) *Set {
	s := &Set{flat: make(map[string]bool, len(values))}
	for _, v := range values {
		s.Add(v)
	}
	return s
}

// Add reports whether v was not yet in the set.
func (s *Set) Add(v Value) bool {
	if s.Has(v) {
		return false
	}
	if holdsObject(v) {
		s.objects = append(s.objects, v)
	} else {
		s.flat[key(v)] = true
	}
	return true
}

// Has reports whether a value that equals v is in the set.
func (s *Set) Has(v Value) bool {
	if !holdsObject(v) {
		return s.flat[key(v)]
	}
	for _, o := range s.objects {
		if Equal(o, v) {
			return true
		}
	}
	return false
}

// Objects is how many values of the set are compared one by one.
func (s *Set) Objects() int { return len(s.objects) }

func holdsObject(v Value) bool {
	switch v := v.(type) {
	case *Object:
		return true
	case []Value:
		for _, e := range v {
			if holdsObject(e) {
				return true
			}
		}
	}
	return false
}
