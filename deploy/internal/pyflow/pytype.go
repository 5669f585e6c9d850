package pyflow

import (
	"encoding/json"
	"slices"
)

// object is one JSON object of a schema.
type object = map[string]any

// A pyType is what an annotation means, as far as pydantic's JSON schema of it goes.
type pyType struct {
	schema object // with {"$ref": "#/definitions/NAME"} for the classes of the module
	// members are those of a union, without None; one member with nullable is Optional. Empty for anything else.
	members  []*pyType
	nullable bool // None is a member too
	none     bool // NoneType itself
	ref      bool // a class with a definition: such a field gets no title
	// without is set when pydantic has no JSON schema for this type, or for a part of it, which is so for callables. Prefect
	// makes such a parameter Any; a union leaves such a member out.
	without bool
	// undefined is set when Python finds no meaning of a name in this type. Prefect makes such a parameter Any.
	undefined bool
	// foreign is set for a class that pydantic knows nothing of. A parameter may have one, a field of a model may not.
	foreign bool
}

// plain is a type with a schema of its own.
func plain(schema object) *pyType { return &pyType{schema: schema} }

// holding is a type with a schema of its own that holds values of other types.
func holding(schema object, of ...*pyType) *pyType {
	t := plain(schema)
	for _, inner := range of {
		t.without, t.undefined = t.without || inner.without, t.undefined || inner.undefined
		t.foreign = t.foreign || inner.foreign
	}
	return t
}

// titled reports whether pydantic gives a field of this type a title of its own making (field_title_should_be_set).
func (t *pyType) titled() bool {
	if t.nullable && len(t.members) == 1 {
		return t.members[0].titled()
	}
	return !t.ref
}

// sealed is the type as Annotated leaves it: typing.Union does not look into it for members.
func (t *pyType) sealed() *pyType {
	s := *t
	s.ref = !t.titled()
	s.members, s.nullable, s.none = nil, false, false
	return &s
}

var nullSchema = object{"type": "null"}

// union joins types as typing.Union does: nested unions are one, equal members are one, and None goes last.
func union(types []*pyType, e *expr) *pyType {
	u := &pyType{}
	for _, t := range types {
		u.undefined, u.foreign = u.undefined || t.undefined, u.foreign || t.foreign
		switch {
		case t.none:
			u.nullable = true
		case len(t.members) > 0:
			u.nullable = u.nullable || t.nullable
			u.members = append(u.members, t.members...)
		default:
			u.members = append(u.members, t)
		}
	}
	seen := map[string]bool{}
	u.members = slices.DeleteFunc(u.members, func(t *pyType) bool {
		key := schemaKey([]any{t.schema, t.without, t.foreign})
		defer func() { seen[key] = true }()
		return seen[key]
	})
	switch {
	case len(u.members) == 0:
		return &pyType{schema: nullSchema, none: true}
	case len(u.members) == 1 && !u.nullable:
		return u.members[0]
	}
	var schemas []object
	for _, member := range u.members {
		if !member.without || len(u.members) == 1 {
			schemas = append(schemas, member.schema)
		}
		u.without = member.without && len(u.members) == 1
	}
	if len(schemas) == 0 {
		failf(e.at, hintSchema, "no member of this union has a schema")
	}
	u.schema = anyOf(schemas)
	if u.nullable {
		u.schema = anyOf([]object{u.schema, nullSchema})
	}
	return u
}

// anyOf is pydantic's get_union_of_schemas: nested anyOf lists are one list, and equal schemas one.
func anyOf(schemas []object) object {
	var flat []any
	seen := map[string]bool{}
	add := func(schema any) {
		if key := schemaKey(schema); !seen[key] {
			seen[key] = true
			flat = append(flat, schema)
		}
	}
	for _, schema := range schemas {
		nested, ok := schema["anyOf"].([]any)
		if !ok || len(schema) > 1 {
			add(schema)
			continue
		}
		for _, inner := range nested {
			add(inner)
		}
	}
	if len(flat) == 1 {
		if only, ok := flat[0].(object); ok {
			return only
		}
	}
	return object{"anyOf": flat}
}

// schemaKey is equal for equal schemas: encoding/json sorts the keys.
func schemaKey(schema any) string {
	text, err := json.Marshal(schema)
	if err != nil { // a schema holds nothing but JSON
		panic(err)
	}
	return string(text)
}

// constrained is the type with one more constraint in its schema. Only the constraints that pydantic turns into a keyword of
// this schema are read; ok is false for the others.
func (t *pyType) constrained(constraint string, value any) (constrained *pyType, ok bool) {
	if t.nullable && len(t.members) == 1 {
		inner, ok := t.members[0].constrained(constraint, value)
		if !ok {
			return nil, false
		}
		return union([]*pyType{inner, {schema: nullSchema, none: true}}, nil), true
	}
	family, _ := t.schema["type"].(string)
	if t.schema["format"] != nil || t.schema["enum"] != nil || t.schema["const"] != nil {
		return nil, false
	}
	key := constraintKeys[family][constraint]
	if key == "" {
		return nil, false
	}
	schema := object{key: value}
	for k, v := range t.schema {
		if k != key {
			schema[k] = v
		}
	}
	return holding(schema, t), true
}

var numberKeys = map[string]string{"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum", "multiple_of": "multipleOf"}

// constraintKeys are the JSON schema's words for pydantic's constraints, by the type that they are put on.
var constraintKeys = map[string]map[string]string{
	"integer": numberKeys,
	"number":  numberKeys,
	"string":  {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"},
	"array":   {"min_length": "minItems", "max_length": "maxItems"},
	"object":  {"min_length": "minProperties", "max_length": "maxProperties"},
}
