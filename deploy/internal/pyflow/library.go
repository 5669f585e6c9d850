package pyflow

import "strings"

// libraryTypes are the types outside of the file whose schema is always the same. What is missing here or in
// [reader.generic] is reported, never guessed.
var libraryTypes = map[string]object{
	"builtins.int":     {"type": "integer"},
	"builtins.float":   {"type": "number"},
	"builtins.complex": {"type": "string"},
	"builtins.str":     {"type": "string"},
	"builtins.bool":    {"type": "boolean"},
	"builtins.bytes":   {"type": "string", "format": "binary"},
	"builtins.object":  {},
	"typing.Any":       {},

	"datetime.datetime":  {"type": "string", "format": "date-time"},
	"datetime.date":      {"type": "string", "format": "date"},
	"datetime.time":      {"type": "string", "format": "time"},
	"datetime.timedelta": {"type": "string", "format": "duration"},
	"uuid.UUID":          {"type": "string", "format": "uuid"},

	"pathlib.Path":          {"type": "string", "format": "path"},
	"pathlib.PurePath":      {"type": "string", "format": "path"},
	"typing.Pattern":        {"type": "string", "format": "regex"},
	"ipaddress.IPv4Address": {"type": "string", "format": "ipv4"},
	"ipaddress.IPv6Address": {"type": "string", "format": "ipv6"},

	"pydantic.StrictInt":      {"type": "integer"},
	"pydantic.StrictFloat":    {"type": "number"},
	"pydantic.StrictStr":      {"type": "string"},
	"pydantic.StrictBool":     {"type": "boolean"},
	"pydantic.UUID1":          {"type": "string", "format": "uuid1"},
	"pydantic.UUID3":          {"type": "string", "format": "uuid3"},
	"pydantic.UUID4":          {"type": "string", "format": "uuid4"},
	"pydantic.UUID5":          {"type": "string", "format": "uuid5"},
	"pydantic.FilePath":       {"type": "string", "format": "file-path"},
	"pydantic.DirectoryPath":  {"type": "string", "format": "directory-path"},
	"pydantic.NewPath":        {"type": "string", "format": "path"},
	"pydantic.AwareDatetime":  {"type": "string", "format": "date-time"},
	"pydantic.NaiveDatetime":  {"type": "string", "format": "date-time"},
	"pydantic.PastDatetime":   {"type": "string", "format": "date-time"},
	"pydantic.FutureDatetime": {"type": "string", "format": "date-time"},
	"pydantic.PastDate":       {"type": "string", "format": "date"},
	"pydantic.FutureDate":     {"type": "string", "format": "date"},

	"pydantic.SecretStr":        {"type": "string", "format": "password", "writeOnly": true},
	"pydantic.HttpUrl":          {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083},
	"pydantic.AnyUrl":           {"type": "string", "format": "uri", "minLength": 1},
	"pydantic.PositiveInt":      {"type": "integer", "exclusiveMinimum": 0},
	"pydantic.NegativeInt":      {"type": "integer", "exclusiveMaximum": 0},
	"pydantic.NonNegativeInt":   {"type": "integer", "minimum": 0},
	"pydantic.NonPositiveInt":   {"type": "integer", "maximum": 0},
	"pydantic.PositiveFloat":    {"type": "number", "exclusiveMinimum": 0},
	"pydantic.NegativeFloat":    {"type": "number", "exclusiveMaximum": 0},
	"pydantic.NonNegativeFloat": {"type": "number", "minimum": 0},
	"pydantic.NonPositiveFloat": {"type": "number", "maximum": 0},
}

// container says how the schema of a generic type is made from those of its arguments.
type container int

const (
	arrayOf container = iota + 1
	uniqueOf
	tupleOf
	objectOf
	unionOf
	optionalOf
	literalOf
	annotatedOf
	callableOf
)

var containers = map[string]container{
	"list": arrayOf, "set": uniqueOf, "frozenset": uniqueOf, "tuple": tupleOf, "dict": objectOf,
	"List": arrayOf, "Sequence": arrayOf, "MutableSequence": arrayOf, "Iterable": arrayOf,
	"Set": uniqueOf, "AbstractSet": uniqueOf, "FrozenSet": uniqueOf, "MutableSet": uniqueOf, "Tuple": tupleOf,
	"Dict": objectOf, "Mapping": objectOf, "MutableMapping": objectOf, "OrderedDict": objectOf, "DefaultDict": objectOf, "Deque": arrayOf,
	"Union": unionOf, "Optional": optionalOf, "Literal": literalOf, "Annotated": annotatedOf, "Callable": callableOf,
}

// containerOf is the container that a name stands for, 0 for none.
func containerOf(external string) container {
	module, member, _ := strings.Cut(external, ".")
	lower := member != "" && member[0] >= 'a'
	if module == "builtins" && lower || module == "typing" && !lower {
		return containers[member]
	}
	return 0
}

// known reports whether this package knows what an external name is: a star import may have brought it.
func known(external string) bool {
	if libraryTypes[external] != nil || containerOf(external) != 0 {
		return true
	}
	switch external {
	case "decimal.Decimal", "prefect.flow", "prefect.task", "enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.auto", "enum.unique",
		"pydantic.BaseModel", "pydantic.Field", "pydantic.ConfigDict", "dataclasses.dataclass", "dataclasses.field", "typing.ClassVar",
		"typing.TypeAlias", "builtins.property", "builtins.classmethod", "builtins.staticmethod":
		return true
	}
	return false
}
