package armtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Output is one output of a deployment.
type Output struct {
	Name   string
	Type   string // as the template spells it
	Secure bool   // whether the value is a secret or holds one: ARM never gives those back
	Value  json.RawMessage
}

// Outputs evaluates the outputs, in their order, without those whose condition is false. Without a resolver, results of
// reference and list calls stay expressions. With one, all resources must be done. Errors are of type [*Error] with the output
// as Target; one wraps what the resolver returned.
func (d *Deployment) Outputs(ctx context.Context, resolver *Resolver) ([]Output, error) {
	n := d.t.root.Get("outputs")
	if n == nil {
		return nil, nil
	}
	var out []Output
	for _, m := range n.Members {
		v, ok, err := d.output(ctx, resolver, m)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		s := d.t.resolve(m.Value)
		out = append(out, Output{Name: m.Name, Type: s.text("type"), Secure: d.t.holdsSecure(s), Value: value.Append(nil, v)})
	}
	return out, nil
}

// output evaluates one output; ok is false if its condition is.
func (d *Deployment) output(ctx context.Context, resolver *Resolver, m document.Member) (v value.Value, ok bool, err error) {
	p := &place{d: d, ctx: ctx, kind: inOutput, resolver: resolver}
	if n := m.Value.Get("condition"); n != nil {
		v, err := p.revealed().node(n)
		if err != nil {
			return nil, false, d.outputFailure(m, err)
		}
		if v == false {
			return nil, false, nil
		}
	}
	if loop := m.Value.Get("copy"); loop != nil && loop.Kind == document.Object {
		v, err = p.unroll(loop, m.Name, true)
	} else if n := m.Value.Get("value"); n != nil {
		v, err = p.node(n)
	} else {
		err = problemf(m.Value, "The template output '%s' at line '%d' and column '%d' has no value.", m.Name, m.Value.Pos.Line, m.Value.Pos.Column)
	}
	if err == nil {
		err = d.t.check(subject{budget: d.budget, kind: "output", name: m.Name, node: m.Value}, d.t.resolve(m.Value), v)
	}
	if err == nil {
		err = resolver.leftover(v)
	}
	if err == nil && jsonSize(v) > maxTemplate {
		err = problemf(m.Value, "The template output '%s' is too large. Limit: '%d' bytes.", m.Name, maxTemplate)
	}
	if err != nil {
		return nil, false, d.outputFailure(m, err)
	}
	return v, true, nil
}

func (d *Deployment) outputFailure(m document.Member, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return d.masked(e)
	}
	p := asProblem(at(m.Value, err))
	message := p.detail
	if !p.whole {
		message = fmt.Sprintf("The template output '%s' is not valid: %s", m.Name, sentence(p.detail))
	}
	e := d.t.failure(CodeOutputEvaluation, message, p)
	e.Target = m.Name
	return d.masked(e)
}

// plannedDeployment is what reference says of a nested deployment of the template before it is deployed: its outputs, as far
// as they are known.
func (p *place) plannedDeployment(t target, full bool) (v value.Value, ok bool, err error) {
	r := t.resource
	if r == nil || nestedTemplate(r.node) == nil || r.Skipped || r.nested.running {
		return nil, false, nil
	}
	nested, err := r.Nested(p.ctx)
	if err != nil || nested == nil {
		return nil, false, nil // it fails by itself, where the message is better
	}
	unknown := func(path string) value.Value {
		u, _ := p.machine().Unknown("reference(" + value.Literal(t.id) + ", " + value.Literal(t.apiVersion) + ")" + path)
		return u
	}
	outputs := value.NewObject(8)
	if n := nested.t.root.Get("outputs"); n != nil {
		for _, m := range n.Members {
			v, ok, err := nested.output(p.ctx, nil, m)
			if err != nil || !ok {
				continue
			}
			schema := nested.t.resolve(m.Value)
			if nested.t.holdsSecure(schema) {
				v = unknown(".outputs" + "." + m.Name + ".value")
			}
			o := value.NewObject(2)
			o.Set("type", schema.text("type"))
			o.Set("value", v)
			outputs.Set(m.Name, o)
		}
	}
	properties := value.NewObject(6)
	properties.Set("mode", "Incremental")
	properties.Set("provisioningState", "Succeeded")
	for _, name := range []string{"templateHash", "correlationId", "timestamp", "duration", "parameters"} {
		properties.Set(name, unknown("."+name))
	}
	properties.Set("outputs", outputs)
	if !full {
		return properties, true, nil
	}
	whole := value.NewObject(4)
	whole.Set("id", r.ID)
	whole.Set("name", r.Name)
	whole.Set("type", r.Type)
	whole.Set("properties", properties)
	return fullState(whole, t), true, nil
}
