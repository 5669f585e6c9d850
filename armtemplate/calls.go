package armtemplate

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// contextual are the functions that depend on the template or the deployment, with how many arguments they take.
var contextual = map[string]functions.Function{
	"parameters": {Min: 1, Max: 1}, "variables": {Min: 1, Max: 1}, "copyindex": {Min: 0, Max: 2},
	"reference": {Min: 1, Max: 3}, "references": {Min: 1, Max: 2}, "resourceinfo": {Min: 1, Max: 1}, "target": {Min: 0, Max: 1},
	"resourceid": {Min: 2, Max: -1}, "subscriptionresourceid": {Min: 2, Max: -1}, "managementgroupresourceid": {Min: 2, Max: -1},
	"resourcegroup": {Max: 0}, "subscription": {Max: 0}, "managementgroup": {Max: 0}, "tenant": {Max: 0},
	"deployment": {Max: 0}, "deployer": {Max: 0}, "environment": {Max: 0},
	"utcnow": {Min: 0, Max: 1}, "newguid": {Max: 0},
	"providers": {Min: 1, Max: 2}, "pickzones": {Min: 3, Max: 5}, "roledefinitions": {Min: 1, Max: 1},
	"tologicalzone": {Min: 3, Max: 3}, "tologicalzones": {Min: 3, Max: 3}, "tophysicalzone": {Min: 3, Max: 3}, "tophysicalzones": {Min: 3, Max: 3},
}

// listArity is that of the list functions: a resource, an API version and function values.
var listArity = functions.Function{Min: 1, Max: 3}

// isList reports whether a name is that of a list function, whichever there are.
func isList(key string) bool { return strings.HasPrefix(key, "list") && !strings.Contains(key, ".") }

// arity is how many arguments a function takes; ok is false if there is no function of the name.
func (t *Template) arity(key string) (f functions.Function, ok bool) {
	if f, ok = functions.Table[key]; ok {
		return f, true
	}
	if f, ok = eval.Special(key); ok {
		return f, true
	}
	if f, ok = contextual[key]; ok {
		return f, true
	}
	if n, ok := t.functions[key]; ok {
		count := 0
		if p := n.Get("parameters"); p != nil {
			count = len(p.Items)
		}
		return functions.Function{Min: count, Max: count}, true
	}
	return listArity, isList(key)
}

// call answers the functions that depend on the template.
func (p *place) call(f *eval.Frame, c *expr.Call) (v value.Value, ok bool, err error) {
	arity, ok := p.d.t.arity(c.Key)
	if !ok {
		return nil, false, nil
	}
	if err := arity.Check(c.Name, len(c.Args)); err != nil {
		return nil, true, err
	}
	if !p.allows(c.Key) {
		return nil, true, notExpected(c.Name)
	}
	m := p.machine()
	args, err := m.Args(f, c)
	if err != nil {
		return nil, true, err
	}
	if err := m.Work(args...); err != nil {
		return nil, true, err
	}
	if n, ok := p.d.t.functions[c.Key]; ok {
		v, err = p.userFunction(n, c.Name, args)
		return v, true, err
	}
	if m.HasUnknown(args) && c.Key != "copyindex" && !isList(c.Key) {
		v, err = m.Unknown(eval.CallText(c.Name, args))
		return v, true, err
	}
	v, err = p.contextual(c.Key, &functions.Call{Name: c.Name, Args: args})
	if err == nil && m.Called != nil && strings.HasSuffix(c.Key, "resourceid") {
		err = m.Called(args, v)
	}
	return v, true, err
}

func notExpected(name string) error {
	return value.Errorf("The template function '%s' is not expected at this location.", name)
}

// allows reports whether a function may be called here.
func (p *place) allows(key string) bool { return allowed(p.kind, key) }

// allowed holds the rules of where a function may be called.
func allowed(kind placeKind, key string) bool {
	switch {
	case key == "utcnow" || key == "newguid":
		return kind == inDefault
	case key == "reference" || key == "references" || isList(key):
		return kind == inBody || kind == inOutput
	case key == "resourceinfo":
		return kind == inHeader || kind == inBody || kind == inOutput
	case key == "target":
		return kind == inBody
	case key == "variables", key == "copyindex":
		return kind != inDefault && kind != inFunction
	}
	return true
}

