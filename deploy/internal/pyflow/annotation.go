package pyflow

import "maps"

// A position says where an annotation stands, which decides how Python evaluates the names in it.
type position struct {
	// field is set in a class. Quoted names inside of a type, List["Config"], then mean what they mean in the module; in a
	// signature Prefect looks them up in a module of its own, finds only the built-in ones, and makes the parameter Any.
	field bool
	// inside is set below the outermost type of an annotation. Under "from __future__ import annotations", which quotes them
	// all once, it is set for the outermost too.
	inside bool
	// quoted is set in a name that a signature quotes inside of a type.
	quoted bool
}

// typeOf is the type of an annotation.
func (r *reader) typeOf(e *expr, at position) *pyType {
	defer r.enter(e)()
	switch e.kind {
	case nameExpr, attribute:
		return r.typeNamed(e, at)
	case subscript:
		return r.generic(e, at)
	case constant:
		if e.value == nil {
			return &pyType{schema: nullSchema, none: true}
		}
		if text, ok := e.value.(string); ok {
			return r.quoted(e, text, at)
		}
	case call:
		return r.typeCalled(e, at)
	case binary:
		if e.text == "|" {
			at.inside = true
			return union([]*pyType{r.typeOf(e.x, at), r.typeOf(e.y, at)}, e)
		}
	}
	failf(e.at, hintSchema, "%s is not a type that can be read", describeExpr(e))
	return nil
}

// quoted is the type of a forward reference.
func (r *reader) quoted(e *expr, text string, at position) *pyType {
	var inner *expr
	if caught(text, func() {
		p := &parser{tokens: tokenize("(" + text + "\n)")}
		inner = p.expression()
		if p.peek().kind != newline {
			p.unexpected()
		}
	}) != nil {
		failf(e.at, hintSchema, "%q is not a type", text)
	}
	relocate(inner, e.at)
	at.quoted = at.quoted || at.inside && !at.field
	at.inside = true
	return r.typeOf(inner, at)
}

// relocate puts every part of an expression that was read from a string at the place of the string.
func relocate(e *expr, at int) {
	if e == nil {
		return
	}
	e.at = at
	relocate(e.x, at)
	relocate(e.y, at)
	for _, list := range [][]*expr{e.items, e.keys} {
		for _, inner := range list {
			relocate(inner, at)
		}
	}
	for i := range e.keywords {
		e.keywords[i].at = at
		relocate(e.keywords[i].value, at)
	}
}

func (r *reader) typeNamed(e *expr, at position) *pyType {
	of := r.resolve(e)
	if root := rootName(e); at.quoted && prefectNames[root] {
		failf(e.at, hintSchema, "%q in quotes means something else to Prefect than in this file", root)
	}
	if at.quoted && (of.local != nil || len(of.external) < len("builtins.") || of.external[:len("builtins.")] != "builtins.") {
		return &pyType{schema: object{}, undefined: true}
	}
	switch {
	case of.local == nil:
		return r.library(of.external, e)
	case of.member == "" && of.local.kind == class:
		return r.classType(of.local, e)
	case of.member == "" && of.local.kind == assigned && (of.local.annotation == nil || r.isTypeAlias(of.local.annotation)):
		return r.typeOf(of.local.value, position{field: at.field})
	}
	failf(e.at, hintSchema, "%s is not a type that can be read", describeExpr(e))
	return nil
}

// prefectNames are the names of the module in which Prefect looks up what a signature quotes inside of a type
// (prefect._internal.pydantic.v2_schema), and of the function there that does.
var prefectNames = map[string]bool{"inspect": true, "typing": true, "t": true, "pydantic": true, "pendulum": true, "V2BaseModel": true,
	"V1BaseModel": true, "V1SecretStr": true, "ConfigDict": true, "PydanticUndefinedAnnotation": true, "create_model": true,
	"PydanticUserError": true, "FieldInfo": true, "TypeAdapter": true, "name_": true, "model_cfg": true, "model_base": true,
	"model_fields": true}

// rootName is the first name of a dotted name.
func rootName(e *expr) string {
	for e.kind == attribute {
		e = e.x
	}
	return e.text
}

func (r *reader) isTypeAlias(e *expr) bool {
	return (e.kind == nameExpr || e.kind == attribute) && r.resolve(e).external == "typing.TypeAlias"
}

