package pyflow

import (
	"encoding/json"
	"math/big"
	"strings"
)

// readEnum reads the members of an enum in their order. A name with an underscore at both ends is none.
func (r *reader) readEnum(s *stmt, info *classInfo) {
	for _, decorator := range s.decorators {
		if (decorator.kind != nameExpr && decorator.kind != attribute) || r.resolve(decorator).external != "enum.unique" {
			failf(decorator.at, hintSchema, "the decorator of the class %s may change it", s.name)
		}
	}
	refuseHooks(s.class)
	last := new(big.Int)
	for _, m := range s.class.body {
		switch {
		case m.kind == function && (m.name == "__init__" || m.name == "_generate_next_value_"):
			failf(m.at, hintSchema, "the enum %s makes its values with %s", s.name, m.name)
		case m.kind == function, strings.HasPrefix(m.name, "__"):
		case strings.HasPrefix(m.name, "_"):
			failf(m.at, hintSchema, "%s in the enum %s is not read", m.name, s.name)
		case m.kind != assigned || m.annotation != nil:
			failf(m.at, hintSchema, "%s in the enum %s is not read", m.name, s.name)
		default:
			refuseShadowed(s.class, m, m.value)
			info.members = append(info.members, enumMember{m.name, r.enumValue(info, m, last)})
		}
	}
}

// enumValue is the value of one member; last is the last integer, from which auto() counts on.
func (r *reader) enumValue(info *classInfo, m *stmt, last *big.Int) any {
	if e := m.value; e.kind == call && (e.x.kind == nameExpr || e.x.kind == attribute) && r.resolve(e.x).external == "enum.auto" && len(e.items) == 0 {
		switch info.mixin {
		case "StrEnum":
			return strings.ToLower(m.name)
		case "str":
			failf(e.at, hintSchema, "auto() in an enum of str is not read")
		}
		return json.Number(last.Add(last, big.NewInt(1)).String())
	}
	value := r.literal(m.value)
	number, isNumber := value.(json.Number)
	integer, isInteger := new(big.Int).SetString(number.String(), 10)
	text, isText := value.(string)
	switch info.mixin {
	case "int":
		if isNumber && isInteger {
			last.Set(integer)
			return value
		}
	case "str", "StrEnum":
		if isText && m.value.kind == constant {
			return text
		}
	default:
		if isNumber && isInteger {
			last.Set(integer)
		}
		_, isBytes := m.value.value.(pyBytes)
		if isNumber || isText && m.value.kind == constant && !isBytes {
			return value
		}
	}
	failf(m.value.at, hintSchema, "this value of an enum is not read")
	return nil
}

// enumDefinition is the definition of an enum.
func (r *reader) enumDefinition(info *classInfo) object {
	if len(info.members) == 0 {
		failf(-1, hintSchema, "the enum %s has no members", info.def.name)
	}
	values := make([]any, 0, len(info.members))
	for _, m := range info.members {
		values = append(values, m.value)
	}
	schema := enumSchema(values, "enum")
	if doc, ok := docText(info.def.doc); ok && doc != "" {
		schema["description"] = doc
	}
	return schema
}

// docText is a docstring as inspect.getdoc gives it.
func docText(doc *expr) (text string, ok bool) {
	if doc == nil {
		return "", false
	}
	text, ok = doc.value.(string)
	return cleanDoc(text), ok
}
