package functions

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var objects = map[string]Function{
	"createobject": {0, -1, true, createObject},
	"items":        {1, 1, true, items},
	"json":         {1, 1, false, parseJSON},
	"null":         {0, 0, false, func(*Call) (value.Value, error) { return nil, nil }},
	"objectkeys":   {1, 1, true, objectKeys},
	"shallowmerge": {1, 1, true, shallowMerge},
	"tryget":       {2, -1, true, tryGet},
}

func createObject(c *Call) (value.Value, error) {
	if len(c.Args)%2 != 0 {
		return nil, value.Errorf("The template language function '%s' expects an even number of parameters: names and values. The provided number is '%d'.", c.Name, len(c.Args))
	}
	o := value.NewObject(len(c.Args) / 2)
	for i := 0; i < len(c.Args); i += 2 {
		key, err := c.str(i)
		if err != nil {
			return nil, value.Errorf("The template language function '%s' expects the names of members to be strings. The provided value is of type '%s'.", c.Name, value.TypeName(c.Args[i]))
		}
		if _, ok := o.Get(key); ok {
			return nil, value.Errorf("The template language function '%s' is invalid: the property name '%s' is given more than once.", c.Name, key)
		}
		o.Set(key, c.Args[i+1])
	}
	return o, nil
}

// items are the members of an object, by name.
func items(c *Call) (value.Value, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	out := make([]value.Value, 0, o.Len())
	for _, i := range sortedMembers(o) {
		k, v := o.At(i)
		item := value.NewObject(2)
		item.Set("key", k)
		item.Set("value", v)
		out = append(out, item)
	}
	return out, nil
}

func sortedMembers(o *value.Object) []int {
	order := make([]int, o.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return CompareText(o.Keys()[a], o.Keys()[b]) })
	return order
}

func objectKeys(c *Call) (value.Value, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	out := make([]value.Value, o.Len())
	for i, at := range sortedMembers(o) {
		out[i] = o.Keys()[at]
	}
	return out, nil
}

func parseJSON(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	v, err := document.ParseValue([]byte(s))
	if err != nil {
		return nil, value.Errorf("The template language function '%s' parameter is not valid. The provided value cannot be parsed as JSON: %v", c.Name, err)
	}
	return v, nil
}

func shallowMerge(c *Call) (value.Value, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	out := value.NewObject(8)
	for _, e := range a {
		o, ok := e.(*value.Object)
		if _, unknown := e.(*value.Unknown); unknown {
			return nil, ErrUnknown
		}
		if !ok {
			return nil, c.invalid(0, "an array of objects")
		}
		for i := range o.Len() {
			out.SetFold(o.At(i))
		}
	}
	return out, nil
}

// tryGet reads a property or an element, and what is inside it, or null if anything on the way is missing.
func tryGet(c *Call) (value.Value, error) {
	v := c.Args[0]
	for i, key := range c.Args[1:] {
		switch key.(type) {
		case string, int64:
		default:
			return nil, c.invalid(i+1, "a string or an integer")
		}
		if u, ok := v.(*value.Unknown); ok {
			rest := c.Args[i+1:]
			return &value.Unknown{Text: "tryGet(" + u.Text + literals(rest) + ")"}, nil
		}
		v = TryRead(v, key)
	}
	return v, nil
}

func literals(args []value.Value) string {
	var s strings.Builder
	for _, a := range args {
		s.WriteString(", " + value.Literal(a))
	}
	return s.String()
}

// TryRead reads a property or an element; nil if there is none.
func TryRead(v, key value.Value) value.Value {
	switch v := v.(type) {
	case *value.Object:
		if k, ok := key.(string); ok {
			member, _ := v.Get(k)
			return member
		}
	case []value.Value:
		if i, ok := key.(int64); ok && i >= 0 && i < int64(len(v)) {
			return v[i]
		}
	}
	return nil
}

// union merges objects deeply, or arrays without repeating an element.
func union(c *Call) (value.Value, error) {
	switch c.Args[0].(type) {
	case []value.Value:
		all := make([][]value.Value, len(c.Args))
		for i := range c.Args {
			a, err := c.array(i)
			if err != nil {
				return nil, err
			}
			all[i] = a
		}
		return merged(all...), nil
	case *value.Object:
		out := value.NewObject(8)
		for i := range c.Args {
			o, err := c.object(i)
			if err != nil {
				return nil, err
			}
			out = mergeObjects(out, o)
		}
		return out, nil
	}
	return nil, c.invalid(0, "an array or an object")
}

func mergeObjects(a, b *value.Object) *value.Object {
	out := a.Clone()
	for i := range b.Len() {
		k, v := b.At(i)
		if old, ok := out.Get(k); ok {
			oldObject, isOld := old.(*value.Object)
			newObject, isNew := v.(*value.Object)
			_, oldUnknown := old.(*value.Unknown)
			_, newUnknown := v.(*value.Unknown)
			switch {
			case isOld && isNew:
				v = mergeObjects(oldObject, newObject)
			case oldUnknown && (isNew || newUnknown), newUnknown && isOld:
				v = &value.Unknown{Text: "union(" + value.Literal(old) + ", " + value.Literal(v) + ")"}
			}
		}
		out.SetFold(k, v)
	}
	return out
}

// intersection keeps what all arguments have.
func intersection(c *Call) (value.Value, error) {
	switch of := c.Args[0].(type) {
	case []value.Value:
		out := merged(of)
		for i := 1; i < len(c.Args); i++ {
			a, err := c.array(i)
			if err != nil {
				return nil, err
			}
			set := value.NewSet(a)
			out = slices.DeleteFunc(out, func(v value.Value) bool { return !set.Has(v) })
		}
		return out, nil
	case *value.Object:
		out := value.NewObject(of.Len())
		for at := range of.Len() {
			k, v := of.At(at)
			keep := true
			for i := 1; i < len(c.Args); i++ {
				o, err := c.object(i)
				if err != nil {
					return nil, err
				}
				other, ok := o.Get(k)
				keep = keep && ok && value.Equal(v, other)
			}
			if keep {
				out.Set(k, v)
			}
		}
		return out, nil
	}
	return nil, c.invalid(0, "an array or an object")
}