// library is a type of Python's or pydantic's own, without arguments.
func (r *reader) library(external string, e *expr) *pyType {
	if schema := libraryTypes[external]; schema != nil {
		return plain(schema)
	}
	if external == "typing.DefaultDict" { // pydantic does not know what to fill it with
		failf(e.at, hintSchema, "%s needs the types of its keys and values", describeExpr(e))
	}
	switch containerOf(external) {
	case arrayOf, tupleOf:
		return plain(object{"type": "array", "items": object{}})
	case uniqueOf:
		return plain(object{"type": "array", "items": object{}, "uniqueItems": true})
	case objectOf:
		return plain(object{"type": "object", "additionalProperties": true})
	case callableOf:
		return &pyType{schema: object{}, without: true}
	}
	if external == "decimal.Decimal" {
		return plain(r.target.decimal())
	}
	failf(e.at, hintSchema, "the type %s is not known here", external)
	return nil
}

// generic is a type with arguments.
func (r *reader) generic(e *expr, at position) *pyType {
	of := meaning{}
	if e.x.kind == nameExpr || e.x.kind == attribute {
		of = r.resolve(e.x)
	}
	kind := containerOf(of.external)
	if root := rootName(e.x); at.quoted && prefectNames[root] {
		failf(e.at, hintSchema, "%q in quotes means something else to Prefect than in this file", root)
	}
	if at.quoted && kind != 0 && of.external[0] == 't' { // typing.
		return &pyType{schema: object{}, undefined: true}
	}
	arguments := e.items
	if e.items[0].kind == tuple {
		arguments = e.items[0].items
	}
	at.inside = true
	switch kind {
	case literalOf:
		return r.literalType(arguments)
	case annotatedOf:
		return r.annotated(e, arguments, at)
	case callableOf:
		return &pyType{schema: object{}, without: true}
	case tupleOf:
		return r.tupleType(arguments, at)
	case 0:
		failf(e.at, hintSchema, "the type %s is not known here", describeExpr(e.x))
	}
	var types []*pyType
	for _, argument := range arguments {
		types = append(types, r.typeOf(argument, at))
	}
	return containerType(kind, types, e)
}

func containerType(kind container, types []*pyType, e *expr) *pyType {
	switch {
	case kind == unionOf && len(types) > 0:
		return union(types, e)
	case kind == optionalOf && len(types) == 1:
		return union([]*pyType{types[0], {schema: nullSchema, none: true}}, e)
	case kind == arrayOf && len(types) == 1:
		return holding(object{"type": "array", "items": types[0].schema}, types...)
	case kind == uniqueOf && len(types) == 1:
		return holding(object{"type": "array", "items": types[0].schema, "uniqueItems": true}, types...)
	case kind == objectOf && len(types) == 2:
		return mapping(types[0], types[1])
	}
	failf(e.at, hintSchema, "%s has the wrong number of arguments", describeExpr(e.x))
	return nil
}

// mapping is a dict. The keys of JSON are text, so of their type only the constraints are left.
func mapping(key, value *pyType) *pyType {
	schema := object{"type": "object", "additionalProperties": true}
	names := object{}
	for k, v := range key.schema {
		if k != "title" && k != "pattern" {
			names[k] = v
		}
	}
	values := maps.Clone(value.schema)
	delete(values, "title")
	pattern, patterned := key.schema["pattern"]
	switch {
	case patterned:
		delete(schema, "additionalProperties")
		schema["patternProperties"] = object{pattern.(string): values}
	case len(values) > 0:
		schema["additionalProperties"] = values
	}
	if names["type"] == "string" && len(names) > 1 || names["$ref"] != nil {
		delete(names, "type")
		schema["propertyNames"] = names
	}
	return holding(schema, key, value)
}

// tupleType is tuple[int, str], tuple[int, ...] or tuple[()].
func (r *reader) tupleType(arguments []*expr, at position) *pyType {
	if len(arguments) == 2 && arguments[1].isConstant(ellipsis{}) {
		item := r.typeOf(arguments[0], at)
		return holding(object{"type": "array", "items": item.schema}, item)
	}
	var types []*pyType
	items := []any{}
	for _, argument := range arguments {
		t := r.typeOf(argument, at)
		types, items = append(types, t), append(items, t.schema)
	}
	schema := object{"type": "array", "minItems": len(items), "maxItems": len(items)}
	if len(items) > 0 {
		schema["prefixItems"] = items
	}
	return holding(schema, types...)
}
