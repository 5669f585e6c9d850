// Package expr parses the expressions of ARM templates: the text between the brackets.
package expr

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// MaxLength is how many characters an expression may have.
const MaxLength = 24576

// maxDepth is how deep calls may be nested. Azure names no limit; this one keeps the parser's own stack small.
const maxDepth = 256

// Node is a *Literal, a *Call or an *Access.
type Node interface{ node() }

// Literal is a string or a number.
type Literal struct{ Value value.Value }

// Call is a call of a function. Name is as written; Key is in lower case, for look-ups.
type Call struct {
	Name, Key string
	Args      []Node
}

// Access reads a property or an element.
type Access struct {
	Base, Key Node
}

func (*Literal) node() {}
func (*Call) node()    {}
func (*Access) node()  {}

// Is reports whether a string of a template is an expression.
func Is(s string) bool {
	return len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' && s[1] != '['
}

// Unescape is the text that a string which is no expression stands for: [[…] loses its first bracket.
func Unescape(s string) string {
	if strings.HasPrefix(s, "[[") && strings.HasSuffix(s, "]") {
		return s[1:]
	}
	return s
}

// Escape is a string of a template that stands for this text.
func Escape(s string) string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return "[" + s
	}
	return s
}

// Walk calls do for n and every node below it.
func Walk(n Node, do func(Node)) {
	do(n)
	switch n := n.(type) {
	case *Call:
		for _, a := range n.Args {
			Walk(a, do)
		}
	case *Access:
		Walk(n.Base, do)
		Walk(n.Key, do)
	}
}

// Text writes a node as an expression, without the brackets.
func Text(n Node) string {
	switch n := n.(type) {
	case *Literal:
		return value.Literal(n.Value)
	case *Call:
		var b strings.Builder
		b.WriteString(n.Name + "(")
		for i, a := range n.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(Text(a))
		}
		return b.String() + ")"
	case *Access:
		if l, ok := n.Key.(*Literal); ok {
			return Text(n.Base) + Selector(l.Value)
		}
		return Text(n.Base) + "[" + Text(n.Key) + "]"
	}
	return ""
}

// Selector is how a property or an element is read: .name, ['a name'] or [0].
func Selector(key value.Value) string {
	if s, ok := key.(string); ok && s != "" && isLetter(s[0]) && strings.IndexFunc(s, func(r rune) bool {
		return r >= 0x80 || !isLetter(byte(r)) && !isDigit(byte(r))
	}) < 0 {
		return "." + s
	}
	return "[" + value.Literal(key) + "]"
}
