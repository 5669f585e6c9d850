// Package eval evaluates expressions. What depends on the template, such as parameters and reference, it asks its owner.
//
// Evaluation is partial: what only the running deployment can know is a *value.Unknown, which holds the expression for it.
// Reading a property of one gives another, and so does calling a function with one, unless the function only moves values
// about: createObject('a', reference('x')) is an object with one unknown member. A result that is unknown in part thus goes
// through modules and loops as far as ARM itself could take it.
package eval

import (
	"errors"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Budget bounds what one evaluation of a template may cost, so that none runs away.
type Budget struct {
	Steps int // nodes of expressions and of the document
	Bytes int // memory of all results together
	Depth int // calls that are under way

	unknown bool // whether anything was not known yet
}

// maxDepth bounds calls that are under way: user functions that call each other, parameters that use each other.
const maxDepth = 2_000

// Step takes one step.
func (b *Budget) Step() error { return b.Spend(1) }

// Spend takes so many steps.
func (b *Budget) Spend(steps int) error {
	if b.Steps -= steps; b.Steps < 0 {
		return value.Errorf("The template needs more steps to evaluate than are allowed.")
	}
	return nil
}

// Charge takes the memory of a result.
func (b *Budget) Charge(size int) error {
	if b.Bytes -= size; b.Bytes < 0 {
		return value.Errorf("The results of the template's expressions need more memory than is allowed.")
	}
	return nil
}

// Frame holds the variables of the lambdas around an expression.
type Frame struct {
	parent *Frame
	names  []string
	values []value.Value
}

func (f *Frame) get(name string) (value.Value, bool) {
	for ; f != nil; f = f.parent {
		for i, n := range f.names {
			if strings.EqualFold(n, name) {
				return f.values[i], true
			}
		}
	}
	return nil, false
}

// Evaluator evaluates expressions in one place of a template.
type Evaluator struct {
	*Budget
	// Call answers the functions that depend on the template; ok is false if it has none of that name.
	Call func(f *Frame, c *expr.Call) (v value.Value, ok bool, err error)
	// Called is told what a function of the table computed; nil if nobody wants to know.
	Called func(args []value.Value, result value.Value) error
}

// ChargeValue takes the memory of a value as if nothing in it were shared.
func (b *Budget) ChargeValue(v value.Value) error { return b.Charge(value.Size(v, b.Bytes)) }

// Work takes the steps of going through values.
func (b *Budget) Work(values ...value.Value) error {
	const bytesPerStep = 512
	for _, v := range values {
		b.Steps -= value.Size(v, b.Bytes) / bytesPerStep
	}
	return b.Step()
}

// Unknown stands for the result of an expression that is not known yet.
func (e *Evaluator) Unknown(text string) (value.Value, error) {
	e.unknown = true
	return &value.Unknown{Text: text}, e.Charge(len(text))
}

// HasUnknown is value.HasUnknown, at no cost while everything is known.
func (e *Evaluator) HasUnknown(v value.Value) bool { return e.unknown && value.HasUnknown(v) }

// Eval evaluates a node.
func (e *Evaluator) Eval(f *Frame, n expr.Node) (value.Value, error) {
	if err := e.Step(); err != nil {
		return nil, err
	}
	if e.Depth++; e.Depth > maxDepth {
		return nil, value.Errorf("The template's expressions are nested too deeply.")
	}
	defer func() { e.Depth-- }()
	switch n := n.(type) {
	case *expr.Literal:
		return n.Value, nil
	case *expr.Access:
		return e.access(f, n)
	case *expr.Call:
		return e.call(f, n)
	}
	return nil, value.Errorf("The language expression is not valid.")
}

func (e *Evaluator) access(f *Frame, n *expr.Access) (value.Value, error) {
	base, err := e.Eval(f, n.Base)
	if err != nil {
		return nil, err
	}
	key, err := e.Eval(f, n.Key)
	if err != nil {
		return nil, err
	}
	if u, ok := base.(*value.Unknown); ok {
		return e.Unknown(u.Text + selector(key))
	}
	if u, ok := key.(*value.Unknown); ok {
		return e.Unknown(value.Literal(base) + "[" + u.Text + "]")
	}
	return Read(base, key)
}

func selector(key value.Value) string {
	if u, ok := key.(*value.Unknown); ok {
		return "[" + u.Text + "]"
	}
	return expr.Selector(key)
}

// Read reads a property or an element; what is missing is an error.
func Read(base, key value.Value) (value.Value, error) {
	switch of := base.(type) {
	case *value.Object:
		name, ok := key.(string)
		if !ok {
			return nil, value.Errorf("The language expression property '%s' can't be evaluated, property type is 'Object' and the key is of type '%s'.", functions.Text(key), value.TypeName(key))
		}
		v, ok := of.Get(name)
		if !ok {
			return nil, value.Errorf("The language expression property '%s' doesn't exist, available properties are '%s'.", name, strings.Join(of.Keys(), ", "))
		}
		return v, nil
	case []value.Value:
		i, ok := key.(int64)
		if !ok {
			return nil, value.Errorf("The language expression property '%s' can't be evaluated, property type is 'Array' and the index is no integer.", functions.Text(key))
		}
		if i < 0 || i >= int64(len(of)) {
			return nil, value.Errorf("The language expression property array index '%d' is out of bounds.", i)
		}
		return of[i], nil
	case nil:
		return nil, value.Errorf("The language expression property '%s' can't be evaluated.", functions.Text(key))
	}
	return nil, value.Errorf("The language expression property '%s' can't be evaluated, property type is '%s'.", functions.Text(key), value.TypeName(base))
}

func (e *Evaluator) call(f *Frame, c *expr.Call) (value.Value, error) {
	if do, ok := lazy(c.Key); ok {
		return do(e, f, c)
	}
	if fn, ok := functions.Table[c.Key]; ok {
		return e.apply(f, c, fn)
	}
	v, ok, err := e.Call(f, c)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, UnknownFunction(c.Name)
	}
	return v, e.Charge(shared)
}

