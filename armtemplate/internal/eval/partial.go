package eval

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// reduced writes an argument that may never be evaluated, with what is known filled in.
func (e *Evaluator) reduced(f *Frame, n expr.Node) string {
	if v, err := e.Eval(f, n); err == nil {
		return value.Literal(v)
	}
	return expr.Text(n)
}

// partial writes an expression with everything filled in that does not depend on the variables of a lambda inside it.
func (e *Evaluator) partial(f *Frame, n expr.Node) string {
	depends := false
	expr.Walk(n, func(n expr.Node) {
		if c, ok := n.(*expr.Call); ok && (c.Key == "lambda" || c.Key == "lambdavariables") {
			depends = true
		}
	})
	if !depends {
		return e.reduced(f, n)
	}
	switch n := n.(type) {
	case *expr.Call:
		if n.Key == "lambdavariables" { // known if it is of a lambda further out
			return e.reduced(f, n)
		}
		texts := make([]string, len(n.Args))
		for i, a := range n.Args {
			texts[i] = e.partial(f, a)
		}
		return n.Name + "(" + strings.Join(texts, ", ") + ")"
	case *expr.Access:
		if l, ok := n.Key.(*expr.Literal); ok {
			return e.partial(f, n.Base) + expr.Selector(l.Value)
		}
		return e.partial(f, n.Base) + "[" + e.partial(f, n.Key) + "]"
	}
	return expr.Text(n)
}
