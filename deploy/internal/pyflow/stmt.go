package pyflow

// stmtKind says what a stmt binds its name to.
type stmtKind int

const (
	skipped    stmtKind = iota // a statement that was not read binds the name, to something unknown
	imported                   // the module or member module
	starImport                 // every name of module; name is empty
	assigned                   // value, with the annotation if there is one
	declared                   // name: annotation, without a value
	function                   // function
	class                      // class
)

// A stmt binds one name in a module or a class.
type stmt struct {
	kind       stmtKind
	at         int
	name       string
	module     string // "datetime" for import datetime as dt, "datetime.date" for from datetime import date
	annotation *expr
	value      *expr
	function   *functionDef
	class      *classDef
	decorators []*expr
	// typeChecking is set for what stands under "if TYPE_CHECKING:", which is not there when the program runs.
	typeChecking bool
}

// A functionDef is the signature of a function and what its body starts with.
type functionDef struct {
	parameters []*parameter
	doc        *expr // the docstring's expression, nil without one
	generic    bool  // def f[T](...)
}

// parameterKind follows inspect.Parameter, whose order is that of the signature.
type parameterKind int

const (
	positionalOnly parameterKind = iota
	positionalOrKeyword
	varPositional
	keywordOnly
	varKeyword
)

type parameter struct {
	kind         parameterKind
	at           int
	name         string
	annotation   *expr // nil without one
	defaultValue *expr // nil without one
}

// A classDef is a class with the statements of its body.
type classDef struct {
	name     string
	bases    []*expr
	keywords []keyword
	body     []*stmt
	doc      *expr
	generic  bool // class C[T]
}
