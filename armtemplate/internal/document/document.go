// Package document reads JSON as ARM's engine does: with comments, single quotes, line breaks inside strings and commas at
// the end, and keeps where everything stood.
package document

import (
	"fmt"
	"sync"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Position is where a token ends, as ARM counts in its messages: lines from one; the column of the last character of a
// scalar, or of the opening bracket of an object or array.
type Position struct{ Line, Column int }

// Kind is what a node of the document is.
type Kind uint8

// The kinds. A Scalar is null, a bool or a number.
const (
	Scalar Kind = iota
	String
	Array
	Object
)

// Node is a value of the document.
type Node struct {
	Kind    Kind
	Pos     Position
	Text    string      // of a String
	Value   value.Value // of a Scalar
	Items   []*Node     // of an Array
	Members []Member    // of an Object
	parsed  func() (expr.Node, error)
}

// Member is a name and its value.
type Member struct {
	Name  string
	Pos   Position
	Value *Node
}

// Get finds a member without regard to case.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	folded := ""
	for i := range n.Members {
		m := &n.Members[i]
		if m.Name == name {
			return m.Value
		}
		if len(m.Name) == len(name) {
			if folded == "" {
				folded = value.Fold(name)
			}
			if value.Fold(m.Name) == folded {
				return m.Value
			}
		}
	}
	return nil
}

// IsNull reports whether the node is missing or null.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Scalar && n.Value == nil }

// Literal is the node as a value, with nothing evaluated.
func (n *Node) Literal() value.Value {
	switch {
	case n == nil:
		return nil
	case n.Kind == String:
		return n.Text
	case n.Kind == Array:
		items := make([]value.Value, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Literal()
		}
		return items
	case n.Kind == Object:
		o := value.NewObject(len(n.Members))
		for _, m := range n.Members {
			o.Set(m.Name, m.Value.Literal())
		}
		return o
	}
	return n.Value
}

// Expression is the parsed expression of a String; nil without an error if the text is no expression.
func (n *Node) Expression() (expr.Node, error) {
	if n.parsed == nil {
		return nil, nil
	}
	return n.parsed()
}

// Plain is the text of a String that is no expression, unescaped.
func (n *Node) Plain() string { return expr.Unescape(n.Text) }

// FromValue makes a document of a value, all of it at one position.
func FromValue(v value.Value, pos Position) *Node {
	switch v := v.(type) {
	case string:
		return StringNode(v, pos)
	case *value.Unknown:
		return StringNode("["+v.Text+"]", pos)
	case []value.Value:
		n := &Node{Kind: Array, Pos: pos, Items: make([]*Node, len(v))}
		for i, e := range v {
			n.Items[i] = FromValue(e, pos)
		}
		return n
	case *value.Object:
		n := &Node{Kind: Object, Pos: pos, Members: make([]Member, v.Len())}
		for i := range v.Len() {
			k, e := v.At(i)
			n.Members[i] = Member{Name: k, Pos: pos, Value: FromValue(e, pos)}
		}
		return n
	}
	return &Node{Kind: Scalar, Pos: pos, Value: v}
}

// StringNode is a node for a text that is not part of a document.
func StringNode(text string, pos Position) *Node {
	n := &Node{Kind: String, Text: text, Pos: pos}
	if expr.Is(text) {
		n.parsed = sync.OnceValues(func() (expr.Node, error) { return expr.Parse(text) })
	}
	return n
}

// Error says what is wrong with the text, and where.
type Error struct {
	Pos     Position
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s Line %d, position %d.", e.Message, e.Pos.Line, e.Pos.Column)
}
