package eval

import (
	"errors"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// lambda is a function argument: the names of its variables and its body.
type lambda struct {
	e     *Evaluator
	frame *Frame
	names []string
	body  expr.Node
}

// wanted is which argument of a call a lambda is, and how many variables it has.
type wanted struct{ arg, least, most int }

// lambda reads an argument that must be a lambda.
func (e *Evaluator) lambda(f *Frame, c *expr.Call, want wanted) (*lambda, error) {
	call, ok := c.Args[want.arg].(*expr.Call)
	if !ok || call.Key != "lambda" {
		return nil, value.Errorf("The template language function '%s' expects its parameter '%d' to be a lambda.", c.Name, want.arg+1)
	}
	l := &lambda{e: e, frame: f, body: call.Args[len(call.Args)-1]}
	for _, a := range call.Args[:len(call.Args)-1] {
		literal, ok := a.(*expr.Literal)
		if !ok {
			return nil, value.Errorf("The names of the variables of a lambda must be strings.")
		}
		l.names = append(l.names, functions.Text(literal.Value))
	}
	if n := len(l.names); n < want.least || n > want.most {
		return nil, value.Errorf("The template language function '%s' expects a lambda with %d to %d variables. The provided number is '%d'.", c.Name, want.least, want.most, n)
	}
	return l, nil
}

// do evaluates the body; arguments beyond the lambda's variables are dropped.
func (l *lambda) do(args ...value.Value) (value.Value, error) {
	return l.e.Eval(&Frame{parent: l.frame, names: l.names, values: args}, l.body)
}

// test evaluates the body, which must result in a bool.
func (l *lambda) test(function string, args ...value.Value) (bool, error) {
	v, err := l.do(args...)
	if err != nil {
		return false, err
	}
	if _, ok := v.(*value.Unknown); ok {
		return false, functions.ErrUnknown
	}
	b, ok := v.(bool)
	if !ok {
		return false, value.Errorf("The lambda of the template language function '%s' must result in a boolean. Its result is of type '%s'.", function, value.TypeName(v))
	}
	return b, nil
}

// text evaluates the body, which must result in a string.
func (l *lambda) text(function string, args ...value.Value) (string, error) {
	v, err := l.do(args...)
	if err != nil {
		return "", err
	}
	if _, ok := v.(*value.Unknown); ok {
		return "", functions.ErrUnknown
	}
	s, ok := v.(string)
	if !ok {
		return "", value.Errorf("The lambda of the template language function '%s' must result in a string. Its result is of type '%s'.", function, value.TypeName(v))
	}
	return s, nil
}

// lambdaCall evaluates a function that takes lambdas.
func (e *Evaluator) lambdaCall(f *Frame, c *expr.Call) (value.Value, error) {
	of, err := e.Eval(f, c.Args[0])
	if err != nil {
		return nil, err
	}
	v, err := e.overValue(f, c, of)
	if errors.Is(err, functions.ErrUnknown) {
		var text strings.Builder
		text.WriteString(c.Name + "(" + value.Literal(of))
		for _, a := range c.Args[1:] {
			text.WriteString(", " + e.partial(f, a))
		}
		return e.Unknown(text.String() + ")")
	}
	if err != nil {
		return nil, err
	}
	return v, e.ChargeValue(v)
}

// overValue calls a function that takes lambdas with its first argument evaluated.
func (e *Evaluator) overValue(f *Frame, c *expr.Call, of value.Value) (value.Value, error) {
	switch of := of.(type) {
	case *value.Unknown:
		return nil, functions.ErrUnknown
	case *value.Object:
		if c.Key == "mapvalues" {
			return e.mapValues(f, c, of)
		}
	case []value.Value:
		switch c.Key {
		case "filter":
			return e.filter(f, c, of)
		case "map":
			return e.mapArray(f, c, of)
		case "reduce":
			return e.reduce(f, c, of)
		case "sort":
			return e.sort(f, c, of)
		case "toobject":
			return e.toObject(f, c, of)
		case "groupby":
			return e.groupBy(f, c, of)
		}
	}
	want := "an array"
	if c.Key == "mapvalues" {
		want = "an object"
	}
	return nil, value.Errorf("The template language function '%s' expects its first parameter to be %s. The provided value is of type '%s'.", c.Name, want, value.TypeName(of))
}

func (e *Evaluator) filter(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	l, err := e.lambda(f, c, wanted{1, 1, 2})
	if err != nil {
		return nil, err
	}
	out := []value.Value{}
	for i, v := range of {
		keep, err := l.test(c.Name, v, int64(i))
		if err != nil {
			return nil, err
		}
		if keep {
			out = append(out, v)
		}
	}
	return out, nil
}

func (e *Evaluator) mapArray(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	l, err := e.lambda(f, c, wanted{1, 1, 2})
	if err != nil {
		return nil, err
	}
	out := make([]value.Value, len(of))
	for i, v := range of {
		if out[i], err = l.do(v, int64(i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *Evaluator) mapValues(f *Frame, c *expr.Call, of *value.Object) (value.Value, error) {
	l, err := e.lambda(f, c, wanted{1, 1, 1})
	if err != nil {
		return nil, err
	}
	out := value.NewObject(of.Len())
	for i := range of.Len() {
		k, v := of.At(i)
		mapped, err := l.do(v)
		if err != nil {
			return nil, err
		}
		out.Set(k, mapped)
	}
	return out, nil
}

func (e *Evaluator) reduce(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	l, err := e.lambda(f, c, wanted{2, 2, 3})
	if err != nil {
		return nil, err
	}
	sum, err := e.Eval(f, c.Args[1])
	if err != nil {
		return nil, err
	}
	for i, v := range of {
		if sum, err = l.do(sum, v, int64(i)); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

// sort puts a before b if the lambda says so; those of which it says nothing stay in order.
func (e *Evaluator) sort(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	l, err := e.lambda(f, c, wanted{1, 2, 2})
	if err != nil {
		return nil, err
	}
	out := slices.Clone(of)
	var failed error
	before := func(a, b value.Value) bool {
		if failed != nil {
			return false
		}
		var ok bool
		ok, failed = l.test(c.Name, a, b)
		return ok && failed == nil
	}
	slices.SortStableFunc(out, func(a, b value.Value) int {
		switch {
		case before(a, b):
			return -1
		case before(b, a):
			return 1
		}
		return 0
	})
	return out, failed
}

func (e *Evaluator) toObject(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	out := value.NewObject(len(of))
	if err := e.eachKeyed(f, c, of, out.SetFold); err != nil {
		return nil, err
	}
	return out, nil
}

func (e *Evaluator) groupBy(f *Frame, c *expr.Call, of []value.Value) (value.Value, error) {
	var order []string
	groups := map[string][]value.Value{}
	spelling := map[string]string{}
	err := e.eachKeyed(f, c, of, func(k string, v value.Value) {
		folded := strings.ToLower(k)
		if _, ok := groups[folded]; !ok {
			order = append(order, folded)
			spelling[folded] = k
		}
		groups[folded] = append(groups[folded], v)
	})
	if err != nil {
		return nil, err
	}
	out := value.NewObject(len(order))
	for _, k := range order {
		out.Set(spelling[k], groups[k])
	}
	return out, nil
}

// eachKeyed calls the lambdas of toObject and groupBy, of which the second may be missing, and gives put the key and the value
// of each element.
func (e *Evaluator) eachKeyed(f *Frame, c *expr.Call, of []value.Value, put func(key string, v value.Value)) error {
	key, err := e.lambda(f, c, wanted{1, 1, 1})
	if err != nil {
		return err
	}
	var element *lambda
	if len(c.Args) > 2 {
		if element, err = e.lambda(f, c, wanted{2, 1, 1}); err != nil {
			return err
		}
	}
	for _, v := range of {
		k, err := key.text(c.Name, v)
		if err != nil {
			return err
		}
		if element != nil {
			if v, err = element.do(v); err != nil {
				return err
			}
		}
		put(k, v)
	}
	return nil
}
