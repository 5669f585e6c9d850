package pyflow

// kind is the kind of a token, in the terms of Python's own tokenizer.
type kind int

const (
	endMarker kind = iota
	name           // an identifier or a keyword
	number
	str // a string or bytes literal, one for each part of an implicit concatenation
	op
	newline // the end of a logical line
	indent
	dedent
)

// A token is one token of a file. Comments and the line ends inside brackets are not kept.
type token struct {
	kind kind
	at   int    // byte offset of the first byte
	text string // as written; for a string the whole literal
	// value is what a string or a number is: string, pyBytes, *big.Int, float64 or an unreadable.
	value any
}

// is reports whether the token is this operator or this word.
func (t token) is(text string) bool {
	return (t.kind == op || t.kind == name) && t.text == text
}

// unreadable is the value of a literal that is not a plain constant: an f-string with a placeholder, say.
type unreadable string

// pyBytes is the value of a bytes literal, one byte a char.
type pyBytes string

// keywords cannot be names. The soft ones (match, case, type, _) can.
var keywords = map[string]bool{
	"False": true, "None": true, "True": true, "and": true, "as": true, "assert": true, "async": true, "await": true,
	"break": true, "class": true, "continue": true, "def": true, "del": true, "elif": true, "else": true, "except": true,
	"finally": true, "for": true, "from": true, "global": true, "if": true, "import": true, "in": true, "is": true,
	"lambda": true, "nonlocal": true, "not": true, "or": true, "pass": true, "raise": true, "return": true, "try": true,
	"while": true, "with": true, "yield": true,
}

// operators, longest first for each first byte: the first that fits is taken.
var operators = []string{
	"**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "<=", ">=", "==", "!=", "->", "+=", "-=", "*=", "/=", "%=",
	"&=", "|=", "^=", "@=", ":=", "<>", "+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}",
	",", ":", ".", ";", "@", "=", "!",
}
