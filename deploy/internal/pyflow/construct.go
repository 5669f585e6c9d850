package pyflow

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// construct is the JSON of an object of a model or a dataclass of the module, such as Config(size=3). It reads what pydantic
// would leave as it is: given values of exactly the fields' types, and no code of the class in between.
func (r *reader) construct(of meaning, e *expr) any {
	if of.local.kind != class {
		failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	}
	info := r.classOf(of.local, e)
	if of.member != "" || info.kind != modelClass && info.kind != dataClass {
		failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	}
	if info.active != "" {
		failf(e.at, hintSchema, "%s of the class %s may change %s", info.active, of.local.name, describeExpr(e))
	}
	given := r.given(info, e)
	object := object{}
	for _, field := range info.fields {
		value, ok := given[field.name]
		if ok {
			delete(given, field.name)
			object[field.name] = r.givenValue(info, field, value)
			continue
		}
		object[field.name] = r.fieldDefaultValue(info, field, e)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		failf(given[name].at, hintSchema, "the class %s has no field %q", of.local.name, name)
	}
	return object
}

// given are the arguments of a call by the names of the fields.
func (r *reader) given(info *classInfo, e *expr) map[string]*expr {
	given := map[string]*expr{}
	if len(e.items) > 0 && (info.kind == modelClass || len(e.items) > len(info.fields)) {
		failf(e.items[0].at, hintSchema, "%s has too many positional arguments", describeExpr(e))
	}
	for i, item := range e.items {
		given[info.fields[i].name] = item
	}
	for _, k := range e.keywords {
		if k.name == "" {
			failf(k.at, hintSchema, "** in %s is not a literal", describeExpr(e))
		}
		given[k.name] = k.value
	}
	return given
}

func (r *reader) givenValue(info *classInfo, field *classField, value *expr) any {
	if info.kind == dataClass { // the standard library checks nothing
		return r.literal(value)
	}
	t := r.typeOf(field.annotation, position{field: true})
	if field.value != nil && r.calledIfAny(field.value) == "pydantic.Field" && r.fieldOf(field.value).alias != "" {
		failf(value.at, hintSchema, "a field with an alias is not read here")
	}
	if t.nullable && len(t.members) == 1 {
		if value.isConstant(nil) {
			return nil
		}
		t = t.members[0]
	}
	return r.kept(t.schema, value)
}

// kept is the JSON of a value that pydantic leaves as it is for a type with this schema, but for integers as floats.
func (r *reader) kept(schema object, e *expr) any {
	value := r.literal(e)
	family, _ := schema["type"].(string)
	ok := false
	switch v := value.(type) {
	case string:
		// A value with a format, or of a class, is one only if it was made as one.
		ok = family == "string" && (schema["format"] == nil && schema["enum"] == nil || e.kind == call) || schema["const"] == v
	case bool:
		ok = family == "boolean"
	case json.Number:
		integer := !strings.ContainsAny(v.String(), ".e")
		ok = family == "integer" && integer || family == "number"
		if family == "number" && integer {
			value = json.Number(v.String() + ".0")
		}
	case []any:
		if items, isObject := schema["items"].(object); family == "array" && isObject && e.kind == list {
			for i, item := range e.items {
				v[i] = r.kept(items, item)
			}
			ok = schema["uniqueItems"] == nil
		}
	case object:
		values, isObject := schema["additionalProperties"].(object)
		if ok = family == "object" && e.kind == dict && schema["propertyNames"] == nil; ok && isObject {
			for i, key := range e.keys {
				if name, isText := r.literal(key).(string); isText {
					v[name] = r.kept(values, e.items[i])
				}
			}
		}
	}
	if len(schema) == 0 || schema["$ref"] != nil && (e.kind == call || e.kind == attribute) {
		ok = true
	}
	if !ok {
		failf(e.at, hintSchema, "pydantic may make something else of this value")
	}
	return value
}

// fieldDefaultValue is the JSON of a field that a call leaves out.
func (r *reader) fieldDefaultValue(info *classInfo, field *classField, e *expr) any {
	if field.value == nil {
		failf(e.at, hintSchema, "%s leaves out the field %q", describeExpr(e), field.name)
	}
	switch r.calledIfAny(field.value) {
	case "pydantic.Field", "dataclasses.field":
		f := r.fieldOf(field.value)
		switch {
		case f.alias != "":
			failf(e.at, hintSchema, "a field with an alias is not read here")
		case f.shown && info.kind == dataClass:
			return f.value
		case f.shown:
			return r.written(field, f.value, f.given)
		case f.factory == "builtins.list":
			return []any{}
		case f.factory == "builtins.dict":
			return object{}
		}
		failf(e.at, hintSchema, "%s leaves the field %q to code or to nothing", describeExpr(e), field.name)
	}
	value := r.literal(field.value)
	if info.kind == dataClass {
		return value
	}
	return r.written(field, value, field.value)
}

// written is the JSON of a field's default in a model's object. Pydantic does not check defaults, but writes them by the
// field's type, which makes a float of an integer.
func (r *reader) written(field *classField, value any, e *expr) any {
	t := r.typeOf(field.annotation, position{field: true})
	if t.nullable && len(t.members) == 1 {
		t = t.members[0]
	}
	var kept any
	problem := caught("", func() { kept = r.kept(t.schema, e) })
	switch value.(type) {
	case json.Number, []any, object:
		if problem != nil && strings.Contains(schemaKey(t.schema), `"number"`) {
			failf(e.at, hintSchema, "pydantic may make something else of this value")
		}
	}
	if problem != nil {
		return value
	}
	return kept
}
