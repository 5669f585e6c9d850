package functions

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var arrays = map[string]Function{
	"array":           {1, 1, true, array},
	"concat":          {1, -1, true, concat},
	"contains":        {2, 2, true, contains},
	"createarray":     {0, -1, true, func(c *Call) (value.Value, error) { return c.Args, nil }},
	"distinct":        {1, 1, false, distinct},
	"empty":           {1, 1, true, empty},
	"first":           {1, 1, true, first},
	"last":            {1, 1, true, last},
	"flatten":         {1, 1, true, flatten},
	"indexof":         {2, 2, false, indexOf},
	"lastindexof":     {2, 2, false, lastIndexOf},
	"indexfromend":    {2, 2, true, indexFromEnd},
	"tryindexfromend": {2, 2, true, tryIndexFromEnd},
	"intersection":    {1, -1, false, intersection},
	"union":           {1, -1, true, union},
	"length":          {1, 1, true, length},
	"range":           {2, 2, false, rangeOf},
	"skip":            {2, 2, true, skip},
	"take":            {2, 2, true, take},
}

func array(c *Call) (value.Value, error) {
	if a, ok := c.Args[0].([]value.Value); ok {
		return a, nil
	}
	return []value.Value{c.Args[0]}, nil
}

// concat joins arrays, or strings and what prints as one.
func concat(c *Call) (value.Value, error) {
	if _, ok := c.Args[0].([]value.Value); !ok {
		return concatText(c)
	}
	all := []value.Value{}
	for i := range c.Args {
		a, err := c.array(i)
		if err != nil {
			return nil, value.Errorf("The provided parameters for language function '%s' are invalid. Either all or none of the parameters must be an array.", c.Name)
		}
		all = append(all, a...)
	}
	return all, nil
}

func contains(c *Call) (value.Value, error) {
	switch in := c.Args[0].(type) {
	case []value.Value:
		found := index(in, c.Args[1]) >= 0
		if !found && (value.HasUnknown(in) || value.HasUnknown(c.Args[1])) {
			return nil, ErrUnknown
		}
		return found, nil
	case *value.Object:
		key, err := keyText(c, 1)
		if err != nil {
			return nil, err
		}
		_, ok := in.Get(key)
		return ok, nil
	case string:
		key, err := keyText(c, 1)
		if err != nil {
			return nil, err
		}
		return strings.Contains(in, key), nil
	}
	return nil, c.invalid(0, "an array, an object or a string")
}

// keyText is an argument that names a member or a part of a string: a string, or a number that is written as one.
func keyText(c *Call, i int) (string, error) {
	switch c.Args[i].(type) {
	case string, int64:
		return Text(c.Args[i]), nil
	}
	return "", c.invalid(i, "a string")
}

func index(in []value.Value, v value.Value) int {
	return slices.IndexFunc(in, func(e value.Value) bool { return value.Equal(e, v) })
}

func distinct(c *Call) (value.Value, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	return merged(a), nil
}

// merged keeps the first of equal elements.
func merged(arrays ...[]value.Value) []value.Value {
	set, out := value.NewSet(nil), []value.Value{}
	for _, a := range arrays {
		for _, v := range a {
			if set.Add(v) {
				out = append(out, v)
			}
		}
	}
	return out
}

func empty(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case nil:
		return true, nil
	case string:
		return v == "", nil
	case []value.Value:
		return len(v) == 0, nil
	case *value.Object:
		return v.Len() == 0, nil
	}
	return nil, c.invalid(0, "an object, an array or a string")
}

func first(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case string:
		return sub(v, 0, min(1, units(v))), nil
	case []value.Value:
		if len(v) == 0 {
			return nil, nil
		}
		return v[0], nil
	}
	return nil, c.invalid(0, "an array or a string")
}

func last(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case string:
		n := units(v)
		return sub(v, max(0, n-1), n), nil
	case []value.Value:
		if len(v) == 0 {
			return nil, nil
		}
		return v[len(v)-1], nil
	}
	return nil, c.invalid(0, "an array or a string")
}

func flatten(c *Call) (value.Value, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	out := []value.Value{}
	for _, e := range a {
		inner, ok := e.([]value.Value)
		if _, unknown := e.(*value.Unknown); unknown {
			return nil, ErrUnknown
		}
		if !ok {
			return nil, c.invalid(0, "an array of arrays")
		}
		out = append(out, inner...)
	}
	return out, nil
}

func indexOf(c *Call) (value.Value, error) { return position(c, false) }

func lastIndexOf(c *Call) (value.Value, error) { return position(c, true) }

// position is where the second argument stands in the first one, for the first time or the last; -1: nowhere.
func position(c *Call, last bool) (value.Value, error) {
	if a, ok := c.Args[0].([]value.Value); ok {
		if !last {
			return int64(index(a, c.Args[1])), nil
		}
		for i, v := range slices.Backward(a) {
			if value.Equal(v, c.Args[1]) {
				return int64(i), nil
			}
		}
		return int64(-1), nil
	}
	in, err := c.str(0)
	if err != nil {
		return nil, c.invalid(0, "an array or a string")
	}
	key, err := c.str(1)
	if err != nil {
		return nil, err
	}
	return int64(indexText(in, key, last)), nil
}

// indexFromEnd counts from one, from the last element.
func indexFromEnd(c *Call) (value.Value, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > int64(len(a)) {
		return nil, value.Errorf("The language expression property array index from end '%d' is out of bounds.", n)
	}
	return a[int64(len(a))-n], nil
}

func tryIndexFromEnd(c *Call) (value.Value, error) {
	a, ok := c.Args[0].([]value.Value)
	n, isInt := c.Args[1].(int64)
	if !isInt {
		return nil, c.invalid(1, "an integer")
	}
	if !ok || n < 1 || n > int64(len(a)) {
		return nil, nil
	}
	return a[int64(len(a))-n], nil
}

func length(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case string:
		return int64(units(v)), nil
	case []value.Value:
		return int64(len(v)), nil
	case *value.Object:
		return int64(v.Len()), nil
	}
	return nil, c.invalid(0, "an array, an object or a string")
}

func rangeOf(c *Call) (value.Value, error) {
	start, err := c.integer(0)
	if err != nil {
		return nil, err
	}
	count, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	const maxCount, maxEnd = 10_000, 2_147_483_647 // the documented limits
	if count < 0 || count > maxCount {
		return nil, value.Errorf("The template language function '%s' expects its second parameter to be an integer between '0' and '%d'. The provided value is '%d'.", c.Name, maxCount, count)
	}
	if start > maxEnd-count || start < -maxEnd {
		return nil, value.Errorf("The template language function '%s' expects the sum of its parameters to be at most '%d'.", c.Name, maxEnd)
	}
	out := make([]value.Value, count)
	for i := range out {
		out[i] = start + int64(i)
	}
	return out, nil
}
