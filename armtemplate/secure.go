package armtemplate

import (
	"context"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// holdsSecure reports whether values of a type hold secrets: the type is secure, or one inside it is.
func (t *Template) holdsSecure(s schema) bool {
	seen := map[*document.Node]bool{}
	var holds func(s schema) bool
	holds = func(s schema) bool {
		if len(s) == 0 || seen[s[0]] {
			return false
		}
		seen[s[0]] = true
		return s.secure() || slices.ContainsFunc(s.inner(), func(n *document.Node) bool { return holds(t.resolve(n)) })
	}
	return holds(s)
}

// inner are the types inside a type: of members, elements and variants, and those that a $ref hides behind members of its own.
func (s schema) inner() []*document.Node {
	var out []*document.Node
	for _, of := range s {
		for _, m := range membersOf(of.Get("properties")) {
			out = append(out, m.Value)
		}
		if n := of.Get("prefixItems"); n != nil {
			out = append(out, n.Items...)
		}
		for _, name := range []string{"items", "additionalProperties"} {
			if n := of.Get(name); n != nil && n.Kind == document.Object {
				out = append(out, n)
			}
		}
		for _, m := range membersOf(of.Get("discriminator").Get("mapping")) {
			out = append(out, m.Value)
		}
	}
	return out
}

func membersOf(n *document.Node) []document.Member {
	if n == nil {
		return nil
	}
	return n.Members
}

// securePart is a value that is being searched for secrets, and the expression for it.
type securePart struct {
	v    value.Value
	text string
}

func (of securePart) member(key, v value.Value) securePart {
	return securePart{v, of.text + expr.Selector(key)}
}

// replaceSecure replaces what is of a secure type inside a value that holdsSecure.
func (t *Template) replaceSecure(s schema, of securePart, replace func(securePart) value.Value) value.Value {
	if len(s) == 0 || of.v == nil {
		return of.v
	}
	if s.secure() {
		return replace(of)
	}
	switch v := of.v.(type) {
	case []value.Value:
		out := make([]value.Value, len(v))
		for i, e := range v {
			out[i] = t.replaceSecure(t.item(s, i), of.member(int64(i), e), replace)
		}
		return out
	case *value.Object:
		if discriminator := s.get("discriminator"); discriminator != nil {
			variant := variantOf(discriminator, v)
			if variant == nil { // refused anyway
				return replace(of)
			}
			s = append(t.resolve(variant), s...)
		}
		out := value.NewObject(v.Len())
		for i := range v.Len() {
			k, e := v.At(i)
			out.Set(k, t.replaceSecure(t.property(s, k), of.member(k, e), replace))
		}
		return out
	}
	return of.v
}

// item is the type of an element of an array, a secure one if several declare it; nil if none does.
func (t *Template) item(s schema, i int) schema {
	return t.secureOne(s, func(n *document.Node) *document.Node {
		if prefix := n.Get("prefixItems"); prefix != nil && i < len(prefix.Items) {
			return prefix.Items[i]
		}
		return typeAt(n, "items")
	})
}

// property is the type of a member of an object, a secure one if several declare it; nil if none does.
func (t *Template) property(s schema, name string) schema {
	return t.secureOne(s, func(n *document.Node) *document.Node {
		if m := n.Get("properties").Get(name); m != nil {
			return m
		}
		return typeAt(n, "additionalProperties")
	})
}

// secureOne is the first type that holds secrets of those that the nodes of a type declare, or else the first of all.
func (t *Template) secureOne(s schema, declared func(*document.Node) *document.Node) schema {
	var first schema
	for _, n := range s {
		d := declared(n)
		if d == nil {
			continue
		}
		inner := t.resolve(d)
		if t.holdsSecure(inner) {
			return inner
		}
		if first == nil {
			first = inner
		}
	}
	return first
}

// typeAt is a member that is a type rather than a bool.
func typeAt(n *document.Node, member string) *document.Node {
	if m := n.Get(member); m != nil && m.Kind == document.Object {
		return m
	}
	return nil
}

// shownParameter is a parameter with its secrets as expressions.
func (d *Deployment) shownParameter(ctx context.Context, name string) (value.Value, error) {
	plain, err := d.parameter(ctx, name)
	m, ok := d.shownParameters[value.Fold(name)]
	if err != nil || !ok {
		return plain, err
	}
	return m.get("parameter", func() (value.Value, error) {
		s := d.t.resolve(m.node)
		v := plain
		_, given, err := d.givenValue(m.name)
		switch def := m.node.Get("defaultValue"); {
		case err != nil:
			return nil, err
		case given && d.shownGiven != nil:
			v = d.t.converted(s, d.shownGiven[d.givenName(m.name)])
		case !given && def != nil:
			shown, err := (&place{d: d, ctx: ctx, kind: inDefault}).node(def)
			if err != nil {
				return nil, within(def, err, "The template parameter '%s' at line '%d' and column '%d' is not valid", m.name, def.Pos.Line, def.Pos.Column)
			}
			if value.HasUnknown(shown) { // else plain it is: newGuid() has another result at each call
				v = d.t.converted(s, shown)
			}
		}
		if !d.t.holdsSecure(s) {
			return v, nil
		}
		shown := d.t.replaceSecure(s, securePart{v, "parameters(" + value.Literal(m.name) + ")"}, func(of securePart) value.Value {
			u, chargeErr := d.machine(ctx).Unknown(of.text)
			if chargeErr != nil {
				err = chargeErr
			}
			return u
		})
		return shown, err
	})
}

// hides reports whether expressions at this place get secrets as expressions.
func (p *place) hides() bool { return p.d.opts.HideSecrets && !p.plain }

// revealed is the place for what decides about the deployment: conditions and the counts of loops.
func (p *place) revealed() *place {
	plain := *p
	plain.plain = true
	return &plain
}

// givenParameters are those of deployment().properties. In an output, which everybody may read, secure ones have no values.
func (p *place) givenParameters() (*value.Object, error) {
	out := value.NewObject(len(p.d.given))
	for _, name := range slices.Sorted(maps.Keys(p.d.given)) {
		v := p.d.given[name]
		if m := p.d.parameters[value.Fold(name)]; m != nil && p.kind == inOutput && p.d.t.holdsSecure(p.d.t.resolve(m.node)) {
			out.Set(name, newObject())
			continue
		}
		if p.hides() && v != nil {
			var err error
			if v, err = p.d.shownParameter(p.ctx, name); err != nil {
				return nil, err
			}
		}
		out.Set(name, newObject("value", v))
	}
	return out, nil
}
