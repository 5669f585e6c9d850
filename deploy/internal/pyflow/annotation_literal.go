package pyflow

import (
	"encoding/json"
	"strings"
)

// literalType is Literal[...]: constants, members of enums, and other Literals.
func (r *reader) literalType(arguments []*expr) *pyType {
	var values []any
	seen := map[any]bool{}
	for _, argument := range arguments {
		for _, value := range r.literalValues(argument) {
			if !seen[value] {
				seen[value] = true
				values = append(values, value)
			}
		}
	}
	return plain(enumSchema(values, "const"))
}

func (r *reader) literalValues(e *expr) []any {
	defer r.enter(e)()
	if e.kind == subscript && (e.x.kind == nameExpr || e.x.kind == attribute) && containerOf(r.resolve(e.x).external) == literalOf {
		arguments := e.items
		if e.items[0].kind == tuple {
			arguments = e.items[0].items
		}
		var values []any
		for _, argument := range arguments {
			values = append(values, r.literalValues(argument)...)
		}
		return values
	}
	value := r.literal(e)
	_, isBytes := e.value.(pyBytes)
	switch value.(type) {
	case nil, bool, string, json.Number:
		if !isBytes {
			return []any{value}
		}
	}
	failf(e.at, hintSchema, "this is not read in a Literal")
	return nil
}

// enumSchema is pydantic's schema of a choice of constants. A single one has the key single, "const" or "enum".
func enumSchema(values []any, single string) object {
	schema := object{"enum": values}
	if len(values) == 1 && single == "const" {
		schema = object{"const": values[0]}
	}
	family := ""
	for i, value := range values {
		f := "null"
		switch v := value.(type) {
		case string:
			f = "string"
		case bool:
			f = "boolean"
		case json.Number:
			f = "integer"
			if strings.ContainsAny(v.String(), ".e") {
				f = "number"
			}
		}
		if i > 0 && f != family {
			return schema
		}
		family = f
	}
	if family != "" {
		schema["type"] = family
	}
	return schema
}

// annotated is Annotated[T, ...] inside of a type or as the type of a field. Constants are no constraints, Field is read,
// anything else may change the schema.
func (r *reader) annotated(e *expr, arguments []*expr, at position) *pyType {
	if len(arguments) < 2 {
		failf(e.at, hintSchema, "Annotated needs a type and at least one more argument")
	}
	t := r.typeOf(arguments[0], at)
	for _, argument := range arguments[1:] {
		if argument.kind == constant {
			continue
		}
		t = r.fieldOf(argument).apply(t, argument, true)
	}
	return t.sealed()
}
