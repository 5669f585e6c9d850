package armtemplate

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// resourceInfo is what a resource of the template is called, by its symbol. Nobody is asked for it, so that names may be made
// of it, and it makes no dependency.
func (p *place) resourceInfo(c *functions.Call) (value.Value, error) {
	symbol, err := functions.OnlyString(c.Name, c.Args[0])
	if err != nil {
		return nil, err
	}
	r := p.d.bySymbolAndIndex(symbol)
	if r == nil {
		if r, err = p.headerOf(symbol); err != nil {
			return nil, err
		}
	}
	if r == nil {
		return nil, value.Errorf("The template reference '%s' is not valid: could not find template resource or resource copy with this name.", symbol)
	}
	return newObject("id", p.idFact(r.ID), "name", p.idFact(r.Name), "type", r.Type, "apiVersion", r.APIVersion), nil
}

// bySymbolAndIndex finds the one resource of a symbol, or of symbol[1]; nil if there is none, or none yet.
func (d *Deployment) bySymbolAndIndex(symbol string) *Resource {
	name, index, indexed := cutIndex(symbol)
	for _, r := range d.bySymbol[value.Fold(name)] {
		if r.Symbol != "" && strings.EqualFold(r.Symbol, name) && (r.Index == index && indexed || !indexed && r.Loop == "") {
			return r
		}
	}
	return nil
}

// headerOf computes the header of a resource that stands further down in the template than what asks for it; nil if there is
// none of that symbol, or it is a loop.
func (p *place) headerOf(symbol string) (*Resource, error) {
	members := p.d.t.root.Get("resources").Members
	i := slices.IndexFunc(members, func(m document.Member) bool { return strings.EqualFold(m.Name, symbol) })
	if i < 0 || members[i].Value.Get("copy") != nil {
		return nil, nil
	}
	r := &Resource{Symbol: members[i].Name, d: p.d, node: members[i].Value}
	header := &place{d: p.d, ctx: p.ctx, kind: inHeader, plain: p.plain}
	return r, header.header(r)
}

// existing answers target: the resource whose body it is as it was before this deployment, or with no 'Full' its properties;
// null if the deployment makes it.
func (p *place) existing(c *functions.Call) (value.Value, error) {
	full, err := wantsFull(c, 0)
	switch {
	case err != nil:
		return nil, err
	case p.self == nil:
		return nil, notExpected(c.Name)
	case p.resolver == nil || p.resolver.Reference == nil:
		return p.machine().Unknown(eval.CallText(c.Name, c.Args))
	}
	r := p.self
	o, err := p.read(ReferenceRequest{ResourceID: r.ID, APIVersion: r.APIVersion, Resource: r, Full: full, Optional: true})
	switch {
	case err != nil || o == nil:
		return nil, err
	case full:
		return o, nil
	}
	return propertiesOf(o), nil
}
