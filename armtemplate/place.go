package armtemplate

import (
	"context"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// placeKind is the part of a template that an expression stands in, which decides what it may call.
type placeKind uint8

const (
	inDefault  placeKind = iota // the default value of a parameter
	inVariable                  // a variable
	inHeader                    // what is decided before the deployment: name, condition, copy, dependsOn …
	inBody                      // the rest of a resource
	inOutput                    // an output
	inFunction                  // the body of a user function
)

// loop is one turn of a copy loop.
type loop struct {
	name  string
	index value.Value // an int64, or an Unknown if the count is not known yet
	own   bool        // whether copyIndex() without a name means it: resource and output loops
}

// place is where an expression is evaluated: it decides which functions may be called, what parameters and copyIndex mean, and
// whether reference asks somebody. A place is made for one evaluation and never changed afterwards; within copies it.
type place struct {
	d        *Deployment
	ctx      context.Context
	kind     placeKind
	loops    []loop                 // the innermost last
	args     map[string]value.Value // of a user function, by name in lower case
	resolver *Resolver              // nil leaves reference and list calls as expressions
	// seen is told of each resource of the template that reference is asked for, and whether by id with an API version.
	seen    func(r *Resource, soft bool)
	self    *Resource               // the resource whose body it is
	escape  bool                    // whether results become part of a template again, so that they must be escaped
	depth   int                     // of user functions that call each other
	plain   bool                    // whether secrets have their values in spite of Options.HideSecrets
	literal map[*document.Node]bool // what is not evaluated: nested templates with a scope of their own
}

func (p *place) machine() *eval.Evaluator {
	m := &eval.Evaluator{Budget: p.d.budget, Call: p.call}
	if !p.d.opts.Secrets.empty() {
		m.Called = p.called
	}
	return m
}

// called keeps what a function computed of secrets out of messages.
func (p *place) called(args []value.Value, result value.Value) error {
	const bytesPerStep = 16 << 10
	return p.d.budget.Spend(p.d.opts.Secrets.derive(args, result) / bytesPerStep)
}

func (d *Deployment) machine(ctx context.Context) *eval.Evaluator {
	return (&place{d: d, ctx: ctx}).machine()
}

func (p *place) within(l loop) *place {
	inner := *p
	inner.loops = append(p.loops[:len(p.loops):len(p.loops)], l)
	return &inner
}

// node evaluates a node of the template and everything inside it.
func (p *place) node(n *document.Node) (value.Value, error) {
	if err := p.d.budget.Step(); err != nil {
		return nil, at(n, err)
	}
	if p.literal[n] {
		return n.Literal(), nil
	}
	switch n.Kind {
	case document.String:
		return p.text(n)
	case document.Array:
		items := make([]value.Value, len(n.Items))
		for i, item := range n.Items {
			v, err := p.node(item)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return items, nil
	case document.Object:
		return p.object(n)
	}
	return n.Value, nil
}

// text evaluates a string. An array or object of which a part is not known yet stays one, with that part as an expression.
func (p *place) text(n *document.Node) (value.Value, error) {
	parsed, err := n.Expression()
	if err != nil {
		return nil, &problem{detail: err.Error(), node: n}
	}
	if parsed == nil {
		if p.escape {
			return n.Text, nil
		}
		return n.Plain(), nil
	}
	m := p.machine()
	v, err := m.Eval(nil, parsed)
	if err != nil {
		return nil, at(n, err)
	}
	if err := m.ChargeValue(v); err != nil { // it becomes part of a larger value
		return nil, at(n, err)
	}
	if p.escape {
		v = escaped(v)
	}
	return v, nil
}

// escaped escapes every string inside a value.
func escaped(v value.Value) value.Value {
	switch v := v.(type) {
	case string:
		return expr.Escape(v)
	case []value.Value:
		out := make([]value.Value, len(v))
		for i, e := range v {
			out[i] = escaped(e)
		}
		return out
	case *value.Object:
		out := value.NewObject(v.Len())
		for i := range v.Len() {
			k, e := v.At(i)
			out.Set(expr.Escape(k), escaped(e))
		}
		return out
	}
	return v
}

// object evaluates the members of an object.
func (p *place) object(n *document.Node) (value.Value, error) {
	o := value.NewObject(len(n.Members))
	for _, m := range n.Members {
		if err := p.member(o, m); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// member evaluates a member of an object and sets it in o; one called copy that is a list of loops is replaced by their
// results.
func (p *place) member(o *value.Object, m document.Member) error {
	if isLoops(m) {
		for _, l := range m.Value.Items {
			name, v, err := p.propertyLoop(l)
			if err != nil {
				return err
			}
			o.Set(name, v)
		}
		return nil
	}
	name, err := p.memberName(m)
	if err != nil {
		return err
	}
	v, err := p.node(m.Value)
	if err != nil {
		return err
	}
	o.Set(name, v)
	return nil
}

// memberName evaluates the name of a member, which can be an expression.
func (p *place) memberName(m document.Member) (string, error) {
	if !strings.HasPrefix(m.Name, "[") {
		return m.Name, nil
	}
	n := document.StringNode(m.Name, m.Pos)
	v, err := p.text(n)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case *value.Unknown:
		return "[" + v.Text + "]", nil
	}
	return "", at(n, value.Errorf("The language expression in the name of a property must result in a string. Its result is of type '%s'.", value.TypeName(v)))
}

// isLoops reports whether a member is a list of property loops.
func isLoops(m document.Member) bool {
	if !strings.EqualFold(m.Name, "copy") || m.Value.Kind != document.Array || len(m.Value.Items) == 0 {
		return false
	}
	for _, l := range m.Value.Items {
		if l.Kind != document.Object || l.Get("name") == nil || l.Get("count") == nil {
			return false
		}
	}
	return true
}

// propertyLoop unrolls one loop of a property or variable.
func (p *place) propertyLoop(l *document.Node) (string, value.Value, error) {
	name, err := p.stringMember(l, "name")
	if err != nil {
		return "", nil, err
	}
	v, err := p.unroll(l, name, false)
	return name, v, err
}

// unroll evaluates the input of a loop as often as its count says.
func (p *place) unroll(l *document.Node, name string, own bool) (value.Value, error) {
	count, err := p.count(l)
	if err != nil {
		return nil, err
	}
	if n := l.Get("batchSize"); !n.IsNull() {
		return nil, problemf(n, "The template 'copy' definition at line '%d' and column '%d' cannot have the property 'batchSize': only copies of resources have batches.", l.Pos.Line, l.Pos.Column)
	}
	input := l.Get("input")
	if input == nil {
		return nil, problemf(l, "The copy loop '%s' at line '%d' and column '%d' has no input.", name, l.Pos.Line, l.Pos.Column)
	}
	n, known := count.(int64)
	if !known {
		return p.machine().Unknown("copy(" + value.Literal(name) + ")")
	}
	items := make([]value.Value, n)
	for i := range items {
		if items[i], err = p.within(loop{name: name, index: int64(i), own: own}).node(input); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// count evaluates the count of a loop.
func (p *place) count(l *document.Node) (value.Value, error) {
	n := l.Get("count")
	if n == nil {
		return nil, problemf(l, "The template 'copy' definition at line '%d' and column '%d' has no count.", l.Pos.Line, l.Pos.Column)
	}
	v, err := p.revealed().node(n)
	if err != nil {
		return nil, err
	}
	if _, unknown := v.(*value.Unknown); unknown {
		return v, nil
	}
	if count, ok := v.(int64); ok && count >= 0 && count <= maxCopy {
		return count, nil
	}
	return nil, problemf(n, "The template 'copy' definition at line '%d' and column '%d' has an invalid copy count. The copy count must be a positive integer value and cannot exceed '%d'.",
		l.Pos.Line, l.Pos.Column, maxCopy)
}

// stringMember evaluates a member that must be a string; "" if there is none.
func (p *place) stringMember(of *document.Node, name string) (string, error) {
	n := of.Get(name)
	if n.IsNull() {
		return "", nil
	}
	v, err := p.node(n)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case nil:
		return "", nil
	case *value.Unknown:
		return "[" + v.Text + "]", nil
	}
	return "", at(n, value.Errorf("Evaluation result of language expression '%s' is type '%s', expected type is 'String'.", shortened(functions.Text(n.Literal())), value.TypeName(v)))
}
