package pyflow

import (
	"slices"
	"strings"
)

// readModel reads the fields of a pydantic model.
func (r *reader) readModel(s *stmt, info *classInfo) {
	refuseHooks(s.class)
	for _, m := range s.class.body {
		switch {
		case m.name == "model_config" && m.kind == assigned:
			r.readConfig(m, info)
		case m.kind == function:
			r.checkMethod(m, info)
		case m.kind == class && m.name != "Config", strings.HasPrefix(m.name, "_"):
		case m.kind == assigned && m.annotation != nil, m.kind == declared:
			r.addField(s, m, info)
		default:
			failf(m.at, hintSchema, "%s in the model %s is not read", m.name, s.name)
		}
	}
}

// addField adds a field, or puts it in the place of that of the base.
func (r *reader) addField(s, m *stmt, info *classInfo) {
	if r.isClassVar(m.annotation) {
		return
	}
	refuseShadowed(s.class, m, m.annotation, m.value)
	field := &classField{at: m.at, name: m.name, annotation: m.annotation, value: m.value}
	if i := slices.IndexFunc(info.fields, func(f *classField) bool { return f.name == m.name }); i >= 0 {
		info.fields = slices.Clone(info.fields)
		info.fields[i] = field
		return
	}
	info.fields = append(info.fields, field)
}

func (r *reader) isClassVar(e *expr) bool {
	if e.kind == subscript {
		e = e.x
	}
	return (e.kind == nameExpr || e.kind == attribute) && r.resolve(e).external == "typing.ClassVar"
}

// quietConfig are the settings of a model that leave its schema alone.
var quietConfig = map[string]bool{"frozen": true, "validate_assignment": true, "validate_default": true, "str_strip_whitespace": true,
	"populate_by_name": true, "from_attributes": true, "strict": true, "protected_namespaces": true, "hide_input_in_errors": true}

func (r *reader) readConfig(m *stmt, info *classInfo) {
	value := m.value
	var settings []keyword
	switch {
	case value.kind == call && (value.x.kind == nameExpr || value.x.kind == attribute) &&
		r.resolve(value.x).external == "pydantic.ConfigDict" && len(value.items) == 0:
		settings = value.keywords
	case value.kind == dict:
		for i, key := range value.keys {
			if key == nil {
				failf(value.at, hintSchema, "** in model_config is not read")
			}
			text, _ := key.value.(string)
			settings = append(settings, keyword{name: text, at: key.at, value: value.items[i]})
		}
	default:
		failf(value.at, hintSchema, "model_config is not a literal")
	}
	for _, setting := range settings {
		switch {
		case quietConfig[setting.name]:
		case setting.name == "extra":
			switch r.literal(setting.value) {
			case "forbid":
				info.extra = false
			case "allow":
				info.extra = true
			default:
				info.extra = nil
			}
		case setting.name == "arbitrary_types_allowed":
			info.arbitrary = r.literal(setting.value) == true
		default:
			failf(setting.at, hintSchema, "%q in model_config is not read", setting.name)
		}
	}
}

// quietDecorators are the decorators of methods that leave the schema alone.
var quietDecorators = map[string]bool{"builtins.property": true, "builtins.classmethod": true, "builtins.staticmethod": true,
	"functools.cached_property": true, "pydantic.field_validator": true, "pydantic.model_validator": true, "pydantic.validator": true,
	"pydantic.root_validator": true, "pydantic.field_serializer": true, "pydantic.model_serializer": true, "pydantic.computed_field": true,
	"abc.abstractmethod": true}

// activeMethods are the methods that Python or pydantic calls by themselves when an object is made or written.
var activeMethods = map[string]bool{"__init__": true, "__post_init__": true, "model_post_init": true, "__setattr__": true,
	"__getattribute__": true, "model_dump": true}

// checkMethod refuses methods that may change the schema of their model.
func (r *reader) checkMethod(m *stmt, info *classInfo) {
	if activeMethods[m.name] {
		info.active = m.name
	}
	for _, decorator := range m.decorators {
		named := decorator
		if decorator.kind == call {
			named = decorator.x
			for _, k := range decorator.keywords {
				if k.name == "mode" && k.value.isConstant("plain") || k.name == "json_schema_input_type" {
					failf(k.at, hintSchema, "the validator %s replaces the schema", m.name)
				}
			}
		}
		if named.kind == attribute && named.text == "setter" {
			continue
		}
		if named.kind != nameExpr && named.kind != attribute || !quietDecorators[r.resolve(named).external] {
			failf(decorator.at, hintSchema, "the decorator of %s may change the model", m.name)
		}
		if strings.HasPrefix(r.resolve(named).external, "pydantic.") {
			info.active = m.name
		}
	}
}

// isDataclass reports whether a class is decorated with dataclasses.dataclass alone, and marks it as one.
func (r *reader) isDataclass(s *stmt, info *classInfo) bool {
	if len(s.decorators) != 1 || info.kind != foreignClass && info.kind != dataClass {
		return false
	}
	decorator, named := s.decorators[0], s.decorators[0]
	if decorator.kind == call {
		named = decorator.x
		for _, k := range decorator.keywords {
			if k.name == "init" || k.name == "" {
				return false
			}
		}
	}
	if named.kind != nameExpr && named.kind != attribute || r.resolve(named).external != "dataclasses.dataclass" {
		return false
	}
	info.kind = dataClass
	return true
}

// readDataclass reads the fields of a dataclass of the standard library.
func (r *reader) readDataclass(s *stmt, info *classInfo) {
	refuseHooks(s.class)
	for _, m := range s.class.body {
		switch {
		case m.kind == function && activeMethods[m.name] && m.name != "__init__":
			info.active = m.name
		case m.kind == function && m.name != "__init__", m.kind == class, strings.HasPrefix(m.name, "__") && m.kind != function:
		case m.kind == assigned && m.annotation == nil:
		case m.kind == assigned || m.kind == declared:
			r.addField(s, m, info)
		default:
			failf(m.at, hintSchema, "%s in the dataclass %s is not read", m.name, s.name)
		}
	}
}