// contextual calls a function with its arguments evaluated.
func (p *place) contextual(key string, c *functions.Call) (value.Value, error) {
	switch key {
	case "parameters":
		return p.parameter(c)
	case "variables":
		name, err := functions.OnlyString(c.Name, c.Args[0])
		if err != nil {
			return nil, err
		}
		return p.d.variable(p.ctx, name, p.plain)
	case "copyindex":
		return p.copyIndex(c)
	case "reference":
		return p.reference(c)
	case "references":
		return p.references(c)
	case "resourceinfo":
		return p.resourceInfo(c)
	case "target":
		return p.existing(c)
	case "utcnow":
		return p.utcNow(c)
	case "newguid":
		return p.d.opts.NewGUID(), nil
	case "resourceid", "subscriptionresourceid", "managementgroupresourceid":
		return p.resourceID(key, c)
	case "pickzones":
		return pickZones(c)
	case "providers", "roledefinitions", "tologicalzone", "tologicalzones", "tophysicalzone", "tophysicalzones":
		return p.machine().Unknown(eval.CallText(c.Name, c.Args))
	}
	if isList(key) {
		return p.list(c)
	}
	return p.scopeFunction(key, c)
}

func (p *place) parameter(c *functions.Call) (value.Value, error) {
	name, err := functions.OnlyString(c.Name, c.Args[0])
	if err != nil {
		return nil, err
	}
	if p.kind == inFunction {
		v, ok := p.args[value.Fold(name)]
		if !ok {
			return nil, value.Errorf("The template parameter '%s' is not found.", name)
		}
		return v, nil
	}
	d := p.d
	for d.outer {
		d = d.parent
	}
	if p.hides() {
		return d.shownParameter(p.ctx, name)
	}
	return d.parameter(p.ctx, name)
}

// copyIndex is the turn of the loop that is named, or of the resource or output loop around the expression.
func (p *place) copyIndex(c *functions.Call) (value.Value, error) {
	args := c.Args
	name, named := "", false
	if len(args) > 0 {
		if name, named = args[0].(string); named {
			args = args[1:]
		}
	}
	offset := int64(0)
	switch len(args) {
	case 0:
	case 1:
		n, ok := args[0].(int64)
		if !ok {
			return nil, value.Errorf("The template language function '%s' expects its offset to be an integer. The provided value is of type '%s'.", c.Name, value.TypeName(args[0]))
		}
		offset = n
	default:
		return nil, value.Errorf("The template language function '%s' expects the name of a loop and an offset.", c.Name)
	}
	for i := len(p.loops) - 1; i >= 0; i-- {
		l := p.loops[i]
		if named && !strings.EqualFold(l.name, name) || !named && !l.own {
			continue
		}
		if n, ok := l.index.(int64); ok {
			return n + offset, nil
		}
		return p.machine().Unknown(eval.CallText(c.Name, c.Args))
	}
	if named {
		return nil, value.Errorf("The template function '%s' is not expected at this location: there is no copy loop '%s' around it.", c.Name, name)
	}
	return nil, value.Errorf("The template function '%s' is not expected at this location. The function can only be used in a resource with copy specified.", c.Name)
}

func (p *place) utcNow(c *functions.Call) (value.Value, error) {
	layout := "yyyyMMddTHHmmssZ"
	if len(c.Args) == 1 {
		var err error
		if layout, err = functions.OnlyString(c.Name, c.Args[0]); err != nil {
			return nil, err
		}
	}
	return functions.FormatDate(p.d.opts.Now().UTC(), layout)
}

// pickZones takes every region to have three zones: which have, only Azure knows.
func pickZones(c *functions.Call) (value.Value, error) {
	count, start := int64(1), int64(0)
	for i, at := range []*int64{&count, &start} {
		if len(c.Args) > 3+i {
			n, ok := c.Args[3+i].(int64)
			if !ok || n < 0 || n > 3 {
				return nil, value.Errorf("The template language function '%s' expects the number of zones and the offset to be integers from 0 to 3.", c.Name)
			}
			*at = n
		}
	}
	if count+start > 3 {
		return nil, value.Errorf("The template language function '%s' was asked for more zones than there are.", c.Name)
	}
	zones := []value.Value{}
	for _, z := range []string{"1", "2", "3"}[start : start+count] {
		zones = append(zones, z)
	}
	return zones, nil
}
