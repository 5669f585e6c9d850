package armtemplate

import (
	"context"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// nestedState is the deployment that a resource stands for, evaluated once.
type nestedState struct {
	done, running bool
	d             *Deployment
	err           error
}

// Nested evaluates the template that a resource of the type Microsoft.Resources/deployments carries, with what is known before
// the deployment; nil if the resource carries none or is not deployed. It is evaluated once. Errors are of type [*Error].
func (r *Resource) Nested(ctx context.Context) (*Deployment, error) {
	if r.Skipped || r.Existing || nestedTemplate(r.node) == nil {
		return nil, nil
	}
	s := &r.nested
	if s.running {
		return nil, r.d.invalid(problemf(r.node, "The nested deployment '%s' refers to itself.", r.Name))
	}
	if !s.done {
		s.running = true
		s.d, s.err = r.evaluateNested(ctx)
		s.running, s.done = false, true
	}
	return s.d, s.err
}

// evaluateNested parses and prepares the nested template. One with a scope of its own is taken from the document, so that
// errors in it have their lines; one in the outer scope is taken from the evaluated body, because only there its expressions
// have their values.
func (r *Resource) evaluateNested(ctx context.Context) (*Deployment, error) {
	node := nestedTemplate(r.node)
	properties, err := r.plannedProperties(ctx)
	if err != nil {
		return nil, err
	}
	text, _ := properties.Get("template")
	if err := r.d.budget.Spend(value.Size(text, 16*maxTemplate) / 32); err != nil { // it is parsed and checked
		return nil, r.d.invalid(at(node, err))
	}
	o := Options{Name: r.Name, Deployer: r.d.opts.Deployer, Environment: r.d.opts.Environment, Now: r.d.opts.Now, NewGUID: r.d.opts.NewGUID, Limits: r.d.opts.Limits, Secret: r.d.opts.Secret,
		HideSecrets: r.d.opts.HideSecrets, Secrets: r.d.opts.Secrets}
	var t *Template
	if isInner(r.node) {
		if t, err = parse(node); err != nil {
			return nil, r.d.t.moved(err, node)
		}
	} else {
		if t, err = parse(document.FromValue(text, node.Pos)); err != nil {
			return nil, err
		}
	}
	if o.Scope, err = r.nestedScope(ctx, t.kind); err != nil {
		return nil, r.d.invalid(err)
	}
	d := &Deployment{t: t, opts: o, budget: r.d.budget, Scope: o.Scope, Name: o.Name, parent: r.d, depth: r.d.depth + 1, outer: !isInner(r.node)}
	if d.depth > maxNesting {
		return nil, r.d.invalid(problemf(node, "The templates are nested more than %d levels deep.", maxNesting))
	}
	if isInner(r.node) {
		given, _ := properties.Get("parameters")
		if err := r.giveNested(ctx, d, given); err != nil {
			return nil, r.d.invalid(err)
		}
	}
	if err := d.prepare(ctx); err != nil {
		return nil, r.d.t.moved(d.invalid(err), node)
	}
	return d, nil
}

// plannedProperties are the properties of the nested deployment, with what is known before the deployment.
func (r *Resource) plannedProperties(ctx context.Context) (*value.Object, error) {
	if err := r.makePlan(ctx); err != nil { // another resource may ask before its turn
		return nil, r.d.invalid(err)
	}
	v, _ := r.plan.(*value.Object).Get("properties")
	o, ok := v.(*value.Object)
	if !ok {
		return nil, r.d.invalid(problemf(r.node, "The properties of the nested deployment '%s' must be an object.", r.Name))
	}
	return o, nil
}

// giveNested gives a nested deployment its parameters, those of the plan and, if that hides secrets, the real ones.
func (r *Resource) giveNested(ctx context.Context, d *Deployment, planned value.Value) error {
	var err error
	if d.given, err = d.readNested(ctx, planned); err != nil || !d.opts.HideSecrets || !value.HasUnknown(planned) {
		return err
	}
	d.shownGiven = d.given
	parameters := r.node.Get("properties").Get("parameters")
	real, err := r.place(ctx, nil).revealed().node(parameters)
	if err != nil {
		return at(parameters, err)
	}
	d.given, err = d.readNested(ctx, real)
	return err
}

// readNested reads the parameters that a nested deployment is given.
func (d *Deployment) readNested(ctx context.Context, given value.Value) (map[string]value.Value, error) {
	o, ok := given.(*value.Object)
	if !ok {
		return nil, nil
	}
	out := make(map[string]value.Value, o.Len())
	for i := range o.Len() {
		name, v := o.At(i)
		p, ok := v.(*value.Object)
		if !ok {
			out[name] = v
			continue
		}
		if of, ok := p.Get("value"); ok {
			out[name] = structured(of)
		} else if _, ok := p.Get("reference"); ok {
			u, err := d.machine(ctx).Unknown("parameters(" + value.Literal(name) + ")")
			if err != nil {
				return nil, err
			}
			out[name] = u
		}
	}
	return out, nil
}

// structured undoes the collapse of partly known values at every level.
func structured(v value.Value) value.Value {
	switch v := v.(type) {
	case []value.Value:
		out := make([]value.Value, len(v))
		for i, e := range v {
			out[i] = structured(e)
		}
		return out
	case *value.Object:
		out := value.NewObject(v.Len())
		for i := range v.Len() {
			k, e := v.At(i)
			out.Set(k, structured(e))
		}
		return out
	default:
		return v
	}
}

// nestedScope is where the nested deployment deploys to.
func (r *Resource) nestedScope(ctx context.Context, kind ScopeKind) (Scope, error) {
	p := r.place(ctx, nil)
	p.kind = inHeader
	s, err := p.scopeOf(r.node)
	if err != nil {
		return s, err
	}
	scope, err := p.stringMember(r.node, "scope")
	if err != nil {
		return s, err
	}
	switch {
	case scope == "/":
		s.Kind = Tenant
	case scope != "":
		s.Kind = ManagementGroup
		s.ManagementGroup = scope[strings.LastIndex(scope, "/")+1:]
	case kind == Tenant || kind == ManagementGroup && s.Kind != ManagementGroup:
		s.Kind = kind
	}
	if s.Kind != ResourceGroup {
		if s.Location, err = p.stringMember(r.node, "location"); err != nil {
			return s, err
		}
		if s.Location == "" {
			s.Location = r.d.Scope.Location
		}
	}
	return s, nil
}

// Flatten are all resources that are deployed, those of nested deployments after the deployment itself. Errors are those of
// [Resource.Nested].
func (d *Deployment) Flatten(ctx context.Context) ([]*Resource, error) {
	var out []*Resource
	for _, r := range d.Resources {
		if r.Skipped || r.Existing {
			continue
		}
		out = append(out, r)
		nested, err := r.Nested(ctx)
		if err != nil {
			return nil, err
		}
		if nested != nil {
			inner, err := nested.Flatten(ctx)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		}
	}
	return out, nil
}
