package armtemplate

import (
	"errors"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// eachExpression calls do for every expression at or below a node, names of members included.
func eachExpression(n *document.Node, do func(*document.Node, expr.Node) error) error {
	if n == nil {
		return nil
	}
	if n.Kind == document.String {
		e, err := n.Expression()
		if err != nil {
			return &problem{detail: err.Error(), node: n}
		}
		if e == nil {
			return nil
		}
		return do(n, e)
	}
	for _, item := range n.Items {
		if err := eachExpression(item, do); err != nil {
			return err
		}
	}
	for _, m := range n.Members {
		if strings.HasPrefix(m.Name, "[") {
			if err := eachExpression(document.StringNode(m.Name, m.Pos), do); err != nil {
				return err
			}
		}
		if err := eachExpression(m.Value, do); err != nil {
			return err
		}
	}
	return nil
}

// checkExpressions parses every expression of the template and holds the functions that it calls to the rules: that there is
// such a function, that it gets as many arguments as it takes, and that it may be called there.
func (t *Template) checkExpressions() error {
	for _, part := range []struct {
		name, member string
		kind         placeKind
	}{{"parameters", "defaultValue", inDefault}, {"variables", "", inVariable}, {"outputs", "", inOutput}} {
		n := t.root.Get(part.name)
		if n == nil {
			continue
		}
		for _, m := range n.Members {
			of := m.Value
			if part.member != "" {
				of = of.Get(part.member)
			}
			for _, child := range withoutMetadata(of, part.kind == inOutput) {
				if err := eachExpression(child, func(n *document.Node, e expr.Node) error { return t.checkCalls(n, e, part.kind) }); err != nil {
					return within(m.Value, err, "The template %s '%s' at line '%d' and column '%d' is not valid", strings.TrimSuffix(part.name, "s"), m.Name, m.Value.Pos.Line, m.Value.Pos.Column)
				}
			}
		}
	}
	resources := t.root.Get("resources")
	for _, r := range resources.Items {
		if err := t.checkResource(r); err != nil {
			return err
		}
	}
	for _, m := range resources.Members {
		if err := t.checkResource(m.Value); err != nil {
			return err
		}
	}
	return nil
}

func withoutMetadata(n *document.Node, skip bool) []*document.Node {
	if n == nil || !skip {
		return []*document.Node{n}
	}
	var out []*document.Node
	for _, m := range n.Members {
		if !strings.EqualFold(m.Name, "metadata") {
			out = append(out, m.Value)
		}
	}
	return out
}

// headerMembers are the members of a resource that are decided before the deployment.
var headerMembers = map[string]bool{"name": true, "type": true, "apiversion": true, "condition": true, "copy": true, "dependson": true, "scope": true,
	"existing": true, "subscriptionid": true, "resourcegroup": true}

// commentMembers are the members of a resource that are not evaluated.
var commentMembers = map[string]bool{"comments": true, "metadata": true}

func (t *Template) checkResource(r *document.Node) error {
	if r.Kind != document.Object {
		return problemf(r, "The template resource at line '%d' and column '%d' must be an object.", r.Pos.Line, r.Pos.Column)
	}
	if r.Get("condition") == nil { // one with a condition is refused when that turns out to be true
		if err := checkSupported(r); err != nil {
			return err
		}
	}
	literal := map[*document.Node]bool{}
	literalTemplates(r, literal)
	for _, m := range r.Members {
		key := value.Fold(m.Name)
		kind := inBody
		switch {
		case commentMembers[key]:
			continue
		case headerMembers[key]:
			kind = inHeader
		case key == "resources" && m.Value.Kind == document.Array:
			for _, child := range m.Value.Items {
				if err := t.checkResource(child); err != nil {
					return err
				}
			}
			continue
		}
		if err := t.checkBody(m.Value, literal, kind); err != nil {
			return within(r, err, "The template resource '%s' at line '%d' and column '%d' is not valid", resourceLabel(r), r.Pos.Line, r.Pos.Column)
		}
	}
	inner := nestedTemplate(r)
	switch {
	case inner == nil:
		return nil
	case isInner(r):
		_, err := parse(inner)
		return t.moved(err, inner)
	}
	nested := &Template{root: inner}
	return nested.checkForm()
}

// moved puts the path of an error of a nested template into this one.
func (t *Template) moved(err error, inner *document.Node) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Path = "properties.template" + t.path(inner) + strings.TrimPrefix(e.Path, "properties.template")
	}
	return err
}

