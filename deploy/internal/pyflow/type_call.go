package pyflow

// constrainedTypes are pydantic's functions that make a type with constraints, and what they constrain.
var constrainedTypes = map[string]string{"pydantic.conint": "builtins.int", "pydantic.confloat": "builtins.float", "pydantic.constr": "builtins.str"}

// quietConstraints leave the schema alone.
var quietConstraints = map[string]bool{"strict": true, "strip_whitespace": true, "to_lower": true, "to_upper": true, "allow_inf_nan": true}

// typeCalled is a type that a call makes: NewType(name, T), which is T for pydantic, conint(ge=1) and its like, and
// conlist(T, min_length=1).
func (r *reader) typeCalled(e *expr, at position) *pyType {
	called := r.calls(e)
	if at.quoted {
		return &pyType{schema: object{}, undefined: true}
	}
	var t *pyType
	switch base := constrainedTypes[called]; {
	case called == "typing.NewType" && len(e.items) == 2 && len(e.keywords) == 0:
		return r.typeOf(e.items[1], position{field: at.field})
	case base != "" && len(e.items) == 0:
		t = plain(libraryTypes[base])
	case called == "pydantic.conlist" && len(e.items) == 1:
		at.inside = true
		item := r.typeOf(e.items[0], at)
		t = holding(object{"type": "array", "items": item.schema}, item)
	default:
		failf(e.at, hintSchema, "%s is not a type that can be read", describeExpr(e))
	}
	f := &fieldInfo{}
	for _, k := range e.keywords {
		if !quietConstraints[k.name] {
			f.constrain(r, k)
		}
	}
	return f.apply(t, e, true).sealed()
}
