package parameters

import (
	"maps"
	"slices"
)

// loosen makes of a schema as pydantic 1 writes it one of draft 2020-12, in place: optional properties may be null, tuples
// have prefixItems, and a block may be given by a reference.
func loosen(schema any, nullableDefaults bool) any {
	document, _ := schema.(map[string]any)
	loosenProperties(document, nullableDefaults)
	definitions, _ := document["definitions"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		definition, ok := definitions[name].(map[string]any)
		if !ok {
			continue
		}
		loosenProperties(definition, nullableDefaults)
		title, _ := definition["title"].(string)
		if _, block := definition["block_type_slug"]; block && title != "" {
			definitions[title] = map[string]any{"oneOf": []any{definition, blockReference()}}
		}
	}
	return schema
}

// blockReference is the form of {"$ref": id} and of {"$ref": {"block_document_id": id}}.
func blockReference() map[string]any {
	return map[string]any{
		"type": "object",
		"properties": map[string]any{"$ref": map[string]any{"oneOf": []any{
			map[string]any{"type": "string", "format": "uuid"},
			map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}, "minProperties": 1},
		}}},
		"required": []any{"$ref"},
	}
}

func loosenProperties(object map[string]any, nullableDefaults bool) {
	properties, _ := object["properties"].(map[string]any)
	required, _ := object["required"].([]any)
	for name, value := range properties {
		property, ok := value.(map[string]any)
		if !ok {
			continue
		}
		kind, typed := property["type"]
		_, hasDefault := property["default"]
		if typed && kind != "null" && !slices.Contains(required, any(name)) && (!hasDefault || nullableDefaults) {
			property["anyOf"] = []any{map[string]any{"type": kind}, map[string]any{"type": "null"}}
			delete(property, "type")
		}
		items, tuple := property["items"].([]any)
		if _, already := property["prefixItems"]; tuple && len(items) > 0 && !already {
			property["prefixItems"] = items
			delete(property, "items")
		}
		loosenProperties(property, nullableDefaults)
	}
}

// withoutRequired leaves out every key of that name, of objects in objects: so the server does it, and takes properties
// that are named so with it, and leaves what lies in lists.
func withoutRequired(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(object))
	for key, item := range object {
		if key != "required" {
			out[key] = withoutRequired(item)
		}
	}
	return out
}
