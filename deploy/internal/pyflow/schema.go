package pyflow

import (
	"errors"
	"maps"
	"slices"
)

// Target is the Prefect whose schemas are made. The two differ by themselves and by the pydantic that comes with them.
type Target int

const (
	Prefect3 Target = iota // 3.9.1 with pydantic 2.14
	Prefect2               // 2.20.27 with pydantic 2.12
)

// decimal is the schema of decimal.Decimal.
func (t Target) decimal() object {
	text := object{"type": "string"}
	if t == Prefect2 {
		text["pattern"] = `^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$`
	}
	return object{"anyOf": []any{object{"type": "number"}, text}}
}

// Schema is the schema of the flow's parameters as the target's parameter_schema makes it: title, type, properties, and
// required and definitions where there are any. Numbers are json.Number. Where parameters cannot be read the error joins
// one [*Problem] for each.
func (f *Flow) Schema(target Target) (map[string]any, error) {
	var problems []error // in the order of the parameters
	r := newReader(f.module, target)
	if f.def.generic {
		return nil, &Problem{Reason: "the flow " + f.Function + " has type parameters", NeedsSchema: true, hint: hintSchema}
	}
	docs := map[string]string{}
	if f.def.doc != nil {
		if text, ok := f.def.doc.value.(string); ok {
			docs = docParameters(cleanDoc(text))
		}
	}
	properties, required := object{}, []any{}
	for position, p := range f.def.parameters {
		if target == Prefect3 && (p.name == "self" || p.name == "cls") {
			continue
		}
		problem := caught(f.module.text, func() {
			property, needed := r.property(p)
			property["title"], property["position"] = p.name, position
			if description, ok := docs[p.name]; ok && property["description"] == nil {
				property["description"] = description
			}
			properties[p.name] = property
			if needed {
				required = append(required, p.name)
			}
		})
		if problem != nil {
			problems = append(problems, problem)
		}
	}
	schema := object{"title": "Parameters", "type": "object", "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	}
	definitions := object{}
	if problem := caught(f.module.text, func() { r.define(definitions, properties) }); problem != nil {
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(definitions) > 0 || target == Prefect3 { // which writes them even where there are none
		schema["definitions"] = definitions
	}
	return schema, nil
}

// postponed reports whether the module has "from __future__ import annotations".
func (r *reader) postponed() bool {
	return slices.ContainsFunc(r.names["annotations"], func(s *stmt) bool { return s.module == "__future__.annotations" })
}

// property is the schema of one parameter without its title and position, and whether it is required.
func (r *reader) property(p *parameter) (property object, required bool) {
	t := plain(object{})
	if p.annotation != nil {
		t = r.typeOf(p.annotation, position{inside: r.postponed()})
	}
	value := p.defaultValue
	property = object{}
	if r.target == Prefect3 && p.kind == varPositional {
		t = holding(object{"type": "array", "items": t.schema}, t)
		property["default"] = []any{}
	}
	if r.target == Prefect3 && p.kind == varKeyword {
		t = mapping(plain(object{"type": "string"}), t)
		property["default"] = object{}
	}
	if !t.without && !t.undefined {
		maps.Copy(property, t.schema)
	}
	delete(property, "description") // Prefect sets its own, if only to nothing
	switch {
	case property["default"] != nil:
		return property, false
	case value == nil || value.isConstant(ellipsis{}):
		return property, true
	case r.calledIfAny(value) == "pydantic.Field":
		return r.fieldDefault(property, value)
	}
	property["default"] = r.literal(value)
	return property, false
}

// calledIfAny is calls for an expression whose names may be unknown: "" then.
func (r *reader) calledIfAny(e *expr) (external string) {
	if caught("", func() { external = r.calls(e) }) != nil {
		return ""
	}
	return external
}

// fieldDefault is a parameter whose default is Field(...). Prefect 3 takes over its default and its description; for
// Prefect 2 it is a default that no JSON can show.
func (r *reader) fieldDefault(property object, value *expr) (object, bool) {
	field := r.fieldOf(value)
	if r.target == Prefect2 {
		return property, false
	}
	if description, _ := field.words["description"].(string); description != "" {
		property["description"] = description
	}
	if !field.shown {
		return property, true
	}
	property["default"] = field.value
	return property, false
}

// define adds the definitions of all classes that a schema refers to, and of those that they refer to.
func (r *reader) define(definitions object, schema any) {
	switch s := schema.(type) {
	case []any:
		for _, inner := range s {
			r.define(definitions, inner)
		}
	case object:
		for _, inner := range s {
			r.define(definitions, inner)
		}
		ref, _ := s["$ref"].(string)
		name := refName(ref)
		if name == "" || definitions[name] != nil {
			return
		}
		definition := r.definition(name)
		if definition == nil { // a default that looks like a reference
			return
		}
		definitions[name] = definition
		r.define(definitions, definition)
	}
}

func refName(ref string) string {
	const prefix = "#/definitions/"
	if len(ref) <= len(prefix) || ref[:len(prefix)] != prefix {
		return ""
	}
	return ref[len(prefix):]
}

// definition is the definition of a class that a type has referred to, nil for any other name.
func (r *reader) definition(name string) object {
	for s, info := range r.classes {
		if s.name != name {
			continue
		}
		define := r.fieldsDefinition
		if info.kind == enumClass {
			define = r.enumDefinition
		}
		schema := define(info)
		schema["title"] = name
		return schema
	}
	return nil
}

// fieldsDefinition is the definition of a model or a dataclass.
func (r *reader) fieldsDefinition(info *classInfo) object {
	properties, required := object{}, []any{}
	for _, field := range info.fields {
		name, property, needed := r.fieldProperty(info, field)
		properties[name] = property
		if needed {
			required = append(required, name)
		}
	}
	schema := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	}
	if info.extra != nil {
		schema["additionalProperties"] = info.extra
	}
	if doc, ok := docText(info.def.doc); ok && doc != "" && (info.kind == modelClass || r.target == Prefect3) {
		schema["description"] = doc
	}
	return schema
}

// fieldProperty is the schema of one field under its name or alias, and whether it is required.
func (r *reader) fieldProperty(info *classInfo, field *classField) (name string, property object, required bool) {
	t := r.typeOf(field.annotation, position{field: true})
	if t.without || t.undefined || t.foreign && !info.arbitrary {
		failf(field.at, hintSchema, "pydantic has no schema for the field %s of %s", field.name, info.def.name)
	}
	f := &fieldInfo{words: object{}}
	caller := ""
	if field.value != nil {
		caller = r.calledIfAny(field.value)
	}
	switch {
	case info.kind == modelClass && caller == "pydantic.Field", info.kind == dataClass && caller == "dataclasses.field":
		f = r.fieldOf(field.value)
	case field.value != nil:
		f.setDefault(r, field.value)
	}
	titled := t.titled()
	property = maps.Clone(f.apply(t, field.value, false).schema)
	name = field.name
	if f.alias != "" {
		name = f.alias
	}
	if property["title"] == nil && titled {
		property["title"] = fieldTitle(name)
	}
	if f.shown {
		property["default"] = f.value
	}
	return name, property, !f.defaulted
}