// shared is what the result of a function of the template costs: most of it exists already, or was charged when it was made.
const shared = 64

// UnknownFunction is the error for a name that is no function.
func UnknownFunction(name string) error {
	return value.Errorf("The template function '%s' is not valid: there is no function of this name.", name)
}

// Args evaluates the arguments of a call.
func (e *Evaluator) Args(f *Frame, c *expr.Call) ([]value.Value, error) {
	args := make([]value.Value, len(c.Args))
	for i, a := range c.Args {
		v, err := e.Eval(f, a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return args, nil
}

// apply calls a function of the table.
func (e *Evaluator) apply(f *Frame, c *expr.Call, fn functions.Function) (value.Value, error) {
	if err := fn.Check(c.Name, len(c.Args)); err != nil {
		return nil, err
	}
	args, err := e.Args(f, c)
	if err != nil {
		return nil, err
	}
	if !fn.Shape || c.Key == "contains" || c.Key == "union" {
		if err := e.Work(args...); err != nil {
			return nil, err
		}
	}
	if e.unknown && blocked(c.Key, fn, args) {
		return e.Unknown(CallText(c.Name, args))
	}
	v, err := fn.Do(&functions.Call{Name: c.Name, Args: args})
	if errors.Is(err, functions.ErrUnknown) {
		return e.Unknown(CallText(c.Name, args))
	}
	if err != nil {
		return nil, err
	}
	if e.Called != nil {
		if err := e.Called(args, v); err != nil {
			return nil, err
		}
	}
	return v, e.ChargeValue(v)
}

// blocked reports whether a function has to wait for what is not known yet.
func blocked(key string, fn functions.Function, args []value.Value) bool {
	for i, a := range args {
		_, unknown := a.(*value.Unknown)
		switch {
		case !unknown && (fn.Shape || !value.HasUnknown(a)):
		case key == "createarray", key == "createobject" && i%2 == 1, key == "tryget" && i == 0:
		default:
			return true
		}
	}
	return false
}

// CallText writes a call of which some arguments are not known yet.
func CallText(name string, args []value.Value) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = value.Literal(a)
	}
	return name + "(" + strings.Join(texts, ", ") + ")"
}
