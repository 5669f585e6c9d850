package jobtemplate

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// deepest is how many schemas within each other are followed: definitions may refer to themselves.
const deepest = 20

// parts visits a schema, what it refers to and its alternatives.
func (t *Template) parts(schema any, visit func(object)) {
	var walk func(schema any, depth int)
	walk = func(schema any, depth int) {
		s, ok := schema.(object)
		if !ok || depth > deepest {
			return
		}
		visit(s)
		if target := t.target(s); target != nil {
			walk(target, depth+1)
		}
		for _, key := range []string{"allOf", "anyOf", "oneOf"} {
			list, _ := s[key].([]any)
			for _, one := range list {
				walk(one, depth+1)
			}
		}
	}
	walk(schema, 0)
}

// target is the definition that a schema refers to; nil for none.
func (t *Template) target(s object) any {
	ref, _ := s["$ref"].(string)
	place, name, ok := strings.Cut(strings.TrimPrefix(ref, "#/"), "/")
	if !ok {
		return nil
	}
	definitions, _ := t.definitions[place].(map[string]any)
	return definitions[name]
}

// fits reports whether a schema takes a value, by its types, alternatives and enumerations. What else a schema may say is
// for the server to judge.
func (t *Template) fits(schema, v any, depth int) bool {
	s, ok := schema.(object)
	if !ok || depth > deepest {
		return true
	}
	if target := t.target(s); target != nil && !t.fits(target, v, depth+1) {
		return false
	}
	fit := func(one any) bool { return t.fits(one, v, depth+1) }
	if all, ok := s["allOf"].([]any); ok && slices.ContainsFunc(all, func(one any) bool { return !fit(one) }) {
		return false
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if choices, ok := s[key].([]any); ok && !slices.ContainsFunc(choices, fit) {
			return false
		}
	}
	if allowed, ok := s["enum"].([]any); ok && !slices.ContainsFunc(allowed, func(one any) bool { return sameJSON(one, v) }) {
		return false
	}
	if types := typesOf(s); len(types) > 0 && !slices.ContainsFunc(types, func(kind string) bool { return isOfType(kind, v) }) {
		return false
	}
	return t.fitsWithin(s, v, depth)
}

// fitsWithin looks at the elements of lists and objects. A reference to a block or a variable stands for a value of its own.
func (t *Template) fitsWithin(s object, v any, depth int) bool {
	switch v := v.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(one any) bool { return !t.fits(s["items"], one, depth+1) })
	case map[string]any:
		if _, reference := v["$ref"]; reference {
			return true
		}
		properties, _ := s["properties"].(map[string]any)
		for name, one := range v {
			within, ok := properties[name]
			if !ok {
				within = s["additionalProperties"]
			}
			if !t.fits(within, one, depth+1) {
				return false
			}
		}
	}
	return true
}

func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// typesOf lists the types that a schema itself names.
func typesOf(s object) []string {
	switch kind := s["type"].(type) {
	case string:
		return []string{kind}
	case []any:
		var types []string
		for _, one := range kind {
			if name, ok := one.(string); ok {
				types = append(types, name)
			}
		}
		return types
	}
	return nil
}

func isOfType(kind string, v any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case json.Number:
		number, err := v.Float64()
		return kind == "number" || kind == "integer" && err == nil && number == math.Trunc(number)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// wants are the types of JSON in words.
var wants = []struct{ kind, words string }{
	{"string", "a text"}, {"number", "a number such as 2 or 0.5"}, {"integer", "a whole number such as 2"}, {"boolean", "true or false"},
	{"array", `a list as JSON, such as ["a", "b"]`}, {"object", `an object as JSON, such as {"NAME": "value"}`}, {"null", "null"},
}

// want says what a schema takes.
func (t *Template) want(schema any) string {
	var kinds, values []string
	t.parts(schema, func(s object) {
		kinds = append(kinds, typesOf(s)...)
		if allowed, ok := s["enum"].([]any); ok {
			for _, one := range allowed {
				text, _ := json.Marshal(one)
				values = append(values, strings.Trim(string(text), `"`))
			}
		}
	})
	if len(values) > 0 {
		return "one of " + strings.Join(values, ", ")
	}
	var words []string
	for _, w := range wants {
		if slices.Contains(kinds, w.kind) {
			words = append(words, w.words)
		}
	}
	if len(words) == 0 {
		return "what the template's schema takes"
	}
	return strings.Join(words, ", or ")
}
