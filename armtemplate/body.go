package armtemplate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// bodyOmits are the members of a resource that are for the engine, not for the resource's provider.
var bodyOmits = map[string]bool{"condition": true, "copy": true, "dependson": true, "existing": true, "resources": true, "comments": true, "metadata": true,
	"subscriptionid": true, "resourcegroup": true, "import": true, "extension": true, "@options": true, "method": true, "scope": true, "type": true, "name": true, "apiversion": true}

// bodyMembers are ARM's own members of a resource, in its spelling. A template may have them in any letters; those who read
// bodies have them in these.
var bodyMembers = map[string]string{"location": "location", "tags": "tags", "properties": "properties", "sku": "sku", "kind": "kind", "plan": "plan",
	"identity": "identity", "zones": "zones", "managedby": "managedBy", "extendedlocation": "extendedLocation"}

// evaluateBodies evaluates all bodies with what is known before the deployment. It finds the errors that would otherwise show
// when half of the template is deployed, and what the bodies refer to.
func (d *Deployment) evaluateBodies(ctx context.Context) error {
	for _, r := range d.Resources {
		if r.Skipped || r.Existing {
			continue
		}
		if err := r.makePlan(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makePlan evaluates the body of a resource once, with what is known before the deployment.
func (r *Resource) makePlan(ctx context.Context) error {
	if r.plan != nil {
		return nil
	}
	if err := checkSupported(r.node); err != nil {
		return err
	}
	p := r.place(ctx, nil)
	told := map[*Resource]bool{}
	p.seen = func(on *Resource, soft bool) {
		switch {
		case !soft:
			r.refs = append(r.refs, on)
		case !told[on]:
			told[on] = true
			r.soft = append(r.soft, on)
		}
	}
	v, err := p.body()
	if err != nil {
		return r.failure(err)
	}
	if r.d.size += jsonSize(v); r.d.size > maxTemplate {
		return problemf(r.node, "The template is too large after its expressions are evaluated. Limit: '%d' bytes.", maxTemplate)
	}
	r.plan = v
	return nil
}

// jsonSize is the length of a value as JSON. One that is far too large is not written to find out.
func jsonSize(v value.Value) int {
	const far = 16 * maxTemplate
	if size := value.Size(v, far); size > far {
		return size
	}
	return len(value.Append(nil, v))
}

// failure is ARM's message for a resource whose body can't be evaluated.
func (r *Resource) failure(err error) error {
	p := asProblem(at(r.node, err))
	if p.whole && p.cause == nil {
		return p
	}
	if errors.Is(err, ErrUnsupported) {
		return p
	}
	return r.d.t.failure(CodeInvalidTemplate, fmt.Sprintf("Unable to process template language expressions for resource '%s' at line '%d' and column '%d'. '%s'",
		r.ID, r.Line, r.Column, sentence(p.detail)), p)
}

// body evaluates what a resource's provider is sent.
func (p *place) body() (value.Value, error) {
	r := p.self
	o := value.NewObject(len(r.node.Members))
	for _, m := range r.node.Members {
		key := value.Fold(m.Name)
		if bodyOmits[key] && !isLoops(m) {
			continue
		}
		m.Name = cmp.Or(bodyMembers[key], m.Name)
		if inner := nestedTemplate(r.node); inner != nil && key == "properties" {
			v, err := p.deploymentProperties(m.Value, inner)
			if err != nil {
				return nil, err
			}
			o.Set(m.Name, v)
			continue
		}
		if err := p.member(o, m); err != nil {
			return nil, err
		}
	}
	if nestedTemplate(r.node) == nil {
		return withoutNulls(o), nil
	}
	return o, nil
}

// withoutNulls drops the members of objects that are null: documented, ARM treats such a property as if it were not there.
func withoutNulls(v value.Value) value.Value {
	switch v := v.(type) {
	case []value.Value:
		out := make([]value.Value, len(v))
		for i, e := range v {
			out[i] = withoutNulls(e)
		}
		return out
	case *value.Object:
		out := value.NewObject(v.Len())
		for i := range v.Len() {
			if k, e := v.At(i); e != nil {
				out.Set(k, withoutNulls(e))
			}
		}
		return out
	}
	return v
}

// deploymentProperties evaluates the properties of a nested deployment. A template in the outer scope is evaluated here, and
// what results is escaped, because it is a template again.
func (p *place) deploymentProperties(n, inner *document.Node) (value.Value, error) {
	o := value.NewObject(len(n.Members))
	for _, m := range n.Members {
		at := *p
		at.escape = m.Value == inner && !p.literal[inner]
		v, err := at.node(m.Value)
		if err != nil {
			return nil, err
		}
		if t, ok := v.(*value.Object); ok && at.escape {
			v = withoutIgnored(t)
		}
		o.Set(m.Name, v)
	}
	return o, nil
}

func withoutIgnored(t *value.Object) *value.Object {
	out := value.NewObject(t.Len())
	for i := range t.Len() {
		k, v := t.At(i)
		ignored := false
		for _, name := range ignoredSections {
			ignored = ignored || strings.EqualFold(k, name)
		}
		if !ignored {
			out.Set(k, v)
		}
	}
	return out
}

// Body is what a PUT of the resource sends: the resource without what is for the engine alone. Without a resolver it is a plan:
// results of reference and list calls stay expressions. With one they are asked for, and all resources in DependsOn must be
// done. Errors are of type [*Error], or what the resolver returned, wrapped.
func (r *Resource) Body(ctx context.Context, resolver *Resolver) (json.RawMessage, error) {
	if r.Skipped || r.Existing {
		return nil, fmt.Errorf("%s is not deployed and has no body", r)
	}
	v := r.plan
	if resolver != nil && value.HasUnknown(v) {
		var err error
		if v, err = r.place(ctx, resolver).body(); err == nil {
			err = resolver.leftover(v)
		}
		if err != nil {
			return nil, r.d.invalid(r.failure(err))
		}
	}
	return value.Append(nil, v), nil
}

// Known reports whether the body depends on nothing that only the running deployment can know.
func (r *Resource) Known() bool { return !value.HasUnknown(r.plan) }
