package armtemplate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Leak is a secret in plain, in an output or in a parameter of a nested deployment: everybody who may read the deployment can
// read it, now and in its history.
type Leak struct {
	// Output and Parameter are the name of what shows it, behind that of the nested deployment and a slash if it is one of that.
	// One of them is empty.
	Output, Parameter string
	Secret            string // what is in it: the secure parameter 'key', or the result of listKeys
	Line, Column      int    // of the output or the parameter
}

func (l Leak) String() string {
	if l.Parameter != "" {
		return fmt.Sprintf("the parameter '%s' of a nested deployment shows %s to everybody who may read the deployment: give it a secure type in the nested template", l.Parameter, l.Secret)
	}
	return fmt.Sprintf("the output '%s' shows %s to everybody who may read the deployment: give it a secure type, or leave it out", l.Output, l.Secret)
}

// Leaks are the outputs of the template, and the outputs and parameters of those nested in it, whose types are not secure although
// their values are made of a secure parameter, through variables and defaults too, or of what a list function returns. The model
// is the rule outputs-should-not-contain-secrets of Bicep's linter.
func (t *Template) Leaks() []Leak {
	var all []Leak
	for _, m := range membersOf(t.root.Get("outputs")) {
		if t.holdsSecure(t.resolve(m.Value)) {
			continue
		}
		for _, member := range []string{"value", "copy"} {
			if secret := t.secretIn(m.Value.Get(member), map[string]bool{}); secret != "" {
				all = append(all, Leak{Output: m.Name, Secret: secret, Line: m.Value.Pos.Line, Column: m.Value.Pos.Column})
				break
			}
		}
	}
	resources := t.root.Get("resources")
	if resources == nil {
		return all
	}
	of := slices.Clone(resources.Items)
	for _, m := range resources.Members {
		of = append(of, m.Value)
	}
	for _, r := range of {
		inner := nestedTemplate(r)
		if inner == nil {
			continue
		}
		below := t.passed(r, inner)
		nested := t.inOuterScope(inner)
		if isInner(r) {
			var err error
			if nested, err = parse(inner); err != nil {
				continue // it is refused anyway
			}
		}
		below = append(below, nested.Leaks()...)
		for _, leak := range below {
			if leak.Parameter != "" {
				leak.Parameter = resourceLabel(r) + "/" + leak.Parameter
			} else {
				leak.Output = resourceLabel(r) + "/" + leak.Output
			}
			all = append(all, leak)
		}
	}
	return all
}

// passed are the parameters that a nested deployment is given a secret by and that its template declares as no secure ones.
func (t *Template) passed(r, inner *document.Node) []Leak {
	var all []Leak
	nested := &Template{root: inner}
	for _, m := range membersOf(r.Get("properties").Get("parameters")) {
		if p := nested.root.Get("parameters").Get(m.Name); p != nil && nested.holdsSecure(nested.resolve(p)) {
			continue
		}
		if secret := t.secretIn(m.Value.Get("value"), map[string]bool{}); secret != "" {
			all = append(all, Leak{Parameter: m.Name, Secret: secret, Line: m.Value.Pos.Line, Column: m.Value.Pos.Column})
		}
	}
	return all
}

// inOuterScope is a nested template whose expressions mean the parameters and variables of this one.
func (t *Template) inOuterScope(inner *document.Node) *Template {
	root := *t.root
	root.Members = slices.DeleteFunc(slices.Clone(t.root.Members), func(m document.Member) bool {
		return strings.EqualFold(m.Name, "outputs") || strings.EqualFold(m.Name, "resources")
	})
	for _, m := range inner.Members {
		if strings.EqualFold(m.Name, "outputs") || strings.EqualFold(m.Name, "resources") {
			root.Members = append(root.Members, m)
		}
	}
	nested := *t
	nested.root = &root
	return &nested
}

// secretIn is the first secret that a part of the template computes with; "" if it computes with none. seen are the
// parameters and variables that were looked into.
func (t *Template) secretIn(n *document.Node, seen map[string]bool) (secret string) {
	var walk func(e expr.Node)
	walk = func(e expr.Node) {
		switch e := e.(type) {
		case *expr.Access:
			walk(e.Base)
		case *expr.Call:
			args := e.Args
			switch {
			case secret != "" || slices.Contains(harmless, e.Key):
				return
			case e.Key == "if" && len(args) == 3:
				args = args[1:]
			}
			if secret = t.secretOf(e, seen); secret == "" {
				for _, a := range args {
					walk(a)
				}
			}
		}
	}
	_ = eachExpression(n, func(_ *document.Node, e expr.Node) error { walk(e); return nil })
	return secret
}

// harmless are the functions whose results say too little about a secret to be one.
var harmless = []string{"empty", "length", "equals", "contains", "not", "and", "or", "less", "greater", "lessorequals", "greaterorequals"}

// secretOf is the secret that a call results in; "" if in none.
func (t *Template) secretOf(c *expr.Call, seen map[string]bool) string {
	if isList(c.Key) {
		if _, own := t.functions[c.Key]; !own {
			return "the result of " + c.Name
		}
	}
	if c.Key != "parameters" && c.Key != "variables" || len(c.Args) != 1 {
		return ""
	}
	literal, ok := c.Args[0].(*expr.Literal)
	if !ok {
		return ""
	}
	name, _ := literal.Value.(string)
	key := c.Key + " " + value.Fold(name)
	if seen[key] {
		return ""
	}
	seen[key] = true
	if c.Key == "parameters" {
		parameter := t.root.Get("parameters").Get(name)
		if parameter == nil {
			return ""
		}
		if t.holdsSecure(t.resolve(parameter)) {
			return "the secure parameter '" + name + "'"
		}
		return t.secretIn(parameter.Get("defaultValue"), seen)
	}
	variables := t.root.Get("variables")
	if v := variables.Get(name); v != nil {
		return t.secretIn(v, seen)
	}
	for _, m := range membersOf(variables) {
		if !isLoops(m) {
			continue
		}
		for _, l := range m.Value.Items {
			if strings.EqualFold(l.Get("name").Text, name) {
				return t.secretIn(l.Get("input"), seen)
			}
		}
	}
	return ""
}

// Leaks are those of the deployment's template.
func (d *Deployment) Leaks() []Leak { return d.t.Leaks() }
