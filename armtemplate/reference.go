package armtemplate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// target is what reference or a list function is called for.
type target struct {
	id, apiVersion string
	resource       *Resource // of the template; nil if it is none of it
}

// target finds a resource by symbol, by name or by id.
func (p *place) target(c *functions.Call) (target, error) {
	name, ok := c.Args[0].(string)
	if !ok {
		return target{}, value.Errorf("The template language function '%s' expects its first parameter to be a string. The provided value is of type '%s'.", c.Name, value.TypeName(c.Args[0]))
	}
	t := target{id: name}
	if len(c.Args) > 1 && c.Args[1] != nil {
		if t.apiVersion, ok = c.Args[1].(string); !ok {
			return target{}, value.Errorf("The template language function '%s' expects its second parameter to be an API version. The provided value is of type '%s'.", c.Name, value.TypeName(c.Args[1]))
		}
	}
	r, err := p.d.one(name)
	if err != nil {
		return target{}, err
	}
	switch {
	case r != nil:
		t.resource, t.id = r, r.ID
		if t.apiVersion == "" {
			t.apiVersion = r.APIVersion
		}
	case !strings.Contains(name, "/"):
		return target{}, value.Errorf("The template reference '%s' is not valid: could not find template resource or resource copy with this name.", name)
	case !strings.HasPrefix(name, "/"): // an id relative to the scope, as older templates have it
		t.id = p.d.Scope.ID() + "/providers/" + name
	}
	return t, nil
}

// one finds the one resource of a symbol, a name or an id; nil if there is none.
func (d *Deployment) one(name string) (*Resource, error) {
	if strings.HasPrefix(name, "/") {
		return d.byID[value.Fold(strings.TrimSuffix(name, "/"))], nil
	}
	symbol, index, indexed := cutIndex(name)
	found := d.bySymbol[value.Fold(symbol)]
	if indexed {
		for _, r := range found {
			if r.Index == index {
				return r, nil
			}
		}
		return nil, nil
	}
	for _, r := range found {
		if r.Symbol != "" && len(found) == 1 {
			return r, nil
		}
	}
	named := deployed(d.named(name))
	if len(named) > 1 {
		return nil, value.Errorf("The template reference '%s' is not valid: the template has %d resources of this name.", name, len(named))
	}
	if len(named) == 1 {
		return named[0], nil
	}
	if all := d.named(name); len(all) == 1 { // not deployed now, but it may be there: Azure asks when it is needed
		return all[0], nil
	}
	return d.byID[value.Fold(d.Scope.ID()+"/providers/"+name)], nil
}

// named are the resources of a name: by their whole names, or if there are none by those that children have in their parents.
func (d *Deployment) named(name string) []*Resource {
	all := d.byName[value.Fold(name)]
	var whole []*Resource
	for _, r := range all {
		if strings.EqualFold(r.Name, name) {
			whole = append(whole, r)
		}
	}
	if whole != nil {
		return whole
	}
	return all
}

// cutIndex splits name[1].
func cutIndex(name string) (symbol string, index int, ok bool) {
	head, rest, found := strings.Cut(name, "[")
	if !found || !strings.HasSuffix(rest, "]") {
		return name, 0, false
	}
	if _, err := fmt.Sscanf(rest, "%d]", &index); err != nil {
		return name, 0, false
	}
	return head, index, true
}

func deployed(of []*Resource) []*Resource {
	var out []*Resource
	for _, r := range of {
		if !r.Skipped {
			out = append(out, r)
		}
	}
	return out
}

// reference is the state of a resource: its properties, or all of it.
func (p *place) reference(c *functions.Call) (value.Value, error) {
	t, err := p.target(c)
	if err != nil {
		return nil, err
	}
	full, err := wantsFull(c, 2)
	if err != nil {
		return nil, err
	}
	soft := strings.HasPrefix(functions.Text(c.Args[0]), "/") && len(c.Args) > 1
	if err := p.see(t.resource, soft); err != nil {
		return nil, err
	}
	return p.state(t, full)
}

// wantsFull reports whether the argument is there that asks for whole resources; it can have no other value.
func wantsFull(c *functions.Call, i int) (bool, error) {
	if len(c.Args) <= i {
		return false, nil
	}
	if s, _ := c.Args[i].(string); strings.EqualFold(s, "Full") {
		return true, nil
	}
	return false, value.Errorf("The template language function '%s' expects its last parameter to be 'Full'. The provided value is '%s'.", c.Name, functions.Text(c.Args[i]))
}

// see notes that an expression here asks for a resource of the template; nil is none of it. Only what is asked for by id and
// with an API version may be the resource at hand: it may be there from an earlier deployment.
func (p *place) see(r *Resource, soft bool) error {
	switch {
	case r == nil:
		return nil
	case r == p.self && !soft:
		return problemf(nil, "%s", r.selfReference())
	case p.seen != nil:
		p.seen(r, soft)
	}
	return nil
}

