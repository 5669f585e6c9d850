package pyflow

// exprKind says which fields of an expr hold something.
type exprKind int

const (
	opaque    exprKind = iota // anything that is not below; its tokens were skipped. text says what it is
	nameExpr                  // text
	attribute                 // x.text
	subscript                 // x[items[0]], where items[0] is a tuple if there are commas
	call                      // x(items..., keywords...)
	constant                  // value: nil, bool, *big.Int, float64, string, pyBytes, unreadable or ellipsis
	tuple                     // items
	list                      // items
	set                       // items
	dict                      // keys and items
	unary                     // text is the operator, x the operand
	binary                    // x, text, y
	starred                   // *x or **x, by text
)

// An expr is one expression of a file, as far as types and literals need it.
type expr struct {
	kind     exprKind
	at       int
	text     string
	value    any
	x, y     *expr
	items    []*expr
	keys     []*expr
	keywords []keyword
}

// A keyword is name=value in a call; name is empty in **value.
type keyword struct {
	name  string
	at    int
	value *expr
}

// ellipsis is the value of "...".
type ellipsis struct{}

// isConstant reports whether e is the constant value, which must be comparable.
func (e *expr) isConstant(value any) bool { return e.kind == constant && e.value == value }
