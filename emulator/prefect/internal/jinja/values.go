package jinja

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// said is what an exception says of it.
func (u undefined) said() string {
	if u.name == "" {
		return "the value is undefined"
	}
	return pytext.Repr(u.name) + " is undefined"
}

// className is Python's name of a value's class.
func className(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []any:
		return "list"
	case tuple:
		return "tuple"
	case map[string]any:
		return "dict"
	}
	return "ChainableUndefined"
}

// text is str(value).
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case undefined:
		return ""
	}
	return repr(value)
}

// repr is repr(value).
func repr(value any) string {
	join := func(values []any) string {
		var parts []string
		for _, v := range values {
			parts = append(parts, repr(v))
		}
		return strings.Join(parts, ", ")
	}
	switch v := value.(type) {
	case undefined:
		return "Undefined"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		number := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(number, ".eIN") {
			number += ".0"
		}
		return pytext.Repr(json.Number(number))
	case []any:
		return "[" + join(v) + "]"
	case tuple:
		if len(v) == 1 {
			return "(" + repr(v[0]) + ",)"
		}
		return "(" + join(v) + ")"
	case map[string]any:
		var parts []string
		for _, key := range sortedKeys(v) {
			parts = append(parts, pytext.Repr(key)+": "+repr(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return pytext.Repr(value)
}

func sortedKeys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }

func truth(value any) bool {
	switch v := value.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case tuple:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// sequence is a value as a list: a text is one of its characters.
func sequence(value any) ([]any, bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case tuple:
		return v, true
	case string:
		list := make([]any, 0, len(v))
		for _, r := range v {
			list = append(list, string(r))
		}
		return list, true
	}
	return nil, false
}

// items are what a loop goes through.
func items(value any) []any {
	if list, ok := sequence(value); ok {
		return list
	}
	switch v := value.(type) {
	case undefined:
		return nil
	case map[string]any:
		keys := []any{}
		for _, key := range sortedKeys(v) {
			keys = append(keys, key)
		}
		return keys
	}
	raise("TypeError", "'%s' object is not iterable", className(value))
	return nil
}

// likeOf makes a list what another value is: a text, a tuple or a list.
func likeOf(value any, list []any) any {
	switch value.(type) {
	case string:
		var joined strings.Builder
		for _, item := range list {
			joined.WriteString(item.(string))
		}
		return joined.String()
	case tuple:
		return tuple(list)
	}
	return list
}

func asFloat(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func equal(a, b any) bool {
	x, xOK := asFloat(a)
	y, yOK := asFloat(b)
	if xOK && yOK {
		return x == y
	}
	if _, ok := a.(undefined); ok {
		_, also := b.(undefined)
		return also
	}
	return className(a) == className(b) && repr(a) == repr(b)
}

func contains(holder, value any) bool {
	if whole, ok := holder.(string); ok {
		part, ok := value.(string)
		if !ok {
			raise("TypeError", "'in <string>' requires string as left operand, not %s", className(value))
		}
		return strings.Contains(whole, part)
	}
	return slices.ContainsFunc(items(holder), func(item any) bool { return equal(item, value) })
}

func compareValues(a, b any) int {
	x, xOK := asFloat(a)
	y, yOK := asFloat(b)
	if xOK && yOK {
		return cmp.Compare(x, y)
	}
	left, leftOK := a.(string)
	right, rightOK := b.(string)
	if leftOK && rightOK {
		return cmp.Compare(left, right)
	}
	for _, side := range []any{a, b} {
		if u, ok := side.(undefined); ok {
			raise("UndefinedError", "%s", u.said())
		}
	}
	raise("TypeError", "'<' not supported between instances of '%s' and '%s'", className(a), className(b))
	return 0
}

// texts adds and repeats texts as they are, not as lists of their characters, which take thirty times the memory.
func texts(name string, left, right any) (string, bool) {
	count, repeats := right.(int64)
	text, ok := left.(string)
	if !ok {
		text, ok = right.(string)
		count, repeats = left.(int64)
	}
	if name == "mul" && ok && repeats {
		if count = max(count, 0); text != "" && count > int64(maxText/len(text)) {
			unsupported("so long a text")
		}
		if text == "" {
			return "", true
		}
		return strings.Repeat(text, int(count)), true
	}
	a, aOK := left.(string)
	b, bOK := right.(string)
	if name == "add" && aOK && bOK {
		return bounded(a, b), true
	}
	return "", false
}

// sequences adds and repeats texts and lists.
func sequences(name string, left, right any) any {
	if text, ok := texts(name, left, right); ok {
		return text
	}
	list, ok := sequence(left)
	count, isCount := right.(int64)
	if name == "mul" && !ok {
		list, ok = sequence(right)
		count, isCount = left.(int64)
		left = right
	}
	if name == "mul" && ok && isCount {
		if int64(len(list))*max(count, 0) > maxText {
			unsupported("so long a text")
		}
		repeated := []any{}
		for range max(count, 0) {
			repeated = append(repeated, list...)
		}
		return likeOf(left, repeated)
	}
	if other, isList := sequence(right); name == "add" && ok && isList && className(left) == className(right) {
		if len(list)+len(other) > maxText {
			unsupported("so long a text")
		}
		return likeOf(left, slices.Concat(list, other))
	}
	if class := className(left); name == "add" && ok {
		raise("TypeError", `can only concatenate %s (not "%s") to %s`, class, className(right), class)
	}
	sign := map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "pow": "** or pow()"}[name]
	raise("TypeError", "unsupported operand type(s) for %s: '%s' and '%s'", sign, className(left), className(right))
	return nil
}