// checkBody checks the expressions of a resource, but for those of nested templates that are evaluated in their own scope.
func (t *Template) checkBody(n *document.Node, literal map[*document.Node]bool, kind placeKind) error {
	if literal[n] {
		return nil
	}
	for _, item := range n.Items {
		if err := t.checkBody(item, literal, kind); err != nil {
			return err
		}
	}
	for _, m := range n.Members {
		if strings.HasPrefix(m.Name, "[") {
			if err := t.checkBody(document.StringNode(m.Name, m.Pos), literal, kind); err != nil {
				return err
			}
		}
		if err := t.checkBody(m.Value, literal, kind); err != nil {
			return err
		}
	}
	if n.Kind != document.String {
		return nil
	}
	return eachExpression(n, func(n *document.Node, e expr.Node) error { return t.checkCalls(n, e, kind) })
}

// checkCalls checks the calls of one expression.
func (t *Template) checkCalls(n *document.Node, e expr.Node, kind placeKind) error {
	var err error
	expr.Walk(e, func(e expr.Node) {
		c, ok := e.(*expr.Call)
		if !ok || err != nil {
			return
		}
		arity, ok := t.arity(c.Key)
		switch {
		case !ok:
			err = eval.UnknownFunction(c.Name)
		case !allowed(kind, c.Key):
			err = notExpected(c.Name)
		default:
			err = arity.Check(c.Name, len(c.Args))
		}
	})
	return at(n, err)
}

// resourceLabel names a resource before its name is computed.
func resourceLabel(r *document.Node) string {
	if n := r.Get("name"); n != nil {
		return shortened(n.Text)
	}
	return ""
}

// checkSupported refuses what this package does not do, by name.
func checkSupported(r *document.Node) error {
	for _, member := range []string{"import", "extension"} {
		if n := r.Get(member); !n.IsNull() && !strings.EqualFold(n.Text, "az") {
			return unsupported(n, "The extension '%s' is not supported: only resources of Azure Resource Manager are.", n.Text)
		}
	}
	for _, option := range membersOf(r.Get("@options")) {
		if !slices.Contains(optionNames, value.Fold(option.Name)) {
			return unsupported(option.Value, "The option '%s' of the resource '%s' is not supported.", option.Name, resourceLabel(r))
		}
	}
	if method := r.Get("method"); !method.IsNull() && !strings.EqualFold(method.Text, "put") {
		return unsupported(method, "The method '%s' of the resource '%s' is not supported: resources are written whole.", method.Text, resourceLabel(r))
	}
	kind := ""
	if n := r.Get("type"); n != nil {
		kind = n.Text
	}
	switch {
	case strings.EqualFold(kind, "Microsoft.Resources/deploymentStacks"):
		return unsupported(r, "Deployment stacks are not supported: '%s'.", resourceLabel(r))
	case strings.EqualFold(kind, deploymentType):
		if link := r.Get("properties").Get("templateLink"); !link.IsNull() {
			return unsupported(link, "Linked templates are not supported: the template of the deployment '%s' is at '%s'.", resourceLabel(r), linkText(link))
		}
	}
	return nil
}

func linkText(link *document.Node) string {
	for _, member := range []string{"uri", "relativePath", "id"} {
		if n := link.Get(member); n != nil {
			return shortened(n.Text)
		}
	}
	return ""
}
