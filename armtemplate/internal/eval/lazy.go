package eval

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// special are the functions that do not evaluate all their arguments, or that take lambdas, with how many they take.
var special = map[string]functions.Function{
	"if":              {Min: 3, Max: 3},
	"and":             {Min: 1, Max: -1},
	"or":              {Min: 1, Max: -1},
	"coalesce":        {Min: 1, Max: -1},
	"lambda":          {Min: 1, Max: -1},
	"lambdavariables": {Min: 1, Max: 1},
	"filter":          {Min: 2, Max: 2},
	"map":             {Min: 2, Max: 2},
	"reduce":          {Min: 3, Max: 3},
	"sort":            {Min: 2, Max: 2},
	"toobject":        {Min: 2, Max: 3},
	"mapvalues":       {Min: 2, Max: 2},
	"groupby":         {Min: 2, Max: 3},
}

// Special is the arity of a function that this package evaluates itself.
func Special(key string) (functions.Function, bool) {
	f, ok := special[key]
	return f, ok
}

type lazyFunction func(e *Evaluator, f *Frame, c *expr.Call) (value.Value, error)

func lazy(key string) (lazyFunction, bool) {
	arity, ok := special[key]
	if !ok {
		return nil, false
	}
	return func(e *Evaluator, f *Frame, c *expr.Call) (value.Value, error) {
		if err := arity.Check(c.Name, len(c.Args)); err != nil {
			return nil, err
		}
		switch key {
		case "if":
			return e.branch(f, c)
		case "and":
			return e.logical(f, c, false)
		case "or":
			return e.logical(f, c, true)
		case "coalesce":
			return e.coalesce(f, c)
		case "lambda":
			return nil, value.Errorf("The template function '%s' is not expected at this location.", c.Name)
		case "lambdavariables":
			return e.lambdaVariable(f, c)
		}
		return e.lambdaCall(f, c)
	}, true
}

// branch evaluates the branch that is taken and no other.
func (e *Evaluator) branch(f *Frame, c *expr.Call) (value.Value, error) {
	v, err := e.Eval(f, c.Args[0])
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case bool:
		if v {
			return e.Eval(f, c.Args[1])
		}
		return e.Eval(f, c.Args[2])
	case *value.Unknown:
		return e.Unknown(c.Name + "(" + v.Text + ", " + e.reduced(f, c.Args[1]) + ", " + e.reduced(f, c.Args[2]) + ")")
	}
	return nil, value.Errorf("The template language function '%s' expects its first parameter to be a boolean. The provided value is of type '%s'.", c.Name, value.TypeName(v))
}

// logical stops at the first argument that decides.
func (e *Evaluator) logical(f *Frame, c *expr.Call, decides bool) (value.Value, error) {
	var unknown []string
	for _, a := range c.Args {
		v, err := e.Eval(f, a)
		if err != nil {
			if len(unknown) > 0 { // what is not known yet may keep this argument from being evaluated
				unknown = append(unknown, expr.Text(a))
				continue
			}
			return nil, err
		}
		switch v := v.(type) {
		case bool:
			if v == decides {
				return v, nil
			}
		case *value.Unknown:
			unknown = append(unknown, v.Text)
		default:
			return nil, value.Errorf("The template language function '%s' expects its parameters to be booleans. The provided value is of type '%s'.", c.Name, value.TypeName(v))
		}
	}
	switch len(unknown) {
	case 0:
		return !decides, nil
	case 1:
		return e.Unknown(unknown[0])
	}
	return e.Unknown(c.Name + "(" + strings.Join(unknown, ", ") + ")")
}

// coalesce is the first argument that is not null.
func (e *Evaluator) coalesce(f *Frame, c *expr.Call) (value.Value, error) {
	for i, a := range c.Args {
		v, err := e.Eval(f, a)
		if err != nil {
			return nil, err
		}
		if u, ok := v.(*value.Unknown); ok && i < len(c.Args)-1 {
			var text strings.Builder
			text.WriteString(c.Name + "(" + u.Text)
			for _, rest := range c.Args[i+1:] {
				text.WriteString(", " + e.reduced(f, rest))
			}
			return e.Unknown(text.String() + ")")
		}
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

func (e *Evaluator) lambdaVariable(f *Frame, c *expr.Call) (value.Value, error) {
	v, err := e.Eval(f, c.Args[0])
	if err != nil {
		return nil, err
	}
	name, err := functions.OnlyString(c.Name, v)
	if err != nil {
		return nil, err
	}
	v, ok := f.get(name)
	if !ok {
		return nil, value.Errorf("The template lambda variable '%s' is not found.", name)
	}
	return v, nil
}