// state asks the resolver for a resource.
func (p *place) state(t target, full bool) (value.Value, error) {
	if p.resolver == nil || p.resolver.Reference == nil {
		if v, ok, err := p.plannedDeployment(t, full); ok || err != nil {
			return v, err
		}
		args := []value.Value{t.id}
		if t.apiVersion != "" {
			args = append(args, t.apiVersion)
		}
		if full {
			args = append(args, "full")
		}
		return p.machine().Unknown(eval.CallText("reference", args))
	}
	if t.apiVersion == "" {
		return nil, value.Errorf("The resource '%s' is not defined in the template, so reference needs its API version.", t.id)
	}
	o, err := p.read(ReferenceRequest{ResourceID: t.id, APIVersion: t.apiVersion, Resource: t.resource, Full: full, Optional: t.resource != nil && t.resource.NullIfNotFound})
	switch {
	case err != nil || o == nil:
		return nil, err
	case full:
		return fullState(o, t), nil
	}
	return propertiesOf(o), nil
}

// read asks the resolver for a resource; nil for one that is not there and need not be.
func (p *place) read(r ReferenceRequest) (*value.Object, error) {
	raw, err := p.asked(func() (json.RawMessage, error) { return p.resolver.Reference(p.ctx, r) })
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.ResourceID, err)
	}
	if len(raw) == 0 && r.Optional {
		return nil, nil
	}
	v, err := p.answer(raw, r.ResourceID)
	if err != nil || v == nil && r.Optional {
		return nil, err
	}
	o, ok := v.(*value.Object)
	if !ok {
		return nil, fmt.Errorf("reading %s: the answer is no object", r.ResourceID)
	}
	return o, nil
}

// propertiesOf are the properties of a resource; an empty object for one that has none.
func propertiesOf(o *value.Object) value.Value {
	if properties, _ := o.Get("properties"); properties != nil {
		return properties
	}
	return value.NewObject(0)
}

// asked calls the resolver. Meanwhile other bodies may be evaluated, whose calls are not within those of this one.
func (p *place) asked(do func() (json.RawMessage, error)) (json.RawMessage, error) {
	depth := p.d.budget.Depth
	p.d.budget.Depth = 0
	raw, err := do()
	p.d.budget.Depth = depth
	return raw, err
}

// answer reads what a resolver returned.
func (p *place) answer(raw json.RawMessage, id string) (value.Value, error) {
	if err := p.d.budget.Charge(len(raw)); err != nil {
		return nil, err
	}
	v, err := document.ParseValue(raw)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", id, err)
	}
	return v, nil
}

// fullState adds the members that the engine itself gives to a whole resource.
func fullState(o *value.Object, t target) *value.Object {
	out := o.Clone()
	id := strings.Split(t.id, "/")
	set := func(name string, v value.Value) {
		if _, ok := out.Get(name); !ok {
			out.Set(name, v)
		}
	}
	set("apiVersion", t.apiVersion)
	for i := 1; i+1 < len(id); i += 2 {
		switch strings.ToLower(id[i]) {
		case "subscriptions":
			set("subscriptionId", id[i+1])
		case "resourcegroups":
			set("resourceGroupName", id[i+1])
		}
	}
	set("scope", "")
	if at := strings.LastIndex(t.id, "/providers/"); at >= 0 {
		set("resourceId", t.id[at+len("/providers/"):]) // relative, as recorded
	}
	set("referenceApiVersion", t.apiVersion)
	set("condition", true)
	set("isConditionTrue", true)
	set("isTemplateResource", t.resource != nil)
	set("isAction", false)
	set("provisioningOperation", "Read")
	return out
}

// references are the states of all resources of a loop.
func (p *place) references(c *functions.Call) (value.Value, error) {
	name, ok := c.Args[0].(string)
	if !ok {
		return nil, value.Errorf("The template language function '%s' expects its first parameter to be a string.", c.Name)
	}
	found, ok := p.d.bySymbol[value.Fold(name)]
	if !ok {
		return nil, value.Errorf("The template reference '%s' is not valid: could not find template resource or resource copy with this name.", name)
	}
	full, err := wantsFull(c, 1)
	if err != nil {
		return nil, err
	}
	out := []value.Value{}
	for _, r := range deployed(found) {
		if err := p.see(r, false); err != nil {
			return nil, err
		}
		v, err := p.state(target{id: r.ID, apiVersion: r.APIVersion, resource: r}, full)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// list calls a list action of a resource.
func (p *place) list(c *functions.Call) (value.Value, error) {
	if p.machine().HasUnknown(c.Args) {
		return p.machine().Unknown(eval.CallText(c.Name, c.Args))
	}
	t, err := p.target(c)
	if err != nil {
		return nil, err
	}
	if t.resource != nil && t.resource.Symbol != "" && p.seen != nil {
		p.seen(t.resource, false)
	}
	if p.resolver == nil || p.resolver.List == nil {
		args := append([]value.Value{t.id}, t.apiVersion)
		if len(c.Args) > 2 {
			args = append(args, c.Args[2])
		}
		return p.machine().Unknown(eval.CallText(c.Name, args))
	}
	request := ListRequest{Function: c.Name, ResourceID: t.id, APIVersion: t.apiVersion, Resource: t.resource}
	if len(c.Args) > 2 && c.Args[2] != nil {
		request.Body = value.Append(nil, c.Args[2])
	}
	raw, err := p.asked(func() (json.RawMessage, error) { return p.resolver.List(p.ctx, request) })
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", c.Name, t.id, err)
	}
	return p.answer(raw, t.id)
}
