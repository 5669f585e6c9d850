package pyflow

// classKind says what pydantic makes of a class.
type classKind int

const (
	foreignClass classKind = iota // any value that is an instance of it
	enumClass
	modelClass
	dataClass
)

// A classInfo is what a class of the module is for a schema.
type classInfo struct {
	kind    classKind
	def     *classDef
	members []enumMember
	mixin   string // "str" or "int" for class E(str, Enum) and the like
	fields  []*classField
	extra   any // additionalProperties of the schema: nil for none
	// active names a method that may change the values of an object when it is made or written as JSON; empty for none.
	active string
	// arbitrary is set when the fields may be of classes that pydantic knows nothing of.
	arbitrary bool
}

type enumMember struct {
	name  string
	value any // JSON
}

type classField struct {
	at         int
	name       string
	annotation *expr
	value      *expr // nil without a default
}

// classType is the type of a class of the module.
func (r *reader) classType(s *stmt, e *expr) *pyType {
	if r.classOf(s, e).kind == foreignClass {
		return &pyType{schema: object{}, foreign: true}
	}
	return &pyType{schema: object{"$ref": "#/definitions/" + s.class.name}, ref: true}
}

// classOf reads a class once; e is where it is used.
func (r *reader) classOf(s *stmt, e *expr) *classInfo {
	if info := r.classes[s]; info != nil {
		return info
	}
	if s.kind != class {
		failf(e.at, hintSchema, "%q is not a class of this file", s.name)
	}
	if r.reading[s] {
		failf(s.at, hintSchema, "the class %s derives from itself", s.name)
	}
	r.reading[s] = true
	defer delete(r.reading, s)
	info := r.readClass(s)
	r.classes[s] = info
	return info
}

func (r *reader) readClass(s *stmt) *classInfo {
	def := s.class
	info := &classInfo{def: def}
	if def.generic || len(def.keywords) > 0 {
		failf(s.at, hintSchema, "the class %s has type parameters or a metaclass", s.name)
	}
	r.readBases(s, info)
	data := r.isDataclass(s, info)
	if len(s.decorators) > 0 && !data && info.kind != enumClass {
		failf(s.decorators[0].at, hintSchema, "the decorator of the class %s may change it", s.name)
	}
	switch info.kind {
	case enumClass:
		r.readEnum(s, info)
	case modelClass:
		r.readModel(s, info)
	case dataClass:
		if !data {
			failf(s.at, hintSchema, "the class %s derives from a dataclass and is none itself", s.name)
		}
		r.readDataclass(s, info)
	case foreignClass:
		refuseHooks(def)
	}
	return info
}

// readBases finds out what the class is by what it derives from, and takes over the fields of its base.
func (r *reader) readBases(s *stmt, info *classInfo) {
	for i, base := range s.class.bases {
		if base.kind != nameExpr && base.kind != attribute {
			failf(base.at, hintSchema, "a base of the class %s cannot be read", s.name)
		}
		of := r.resolve(base)
		last := i == len(s.class.bases)-1
		switch external := of.external; {
		case external == "builtins.object" && len(s.class.bases) == 1:
		case (external == "builtins.str" || external == "builtins.int") && i == 0 && !last:
			info.mixin = external[len("builtins."):]
		case external == "enum.Enum" && last && (i == 0 || info.mixin != ""):
			info.kind = enumClass
		case external == "enum.IntEnum" && last && i == 0:
			info.kind, info.mixin = enumClass, "int"
		case external == "enum.StrEnum" && last && i == 0:
			info.kind, info.mixin = enumClass, "StrEnum"
		case external == "pydantic.BaseModel" && last && i == 0:
			info.kind = modelClass
		case of.local != nil && of.member == "" && of.local.kind == class && len(s.class.bases) == 1:
			from := r.classOf(of.local, base)
			if from.kind == enumClass && len(from.members) > 0 || from.kind == foreignClass && len(from.def.bases) > 0 {
				failf(base.at, hintSchema, "the class %s cannot be read with its base %s", s.name, describeExpr(base))
			}
			info.kind, info.mixin, info.extra, info.arbitrary, info.active = from.kind, from.mixin, from.extra, from.arbitrary, from.active
			info.fields = append(info.fields, from.fields...)
		default:
			failf(base.at, hintSchema, "the class %s derives from %s, which is not known here", s.name, describeExpr(base))
		}
	}
}

// hooks are the methods by which a class tells pydantic its own schema.
var hooks = map[string]bool{"__get_pydantic_core_schema__": true, "__get_pydantic_json_schema__": true, "__get_validators__": true,
	"__modify_schema__": true, "__init_subclass__": true, "__pydantic_init_subclass__": true, "__pydantic_on_complete__": true,
	"__new__": true, "__class_getitem__": true, "__annotations__": true, "__prepare__": true}

func refuseHooks(def *classDef) {
	for _, s := range def.body {
		if hooks[s.name] {
			failf(s.at, hintSchema, "the class %s changes its schema with %s", def.name, s.name)
		}
	}
}

// refuseShadowed refuses an expression of a class body with a name that the body binds before: Python would find that one
// and not the module's.
func refuseShadowed(def *classDef, until *stmt, expressions ...*expr) {
	bound := map[string]bool{}
	for _, s := range def.body {
		if s.kind != declared {
			bound[s.name] = true
		}
		if s == until {
			break
		}
	}
	for _, e := range expressions {
		walk(e, func(inner *expr) {
			if inner.kind == nameExpr && bound[inner.text] {
				failf(inner.at, hintSchema, "%q is also bound in the class %s", inner.text, def.name)
			}
		})
	}
}

// walk calls do for e and everything in it.
func walk(e *expr, do func(*expr)) {
	if e == nil {
		return
	}
	do(e)
	walk(e.x, do)
	walk(e.y, do)
	for _, list := range [][]*expr{e.items, e.keys} {
		for _, inner := range list {
			walk(inner, do)
		}
	}
	for _, k := range e.keywords {
		walk(k.value, do)
	}
}
