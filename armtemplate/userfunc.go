package armtemplate

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// maxFunctionDepth is how deep user functions may call each other.
const maxFunctionDepth = 64

// readFunctions collects the user functions by namespace.name in lower case.
func (t *Template) readFunctions() error {
	t.functions = map[string]*document.Node{}
	list := t.root.Get("functions")
	if list == nil {
		return nil
	}
	for _, ns := range list.Items {
		name := ns.Get("namespace")
		if name.IsNull() || name.Text == "" {
			return problemf(ns, "The template function at line '%d' and column '%d' has no namespace.", ns.Pos.Line, ns.Pos.Column)
		}
		members := ns.Get("members")
		if members == nil {
			continue
		}
		for _, m := range members.Members {
			if m.Value.Get("output") == nil {
				return problemf(m.Value, "The template function '%s.%s' has no output.", name.Text, m.Name)
			}
			t.functions[value.Fold(name.Text+"."+m.Name)] = m.Value
		}
	}
	for _, key := range t.functionNames() {
		if err := t.checkFunction(t.functions[key]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) functionNames() []string {
	var names []string
	for key := range t.functions {
		names = append(names, key)
	}
	slices.Sort(names)
	return names
}

// checkFunction refuses the calls that a user function may not make.
func (t *Template) checkFunction(f *document.Node) error {
	var refused []string
	err := eachExpression(f.Get("output").Get("value"), func(n *document.Node, e expr.Node) error {
		expr.Walk(e, func(e expr.Node) {
			c, ok := e.(*expr.Call)
			if !ok {
				return
			}
			_, user := t.functions[c.Key]
			if user && !t.v2 || !allowed(inFunction, c.Key) {
				refused = append(refused, c.Name)
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		return problemf(f, "The template function at line '%d' and column '%d' is not valid. These function calls are not supported in a function definition: '%s'.",
			f.Pos.Line, f.Pos.Column, strings.Join(slices.Compact(refused), ", "))
	}
	return nil
}

// userFunction calls a function that the template defines.
func (p *place) userFunction(f *document.Node, name string, args []value.Value) (value.Value, error) {
	if p.depth >= maxFunctionDepth {
		return nil, value.Errorf("The template functions call each other more than %d levels deep: '%s'.", maxFunctionDepth, name)
	}
	t := p.d.t
	inner := &place{d: p.d, ctx: p.ctx, kind: inFunction, args: map[string]value.Value{}, depth: p.depth + 1, plain: p.plain}
	if parameters := f.Get("parameters"); parameters != nil {
		for i, param := range parameters.Items {
			paramName := ""
			if n := param.Get("name"); n != nil {
				paramName = n.Text
			}
			if err := t.check(subject{budget: p.d.budget, kind: "function parameter", name: paramName, node: param}, t.resolve(param), args[i]); err != nil {
				return nil, err
			}
			inner.args[value.Fold(paramName)] = args[i]
		}
	}
	output := f.Get("output")
	body := output.Get("value")
	if body == nil {
		return nil, value.Errorf("The template function '%s' has no output value.", name)
	}
	v, err := inner.node(body)
	if err != nil {
		return nil, within(body, err, "Unable to evaluate the template function '%s'", name)
	}
	return v, t.check(subject{budget: p.d.budget, kind: "function output", name: name, node: output}, t.resolve(output), v)
}
